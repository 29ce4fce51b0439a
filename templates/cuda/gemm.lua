-- gemm.lua: contractions as products of matrices: gemm.cu, and load.cu for its operands. gather.lua, dw.lua and matmul.lua say what
-- rows, columns and depth mean; here is how large the tiles are.
local text, mma = module "cuda/text.lua", module "cuda/mma.lua"
local min, max, ceil = math.min, math.max, math.ceil

-- Tiles: rows and columns of a block, sums of a thread along each (4 or 8), depth of a step; TZ: so many slices share the depth of each sum.
-- Two buffers, and the sums of all slices, fit into the 48 KiB of shared memory that a block has anywhere.
local tiles = {
  {BM = 128, BN = 128, TM = 8, TN = 8, STEP = 16}, {BM = 128, BN = 64, TM = 8, TN = 8, STEP = 16}, {BM = 64, BN = 128, TM = 8, TN = 8, STEP = 16},
  {BM = 64, BN = 64, TM = 8, TN = 8, STEP = 32, TZ = 2}, {BM = 32, BN = 64, TM = 8, TN = 8, STEP = 32, TZ = 4}, {BM = 128, BN = 32, TM = 8, TN = 4, STEP = 32, TZ = 2},
  {BM = 64, BN = 32, TM = 8, TN = 4, STEP = 32, TZ = 4}, {BM = 32, BN = 32, TM = 8, TN = 4, STEP = 32, TZ = 4}, {BM = 128, BN = 16, TM = 8, TN = 4, STEP = 32, TZ = 4},
  {BM = 64, BN = 16, TM = 4, TN = 4, STEP = 32, TZ = 4}, {BM = 16, BN = 32, TM = 4, TN = 4, STEP = 32, TZ = 8}, {BM = 16, BN = 16, TM = 4, TN = 4, STEP = 32, TZ = 8},
  {BM = 128, BN = 8, TM = 4, TN = 4, STEP = 16, TZ = 2}, {BM = 128, BN = 4, TM = 4, TN = 4, STEP = 16, TZ = 4}, {BM = 32, BN = 4, TM = 4, TN = 4, STEP = 64, TZ = 16},
}
for _, t in ipairs(tiles) do
  t.TZ = t.TZ or 1
  t.TY, t.TX = t.BM // t.TM, t.BN // t.TN
  t.threads = t.TX * t.TY * t.TZ
end

-- The multiprocessors that sizes are chosen for, and what each has: four schedulers that issue an instruction a cycle. What results
-- depend on must not depend on the card at hand.
local CORES, SCHEDULERS, REGISTERS, SHARED = 108, 4, 65536, 100 << 10
local SUMS = 256                                -- independent sums that keep it busy: for each scheduler two warps with 32 for each thread
local LOAD, LOOP, EPILOGUE = 20, 25, 12         -- instructions to bring four neighbours into shared memory; of a step besides; to finish a sum
local START, SECOND_PASS = 1500, 3000           -- cycles until a block's first product and for its end; of a launch that joins pieces

