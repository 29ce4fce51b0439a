/* arch.c: NVIDIA's architectures. The limits are those of the CUDA C++ Programming Guide, "Technical Specifications per Compute
 * Capability"; tests/cuda/occupancy.sh holds them against NVIDIA's own calculator, cuda_occupancy.h.                   */
#include "arch.h"
#include <stdio.h>

/* The same for all of them */
enum { WARP = 32, REGISTERS = 65536, REGISTER_UNIT = 256, PARTITIONS = 4 };

static const Arch archs[] = {
    {75, 1024, 16, 64 << 10, 0, "T4", 40, 8100, 320, 0, 0},
    {80, 2048, 32, 164 << 10, 1024, "A100", 108, 19500, 1555, 156000, 312000},
    {86, 1536, 16, 100 << 10, 1024, "RTX 3090", 82, 35600, 936, 35600, 71200},
    {89, 1536, 24, 100 << 10, 1024, "RTX 4090", 128, 82600, 1008, 82600, 165200},
    {90, 2048, 32, 228 << 10, 1024, "H100 SXM", 132, 66900, 3350, 494700, 989400},
    {100, 2048, 32, 228 << 10, 1024, "B200", 148, 75000, 8000, 1125000, 2250000},
    {120, 1536, 24, 100 << 10, 1024, "RTX 5090", 170, 104800, 1792, 104800, 209500},
};

const Arch *arch_find(const char *isa)
{
    const Arch *best = NULL;
    int wanted = 0;
    if (sscanf(isa, "sm_%d", &wanted) != 1) return NULL;
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
        if (archs[i].arch <= wanted && archs[i].arch / 10 == wanted / 10) best = &archs[i];
    return best;
}

static int round_up(int n, int unit) { return (n + unit - 1) / unit * unit; }
static int least(int a, int b) { return a < b ? a : b; }

/* Registers are handed to warps in units, in each of a multiprocessor's four parts; shared memory in units to blocks. */
int arch_blocks(const Arch *a, int threads, int registers, size_t shared)
{
    const int warps = round_up(threads, WARP) / WARP, shared_unit = a->arch < 80 ? 256 : 128;
    int blocks = least(a->blocks, a->threads / (warps * WARP));
    const int of_warp = round_up(registers * WARP, REGISTER_UNIT), of_block = round_up((int)shared + a->reserved, shared_unit);
    if (of_warp) blocks = least(blocks, REGISTERS / PARTITIONS / of_warp * PARTITIONS / warps);
    if (of_block) blocks = least(blocks, a->shared / of_block);
    return blocks;
}
