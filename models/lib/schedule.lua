-- schedule.lua: learning rates that change: tensors made of the step's number, to be given as lr.
local schedule = {}

function schedule.constant(v) return function() return v end end
-- linear{from, to, steps}: from the first value to the second in so many steps, then constant
function schedule.linear(from, to, steps)
  return function() return from + (to - from) * op.map("min", op.step() * (1 / steps), 1) end
end
-- cosine(from, to, steps): half a cosine (Loshchilov and Hutter 2017, equation 5)
function schedule.cosine(from, to, steps)
  return function() return to + (from - to) * 0.5 * (1 + op.map("cos", op.map("min", op.step() * (1 / steps), 1) * math.pi)) end
end
-- step(v, factor, every): v * factor^floor(step / every)
function schedule.step(v, factor, every)
  return function() return v * op.map("exp", op.map("floor", op.step() * (1 / every)) * math.log(factor)) end
end

return schedule
