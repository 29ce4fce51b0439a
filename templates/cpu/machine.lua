-- machine.lua: what an instruction set has, and the sizes of the CPU's kernels that follow from it.
local sets = {avx512 = {16, 32}, avx2 = {8, 16}, sse2 = {4, 16}, neon = {4, 32}, c = {4, 16}}     -- floats a vector, registers
local keep = {avx512 = "v", avx2 = "x", sse2 = "x", neon = "w"}     -- how inline assembly names a vector register
local lanes, registers = sets[isa][1], sets[isa][2]

return {
  lanes = lanes, registers = registers, keep = keep[isa],
  -- the register tile of contractions: rows x vectors sums, the vectors, and a broadcast fit the registers
  ROWS = registers >= 32 and 8 or 6, VECTORS = 2,
  FLAT = 4096,                  -- elements of a chunk of a map
  L2 = 384 * 1024,              -- bytes of a chunk's tiles
}
