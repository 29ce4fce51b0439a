-- dw.lua: weight gradients: conv_dw and transposed matmul: dw.c, and dwfinish.c for the sums of its chunks.
local machine, text = module "cpu/machine.lua", module "cpu/text.lua"
local min, max, ceil = math.min, math.max, math.ceil
local kernel, even, up = text.kernel, text.even, text.up
local lanes, L1 = machine.lanes, machine.L1

local PIXELS = 400          -- positions that a chunk sums over, at the least: each chunk costs a buffer of the weights' size
local UNITS = 4             -- independent units of work, at the least

-- Images of a chunk, and of those the ones in the panels at a time: a register tile's share of them fits the L1 cache
local function split_images(d)
  local pixels, tiles, blocks = d.N * d.OH * d.OW, d.rows.count, d.blocks.count
  d.chunks = min(d.N, max(ceil(pixels / PIXELS), min(UNITS, pixels // (PIXELS // 2)), ceil(UNITS / max(blocks, tiles))))
  d.images = ceil(d.N / d.chunks)
  d.chunks = ceil(d.N / d.images)
  local share = 4 * (d.H * d.wide * d.most_rows + d.OH * d.OW * d.most_vectors * lanes)
  d.count = max(1, min(d.images, L1 // share))
  d.count = ceil(d.images / ceil(d.images / d.count))
end

-- Few chunks: the operand that has more is split too, and each unit fills in the whole of the other
local function split_channels(d)
  local tiles, blocks = d.rows.count, d.blocks.count
  d.by_rows = tiles > 1 and (blocks == 1 or d.H * d.W * d.I > d.OH * d.OW * d.O)
  local parts = d.by_rows and tiles or blocks
  d.per_part = ceil(parts / min(parts, ceil(UNITS / d.chunks)))
  d.parts = ceil(parts / d.per_part)
end

-- Register tiles of at most so many input channels
local function split_tiles(d, rows)
  d.rows = even(d.I, rows)
  d.most_rows, d.least_rows = d.rows[1].size, d.rows[#d.rows].size
  d.blocks = even(d.vectors, machine.vectors(d.most_rows))
  d.most_vectors, d.least_vectors = d.blocks[1].size, d.blocks[#d.blocks].size
end

-- The problem, and how its sums are ordered
local function layout(K)
  local d = {max = max, start = text.start, length = text.length, lanes = lanes}
  for _, name in ipairs {"N", "H", "W", "I", "KH", "KW", "OH", "OW", "O", "SH", "SW", "PH", "PW"} do d[name] = K[name] end
  d.vectors = ceil(d.O / lanes)
  d.OP = d.vectors * lanes
  d.wide = ceil(d.W / d.SW) * d.SW
  split_tiles(d, machine.ROWS)
  split_images(d)
  return d
end

local function dw_shape(K)
  local d = layout(K)
  split_tiles(d, text.choose(K, "rows", {machine.ROWS, machine.ROWS - 1, machine.ROWS - 2}))
  split_channels(d)
  -- panels: of x, each tile of input channels with room for the vector that is stored past its end
  d.x_size = d.H * d.wide * d.count
  local tiles = d.by_rows and d.per_part or d.rows.count
  d.y_at = up(d.x_size * min(d.I, tiles * d.most_rows) + tiles * lanes)
  d.tile_floats = d.y_at + d.count * d.OH * d.OW * d.OP
  d.weights = d.KH * d.KW * d.I * d.OP
  return d
end

-- Cycles of `steps` positions of all register tiles, and of `calls` of each: its sums are read and written
local function tiles_cost(rows, blocks, steps, calls)
  local cost = 0
  for _, r in ipairs(rows) do
    for _, b in ipairs(blocks) do
      local tiles = (r.till - r.from) / r.size * (b.till - b.from) / b.size
      cost = cost + tiles * (steps * machine.tile_cost(r.size, b.size) + calls * (20 + r.size * b.size))
    end
  end
  return cost
end

-- How many positions of an axis meet the input, summed over the taps
local function meetings(size, kernel, stride, padding, out)
  local n = 0
  for j = 0, out - 1 do n = n + max(0, min(kernel, size + padding - j * stride) - max(0, padding - j * stride)) end
  return n
end

-- For a pair of channels and an image
local function multiplications(K) return meetings(K.H, K.KH, K.SH, K.PH, K.OH) * meetings(K.W, K.KW, K.SW, K.PW, K.OW) end

-- Cycles, by the measure of machine.tile_cost(): of the products, and about one for each vector of the panels and sums that is
-- read or written
local function cost(K)
  local d = layout(K)
  local calls = d.chunks * ceil(d.images / d.count) * d.KH * d.KW
  local panels = 2 * d.N * (d.H * d.W * d.rows.count * ceil(d.most_rows / lanes) + d.OH * d.OW * d.vectors)
  return tiles_cost(d.rows, d.blocks, d.N * multiplications(K), calls) + panels + 2 * d.chunks * d.KH * d.KW * d.I * d.vectors
end

local function finish_chunks(d) return min(d.rows.count * d.blocks.count, ceil(d.weights / 8192)) end

local function dw_size(K)
  local d = dw_shape(K)
  return {main = d.chunks * d.parts, finish = finish_chunks(d), partial_bytes = 4 * d.chunks * d.weights,
          thread_bytes = 4 * d.tile_floats}
end

-- The sums of d.chunks, by dwfinish.c, in so many chunks of their own
local function finish(K, d, what, chunks)
  for _, p in ipairs(K.parameters) do if p.written then d.out = p.name end end
  local rows = text.rows_of(d.rows.count * d.blocks.count, chunks)
  return kernel(K, "sums_" .. what, ("sums of %d chunks"):format(d.chunks), rows .. render("cpu/dwfinish.c", d))
end

local function dw_launch(K, phase)
  local d, matmul = dw_shape(K), K.op == "matmul"
  local what = ("%s_%dx%dx%d_%dx%d_%d"):format(matmul and "matmul_dw" or "conv_dw", K.H, K.W, K.I, K.KH, K.KW, K.O)
  if phase == "finish" then return finish(K, d, what, finish_chunks(d)) end
  d.x_value = function(n, h, w, c) return value(1, matmul and {n, c} or {n, h, w, c}) end
  d.y_value = function(n, h, w, c) return value(2, matmul and (K.tb and {c, n} or {n, c}) or {n, h, w, c}) end
  d.tile = text.tiles("cpu/dwtile.c", "dwtile", "DwTile", d.least_rows, d.most_rows, d.least_vectors, d.most_vectors)
  return kernel(K, what, nil, render("cpu/dw.c", d))
end

return {size = dw_size, launch = dw_launch, finish = finish, cost = cost, tiles_cost = tiles_cost, multiplications = multiplications}
