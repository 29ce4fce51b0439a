-- init.lua: how parameters start: values for `init = ...` of layers.
local init = {}

function init.normal(mean, std) return {"normal", mean or 0, std or 1} end              -- N(mean, std)
function init.uniform(lo, hi) return {"uniform", lo or 0, hi or 1} end                  -- U(lo, hi)
function init.constant(v) return {"const", v or 0} end

-- bound sqrt(6 / (fan_in + fan_out)): Glorot and Bengio 2010, section 4.2
function init.xavier(fan_in, fan_out) local b = math.sqrt(6 / (fan_in + fan_out)); return {"uniform", -b, b} end
-- std sqrt(2 / fan_in): He et al. 2015, section 2.2
function init.he(fan_in) return {"normal", 0, math.sqrt(2 / fan_in)} end
-- PyTorch's preset of convolutions and linear layers: U(-1/sqrt(fan_in), 1/sqrt(fan_in))
function init.fan_in(fan_in) local b = 1 / math.sqrt(fan_in); return {"uniform", -b, b} end

return init
