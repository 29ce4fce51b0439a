-- machine.lua: what an instruction set has, and the sizes of the CPU's kernels that follow from it.
-- Floats a vector, and registers. Plain C is cut as for NEON, whose kernels are so tested on every machine
local sets = {avx512bf16 = {16, 32}, avx512 = {16, 32}, avx2 = {8, 16}, sse2 = {4, 16}, neon = {4, 32}, c = {4, 32}}
local keep = {avx512bf16 = "v", avx512 = "v", avx2 = "x", sse2 = "x", neon = "w"}     -- how inline assembly names a vector register
local lanes, registers = sets[isa][1], sets[isa][2]
local machine = {
  lanes = lanes, registers = registers, keep = keep[isa],
  ROWS = registers >= 32 and 8 or 6,    -- of a register tile of contractions, at the most: see vectors()
  pairs = isa == "avx512bf16" or isa == "c",    -- bfloat16 numbers are multiplied in pairs; in plain C because it runs everywhere, for tests
  AHEAD = 20,                           -- steps of a register tile that it prefetches its weights ahead
  FLAT = 4096,                          -- elements of a chunk of a map
  L1 = 32 * 1024, L2 = 512 * 1024,      -- bytes of the caches that kernels are cut for; most machines have these or more
}

-- Vectors of a register tile with so many rows: rows x vectors sums, the vectors of a step and a broadcast fit the registers. Two
-- are enough for full speed with many rows; few rows need more, to have independent sums for as long as an addition takes.
function machine.vectors(rows)
  if rows >= 5 then return 2 end
  return machine.most_vectors(rows)
end

-- The most vectors that the registers have room for beside so many rows
function machine.most_vectors(rows) return (registers - 1) // (rows + 1) end

-- Cycles of a step of a register tile: two multiply-adds and two loads are done in one, and a sum is ready for the next step after
-- four; `far`: the vectors come from the L2 cache
function machine.tile_cost(rows, vectors, far)
  return math.max(4, rows * vectors / 2, (rows + vectors) / 2, far and vectors * lanes / 8 or 0)
end

return machine
