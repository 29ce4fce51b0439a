-- scatter.lua: conv_dx to few channels: scatter.c, and packtaps.c for its weights.
local machine, text, reduce = module "cpu/machine.lua", module "cpu/text.lua", module "cpu/reduce.lua"
local max, ceil = math.max, math.ceil
local kernel, split_rows = text.kernel, text.split_rows
local lanes, VECTORS = machine.lanes, machine.VECTORS

-- Does it pay? When the result's channels would leave half of a vector empty, and the taps fill one.
local function scatters(K) return K.op == "conv_dx" and K.I * 2 <= lanes and K.KH * K.KW * K.I >= lanes end

local function scatter_shape(K)
  local d = {}
  for _, name in ipairs {"N", "H", "W", "I", "KH", "KW", "OH", "OW", "O", "SH", "SW", "PH", "PW"} do d[name] = K[name] end
  local vectors = ceil(K.KH * K.KW * K.I / lanes)
  local even = vectors // VECTORS * VECTORS
  d.columns, d.groups = vectors * lanes, {}
  if even > 0 then d.groups[1] = {from = 0, till = even * lanes, vectors = VECTORS} end
  if even < vectors then d.groups[#d.groups + 1] = {from = even * lanes, till = vectors * lanes, vectors = vectors - even} end
  d.rows = split_rows(K.OH * K.OW)
  d.turns = ceil(K.KW / K.SW)
  -- the result with room for the taps that fall off its edges
  d.line = max((K.OW - 1) * K.SW + K.KW, K.W + K.PW) * K.I
  d.lines = max((K.OH - 1) * K.SH + K.KH, K.H + K.PH)
  local function up(n) return ceil(n / 16) * 16 end
  d.product_at = up(K.OH * K.OW * K.O)
  d.sums_at = d.product_at + up(K.OH * K.OW * d.columns)
  d.tile = d.sums_at + up(d.lines * d.line)
  d.images = max(1, K.N // 16)
  d.chunks = ceil(K.N / d.images)
  return d
end

local function scatter_size(K)
  local d, reduces = scatter_shape(K), K.parts[1].reduces
  return {main = d.chunks, pack = 1, pack_bytes = 4 * d.columns * K.O, pack_key = ("scatter %d %d %d %d"):format(K.KH, K.KW, K.I, K.O), thread_bytes = 4 * d.tile,
          partial_bytes = 4 * d.chunks * reduces * K.I, finish = reduces > 0 and reduce.finish_chunks(K.I) or 0}
end

local function scatter_launch(K, phase)
  local d = scatter_shape(K)
  local what = ("conv_dx_%dx%dx%d_%dx%d_%d"):format(K.OH, K.OW, K.O, K.KH, K.KW, K.I)
  if phase == "finish" then return reduce.finish_sums(K, K.I, d.chunks) end
  if phase == "pack" then
    d.weight = function(t, o) return value(2, {("%s / %d"):format(t, K.KW * K.I), ("%s / %d %% %d"):format(t, K.I, K.KW), ("%s %% %d"):format(t, K.I), o}) end
    return kernel(K, "pack_" .. what, nil, render("cpu/packtaps.c", d))
  end
  d.reduces = K.parts[1].reduces
  d.source_value = function(...) return value(1, {...}) end
  d.epilogue = function(n, h, w, c, a) return part(1, {n, h, w, c}, a) end
  d.tile_name = function(rows, vectors) return text.tile(rows, vectors, "cpu/tile.c", "tile") end
  return kernel(K, what, nil, render("cpu/scatter.c", d))
end

return {applies = scatters, size = scatter_size, launch = scatter_launch}
