-- target.lua: the CUDA target; see templates/cpu/target.lua. The runtime makes the launches: an entry point is no function here, and
-- each launch says its block and its arguments.
local text = module "cuda/text.lua"
local map, reduce, gather, dw, matmul = module "cuda/map.lua", module "cuda/reduce.lua", module "cuda/gather.lua", module "cuda/dw.lua", module "cuda/matmul.lua"

local function maker(K)
  if K.kind == "map" then return map end
  if K.kind == "reduce" then return reduce end
  if K.kind == "dw" then return dw end
  return K.op == "matmul" and matmul or gather
end

local target = {}

function target.size(K) return maker(K).size(K) end

function target.launch(K, phase)
  local name, source, how = maker(K).launch(K, phase)
  return name, source, nil, how
end

function target.entry() end

function target.code(comment)
  return render("cuda/prelude.cu", {comment = comment}) .. text.units()
end

function target.flags() return "" end

return target
