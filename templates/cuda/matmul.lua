-- matmul.lua: products of matrices, of many where there are leading axes: gemm.lua. A transposed one that sums over images is dw.lua's.
local text, reduce, gemm = module "cuda/text.lua", module "cuda/reduce.lua", module "cuda/gemm.lua"
local ceil = math.ceil
local product, shape_name, kernel, unravel = text.product, text.shape_name, text.kernel, text.unravel

local function matmul_shape(K)
  local rank = #K.c
  local m = {rank = rank, rows = K.c[rank - 1], columns = K.c[rank], depth = K.ta and K.a[#K.a - 1] or K.a[#K.a], lead = {}, batch = 1}
  for k = 1, rank - 2 do m.lead[k] = K.c[k]; m.batch = m.batch * K.c[k] end
  m.tile = gemm.choose(K.numbers, {m.rows}, m.columns, m.depth, m.batch)
  return m
end

local function matmul_size(K)
  local m, reduces = matmul_shape(K), K.parts[1].reduces
  local t = m.tile
  return reduce.with_partials({main = m.batch * t.row_tiles * t.column_tiles}, reduces, m.columns, t.row_tiles)
end

local function head(m, rest)
  local t, lines, block = m.tile, "", "blockIdx.x"
  if m.batch > 1 then
    local each = t.row_tiles * t.column_tiles
    local declarations = {{"z", each > 1 and ("blockIdx.x / %d"):format(each) or "blockIdx.x"}}
    for k, at in ipairs(unravel("z", m.lead)) do declarations[#declarations + 1] = {"z" .. k, at} end
    lines = text.needed(declarations, rest)
    block = each > 1 and ("(blockIdx.x %% %d)"):format(each) or "0"
  end
  return lines .. text.needed(gemm.places(t, block), rest)
end

-- The leading indices of a tensor of shape s
local function lead(m, s)
  local out = {}
  for k = 1, #s - 2 do out[k] = s[k] == 1 and "0" or "z" .. k + m.rank - #s end
  return out
end

-- Input i, transposed or not: its last axis goes along the depth or across it
local function operand(m, i, s, along_depth, outer)
  local last = s[#s]
  local along = along_depth and "depth" or "outer"
  local x = {along = along, group = gemm.group(last), element = "e", inside = {}}
  x.declarations = {{x.group == 4 and "first" or "e", along_depth and "depth" or outer}}
  x.value = function()
    local index = lead(m, s)
    index[#s - 1], index[#s] = along_depth and outer or "depth", "e"
    return value(i, index)
  end
  x.inside[#x.inside + 1] = gemm.inside(outer, outer == "row" and m.rows or m.columns, outer == "row" and m.tile.BM or m.tile.BN)
  x.inside[#x.inside + 1] = gemm.inside("depth", m.depth, m.tile.STEP)
  return x
end

local function matmul_launch(K, phase)
  local m, P = matmul_shape(K), K.parts[1]
  local t = m.tile
  if phase == "finish" then return reduce.finish_sums(K, m.columns, t.row_tiles) end
  local function epilogue()
    local index = lead(m, K.c)
    index[m.rank - 1], index[m.rank] = "row", "o"
    local out = part(1, index, "a")
    out.declarations, out.row_guard = {}, m.rows % t.BM ~= 0 and m.rows or nil
    return out
  end
  local what = m.batch > 1 and "matmul_" .. shape_name(K.c) or ("matmul_%dx%dx%d"):format(m.rows, m.depth, m.columns)
  return kernel(K, what, nil, gemm.body(t, {head = function(rest) return head(m, rest) end, columns = m.columns, reduces = P.reduces, epilogue = epilogue, steps = ceil(m.depth / t.STEP),
    a = operand(m, 1, K.a, not K.ta, "row"), b = operand(m, 2, K.b, K.tb, "column")}), t.threads, t.numbers)
end

return {size = matmul_size, launch = matmul_launch}
