-- gather.lua: conv, conv_dx and plain matmul: gather.c, and pack.c for their weights.
local machine, text, reduce, axis = module "cpu/machine.lua", module "cpu/text.lua", module "cpu/reduce.lua", module "axis.lua"
local min, max, ceil = math.min, math.max, math.ceil
local kernel, even = text.kernel, text.even
local lanes = machine.lanes

local UNITS = 4             -- independent units of work that a kernel should have, at the least
local SUMS = 32             -- units that have partial sums of their own, at about the most
local PANEL = machine.L2 / 2    -- bytes of the weights that all positions of a unit read before the next ones

-- How many taps of all outputs of an axis meet the source
local function meetings(s, size)
  local n = 0
  for j = 0, s.J - 1 do
    local first = j * s.step - s.P
    n = n + max(0, min(s.T, size - first) - max(0, -first))
  end
  return n
end

-- Cycles of a step of all these tiles of rows, for all output channels in these blocks
local function tiles_cost(g, tiles, blocks)
  local cost = 0
  for _, r in ipairs(tiles) do
    for _, b in ipairs(blocks) do
      cost = cost + (r.till - r.from) / r.size * (b.till - b.from) / b.size * machine.tile_cost(r.size, b.size, g.weights > machine.L1)
    end
  end
  return cost
end

-- Rows of a register tile are images at one position: then nothing is multiplied by padding
local function by_images(g)
  local rows, steps = text.balanced(g.N, SUMS), 0
  local blocks = even(g.vectors, machine.vectors(rows[1].size))
  for _, s in ipairs(g.subs) do steps = steps + meetings(s.h, g.HEIGHT) * meetings(s.w, g.WIDTH) end
  return {rows = rows, blocks = blocks, cost = steps * tiles_cost(g, rows, blocks)}
end

-- or, where images are few, neighbouring columns of one image, whose source has its padding as zeros
local function by_columns(g)
  local most, cost = 1, 0
  for _, s in ipairs(g.subs) do
    s.tiles = even(s.w.J, machine.ROWS)
    most = max(most, s.tiles[1].size)
  end
  local blocks = even(g.vectors, machine.vectors(most))
  for _, s in ipairs(g.subs) do cost = cost + g.N * meetings(s.h, g.HEIGHT) * s.w.T * tiles_cost(g, s.tiles, blocks) end
  return {columns = true, rows = even(g.N, 1), blocks = blocks, cost = cost}
end

