-- schedule.lua: numbers that change during training, to be given as an optimiser's lr: functions that give a number or a tensor
-- made of the step's number (0, 1, 2, ... of the run).
local util = require "lib.util"
local schedule = {}

local function share(steps) return op.map("min", op.step() * (1 / steps), 1) end         -- of the way: 0 ... 1

-- constant{from}: always the same
function schedule.constant(...)
  local o = util.arguments("schedule.constant", {"from", from = {util.number}}, ...)
  return function() return o.from end
end

-- linear{from, to = 0, steps =}: in a straight line, then constant
function schedule.linear(...)
  local o = util.arguments("schedule.linear", {"from", from = {util.number}, to = {util.number, 0}, steps = {util.size}}, ...)
  return function() return o.from + (o.to - o.from) * share(o.steps) end
end

-- cosine{from, to = 0, steps =}: half a cosine, then constant: Loshchilov and Hutter 2017 (SGDR), equation 5
function schedule.cosine(...)
  local o = util.arguments("schedule.cosine", {"from", from = {util.number}, to = {util.number, 0}, steps = {util.size}}, ...)
  return function() return o.to + (o.from - o.to) * 0.5 * (1 + op.map("cos", share(o.steps) * math.pi)) end
end

-- step{from, factor = 0.1, every =}: from * factor^floor(step / every)
function schedule.step(...)
  local o = util.arguments("schedule.step", {"from", from = {util.number}, factor = {util.positive, 0.1}, every = {util.size}}, ...)
  return function() return o.from * op.map("pow", o.factor, op.map("floor", op.step() * (1 / o.every))) end
end

-- warmup{to, steps =}: to (a number or a schedule) times 1/steps, 2/steps, ... 1: Goyal et al. 2017, section 2.2
function schedule.warmup(...)
  local o = util.arguments("schedule.warmup", {"to", to = {util.rate}, steps = {util.size}}, ...)
  return function() return op.map("min", (op.step() + 1) * (1 / o.steps), 1) * (type(o.to) == "function" and o.to() or o.to) end
end

return schedule
