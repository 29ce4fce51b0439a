-- wino.lua: conv and conv_dx of kernel 4 and stride 2 by Winograd's algorithm: wino.c, and winopack.c for their weights.
local machine, text, reduce = module "cpu/machine.lua", module "cpu/text.lua", module "cpu/reduce.lua"
local winograd, gather = module "cpu/winograd.lua", module "cpu/gather.lua"
local min, max, ceil = math.min, math.max, math.ceil
local kernel, even, up = text.kernel, text.even, text.up
local lanes = machine.lanes

local SUMS = 32             -- units of work that have partial sums of their own, at the most
local UNITS = 4             -- independent units of work, at the least
local ROWS = 32             -- rows that share the weights of a product, at the least, where they come from far

-- A row of a product: the channels of S that are within the input, `taps` runs that begin 2 C apart
local function strip_of(h, w, row, C)
  local lines, columns = h.till - h.from, w.till - w.from
  if columns == 2 then return {row = row, rows = 1, from = 2 * h.from * C, taps = min(1, lines), run = 2 * lines * C} end
  return {row = row, rows = 1, from = (2 * h.from + w.from) * C, taps = lines, run = columns * C}
end

-- The rows of products in strips that have the same channels: of its source (conv), or of its result (conv_dx). Rows are in the order
-- of types (of columns, then of lines), then tiles (lines, then columns).
local function strips_of(g)
  local strips, first, rows = {}, {}, 0
  for type = 0, 8 do
    local a, b, row = type % 3, type // 3, 0
    first[type + 1] = #strips
    for i = g.h.first[a] + 1, g.h.first[a + 1] do
      for j = g.w.first[b] + 1, g.w.first[b + 1] do
        local s, last = strip_of(g.h.items[i], g.w.items[j], row, g.C), strips[#strips]
        if row > 0 and last.from == s.from and last.taps == s.taps and last.run == s.run then last.rows = last.rows + 1
        else strips[#strips + 1] = s end
        g.partial_strips = g.partial_strips or g.dx and s.taps * s.run < 4 * g.C
        row = row + 1
      end
    end
    rows = max(rows, row)
  end
  first[10] = #strips
  g.strips, g.first_strip, g.rows = strips, first, rows
end

-- For each output (conv), or position of S (conv_dx), along an axis: the items that it is the sum of, those that are added first
local function terms_of(a, dx, count)
  local out = {}
  for q = 0, count - 1 do out[q + 1] = {plus = {}, minus = {}} end
  for k, item in ipairs(a.items) do
    local function add(q, to) if q and out[q + 1] then table.insert(out[q + 1][to], k - 1) end end
    add((dx and item.x or item.y)[1], "plus")
    add((dx and item.x or item.y)[2], dx and "minus" or "plus")
  end
  for _, t in ipairs(out) do
    t.list = table.move(t.minus, 1, #t.minus, #t.plus + 1, table.move(t.plus, 1, #t.plus, 1, {}))
  end
  return out
end

-- The numbers of products, added and taken away, that an output can be the sum of
local function sums_of(g)
  local sums, seen = {}, {}
  for _, y in ipairs(g.of_h) do
    for _, x in ipairs(g.of_w) do
      local py, my, px, mx = #y.plus, #y.minus, #x.plus, #x.minus
      local s = {plus = py * px + my * mx, minus = py * mx + my * px}
      local key = s.plus .. " " .. s.minus
      if not seen[key] then sums[#sums + 1] = s end
      seen[key] = true
    end
  end
  return sums
end

-- Images of a lot: those whose buffers fit the L2 cache, and more where the weights come from beyond it; a part of all of them
local function split_images(K, g)
  local source = g.dx and K.OH * K.OW * g.IN or g.h.positions * g.w.positions * g.IN
  local image = 4 * (source + g.rows * g.IN + #g.h.items * #g.w.items * g.OP)
  local far = 4 * 9 * g.IN * g.OP > machine.L2
  local most = max(machine.L2 * 3 // 4 // image, far and ceil(ROWS / g.rows) or 1)
  local count = ceil(K.N / max(1, min(most, ceil(K.N / UNITS))))
  if count > 4 then count = min(K.N, ceil(count / 4) * 4) end
  g.lots = even(K.N, K.N, count)
  g.source_size = source
end

local wino_shape = text.by_shape(function(K)
  local dx = K.op == "conv_dx"
  local g = {dx = dx, N = K.N, C = K.I, H = K.H, W = K.W, PH = K.PH, PW = K.PW, O = K.O, OH = K.OH, OW = K.OW, lanes = lanes}
  g.h, g.w = winograd.axis(K.H, K.PH, K.OH), winograd.axis(K.W, K.PW, K.OW)
  g.IN, g.OUT = dx and K.O or 4 * K.I, dx and 4 * K.I or K.O
  g.vectors = ceil(g.OUT / lanes)
  g.OP = g.vectors * lanes
  strips_of(g)
  split_images(K, g)
  g.of_h = terms_of(g.h, dx, dx and (K.H - 1 + K.PH) // 2 + 1 or K.OH)
  g.of_w = terms_of(g.w, dx, dx and (K.W - 1 + K.PW) // 2 + 1 or K.OW)
  g.sums = dx and sums_of(g)
  -- register tiles: all that a strip of some images is cut into
  g.least_rows, g.most_rows = machine.ROWS, 1
  for _, lot in ipairs(g.lots) do
    for _, s in ipairs(g.strips) do
      local rows = even(s.rows * lot.size, machine.ROWS)
      g.least_rows, g.most_rows = min(g.least_rows, rows[#rows].size), max(g.most_rows, rows[1].size)
    end
  end
  g.blocks = even(g.vectors, machine.vectors(g.most_rows))
  g.least_vectors, g.most_vectors = g.blocks[#g.blocks].size, g.blocks[1].size
  -- units of work: some lots of images, and if those are few, a part of the blocks of output channels
  g.each = ceil(g.lots.count / SUMS)
  g.units = ceil(g.lots.count / g.each)
  g.part = ceil(g.blocks.count / min(g.blocks.count, ceil(UNITS / g.units)))
  g.parts = ceil(g.blocks.count / g.part)
  g.u_at = up(g.lots[1].size * g.source_size)
  g.m_at = g.u_at + up(g.lots[1].size * g.rows * g.IN)
  g.floats = g.m_at + up(g.lots[1].size * #g.h.items * #g.w.items * g.OP)
  g.start, g.length, g.list, g.statements = text.start, text.length, text.list, text.statements
  return g
end)

-- Multiplications for a pair of channels and an image, and those of the direct kernel
local function products(g)
  local n, met = 0, {}
  for _, s in ipairs(g.strips) do n = n + s.rows * s.taps * s.run // g.C end
  for k, axis in ipairs {{g.H, g.PH, g.OH}, {g.W, g.PW, g.OW}} do
    local size, padding, out = table.unpack(axis)
    met[k] = 0
    for j = 0, out - 1 do met[k] = met[k] + max(0, min(4, size + padding - 2 * j) - max(0, padding - 2 * j)) end
  end
  return n, met[1] * met[2]
end

-- Cycles, by the same measure as gather.cost(): of the products; and of what it does besides, about one for each vector that is
-- read or written: the rows of products are made, by each part (along an axis 5 S are read for 3 items), and summed; the weights are
-- transformed.
local function cost(g)
  local cycles = 0
  for _, lot in ipairs(g.lots) do
    for _, s in ipairs(g.strips) do
      for _, r in ipairs(even(s.rows * lot.size, machine.ROWS)) do
        for _, b in ipairs(g.blocks) do
          local share = (r.till - r.from) / r.size * (b.till - b.from) / b.size * (lot.till - lot.from) / lot.size
          local steps = g.dx and g.IN * min(1, s.taps * s.run / g.OUT) or s.taps * s.run
          cycles = cycles + share * (steps * machine.tile_cost(r.size, b.size) + r.size * b.size)
        end
      end
    end
  end
  local items, sums = #g.h.items * #g.w.items, 0
  for _, y in ipairs(g.of_h) do for _, x in ipairs(g.of_w) do sums = sums + #y.list * #x.list end end
  local vectors = g.N * (items * 3.8 * g.IN * g.parts + sums * g.OUT) / lanes
  return cycles + vectors + 20 * g.C * g.O
end

-- Does it pay? By more than what the estimate may be wrong by.
local function applies(K)
  return (K.op == "conv" or K.op == "conv_dx") and winograd.fits(K) and cost(wino_shape(K)) < 0.9 * gather.cost(K)
end

local function wino_size(K)
  local g = wino_shape(K)
  local size = {main = g.units * g.parts, pack = g.blocks.count, pack_bytes = 4 * 9 * g.IN * g.OP,
                pack_key = ("winograd %s %d %d %d"):format(K.op, g.C, g.O, g.blocks.count), thread_bytes = 4 * g.floats}
  return reduce.with_partials(size, K.parts[1].reduces, g.dx and g.C or g.O, g.units * g.parts)
end

local function wino_launch(K, phase)
  local g, P = wino_shape(K), K.parts[1]
  local what = ("%s_%dx%dx%d_4x4_%d"):format(K.op, g.dx and g.OH or g.H, g.dx and g.OW or g.W, g.dx and g.O or g.C, g.dx and g.C or g.O)
  g.channels = g.dx and g.C or g.O
  if phase == "finish" then return reduce.finish_sums(K, g.channels, g.units * g.parts) end
  if phase == "pack" then
    g.weight = function(kh, kw, c, o) return value(2, {kh, kw, c, o}) end
    return kernel(K, "pack_winograd_" .. what, "weights of winograd_" .. what .. ", transformed", render("cpu/winopack.c", g))
  end
  g.reduces = P.reduces
  local at = offset({g.N, g.OH, g.OW, g.O}, {"n", "h", "w", "c"})
  g.direct = g.dx and text.direct(1, {"n", "h", "w", "c"}, at)
  g.source_value = function(...) return value(1, {...}) end
  g.epilogue = function(...) return part(1, {...}, "a") end
  g.tile = text.tiles("cpu/tile.c", "tile", "GatherTile", g.least_rows, g.most_rows, g.least_vectors, g.most_vectors)
  return kernel(K, "winograd_" .. what, winograd.note(products(g)), render("cpu/wino.c", g))
end

return {applies = applies, size = wino_size, launch = wino_launch}
