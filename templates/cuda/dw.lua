-- dw.lua: weight gradients: conv_dw and the transposed matmul. As a product of matrices (gemm.lua): rows are taps and input
-- channels, columns output channels, and the depth goes over all pixels of y, cut into pieces whose sums reduce.lua joins.
local text, reduce, gemm = module "cuda/text.lua", module "cuda/reduce.lua", module "cuda/gemm.lua"
local ceil = math.ceil
local kernel, times, unravel = text.kernel, text.times, text.unravel

local function dw_shape(K)
  local d = {rows = K.KH * K.KW * K.I, columns = K.O, depth = K.N * K.OH * K.OW, matmul = K.op == "matmul"}
  d.tile = gemm.choose(K.numbers, {d.rows}, d.columns, d.depth, 1, true)
  return d
end

local function dw_size(K)
  local d = dw_shape(K)
  local t = d.tile
  return reduce.with_partials({main = t.row_tiles * t.column_tiles * t.pieces}, t.pieces > 1 and 1 or 0, d.rows * d.columns, t.pieces)
end

local function head(d, rest)
  local t, lines, block = d.tile, "", "blockIdx.x"
  if t.pieces > 1 then
    local tiles = t.row_tiles * t.column_tiles
    lines = ("const int piece = blockIdx.x / %d, block = blockIdx.x %% %d, depth0 = piece * %d;\n"):format(tiles, tiles, t.each)
      .. ("float *const to = partial + piece * %d;\n"):format(d.rows * d.columns)
    block = "block"
  end
  return lines .. text.needed(gemm.places(t, block), rest)
end

local function shifted(a, b) return b > 0 and ("%s - %d"):format(a, b) or a end

local function dw_launch(K, phase)
  local d = dw_shape(K)
  local t = d.tile
  local what = ("%s_%dx%dx%d_%dx%d_%d"):format(d.matmul and "matmul_dw" or "conv_dw", K.H, K.W, K.I, K.KH, K.KW, K.O)
  local out
  for _, p in ipairs(K.parameters) do if p.written then out = p.name end end
  if phase == "finish" then return reduce.finish(K, d.rows * d.columns, t.pieces, {false}, {out}) end
  local pixel = unravel("depth", {K.N, K.OH, K.OW})
  local spot = unravel("row", {K.KH, K.KW, K.I})
  local group = gemm.group(K.I)
  local a = {along = "outer", narrow = true, group = group, element = "c", inside = {}, declarations = {
    {"n", pixel[1]}, {"j", pixel[2]}, {"i", pixel[3]}, {group == 4 and "first" or "c", spot[3]},
    {"h", shifted(("%s + %s"):format(times("j", K.SH), spot[1]), K.PH)}, {"w", shifted(("%s + %s"):format(times("i", K.SW), spot[2]), K.PW)}}}
  a.value = function() return value(1, d.matmul and {"n", "c"} or {"n", K.H == 1 and "0" or "h", K.W == 1 and "0" or "w", "c"}) end
  local depth_inside = t.pieces * t.each ~= d.depth and "depth < " .. d.depth or gemm.inside("depth", t.each, t.STEP)
  a.inside[#a.inside + 1] = gemm.inside("row", d.rows, t.BM)
  a.inside[#a.inside + 1] = depth_inside
  if K.PH > 0 or (K.OH - 1) * K.SH + K.KH > K.H then a.inside[#a.inside + 1] = ("h >= 0 && h < %d"):format(K.H) end
  if K.PW > 0 or (K.OW - 1) * K.SW + K.KW > K.W then a.inside[#a.inside + 1] = ("w >= 0 && w < %d"):format(K.W) end
  local b = {along = K.tb and "depth" or "outer", group = gemm.group(K.tb and K.N or K.O), element = K.tb and "n" or "o", inside = {}}
  b.declarations = {{"n", pixel[1]}, {"h", pixel[2]}, {"w", pixel[3]}, {b.group == 4 and "first" or "o", "column"}}
  if K.tb then b.declarations = {{b.group == 4 and "first" or "n", "depth"}} end
  local place = offset({K.N, K.OH, K.OW, 9}, {"n", "h", "w", "o"}):match("^(%b()) %* 9 %+ o$")
  b.value = function()
    local code, v = value(2, d.matmul and (K.tb and {"column", "n"} or {"n", "o"}) or {"n", K.OH == 1 and "0" or "h", K.OW == 1 and "0" or "w", "o"})
    return place and code:gsub(place:gsub("%p", "%%%0"), "depth") or code, v     -- pixels of y follow each other as the depth does
  end
  local y = not d.matmul and text.direct(2, {"n", "h", "w", "o"}, offset({K.N, K.OH, K.OW, K.O}, {"n", "h", "w", "o"}))
  if y then b.value = function() return ("const float pixel = %s[%s];\n"):format(y, offset({9, K.O}, {"depth", "o"})), "pixel" end end
  b.inside[#b.inside + 1] = gemm.inside("column", d.columns, t.BN)
  b.inside[#b.inside + 1] = depth_inside
  local function epilogue()
    local to = ("%s[%s]"):format(t.pieces > 1 and "to" or out, offset({9, d.columns}, {"row", "o"}))
    return {code = "", stores = {{to = to, value = "a"}}, reduces = {}, declarations = {}, row_guard = d.rows % t.BM ~= 0 and d.rows or nil}
  end
  return kernel(K, what, nil, gemm.body(t, {head = function(rest) return head(d, rest) end, columns = d.columns, a = a, b = b, epilogue = epilogue,
    depth_first = t.pieces > 1 and "depth0" or nil, steps = ceil(t.each / t.STEP)}), t.threads, t.numbers)
end

return {size = dw_size, launch = dw_launch}
