-- optim.lua: optimisers. optim.X{...} gives an optimiser, to be returned by a step as `with`. What it keeps is named after the
-- parameter ("generator.0.weight.exp_avg", PyTorch's words) and belongs to it: two steps that train one net share it.
--
-- Options of all: lr (a number or a schedule); clip: gradients are scaled so that the norm of all of them together is at most
-- this (Pascanu et al. 2013, algorithm 1); ema: a moving average of each parameter with this decay, for net:averaged(x).
local util, layer = require "lib.util", require "lib.layer"
local optim = {}

local states = {}
local function state(p, name, shape)
  local key = p.name .. "." .. name
  states[key] = states[key] or op.state{name = key, shape = shape or p.shape, init = {"const", 0}}
  return states[key]
end

-- 1, 2, ...: the number of this update of these parameters
local function updates(params)
  local count = state(params[1], "step", {})
  local t = op.read(count) + 1
  op.update(count, t)
  return t
end

-- Makes an optimiser of rule(o, p, w, g, lr, t): the new value of parameter p, which is w and has gradient g. t is the number
-- of the update, where the rule `counts`.
local function define(kind, fields, rule, counts)
  fields.lr, fields.clip, fields.ema = {util.rate}, {util.positive, false}, {util.share, false}
  optim[kind] = function(...)
    local o = util.arguments("optim." .. kind, fields, ...)
    return {optimiser = function(params, grads)
      local lr, t = type(o.lr) == "function" and o.lr() or o.lr, counts and updates(params)
      if o.clip then grads = optim.clipped(grads, o.clip) end
      for k, p in ipairs(params) do
        local w = op.read(p)
        local new = rule(o, p, w, grads[k], lr, t)
        op.update(p, new)
        if o.ema then optim.average(p, w, new, o.ema) end
      end
    end}
  end
end

function optim.clipped(grads, most)
  local total, out = 0, {}
  for _, g in ipairs(grads) do total = total + op.reshape(op.reduce("sum", g * g), {}) end
  local scale = op.map("min", most / (op.map("sqrt", total) + 1e-6), 1)
  for k, g in ipairs(grads) do out[k] = g * scale end
  return out
end

-- The average is kept less the parameter itself: so it is right before the first step, whatever the parameter starts as.
function optim.average(p, old, new, decay)
  local ahead = state(p, "ema_less_weight")
  layer.averages[p.name] = ahead
  op.update(ahead, (op.read(ahead) + old - new) * decay)
end

---- the rules, as PyTorch's ----

-- sgd{lr =, momentum = 0, nesterov = false, weight_decay = 0}: v = momentum v + g, w -= lr v: Sutskever et al. 2013, section 2
define("sgd", {momentum = {util.share, 0}, nesterov = {util.flag, false}, weight_decay = {util.positive, 0}}, function(o, p, w, g, lr)
  if o.weight_decay ~= 0 then g = g + w * o.weight_decay end
  if o.momentum ~= 0 then
    local v = state(p, "momentum_buffer")
    local moved = op.read(v) * o.momentum + g
    op.update(v, moved)
    g = o.nesterov and g + moved * o.momentum or moved
  end
  return w - g * lr
end)

-- 1 - b^t without loss of digits where b^t is near 1
local function correction(b, t)
  if b == 0 then return 1 end
  return -op.map("expm1", t * math.log(b))
end

-- Adam's step: the mean of g over the root of the mean of g², both corrected for their start at 0: Kingma and Ba 2015, algorithm 1
local function adam(o, p, g, lr, t)
  local b1, b2 = o.betas[1], o.betas[2]
  local m, v = state(p, "exp_avg"), state(p, "exp_avg_sq")
  local m1, v1 = op.read(m) * b1 + g * (1 - b1), op.read(v) * b2 + g * g * (1 - b2)
  op.update(m, m1)
  op.update(v, v1)
  return m1 * (lr / correction(b1, t)) / (op.map("sqrt", v1) * op.map("rsqrt", correction(b2, t)) + o.eps)
end

local function adam_fields(decay) return {betas = {util.betas, {0.9, 0.999}}, eps = {util.positive, 1e-8}, weight_decay = {util.positive, decay}} end

-- adam{lr =, betas = {0.9, 0.999}, eps = 1e-8, weight_decay = 0}
define("adam", adam_fields(0), function(o, p, w, g, lr, t)
  if o.weight_decay ~= 0 then g = g + w * o.weight_decay end
  return w - adam(o, p, g, lr, t)
end, true)

-- adamw{the same, weight_decay = 0.01}: decay apart from the gradient: Loshchilov and Hutter 2019, algorithm 2
define("adamw", adam_fields(0.01), function(o, p, w, g, lr, t)
  return w * (1 - lr * o.weight_decay) - adam(o, p, g, lr, t)
end, true)

-- rmsprop{lr =, alpha = 0.99, eps = 1e-8, weight_decay = 0}: g over the root of the mean of g²: Tieleman and Hinton 2012, lecture 6.5
define("rmsprop", {alpha = {util.share, 0.99}, eps = {util.positive, 1e-8}, weight_decay = {util.positive, 0}}, function(o, p, w, g, lr)
  if o.weight_decay ~= 0 then g = g + w * o.weight_decay end
  local v = state(p, "square_avg")
  local moved = op.read(v) * o.alpha + g * g * (1 - o.alpha)
  op.update(v, moved)
  return w - g * lr / (op.map("sqrt", moved) + o.eps)
end)

return optim
