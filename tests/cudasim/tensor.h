/* tensor.h: what tensor cores do, for both paths: a warp multiplies; each lane holds fragments as NVIDIA's "Parallel Thread Execution
 * ISA" lays them out.                                                                                                */
#ifndef SIM_TENSOR_H
#define SIM_TENSOR_H
#include "machine.h"
#include <string.h>

static inline float sim_float(uint32_t x) { float f; memcpy(&f, &x, sizeof f); return f; }
static inline float sim_tf32(uint32_t x) { return sim_float(x & ~0x1fffu); }
static inline float sim_bf16(uint32_t x) { return sim_float(x << 16); }
static inline float sim_bf16_high(uint32_t x) { return sim_float(x & 0xffff0000u); }

static inline uint32_t sim_to_tf32(uint32_t x) { return (x & 0x7f800000) == 0x7f800000 ? x : (x + 0x1000) & ~0x1fffu; }
static inline uint16_t sim_to_bf16(uint32_t x) { return (x & 0x7fffffff) > 0x7f800000 ? 0x7fff : (uint16_t)((x + 0x7fff + (x >> 16 & 1)) >> 16); }

/* d += a b for 16x8 results: every group of 4 lanes has rows g and g + 8 of a, columns 2t and 2t + 1 of the result. A lane holds `na` registers
 * of a and `nb` of b; low() and high() are the numbers in one, high NULL where it has only one. A card rounds sums in its own way. */
static inline void sim_multiply(SimMachine *sim, int line, int na, int nb, float (*low)(uint32_t), float (*high)(uint32_t), float *d, const uint32_t *a, const uint32_t *b)
{
    uint32_t mine[8];
    const uint32_t *lane[32];
    int me = sim->at % 32, g = me / 4, t = me % 4;
    memcpy(mine, a, (size_t)na * sizeof *a);
    memcpy(mine + na, b, (size_t)nb * sizeof *b);
    const uint64_t *values = sim->meet(~0u, (uint64_t)mine, line);
    for (int i = 0; i < 32; i++) lane[i] = (const uint32_t *)values[i];
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < nb; k++)
            for (int q = 0; q < 4; q++) {
                uint32_t x = lane[g * 4 + q][k * 2 + i / 2], y = lane[(2 * t + i % 2) * 4 + q][na + k];
                d[i] += low(x) * low(y);
                if (high) d[i] += high(x) * high(y);
            }
    sim->meet(~0u, 0, line);                        /* `mine` must stay until all have read it */
}

/* ldmatrix: lane 8 m + r has the address of row r of matrix m; each lane gets two elements of a row (of a column: transposed). */
static inline void sim_load_matrices(SimMachine *sim, int line, int n, int transposed, uint32_t *v, const void *row)
{
    if ((uintptr_t)row % 16) sim->fail("a row of ldmatrix that is not a multiple of 16 bytes", line);
    const uint64_t *values = sim->meet(~0u, (uint64_t)row, line);
    int lane = sim->at % 32;
    for (int m = 0; m < n; m++) {
        const uint32_t *r = (const uint32_t *)values[m * 8 + lane / 4];
        const uint16_t *first = (const uint16_t *)values[m * 8 + lane % 4 * 2], *second = (const uint16_t *)values[m * 8 + lane % 4 * 2 + 1];
        v[m] = transposed ? first[lane / 4] | (uint32_t)second[lane / 4] << 16 : r[lane % 4];
    }
    sim->meet(~0u, 0, line);
}
#endif