local function loads_each(t, tile) return max(1, tile * t.STEP // 4 // t.threads) end

-- Cycles of a tile's step on one multiprocessor: it issues instructions or reads shared memory, whichever takes longer
local function cycles(t)
  local warps, reads = max(1, t.threads / 32), t.STEP / t.TZ * (t.TM + t.TN) / 4
  local issued = t.STEP / t.TZ * t.TM * t.TN + reads + LOAD * (loads_each(t, t.BM) + loads_each(t, t.BN)) + LOOP
  return warps * max(issued / SCHEDULERS, 2 * reads)
end

-- How many blocks a multiprocessor holds
local function resident(t)
  local registers = t.TM * t.TN + 4 * (t.TM + t.TN) + 40
  return max(1, min(REGISTERS // (registers * t.threads), SHARED // (8 * (t.BM + t.BN) * t.STEP)))
end

-- Cycles of the product in so many blocks with so much depth each
local function time(t, blocks, depth)
  local waves = ceil(blocks / CORES)
  local warps = t.threads / 32 * min(waves, resident(t))
  local busy = min(1, t.numbers and warps / SCHEDULERS or warps * t.TM * t.TN / SUMS)      -- one warp keeps a tensor core busy
  return START + waves * ((t.cycles or cycles(t)) * ceil(depth / t.STEP) + t.BM * t.BN / 32 * EPILOGUE / SCHEDULERS) / busy
end

-- The tile for `batch` products of rows (a list of row counts, tiled one by one) x depth x columns; with `split`, the depth may be cut into
-- pieces whose results are added later: then also the depth of a piece. `numbers`: what is multiplied; t.numbers, where tensor cores do
local function choose(numbers, rows, columns, depth, batch, split)
  local best
  local function try(t, row_tiles, column_tiles, pieces)
    local each = ceil(ceil(depth / pieces) / t.STEP) * t.STEP
    pieces = ceil(depth / each)
    local joined = pieces > 1 and SECOND_PASS + pieces * rows[1] * columns / CORES or 0
    local cost = time(t, batch * row_tiles * column_tiles * pieces, min(depth, each)) + joined
    if best and cost > 0.95 * best.cost then return end      -- the larger tiles come first, and ask less of the memory
    best = {cost = cost, row_tiles = row_tiles, column_tiles = column_tiles, each = split and min(depth, each) or depth, pieces = pieces}
    for name, value in pairs(t) do best[name] = value end
  end
  for _, t in ipairs(mma.tiles(numbers, max(table.unpack(rows)), columns, depth) or tiles) do
    local row_tiles = 0
    for _, r in ipairs(rows) do row_tiles = row_tiles + ceil(r / t.BM) end
    local column_tiles = ceil(columns / t.BN)
    try(t, row_tiles, column_tiles, 1)
    for waves = 1, split and 4 or 0 do
      local pieces = min(256, depth // 64, waves * CORES // (row_tiles * column_tiles))
      if pieces > 1 then try(t, row_tiles, column_tiles, pieces) end
    end
  end
  return best
end

-- Where sum k of a thread lies along a side of the tile with T threads of n sums
local function spot(t, T, n, k)
  if T == 1 then return k end
  if n == 4 then return ("%s * 4 + %s"):format(t, k) end
  return ("%s / 4 * %d + %s * 4 + %s %% 4"):format(k, 4 * T, t, k)
end

-- How the threads share the chunks of an operand's tile, which has lines of `across` chunks: neighbours take neighbours of a line, `lanes`
-- of them at least. Returns how many each thread takes, and texts: the line and the chunk of the one with number f
local function shares(lines, across, lanes, threads)
  lanes = min(across, max(lanes, threads // lines))
  local rounds, each = across // lanes, max(1, lines * across // threads)
  local line = lanes == 1 and "threadIdx.x" or ("threadIdx.x / %d"):format(lanes)
  local chunk = lanes == 1 and "0" or lines == 1 and lanes == threads and "threadIdx.x" or ("threadIdx.x %% %d"):format(lanes)
  if each // rounds > 1 then line = ("%s + f%s * %d"):format(line, rounds > 1 and " / " .. rounds or "", threads // lanes) end
  if rounds > 1 then chunk = ("%s + f%s * %d"):format(chunk, each > rounds and " % " .. rounds or "", lanes) end
  return each, line, chunk
end

-- The store of what load.cu left in registers
local function staged_store(x, to)
  local value = x.name .. "_next" .. (x.loads_each > 1 and "[f]" or "")
  local at = to .. x.place
  local store = text.needed(x.shares, at) .. x.some .. (x.group == 4 and ("store_four(&%s, %s);\n"):format(at, value) or ("%s = %s;\n"):format(at, value))
  if x.loads_each == 1 then return "{\n" .. store:gsub("([^\n]+)", "    %1") .. "}\n" end
  return ("#pragma unroll\nfor (int f = 0; f < %d; f++) {\n%s}\n"):format(x.loads_each, store:gsub("([^\n]+)", "    %1"))
end

-- Moves loads out of the loops of operand x in which they do not change: to `of_kernel`, before all steps, or `of_step`, before the loop over
-- the chunks of a thread. Those that a condition guards stay.
local function hoist(x)
  local all, guards, moved = {}, table.concat(x.guards, " "), {}
  for _, list in ipairs {x.shares, x.places, x.declarations} do table.move(list, 1, #list, #all + 1, all) end
  local function has(s, name) return s:find("%f[%w_]" .. name .. "%f[^%w_]") end
  x.loads = x.loads:gsub("const Four (x%d+) = (load_four%b());\n", function(name, load)
    local needs = text.needed(all, load)
    local by_step, by_chunk = has(needs, "begin"), has(needs, "f")
    local function guarded(name) return has(needs, name) and has(guards, name) end
    if by_chunk or guarded("depth") or guarded(x.outer) or by_step and x.loads_each == 1 then return end
    local to = by_step and "of_step" or "of_kernel"
    moved[name] = x.name .. "_" .. name
    x[to] = x[to] .. ("%s = %s;\n"):format(moved[name], load)
    return ""
  end)
  x.code = x.code:gsub("%f[%w_](x%d+)%.at", function(name) return (moved[name] or name) .. ".at" end)
  for _, to in ipairs {"of_kernel", "of_step"} do
    local names = {}
    for name in x[to]:gmatch("([%w_]+) = load") do names[#names + 1] = name end
    if #names > 0 then x[to] = ("Four %s;\n{\n%s}\n"):format(table.concat(names, ", "), (text.needed(all, x[to]) .. x[to]):gsub("([^\n]+)", "    %1")) end
  end
end

-- An operand of a kernel with tile t, ready for load.cu, gemm.cu and what multiplies. `narrow`: a thread's chunks come from few depths, as what a depth
-- is has to be worked out; else from few places along the outer index. Along the depth, its rows lie in shared memory in groups: those that
-- a thread reads together
local function operand(t, name, x)
  x.name, x.tile, x.outer = name, name == "a" and t.BM or t.BN, name == "a" and "row" or "column"
  x.buffer = t.TZ > 1 and "shared.tile." .. name or name .. "_tile"
  x.needed, x.guards = text.needed, {}
  for _, g in ipairs(x.inside) do x.guards[#x.guards + 1] = g end
  local along = x.along == "depth"
  local lines, across = along and x.tile or t.STEP, (along and t.STEP or x.tile) // x.group
  local line, chunk
  if t.numbers then lines = mma.lines(t, x, lines) end
  x.loads_each, line, chunk = shares(lines, across, x.narrow and 32 // x.group or t.threads, t.threads)
  x.some = lines * across < t.threads and ("if (threadIdx.x < %d) "):format(lines * across) or ""
  x.shares = {{"line", line}, {"chunk", chunk}}
  local neighbour = x.group == 4 and "chunk * 4" or "chunk"
  x.places = along and {{"depth", "begin + " .. neighbour}, {x.outer, x.outer .. "0 + line"}} or {{"depth", "begin + line"}, {x.outer, x.outer .. "0 + " .. neighbour}}
  if t.numbers then mma.operand(t, x) end
  x.code, x.v = x.value()
  x.loads, x.of_kernel, x.of_step = "", "", ""
  if x.group == 4 then x.loads, x.code = text.four_loads(x.code, x.element, "first") end
  x.copied = not t.numbers and x.code:match("^const float [%w_]+ = x0%.at%[k%];\n$") and x.loads:match("= load_four%((.*)%);\n$")
  if not x.copied then hoist(x) end
  local in_group = "[line / 4][swizzled(line / 4, line %% 4, %s, STEP / 4)%s]"
  x.place = not along and ("[line][%s]"):format(neighbour) or x.group == 4 and in_group:format("chunk", "") or in_group:format("chunk / 4", " + chunk % 4")
  function x.load(to)
    x.to = to
    return render("cuda/load.cu", x)
  end
  x.store = x.store or function(to) return x.copied and "" or staged_store(x, to) end
  return x
end

-- Which sums a thread finishes, for epilogue.cu: those that it made; with slices, others, in `joined`
local function finished(t)
  if t.TZ == 1 then
    return {name = "sum", rows = t.TM, columns = t.TN, threads = t.TY, y = t.TY == 1 and "0" or "ty", row = function(r) return spot("ty", t.TY, t.TM, r) end,
            column = function(q) return spot("tx", t.TX, t.TN, q) end, first = t.TX == 1 and "q" or t.TN == 4 and "tx * 4" or ("q * %d + tx * 4"):format(t.TX)}
  end
  local across = t.BN // 4
  local down = min(t.BM, t.threads // across)
  return {name = "joined", rows = t.BM // down, columns = 4, threads = down, y = "down", some = across * down < t.threads and "down >= ROW_TILE" or nil,
          row = function(r) return t.BM == down and "down" or ("down + %s * %d"):format(r, down) end, column = function(q) return across == 1 and q or "across + " .. q end,
          first = across == 1 and "0" or "across",
          places = across == 1 and "down = threadIdx.x" or ("across = threadIdx.x %% %d * 4, down = threadIdx.x / %d"):format(across, across)}
end

-- How many elements of an operand are loaded at once, where n lie side by side
local function group(n) return n % 4 == 0 and 4 or 1 end

-- g: {head, rows, columns, steps, depth_first, a, b, epilogue, reduces}: the body. head(rest) declares what the rest needs of row_tile,
-- row0, column0
local function body(t, g)
  local values = {columns = g.columns, steps = g.steps, depth_first = g.depth_first, reduces = g.reduces or 0, epilogue = g.epilogue, spot = spot,
                  needed = text.needed, four_loads = text.four_loads, four_stores = text.four_stores, E = t.numbers and mma.finished(t) or finished(t)}
  for k, v in pairs(t) do values[k] = v end
  values.a, values.b = operand(t, "a", g.a), operand(t, "b", g.b)
  function values.finish() return render("cuda/epilogue.cu", values) end
  function values.products() return render(t.numbers and "cuda/mma.cu" or "cuda/fma.cu", values) end
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
