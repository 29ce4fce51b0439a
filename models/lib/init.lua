-- init.lua: how parameters start: values for `init =` of layers. Each is {kind, a, b}, or a function of (fan_in, fan_out) that
-- gives such a table: fan_in is the number of inputs that one output is made of, fan_out the other way round.
local util = require "lib.util"
local init = {}

local function numbers(what, a, b)
  util.check(what, "its first argument", a, util.number)
  util.check(what, "its second argument", b, util.number)
end

-- normal(mean = 0, std = 1): N(mean, std²).  uniform(lo = 0, hi = 1): U(lo, hi).  constant(v = 0)
function init.normal(mean, std) mean, std = mean or 0, std or 1; numbers("init.normal", mean, std); return {"normal", mean, std} end
function init.uniform(lo, hi) lo, hi = lo or 0, hi or 1; numbers("init.uniform", lo, hi); return {"uniform", lo, hi} end
function init.constant(v) v = v or 0; numbers("init.constant", v, 0); return {"const", v} end

local function symmetric(bound) return {"uniform", -bound, bound} end

-- xavier(): U(±sqrt(6 / (fan_in + fan_out))), for tanh and sigmoid: Glorot and Bengio 2010, section 4.2
function init.xavier() return function(fan_in, fan_out) return symmetric(math.sqrt(6 / (fan_in + fan_out))) end end
-- he(slope = 0): N(0, 2 / (fan_in (1 + slope²))), for relu and leaky_relu: He et al. 2015, section 2.2
function init.he(slope) return function(fan_in) return {"normal", 0, math.sqrt(2 / (fan_in * (1 + (slope or 0) ^ 2)))} end end
-- fan_in(): U(±1 / sqrt(fan_in)): what linear and convolution layers do when nothing is said, as PyTorch's
function init.fan_in() return function(fan_in) return symmetric(1 / math.sqrt(fan_in)) end end

return init