-- The least and most rows and vectors of its register tiles
local function tile_sizes(K, g)
  local rows = {}
  for _, s in ipairs(g.columns and g.subs or {{tiles = g.rows}}) do for _, r in ipairs(s.tiles) do rows[#rows + 1] = r.size end end
  g.least_rows, g.most_rows = min(table.unpack(rows)), max(table.unpack(rows))
  local fit = even(g.vectors, machine.most_vectors(g.most_rows))
  g.blocks = even(g.vectors, text.choose(K, "vectors", {g.blocks[1].size, fit[1].size}))
  g.least_vectors, g.most_vectors = g.blocks[#g.blocks].size, g.blocks[1].size
end

-- The room for padding at the left and right of a source row
local function pad_columns(g)
  local left, right = 0, 0
  for _, s in ipairs(g.subs) do
    left = max(left, s.w.P)
    right = max(right, (s.w.J - 1) * s.w.step - s.w.P + s.w.T - g.WIDTH)
  end
  g.LEFT, g.WIDE = left, left + g.WIDTH + right
end

-- The sub-problems (conv_dx has one for each position modulo the stride) and where their packed weights start
local function sub_problems(K, g, dx)
  local at = 0
  for a = 0, g.DSH - 1 do
    for b = 0, g.DSW - 1 do
      local h, w = axis(dx, K.H, K.KH, K.SH, K.PH, K.OH, a), axis(dx, K.W, K.KW, K.SW, K.PW, K.OW, b)
      if h.J > 0 and w.J > 0 then
        g.subs[#g.subs + 1] = {ah = a, aw = b, h = h, w = w, at = at}
        at = at + h.T * w.T * g.IN * g.OP
      end
    end
  end
  g.weights = max(at, 1)
end

-- The problem, and what the rows of its register tiles are
local function layout(K)
  local dx = K.op == "conv_dx"
  local g = {N = K.N, CI = dx and K.O or K.I, CO = dx and K.I or K.O, HEIGHT = dx and K.OH or K.H, WIDTH = dx and K.OW or K.W,
             DSH = dx and K.SH or 1, DSW = dx and K.SW or 1, subs = {}}
  -- bfloat16 numbers are taken in pairs of input channels, of which the last may be filled up with zeros
  g.pairs = K.numbers == "bf16" and machine.pairs
  g.number, g.bytes, g.IN = g.pairs and "uint16_t" or "float", g.pairs and 2 or 4, g.pairs and g.CI + g.CI % 2 or g.CI
  g.store = g.pairs and "m_half(%s)" or "%s"
  g.vectors = ceil(g.CO / lanes)
  g.OP = g.vectors * lanes
  sub_problems(K, g, dx)
  g.step_h, g.step_w = dx and -K.SH or 1, dx and -K.SW or 1
  g.transposed = dx or K.tb
  local images, columns = by_images(g), by_columns(g)
  for k, v in pairs(columns.cost < 0.9 * images.cost and columns or images) do g[k] = v end
  return g
end

local function gather_shape(K)
  local g, dx = layout(K), K.op == "conv_dx"
  -- units of work: some tiles of images each, and if those are few, a part of the blocks of output channels
  tile_sizes(K, g)
  g.each = ceil(g.rows.count / SUMS)
  g.units = ceil(g.rows.count / g.each)
  local count, bytes = g.blocks.count, 1
  for _, s in ipairs(g.subs) do bytes = max(bytes, s.h.T * s.w.T * g.IN * g.most_vectors * lanes * g.bytes) end
  g.part = ceil(count / min(count, ceil(UNITS / g.units)))
  g.parts = ceil(count / g.part)
  local function panel(most) return ceil(g.part / ceil(g.part / max(1, min(most, 32 // g.most_vectors, g.part)))) end
  local usual = panel(PANEL // bytes)
  g.panel = text.choose(K, "panel", {usual, panel(usual // 2), panel(1), panel(2 * usual)})
  g.ahead = text.choose(K, "ahead", {machine.AHEAD, machine.AHEAD // 2, machine.AHEAD * 2})
  g.panel_width = g.panel * g.most_vectors * lanes
  g.step_rows, g.step_columns = dx and 1 or K.SH, dx and 1 or K.SW
  g.lanes, g.list, g.start, g.length, g.reads, g.statements = lanes, text.list, text.start, text.length, text.reads, text.statements
  g.LEFT, g.WIDE = 0, g.WIDTH
  if g.columns then pad_columns(g) end
  -- images that lie a multiple of 2 KB apart would share few sets of the L1 cache
  local image = g.HEIGHT * g.WIDE * g.IN
  local apart = image * g.bytes % 2048
  g.image = (not g.columns and g.most_rows > 1 and (apart < 256 or apart > 1792)) and image + 320 // g.bytes or image
  return g
end

local function source_index(K, n, h, w, c)
  if K.op ~= "matmul" then return {n, h, w, c} end
  return K.ta and {c, n} or {n, c}
end

-- What the order of the packed weights depends on: kernels that differ in any of it must not share a copy
local function pack_key(K, g)
  local key = {K.op, g.number, K.tb and "^T" or "", g.CI, g.CO, K.KH, K.KW, g.step_h, g.step_w, g.blocks.count}
  for _, s in ipairs(g.subs) do key[#key + 1] = ("%dx%d from %d,%d at %d"):format(s.h.T, s.w.T, s.h.k(0), s.w.k(0), s.at) end
  return table.concat(key, " ")
end

local function gather_size(K)
  local P = K.parts[1]
  local g = gather_shape(K)
  local size = {main = g.units * g.parts, pack = #g.subs * g.blocks.count, pack_bytes = g.bytes * g.weights, pack_key = pack_key(K, g),
                thread_bytes = g.bytes * (g.columns and 1 or g.most_rows) * g.image}
  return reduce.with_partials(size, P.reduces, g.CO, g.units)
end

local function gather_launch(K, phase)
  local g, P = gather_shape(K), K.parts[1]
  local what = ("%s_%dx%dx%d_%dx%d_%d"):format(K.op, g.HEIGHT, g.WIDTH, g.CI, K.KH, K.KW, g.CO)
  if K.op == "matmul" then what = ("matmul_%dx%dx%d"):format(K.N, K.I, K.O) end
  if phase == "finish" then return reduce.finish_sums(K, g.CO, g.units) end
  g.reduces = P.reduces
  if phase == "pack" then
    g.weight = function(kh, kw, i, o)
      if K.op == "matmul" then return value(2, K.tb and {o, i} or {i, o}) end
      return value(2, K.op == "conv_dx" and {kh, kw, o, i} or {kh, kw, i, o})
    end
    return kernel(K, "pack_" .. what, "weights in the order of " .. what, render("cpu/pack.c", g))
  end
  local at = offset({g.N, g.HEIGHT, g.WIDTH, g.CI}, {"n", "h", "w", "c"})
  g.direct = not g.pairs and text.direct(1, source_index(K, "n", "h", "w", "c"), at)
  g.fill = not g.direct or g.image ~= g.HEIGHT * g.WIDTH * g.CI
  g.source_value = function(n, h, w, c) return value(1, source_index(K, n, h, w, c)) end
  g.epilogue = function(n, h, w, o, a) return part(1, K.op == "matmul" and {n, o} or {n, h, w, o}, a) end
  local tile = (g.pairs and "pairs" or "tile") .. (g.ahead == machine.AHEAD and "" or "_ahead" .. g.ahead)
  g.tile = text.tiles("cpu/tile.c", tile, g.pairs and "PairsTile" or "GatherTile", g.least_rows, g.most_rows, g.least_vectors, g.most_vectors, g.ahead)
  return kernel(K, what, nil, render("cpu/gather.c", g))
end

-- Cycles of its products, by the same measure as machine.tile_cost()
local function cost(K)
  local g = layout(K)
  return g.cost * g.CI
end

return {size = gather_size, launch = gather_launch, cost = cost}
