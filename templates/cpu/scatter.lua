-- scatter.lua: conv_dx to few channels: scatter.c, and packtaps.c for its weights.
local machine, text, reduce = module "cpu/machine.lua", module "cpu/text.lua", module "cpu/reduce.lua"
local max, ceil = math.max, math.ceil
local kernel, even, up = text.kernel, text.even, text.up
local lanes = machine.lanes

-- Does it pay? When the result's channels would leave half of a vector empty, and the taps fill one.
local function scatters(K) return K.op == "conv_dx" and K.I * 2 <= lanes and K.KH * K.KW * K.I >= lanes end

-- Rows of the source that are multiplied at a time: enough pixels for some full register tiles, few enough for the L1 cache
local function strip(K)
  local rows = 1
  while rows < K.OH and (rows * K.OW < 4 * machine.ROWS or K.OH % rows > 0) do rows = rows + 1 end
  return rows
end

local function scatter_shape(K)
  local d = {}
  for _, name in ipairs {"N", "H", "W", "I", "KH", "KW", "OH", "OW", "O", "SH", "SW", "PH", "PW"} do d[name] = K[name] end
  local vectors = ceil(K.KH * K.KW * K.I / lanes)
  d.strip = strip(K)
  d.rows = even(d.strip * K.OW, machine.ROWS)
  d.blocks = even(vectors, machine.vectors(d.rows[1].size))
  d.columns = vectors * lanes
  d.turns = ceil(K.KW / K.SW)
  -- the result with room for the taps that fall off its edges
  d.line = max((K.OW - 1) * K.SW + K.KW, K.W + K.PW) * K.I
  d.lines = max((K.OH - 1) * K.SH + K.KH, K.H + K.PH)
  d.product_at = up(d.strip * K.OW * K.O)
  d.sums_at = d.product_at + up(d.strip * K.OW * d.columns)
  d.tile_floats = d.sums_at + up(d.lines * d.line)
  d.images = max(1, K.N // 16)
  d.chunks = ceil(K.N / d.images)
  return d
end

local function scatter_size(K)
  local d, reduces = scatter_shape(K), K.parts[1].reduces
  local size = {main = d.chunks, pack = 1, pack_bytes = 4 * d.columns * K.O, pack_key = ("scatter %d %d %d %d %d"):format(K.KH, K.KW, K.I, K.O, d.blocks.count),
                thread_bytes = 4 * d.tile_floats}
  return reduce.with_partials(size, reduces, K.I, d.chunks)
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
  d.statements = text.statements
  d.source_value = function(...) return value(1, {...}) end
  d.epilogue = function(n, h, w, c, a) return part(1, {n, h, w, c}, a) end
  d.tile = function(rows, vectors) return text.tiles("cpu/tile.c", "tile", "GatherTile", rows, rows, vectors, vectors).call() end
  return kernel(K, what, nil, render("cpu/scatter.c", d))
end

return {applies = scatters, size = scatter_size, launch = scatter_launch}
