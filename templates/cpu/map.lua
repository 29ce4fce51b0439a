-- map.lua: maps: map.c, and templates/map.lua for what is not the CPU's own.
local machine, text, map = module "cpu/machine.lua", module "cpu/text.lua", module "map.lua"
local max, ceil = math.max, math.ceil
local product, long_axis = text.product, text.long_axis
local FLAT = machine.FLAT

local target = {define = text.define, declare = text.declare, all_parameters = text.all_parameters}

-- chunks of a part, and how many rows (elements, when it is flat) each has: about FLAT elements
function target.chunks(P)
  local n = product(P.domain)
  if P.flat then return ceil(n / FLAT), FLAT, n end
  local rows = P.domain[long_axis(P.domain)] or 1
  local each = max(1, FLAT * rows // n)
  return ceil(rows / each), each, rows
end

function target.part(P, p) return render("cpu/map.c", {p = p, flat = P.flat, domain = P.domain, axis = long_axis(P.domain), statements = text.statements}) end

local function map_launch(K)
  local arenas = "char *const P = call->persistent, *const S = call->scratch;\n(void)P; (void)S;\n"
  return text.kernel(K, map.name(K), nil, arenas .. map.body(K, target))
end

return {size = function(K) return map.size(K, target) end, launch = map_launch}
