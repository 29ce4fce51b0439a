-- loss.lua: losses: tensors in, a scalar out: the mean over all elements unless it says otherwise.
local util, tensor = require "lib.util", require "lib.tensor"
local loss = {}

-- x and its target t as tensors of one shape; t may be a number
local function both(what, x, t)
  x, t = tensor.of(x), tensor.of(t)
  if type(t) == "number" then return x, t end
  local a, b = util.shape(x.shape), util.shape(t.shape)
  if a ~= b then op.fail(("loss.%s: the shapes %s and %s must be equal"):format(what, a, b)) end
  return x, t
end

-- bce(p, t): -mean(t log p + (1-t) log(1-p)) of probabilities p. Of a sigmoid's output it takes the logits: log σ(x) =
-- -softplus(-x) neither overflows nor loses digits. Otherwise log p stops at -100 for p = 0, as PyTorch's.
function loss.bce(p, t)
  p, t = both("bce", p, t)
  if p.fn == "sigmoid" then return loss.bce_logits(p:input(1), t) end
  local tiny = 2.0 ^ -126
  local function log(x) return tensor.where(op.map("lt", x, tiny), -100, op.map("log", op.map("max", x, tiny))) end
  return -tensor.mean(t * log(p) + (1 - t) * log(1 - p))
end

-- bce_logits(x, t): bce of σ(x): mean(softplus(x) - t x)
function loss.bce_logits(x, t)
  x, t = both("bce_logits", x, t)
  if t == 0 then return tensor.mean(op.map("softplus", x)) end
  if t == 1 then return tensor.mean(op.map("softplus", -x)) end
  return tensor.mean(op.map("softplus", x) - x * t)
end

-- mse(x, t): mean (x-t)²
function loss.mse(x, t)
  x, t = both("mse", x, t)
  local d = x - t
  return tensor.mean(d * d)
end

-- l1(x, t): mean |x-t|
function loss.l1(x, t)
  x, t = both("l1", x, t)
  return tensor.mean(op.map("abs", x - t))
end

---- classes: x (N,K), labels (N) ----

local function need_rows(what, x)
  if x.rank ~= 2 then op.fail(("loss.%s needs rows (N,K), but its input is %s"):format(what, util.shape(x.shape))) end
end

-- cross_entropy(x, labels): -mean log softmax(x)[label]
function loss.cross_entropy(x, labels)
  need_rows("cross_entropy", x)
  local d = x - op.stop(op.reduce("max", x, {2}))
  local right = op.reduce("sum", d * tensor.one_hot(labels, x.shape[2]), {2})
  return tensor.mean(op.map("log", op.reduce("sum", op.map("exp", d), {2})) - right)
end

-- accuracy(x, labels): the share of rows whose largest element is the label's: a number to report, without a gradient
function loss.accuracy(x, labels)
  need_rows("accuracy", x)
  local right = op.reduce("sum", x * tensor.one_hot(labels, x.shape[2]), {2})
  return tensor.mean(op.stop(op.map("le", op.reduce("max", x, {2}), right)))
end

---- critics ----

-- hinge_d(real, fake), hinge_g(fake): mean max(1-D(x), 0) + mean max(1+D(G(z)), 0); -mean D(G(z)): Lim and Ye 2017, section 3
function loss.hinge_d(real, fake) return tensor.mean(tensor.relu(1 - real)) + tensor.mean(tensor.relu(1 + fake)) end
function loss.hinge_g(fake) return -tensor.mean(fake) end

-- wasserstein(real, fake): mean D(G(z)) - mean D(x), the critic's loss; G's is -mean D(G(z)): Arjovsky et al. 2017, algorithm 1
function loss.wasserstein(real, fake) return tensor.mean(fake) - tensor.mean(real) end

-- gradient_penalty(D, real, fake): mean (|dD/dx| - 1)² at points x between real and fake ones: Gulrajani et al. 2017, algorithm 1
function loss.gradient_penalty(D, real, fake)
  real, fake = both("gradient_penalty", real, fake)
  local n, each = real.shape[1], {}
  for k = 1, real.rank do each[k] = k == 1 and n or 1 end
  local u = op.random("uniform", each)
  local x = op.stop(real * u + fake * (1 - u))
  local g = op.grad(tensor.sum(D(x)), {x})[1]
  local norm = op.map("sqrt", op.reduce("sum", op.reshape(g * g, {n, -1}), {2}) + 1e-12)
  return loss.mse(norm, 1)
end

-- r1(D, real): mean |dD/dx|² at real ones, to be multiplied by γ/2: Mescheder et al. 2018, equation 9
function loss.r1(D, real)
  local x = op.stop(tensor.of(real))
  local g = op.grad(tensor.sum(D(x)), {x})[1]
  return tensor.sum(g * g) * (1 / x.shape[1])
end

return loss
