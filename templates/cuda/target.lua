-- target.lua: the CUDA target; see templates/cpu/target.lua. The runtime makes the launches: an entry point is no function here, and
-- each launch says its block and its arguments.
local text = module "cuda/text.lua"
local mma = module "cuda/mma.lua"
local map, reduce, gather, dw, matmul = module "cuda/map.lua", module "cuda/reduce.lua", module "cuda/gather.lua", module "cuda/dw.lua", module "cuda/matmul.lua"

local function maker(K)
  if K.kind == "map" then return map end
  if K.kind == "reduce" then return reduce end
  if K.kind == "dw" then return dw end
  return K.op == "matmul" and matmul or gather
end

-- A batch variable has room for two: one is read while the other is on its way to the card
local target = {batches = 2}

function target.size(K) return maker(K).size(K) end

function target.launch(K, phase)
  local name, source, how = maker(K).launch(K, phase)
  return name, source, nil, how
end

function target.entry() end

function target.code(comment)
  local out, kernels = {render("cuda/prelude.cu", {comment = comment, tensor = mma.used})}, {}
  for _, f in ipairs(text.order) do
    local is_kernel = f.prototype:find("__global__", 1, true)
    local to = is_kernel and kernels or out         -- what kernels call stands in every unit
    to[#to + 1] = is_kernel and f or f.text
  end
  return table.concat(out, "\n") .. text.units(kernels, 32768)
end

function target.flags() return "" end

return target
