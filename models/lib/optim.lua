-- optim.lua: optimisers. optim.X{...} gives a function (params, gradients, step of the update from 1) that updates the parameters.
-- lr is a number or a schedule. State is named after the parameter, as in "generator.0.weight.exp_avg".
local util = require "lib.util"
local optim = {}
local needed = util.needed

local function rate(lr) return type(lr) == "function" and lr() or lr end

local states = {}
local function state(p, name)
  local key = p.name .. "." .. name
  states[key] = states[key] or op.state{name = key, shape = p.shape, init = {"const", 0}}
  return states[key]
end

-- 1 - b^t, exact in float also where b^t is near 1
local function correction(b, t)
  if b == 0 then return 1 end
  return -op.map("expm1", t * math.log(b))
end

local function fields(o) o.lr = o.lr or needed; return o end

-- sgd{lr =, momentum = 0, nesterov = false, weight_decay = 0} as PyTorch's (Sutskever et al. 2013)
function optim.sgd(o)
  o = util.arguments("optim.sgd", o, {lr = needed, momentum = 0, nesterov = false, weight_decay = 0})
  return function(params, grads)
    local lr = rate(o.lr)
    for k, p in ipairs(params) do
      local w, g = op.read(p), grads[k]
      if o.weight_decay ~= 0 then g = g + w * o.weight_decay end
      if o.momentum ~= 0 then
        local v = state(p, "momentum")
        local new = op.read(v) * o.momentum + g
        op.update(v, new)
        g = o.nesterov and g + new * o.momentum or new
      end
      op.update(p, w - g * lr)
    end
  end
end

-- Adam's direction: mean over root of mean square, both corrected for their start at 0 (Kingma and Ba 2015, algorithm 1)
local function adam_step(o, p, g, t, lr)
  local b1, b2 = o.betas[1], o.betas[2]
  local m, v = state(p, "exp_avg"), state(p, "exp_avg_sq")
  local m1, v1 = op.read(m) * b1 + g * (1 - b1), op.read(v) * b2 + g * g * (1 - b2)
  op.update(m, m1)
  op.update(v, v1)
  return m1 * (lr / correction(b1, t)) / (op.map("sqrt", v1) * op.map("rsqrt", correction(b2, t) + 0.0) + o.eps)
end

local function adam_options(kind, o, decay)
  o = util.arguments(kind, o, {lr = needed, betas = {0.9, 0.999}, eps = 1e-8, weight_decay = decay})
  for _, b in ipairs(o.betas) do
    if type(b) ~= "number" or b < 0 or b >= 1 then op.fail(("%s: betas must be two numbers of at least 0 and less than 1"):format(kind)) end
  end
  if #o.betas ~= 2 then op.fail(("%s: betas must be two numbers of at least 0 and less than 1"):format(kind)) end
  return o
end

-- adam{lr =, betas = {0.9, 0.999}, eps = 1e-8, weight_decay = 0}
function optim.adam(o)
  o = adam_options("optim.adam", o, 0)
  return function(params, grads)
    local t, lr = op.step() + 1, rate(o.lr)
    for k, p in ipairs(params) do
      local w, g = op.read(p), grads[k]
      if o.weight_decay ~= 0 then g = g + w * o.weight_decay end
      op.update(p, w - adam_step(o, p, g, t, lr))
    end
  end
end

-- adamw{..., weight_decay = 0.01}: decay apart from the gradient (Loshchilov and Hutter 2019, algorithm 2)
function optim.adamw(o)
  o = adam_options("optim.adamw", o, 0.01)
  return function(params, grads)
    local t, lr = op.step() + 1, rate(o.lr)
    for k, p in ipairs(params) do
      local w = op.read(p)
      op.update(p, w * (1 - lr * o.weight_decay) - adam_step(o, p, grads[k], t, lr))
    end
  end
end

-- rmsprop{lr =, alpha = 0.99, eps = 1e-8} as PyTorch's (Tieleman and Hinton 2012)
function optim.rmsprop(o)
  o = util.arguments("optim.rmsprop", o, {lr = needed, alpha = 0.99, eps = 1e-8})
  return function(params, grads)
    local lr = rate(o.lr)
    for k, p in ipairs(params) do
      local v, g = state(p, "square_avg"), grads[k]
      local new = op.read(v) * o.alpha + g * g * (1 - o.alpha)
      op.update(v, new)
      op.update(p, op.read(p) - g * lr / (op.map("sqrt", new) + o.eps))
    end
  end
end

return optim
