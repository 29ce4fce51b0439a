-- winodw.lua: weight gradients of kernel 4 and stride 2 by Winograd's algorithm: winodw.c, and winodwfinish.c for the sums of its chunks.
local machine, text, dw = module "cpu/machine.lua", module "cpu/text.lua", module "cpu/dw.lua"
local winograd = module "cpu/winograd.lua"
local min, max, ceil = math.min, math.max, math.ceil
local kernel, even, up = text.kernel, text.even, text.up
local lanes = machine.lanes

local POSITIONS = 196       -- that a chunk sums over, at the least: each chunk costs a buffer of the products' size
local UNITS = 4             -- independent units of work
local CHANNELS = 32         -- input channels of a unit, at the least, where each unit makes its own rows of y

-- How many items of each type have their pixel 0 or 1 within the input: all, or all but the last
local function within(a)
  local out = {}
  for type = 0, 2 do
    local n = a.first[type + 1] - a.first[type]
    local last = a.items[a.first[type + 1]]
    out[type] = {[0] = n, n}
    for pixel = 0, 1 do
      if n > 0 and (pixel < last.from or pixel >= last.till) then out[type][pixel] = n - 1 end
    end
  end
  return out
end

-- Products of tiles, summed over the types, that the four pixels have in common (groups = 1), or that each has (4)
local function steps(d, groups)
  local n = 0
  for a = 0, 2 do
    for b = 0, 2 do
      for pixel = 0, 3 do
        local h, w = d.lines[a][pixel // 2], d.columns[b][pixel % 2]
        if groups == 1 then h, w = max(d.lines[a][0], d.lines[a][1]), max(d.columns[b][0], d.columns[b][1]) end
        n = n + h * w
      end
    end
  end
  return n
end

-- Register tiles of at most so many rows, which are channels of the input at one pixel of a stride, or at all
local function split_tiles(d, rows)
  d.rows = even(d.IN // d.groups, rows)
  d.most_rows, d.least_rows = d.rows[1].size, d.rows[#d.rows].size
  d.tiles = d.groups * d.rows.count
  d.blocks = even(d.vectors, machine.vectors(d.most_rows))
  d.most_vectors, d.least_vectors = d.blocks[1].size, d.blocks[#d.blocks].size
end

-- Units of work are chunks of images and, where the input has many channels, parts of those. Of a chunk's images so many are in
-- the panels at a time that a register tile's share of them fits half the L1 cache
local function split_images(d)
  local parts = max(1, min(UNITS, d.C // CHANNELS))
  d.chunks = max(1, min(d.N, ceil(UNITS / parts), d.N * d.OH * d.OW // POSITIONS))
  d.images = ceil(d.N / d.chunks)
  d.chunks = ceil(d.N / d.images)
  d.most_items = 0
  for a = 0, 2 do
    for b = 0, 2 do d.most_items = max(d.most_items, (d.h.first[a + 1] - d.h.first[a]) * (d.w.first[b + 1] - d.w.first[b])) end
  end
  local share = 4 * d.most_items * (d.most_rows + d.most_vectors * lanes)
  d.count = max(1, min(d.images, machine.L1 // 2 // share))
  d.count = ceil(d.images / ceil(d.images / d.count))
end

-- Each unit has some tiles of rows, all of them where the chunks are enough
local function split_channels(d)
  d.per_part = ceil(d.tiles / min(d.tiles, ceil(UNITS / d.chunks)))
  d.parts = ceil(d.tiles / d.per_part)
end

-- The problem, and how its sums are ordered
local function layout(K)
  local d = {N = K.N, H = K.H, W = K.W, C = K.I, OH = K.OH, OW = K.OW, O = K.O, PH = K.PH, PW = K.PW, IN = 4 * K.I}
  d.h, d.w = winograd.axis(K.H, K.PH, K.OH), winograd.axis(K.W, K.PW, K.OW)
  d.lines, d.columns = within(d.h), within(d.w)
  d.vectors = ceil(d.O / lanes)
  d.OP = d.vectors * lanes
  -- of one pixel each, register tiles leave out what is padding, but more of them are not full
  local apart = 4 * ceil(d.C / machine.ROWS) * steps(d, 4)
  d.groups = apart < ceil(d.IN / machine.ROWS) * steps(d, 1) and 4 or 1
  split_tiles(d, machine.ROWS)
  split_images(d)
  split_channels(d)
  return d
end

-- Where the rows of register tile t begin, and how many they are, as texts
local function row(d, t)
  local each = d.tiles // d.groups
  if d.groups == 1 then return text.start(d.rows, t, 1) end
  if each == 1 then return t .. " * C" end
  return ("%s / %d * C + %s"):format(t, each, text.start(d.rows, ("%s %% %d"):format(t, each), 1))
end

local function size(d, t) return text.length(d.rows, d.groups == 1 and t or ("%s %% %d"):format(t, d.rows.count)) end

local function winodw_shape(K)
  local d = layout(K)
  split_tiles(d, text.choose(K, "rows", {machine.ROWS, machine.ROWS - 1, machine.ROWS - 2}))
  split_channels(d)
  -- images that lie a multiple of 2 KB apart would share few sets of the L1 cache
  local image = d.h.positions * d.w.positions * d.IN
  local apart = image * 4 % 2048
  d.x_image, d.y_image = (apart < 256 or apart > 1792) and image + 80 or image, d.OH * d.OW * d.OP
  d.product = d.IN * d.OP
  d.weights = 9 * d.product
  -- x and y as they are, x with room for the vector that is read past its end; then panels as those of dw.lua
  d.y_at = up(d.count * d.x_image + d.most_rows + lanes)
  d.rows_at = d.y_at + up(d.count * d.y_image)
  local items = d.most_items * d.count
  d.columns_at = d.rows_at + up(items * min(d.IN, d.per_part * d.most_rows) + d.per_part * lanes)
  d.tile_floats = d.columns_at + items * d.OP
  d.start, d.length, d.list, d.lanes = text.start, text.length, text.list, lanes
  d.row, d.size = function(t) return row(d, t) end, function(t) return size(d, t) end
  return d
end

-- Cycles, by the same measure as dw.cost(): of the products, of the register tiles' sums that are read and written, and about one
-- for each vector of the panels that is read or written: an item reads 1 2/3 along each axis
local function cost(K)
  local d = layout(K)
  local items = #d.h.items * #d.w.items
  local positions, calls = steps(d, d.groups) / 4 * d.N, 9 * d.chunks * ceil(d.images / d.count)
  local panels = d.N * items * 3.8 * (d.tiles * ceil(d.most_rows / lanes) + d.parts * d.vectors)
  return dw.tiles_cost(d.rows, d.blocks, positions, calls) * d.groups + panels + 2 * d.chunks * 9 * d.IN * d.vectors
end

-- Does it pay? By more than what the estimate may be wrong by.
local function applies(K)
  return K.op == "conv_dw" and winograd.fits(K) and cost(K) < 0.9 * dw.cost(K)
end

local function finish_chunks(d) return min(d.tiles * d.blocks.count, ceil(d.weights / 16384)) end

local function winodw_size(K)
  local d = winodw_shape(K)
  return {main = d.chunks * d.parts, finish = finish_chunks(d), partial_bytes = 4 * d.chunks * d.weights, thread_bytes = 4 * d.tile_floats}
end

local function winodw_launch(K, phase)
  local d = winodw_shape(K)
  local what = ("winograd_conv_dw_%dx%dx%d_4x4_%d"):format(K.H, K.W, K.I, K.O)
  if phase == "finish" then
    for _, p in ipairs(K.parameters) do if p.written then d.out = p.name end end
    local rows = text.rows_of(d.tiles * d.blocks.count, finish_chunks(d))
    return kernel(K, "sums_" .. what, ("sums of %d chunks"):format(d.chunks), rows .. render("cpu/winodwfinish.c", d))
  end
  d.x_value = function(...) return value(1, {...}) end
  d.y_value = function(...) return value(2, {...}) end
  d.tile = text.tiles("cpu/dwtile.c", "dwtile", "DwTile", d.least_rows, d.most_rows, d.least_vectors, d.most_vectors)
  return kernel(K, what, winograd.note(steps(d, d.groups), dw.multiplications(K)), render("cpu/winodw.c", d))
end

return {applies = applies, size = winodw_size, launch = winodw_launch}
