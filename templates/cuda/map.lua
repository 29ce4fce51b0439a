-- map.lua: maps: map.cu, and templates/map.lua for kernels of many parts.
local text, map = module "cuda/text.lua", module "map.lua"
local ceil = math.ceil
local product, THREADS = text.product, text.THREADS
local FLAT = 4 * THREADS    -- elements of a block

local target = {define = text.define, declare = text.declare, all_parameters = text.all_parameters}

function target.chunks(P)
  local n = product(P.domain)
  return ceil(n / FLAT), FLAT, n
end

function target.part(P, p)
  return render("cuda/map.cu", {p = p, flat = P.flat, domain = P.domain, threads = THREADS, unravel = text.unravel, needed = text.needed,
                                four_loads = text.four_loads, four_stores = text.four_stores})
end

local function map_launch(K)
  if #K.parts > 1 then return text.kernel(K, map.name(K), nil, "const int chunk = blockIdx.x;\n" .. map.body(K, target)) end
  local _, _, n = target.chunks(K.parts[1])
  local bounds = ("const int begin = blockIdx.x * %d, end = min_int(%d, begin + %d);\n"):format(FLAT, n, FLAT)
  return text.kernel(K, map.name(K), nil, bounds .. target.part(K.parts[1], 1))
end

return {size = function(K) return map.size(K, target) end, launch = map_launch}
