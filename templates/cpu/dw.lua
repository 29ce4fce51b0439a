-- dw.lua: weight gradients: conv_dw and transposed matmul: dw.c, and dwfinish.c for the sums of its chunks.
local machine, text = module "cpu/machine.lua", module "cpu/text.lua"
local min, max, ceil = math.min, math.max, math.ceil
local kernel, rows_of, split_rows = text.kernel, text.rows_of, text.split_rows
local lanes, VECTORS = machine.lanes, machine.VECTORS

local PIXELS = 400          -- positions that a chunk sums over, at the least: each chunk costs a buffer of the weights' size
local UNITS = 4             -- independent units of work, at the least
local L1 = 32 * 1024

-- Makes d a kernel of one tap whose input channels are the taps and channels that it had
local function patches(d)
  local p = {}
  for _, name in ipairs {"H", "W", "I", "KH", "KW", "SH", "SW", "PH", "PW"} do p[name] = d[name] end
  p.run = p.KW * p.I
  p.columns = max((d.OW - 1) * p.SW + p.KW, p.W + p.PW)
  p.size = max((d.OH - 1) * p.SH + p.KH, p.H + p.PH) * p.columns * p.I
  d.patch = p
  d.H, d.W, d.I, d.KH, d.KW, d.SH, d.SW, d.PH, d.PW = d.OH, d.OW, p.KH * p.KW * p.I, 1, 1, 1, 1, 0, 0
end

local function dw_shape(K)
  local d = {max = max}
  for _, name in ipairs {"N", "H", "W", "I", "KH", "KW", "OH", "OW", "O", "SH", "SW", "PH", "PW"} do d[name] = K[name] end
  if K.I < 4 and K.KH * K.KW > 1 and K.KH * K.KW * K.I <= 48 then patches(d) end
  local vectors = ceil(K.O / lanes)
  d.OP = vectors * lanes
  d.rows = split_rows(d.I)
  d.block = VECTORS * lanes
  d.widths = {}
  if vectors >= VECTORS then d.widths[1] = {n = VECTORS, condition = ("if (till - o >= %d * LANES) "):format(VECTORS)} end
  if vectors % VECTORS > 0 then d.widths[#d.widths + 1] = {n = vectors % VECTORS, condition = ("if (till - o < %d * LANES) "):format(VECTORS)} end
  if #d.widths == 1 then d.widths[1].condition = "" end
  d.wide = ceil(d.W / d.SW) * d.SW
  -- images of a chunk, and of those the ones in the panels at a time: a tile's share of them fits the L1 cache
  local blocks = ceil(d.OP / d.block)
  local tiles, pixels = ceil(d.I / machine.ROWS), d.N * d.OH * d.OW
  d.chunks = min(d.N, max(ceil(pixels / PIXELS), min(UNITS, pixels // (PIXELS // 2)), ceil(UNITS / max(blocks, tiles))))
  d.images = ceil(d.N / d.chunks)
  d.chunks = ceil(d.N / d.images)
  local share = 4 * (d.H * d.wide * d.rows[1].rows + d.OH * d.OW * d.block)
  d.count = max(1, min(d.images, L1 // share))
  d.count = ceil(d.images / ceil(d.images / d.count))
  -- few chunks: the operand that has more is split too, and each unit fills in the whole of the other
  d.by_rows = tiles > 1 and (blocks == 1 or d.H * d.W * d.I > d.OH * d.OW * d.O)
  local parts = d.by_rows and tiles or blocks
  local each = ceil(parts / min(parts, ceil(UNITS / d.chunks)))
  d.groups = ceil(parts / each)
  d.group_outs = (d.by_rows and blocks or each) * d.block
  d.tiles, d.group_rows, d.low, d.tall = tiles, d.by_rows and each or tiles, d.I // tiles, d.I % tiles
  local split = d.by_rows and d.groups > 1
  d.low_end = function(r) return split and r.from == 0 and "in_from" or split and ("max_int(%d, in_from)"):format(r.from) or r.from end
  d.high_end = function(r) return split and r.till == d.I and "in_till" or split and ("min_int(%d, in_till)"):format(r.till) or r.till end
  local function up(n) return ceil(n / 16) * 16 end
  d.y_at = up(d.count * d.H * d.wide * min(d.I, d.group_rows * d.rows[1].rows))
  d.image_at = d.y_at + up(d.count * d.OH * d.OW * d.OP)
  return d
end

local function dw_size(K)
  local d = dw_shape(K)
  return {main = d.chunks * d.groups, finish = ceil(d.KH * d.KW * d.I * d.O / 8192), partial_bytes = 4 * d.chunks * d.KH * d.KW * d.I * d.OP,
          thread_bytes = 4 * (d.image_at + (d.patch and d.patch.size or 0))}
end

local function dw_launch(K, phase)
  local d, matmul = dw_shape(K), K.op == "matmul"
  local what = ("%s_%dx%dx%d_%dx%d_%d"):format(matmul and "matmul_dw" or "conv_dw", K.H, K.W, K.I, K.KH, K.KW, K.O)
  if phase == "finish" then
    local rows = d.KH * d.KW * d.I
    for _, p in ipairs(K.parameters) do if p.written then d.out = p.name end end
    return kernel(K, "sums_" .. what, ("sums of %d chunks"):format(d.chunks), rows_of(rows, ceil(rows * d.O / 8192)) .. render("cpu/dwfinish.c", d))
  end
  d.x_value = function(n, h, w, c) return value(1, matmul and {n, c} or {n, h, w, c}) end
  d.y_value = function(n, h, w, c) return value(2, matmul and (K.tb and {c, n} or {n, c}) or {n, h, w, c}) end
  d.tile_name = function(rows, vectors) return text.tile(rows, vectors, "cpu/dwtile.c", "dwtile") end
  return kernel(K, what, nil, render("cpu/dw.c", d))
end

return {size = dw_size, launch = dw_launch}
