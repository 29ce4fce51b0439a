-- mma.lua: contractions of rounded numbers by tensor cores: mma.cu, in gemm.cu. Operands, rows, columns and depth are those of gemm.lua, which asks
-- here for tiles; here is what these look like, and how numbers become words.
--
-- A word is 32 bits: one tf32 number, or two bfloat16 neighbours of the depth. A step of a block is WORDS words of the depth, an
-- instruction multiplies 8. All that differs between the two precisions is how words are made, and the instruction.
local text = module "cuda/text.lua"
local mma = {used = false}     -- by any kernel
local WORDS = 16
local numbers_of_word = {tf32 = 1, bf16 = 2}
local has_tensor_cores = (tonumber(isa:match("^sm_(%d+)$")) or 0) >= 80        -- for these numbers

-- Rows and columns of a block, and of each of its warps: multiples of 32
local sizes = {
  {BM = 128, BN = 128, WM = 64, WN = 32}, {BM = 128, BN = 64, WM = 32, WN = 32}, {BM = 64, BN = 128, WM = 32, WN = 32},
  {BM = 64, BN = 64, WM = 32, WN = 32}, {BM = 128, BN = 32, WM = 32, WN = 32}, {BM = 32, BN = 128, WM = 32, WN = 32},
}

-- Cycles of a tile's step on one multiprocessor: products, reads of shared memory, reads of the operands
local function cycles(t)
  return math.max(t.BM * t.BN / 1024 * WORDS, t.threads / 32 * (t.WM + t.WN) / 32 * WORDS, (t.BM + t.BN) / 8 * t.STEP)
end

-- The tiles for a product of such numbers with so many rows and columns; nil where tensor cores are not for it: the numbers are floats, the
-- card's tensor cores do not know them, or a tile would be all but empty
function mma.tiles(numbers, rows, columns, depth)
  local list, of_word = {}, numbers_of_word[numbers]
  if not of_word or not has_tensor_cores or rows < 16 or columns < 8 or depth < WORDS * of_word then return end
  for k, s in ipairs(sizes) do
    local t = {TM = s.WM // 8, TN = s.WN // 4, TZ = 1, numbers = numbers, threads = s.BM // s.WM * (s.BN // s.WN) * 32, STEP = WORDS * of_word}
    for name, n in pairs(s) do t[name] = n end
    t.cycles = cycles(t)
    list[k] = t
  end
  return list
end

-- A value without the rounding that it ends with: words are made of it later, which rounds; so until then nothing waits for its load
local function unrounded(value, numbers)
  return function()
    local code, v = value()
    local before, of = code:match("^(.*)const float " .. v .. " = m_" .. numbers .. "%(([%w_]+)%);\n$")
    if before then return before, of end
    return code, v
  end
end

-- Where four are loaded across the depth and two neighbours of the depth make a word, a thread loads both, one after the other: it takes lines
-- of words. How many lines an operand of `lines` has then
local function paired(t, x) return t.numbers == "bf16" and x.along == "outer" and x.group == 4 end
function mma.lines(t, x, lines) return paired(t, x) and lines // 2 or lines end

-- Where in its tile in shared memory goes what a thread loaded as chunk `chunk` of line `line`: a word, and which half of it
local function place(x, of_word)
  if x.along ~= "depth" and x.group == 4 then return "[line][chunk * 4]" end
  if x.along ~= "depth" then return of_word == 2 and "[line / 2][chunk]" or "[line][chunk]", "line % 2" end
  local of_part = 4 * of_word // x.group
  local within = ({[2] = " + chunk % 2 * 2", [4] = " + chunk % 4", [8] = " + chunk % 8 / 2"})[of_part] or ""
  return ("[swizzled_word(line, chunk%s)%s]"):format(of_part > 1 and " / " .. of_part or "", within), "chunk % 2"
end

-- The words that are made of what load.cu left in registers, stored to the tile `to`
local function store(x, numbers, to)
  local at, half = place(x, numbers_of_word[numbers])
  local number = x.pair and "f * 2" or "f"
  local value = x.name .. "_next" .. (x.loads_each > 1 and "[" .. number .. "]" or "")
  local operands = x.pair and value .. ", " .. x.name .. "_next[f * 2 + 1]" or numbers == "bf16" and x.group == 1 and half .. ", " .. value or value
  local statement = ("%sstore_%s(&%s%s, %s);\n"):format(x.some, numbers, to, at, operands)
  local count = x.pair and x.loads_each // 2 or x.loads_each
  local block = "{\n" .. (text.needed(x.lines, at .. operands) .. statement):gsub("([^\n]+)", "    %1") .. "}\n"
  if x.loads_each == 1 then return block end
  return ("#pragma unroll\nfor (int f = 0; f < %d; f++) "):format(count) .. block
end

-- What load.cu, gemm.cu and mma.cu need to know of an operand, besides what gemm.lua says
function mma.operand(t, x)
  mma.used = true
  x.value = unrounded(x.value, t.numbers)
  x.warp, x.lines = x.name == "a" and t.WM or t.WN, x.shares
  x.moves = x.tile > x.warp
  local tile = (x.name == "a" and "ROW" or "COLUMN") .. "_TILE"
  x.shared = x.along == "depth" and ("[%s * %d]"):format(tile, WORDS) or ("[%d][%s + 4]"):format(WORDS, tile)
  x.pair = paired(t, x)
  function x.store(to) return store(x, t.numbers, to) end
  if not x.pair then return end
  x.loads_each = 2 * x.loads_each
  local function of_pair(s) return (s:gsub("%f[%w_]f%f[^%w_]", "f / 2")) end
  x.shares = {{"line", of_pair(x.shares[1][2])}, {"chunk", of_pair(x.shares[2][2])}}
  x.places[1][2] = "begin + line * 2 + f % 2"
end

-- Which sums are a thread's, for epilogue.cu; and `places`, integers that say so, for mma.cu too
function mma.finished(t)
  local tall, wide = t.BM > t.WM, t.BN > t.WN
  local across, list = t.BN // t.WN, {"lane = threadIdx.x % 32"}
  if tall then list[2] = "warp_row = threadIdx.x / 32" .. (wide and (" / %d"):format(across) or "") .. (" * %d"):format(t.WM) end
  if wide then list[#list + 1] = "warp_column = threadIdx.x / 32" .. (tall and (" %% %d"):format(across) or "") .. (" * %d"):format(t.WN) end
  local row, column = (tall and "warp_row + " or "") .. "lane_row + ", (wide and "warp_column + " or "") .. "lane % 4 * 4 + "
  return {name = "sum", rows = t.TM, columns = t.TN, threads = t.BM // t.WM * 8, y = (tall and ("warp_row / %d * 8 + "):format(t.WM) or "") .. "lane / 4",
          row = function(r) return row .. (t.TM > 4 and ("%s / 4 * 32 + %s %% 4"):format(r, r) or r) end,
          column = function(q) return ("%s%s / 4 * 16 + %s %% 4"):format(column, q, q) end,
          first = column .. "q * 4", places = table.concat(list, ", ")}
end

return mma
