-- gemm.lua: contractions as products of matrices: gemm.cu, and load.cu for its operands. gather.lua, dw.lua and matmul.lua say what
-- rows, columns and depth mean; here is how large the tiles are.
local text = module "cuda/text.lua"
local min, max, ceil = math.min, math.max, math.ceil

-- Tiles: rows and columns of a block, sums of a thread along each, slices of the depth
local tiles = {
  {BM = 128, BN = 128, TM = 8, TN = 8}, {BM = 128, BN = 64, TM = 8, TN = 4}, {BM = 64, BN = 128, TM = 4, TN = 8},
  {BM = 64, BN = 64, TM = 4, TN = 4}, {BM = 32, BN = 64, TM = 4, TN = 4}, {BM = 64, BN = 32, TM = 4, TN = 4},
  {BM = 128, BN = 32, TM = 8, TN = 4}, {BM = 32, BN = 32, TM = 4, TN = 4}, {BM = 32, BN = 32, TM = 4, TN = 4, TZ = 2}, {BM = 32, BN = 32, TM = 4, TN = 4, TZ = 4},
  {BM = 64, BN = 16, TM = 4, TN = 4}, {BM = 128, BN = 16, TM = 4, TN = 4}, {BM = 16, BN = 64, TM = 4, TN = 4}, {BM = 16, BN = 128, TM = 4, TN = 4},
  {BM = 16, BN = 16, TM = 4, TN = 4, TZ = 4}, {BM = 16, BN = 16, TM = 4, TN = 4, TZ = 8},
  {BM = 128, BN = 8, TM = 4, TN = 4}, {BM = 128, BN = 4, TM = 4, TN = 4}, {BM = 32, BN = 4, TM = 4, TN = 4, TZ = 8},
  {BM = 128, BN = 1, TM = 4, TN = 1}, {BM = 32, BN = 1, TM = 1, TN = 1, TZ = 4}, {BM = 8, BN = 1, TM = 1, TN = 1, TZ = 16},
}

-- The card that sizes are chosen for: what results depend on must not depend on the card at hand
local CORES, WARPS = 108, 8     -- multiprocessors; warps that keep one busy

-- Cycles of a tile's step of depth 1, on one multiprocessor: multiply-adds, reads of shared memory, reads of the operands
local function tile_cost(t)
  local warps = max(1, t.BM * t.BN / (t.TM * t.TN) / 32)
  return max(warps * max(t.TM * t.TN / 4, 0.7 * (t.TM + t.TN)), (t.BM + t.BN) / 8) * (1 + 0.2 / min(t.TM, t.TN))
end

local function threads_of(t) return t.BM * t.BN // (t.TM * t.TN) * (t.TZ or 1) end

-- Time of the product in so many blocks with so much depth each
local function time(t, blocks, depth)
  local waves, warps = ceil(blocks / CORES), max(1, threads_of(t) / 32)
  local busy = min(1, warps * waves / WARPS)
  return waves * tile_cost(t) * (depth + 40) / busy
end

-- The tile for `batch` products of rows (a list of row counts, tiled one by one) x depth x columns; with `split`, the depth may be cut into
-- pieces whose results are added later: then also the depth of a piece
local function choose(rows, columns, depth, batch, split)
  local best
  for _, t in ipairs(tiles) do
    local row_tiles, column_tiles = 0, ceil(columns / t.BN)
    for _, r in ipairs(rows) do row_tiles = row_tiles + ceil(r / t.BM) end
    local most = split and max(1, min(256, depth // 64)) or 1
    local pieces = max(1, min(most, ceil(2 * CORES / (row_tiles * column_tiles))))
    local each = ceil(depth / pieces)
    local cost = time(t, batch * row_tiles * column_tiles * pieces, each) + (pieces > 1 and 2000 or 0)
    if not best or cost < best.cost then
      best = {cost = cost, BM = t.BM, BN = t.BN, TM = t.TM, TN = t.TN, TZ = t.TZ or 1, row_tiles = row_tiles, column_tiles = column_tiles, each = each}
    end
  end
  best.TY, best.TX = best.BM // best.TM, best.BN // best.TN
  best.threads = threads_of(best)
  best.STEP = best.BM * best.BN >= 128 * 128 and 8 or best.TZ > 4 and 4 * best.TZ or 16
  best.each = split and min(depth, ceil(best.each / best.STEP) * best.STEP) or depth
  best.pieces = max(1, ceil(depth / best.each))
  return best
end

-- An operand of a kernel with tile t, ready for load.cu
local function operand(t, name, x, depth_next)
  x.name, x.tile, x.outer = name, name == "a" and t.BM or t.BN, name == "a" and "row" or "column"
  x.step, x.threads, x.depth_next = t.STEP, t.threads, depth_next
  x.total = x.tile * t.STEP // x.group
  x.loads_each = ceil(x.total / t.threads)
  x.needed, x.four_loads = text.needed, text.four_loads
  return x
end

-- How many elements of an operand are loaded at once, where n lie side by side along the depth or the outer index
local function group(t, name, along, n) return n % 4 == 0 and (along == "depth" or (name == "a" and t.BM or t.BN) >= 4) and 4 or 1 end

-- g: {head, rows, columns, steps, depth_first, a, b, epilogue, reduces}: the body. head(rest) declares what the rest needs of row_tile,
-- row0, column0
local function body(t, g)
  local depth_next = (g.depth_first and g.depth_first .. " + " or "") .. "(step + 1) * STEP"
  local values = {columns = g.columns, steps = g.steps, reduces = g.reduces or 0, epilogue = g.epilogue,
                  needed = text.needed, four_loads = text.four_loads, four_stores = text.four_stores}
  for k, v in pairs(t) do values[k] = v end
  values.a, values.b = operand(t, "a", g.a, depth_next), operand(t, "b", g.b, depth_next)
  values.load_a, values.load_b = render("cuda/load.cu", values.a), render("cuda/load.cu", values.b)
  -- rows of shared memory that are written along the depth are a little longer, against bank conflicts
  values.a_pad, values.b_pad = values.a.along == "depth" and t.BM >= 4 and " + 4" or "", values.b.along == "depth" and t.BN >= 4 and " + 4" or ""
  local rest = render("cuda/gemm.cu", values)
  local sizes = ("enum { ROW_TILE = %d, COLUMN_TILE = %d, STEP = %d, THREADS = %d%s };\n"):format(t.BM, t.BN, t.STEP, t.threads, t.TZ > 1 and ", SLICES = " .. t.TZ or "")
  return sizes .. g.head(rest) .. rest
end

-- Declarations for text.needed(): which tile `block` (out of one product's) makes
local function places(t, block)
  local n = t.column_tiles
  if n == 1 then return {{"row_tile", block}, {"row0", "row_tile * ROW_TILE"}, {"column0", "0"}} end
  return {{"row_tile", ("%s / %d"):format(block, n)}, {"row0", "row_tile * ROW_TILE"}, {"column0", ("%s %% %d * COLUMN_TILE"):format(block, n)}}
end

-- Conditions under which an index of a tile is inside: none where tiles fit
local function inside(name, n, tile) if n % tile ~= 0 then return ("%s < %d"):format(name, n) end end

return {choose = choose, body = body, inside = inside, group = group, places = places}
