/* philox.h: Burin's random numbers: a pure function of (seed, stream, step, index).
 *
 * Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011), section 3.3.
 * key = the seed's two words; counter = (index, stream, step's two words). The generator's interpreter, the runtime and
 * every target's kernels draw the same words; uniforms are the same bits, normals agree to rounding.
 *
 * Streams: a graph's random nodes count from 0; variable v (its index in Program.var) is initialised from stream
 * PHILOX_INIT + v at step 0, index = element in memory order; the order of an epoch's images comes from stream
 * PHILOX_SHUFFLE with step = epoch: for i = n-1 down to 1, j = floor(uniform(word 0 of index i) * (i + 1)), swap i, j. */
#ifndef BURIN_PHILOX_H
#define BURIN_PHILOX_H
#include <math.h>
#include <stdint.h>

enum { PHILOX_INIT = 0x40000000, PHILOX_SHUFFLE = 0x60000000 };

typedef struct { uint32_t w[4]; } Philox;

static inline Philox philox(uint64_t seed, uint32_t stream, uint64_t step, uint32_t index)
{
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    uint32_t c0 = index, c1 = stream, c2 = (uint32_t)step, c3 = (uint32_t)(step >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(b >> 32) ^ c1 ^ k0, n2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)b; c3 = (uint32_t)a; c0 = n0; c2 = n2;
        k0 += 0x9E3779B9u; k1 += 0xBB67AE85u;
    }
    return (Philox){{c0, c1, c2, c3}};
}

/* in (0,1): the middle of one of 2^23 cells, exact in float */
static inline double philox_uniform(uint32_t word) { return ((word >> 9) + 0.5) * (1.0 / 8388608); }

/* Element i of a tensor takes words 0 and 1 of counter i: uniform = word 0; normal = Box-Muller of both. */
static inline double philox_normal(Philox p)
{
    return sqrt(-2 * log(philox_uniform(p.w[0]))) * cos(6.283185307179586476925 * philox_uniform(p.w[1]));
}
#endif
