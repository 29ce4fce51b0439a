-- loss.lua: losses: tensors in, a scalar out (the mean over all elements unless it says otherwise).
local tensor = require "lib.tensor"
local loss = {}

-- bce(p, t): -mean(t log p + (1-t) log(1-p)) of probabilities p; t a number or a tensor of p's shape. Of a sigmoid's output the
-- logits are used, where log σ(x) = -softplus(-x) neither overflows nor loses digits. Otherwise logarithms stop at -100, as PyTorch's.
function loss.bce(p, t)
  if p.fn == "sigmoid" then return loss.bce_logits(p:input(1), t) end
  local function safe(x) return op.map("max", op.map("log", x), -100) end
  return tensor.mean(-(t * safe(p) + (1 - t) * safe(1 - p)))
end

-- bce_logits(x, t): bce of σ(x): mean(softplus(x) - t x)
function loss.bce_logits(x, t)
  if t == 0 then return tensor.mean(op.map("softplus", x)) end
  if t == 1 then return tensor.mean(op.map("softplus", -x)) end
  return tensor.mean(op.map("softplus", x) - x * t)
end

-- mse(x, y): mean (x-y)^2;  l1(x, y): mean |x-y|
function loss.mse(x, y)
  local d = x - tensor.of(y)
  return tensor.mean(d * d)
end
function loss.l1(x, y) return tensor.mean(op.map("abs", x - tensor.of(y))) end

-- cross_entropy(x, labels): mean over rows of -log softmax(x)[label]; x (N,K), labels (N)
function loss.cross_entropy(x, labels)
  local n, k = table.unpack(x.shape)
  if x.rank ~= 2 then op.fail(("cross_entropy needs rows (N,K), but its input has %d axes"):format(x.rank)) end
  local d = x - op.stop(op.reduce("max", x, {2}))
  local hot = op.map("eq", op.reshape(labels, {n, 1}), op.iota({n, k}, 2))
  local of_label = op.reduce("sum", d * hot, {2})
  return tensor.mean(op.map("log", op.reduce("sum", op.map("exp", d), {2})) - of_label)
end

-- accuracy(x, labels): share of rows whose largest element is the label's
function loss.accuracy(x, labels)
  local n, k = table.unpack(x.shape)
  local hot = op.map("eq", op.reshape(labels, {n, 1}), op.iota({n, k}, 2))
  local of_label = op.reduce("sum", x * hot, {2})
  return tensor.mean(op.stop(op.map("le", op.reduce("max", x, {2}), of_label)))
end

-- hinge_d(real, fake), hinge_g(fake): Lim and Ye 2017, equation 7
function loss.hinge_d(real, fake) return tensor.mean(op.map("max", 1 - real, 0)) + tensor.mean(op.map("max", 1 + fake, 0)) end
function loss.hinge_g(fake) return -tensor.mean(fake) end

-- wasserstein(real, fake): the critic's loss, E[D(fake)] - E[D(real)] (Arjovsky et al. 2017, algorithm 1)
function loss.wasserstein(real, fake) return tensor.mean(fake) - tensor.mean(real) end

-- gradient_penalty(D, real, fake): mean (|dD/dx| - 1)^2 at x between real and fake (Gulrajani et al. 2017, algorithm 1)
function loss.gradient_penalty(D, real, fake)
  real, fake = tensor.of(real), tensor.of(fake)
  local s = real.shape
  local n, rest = s[1], {s[1]}
  for k = 2, #s do rest[k] = 1 end
  local u = op.random("uniform", rest)
  local x = op.stop(real * u + fake * (1 - u))
  local g = op.grad(tensor.sum(D(x)), {x})[1]
  local norm = op.map("sqrt", op.reduce("sum", op.reshape(g * g, {n, -1}), {2}) + 1e-12)
  local d = norm - 1
  return tensor.mean(d * d)
end

return loss
