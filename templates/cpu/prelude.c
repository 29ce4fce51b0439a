| -- prelude.c: what all kernels of a CPU program use: vectors, mathematics, random numbers, launches.
/* $(comment)
 *
 * Built for $(isa): $(lanes) floats a vector, $(registers) vector registers. Memory is channels-last. Two arenas: P is
 * persistent (variables, outputs), S is scratch; each kernel gets the addresses of its tensors. A kernel works on
 * one `chunk`: chunks are independent of each other and fixed when this text was made, so that results do not depend on
 * the number of threads.                                                                                           */
| if isa == "avx512bf16" then
#include <immintrin.h>
| end
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#ifndef BURIN_VERSION           /* program.h has it */
typedef struct BurinCall {
    char *persistent, *scratch, *thread;
    uint64_t seed, step;
    int32_t threads, first, last;
    double *seconds;
} BurinCall;
#endif

enum { LANES = $(lanes), THREAD_BYTES = $(thread_bytes) };
typedef float vf __attribute__((vector_size(4 * LANES)));

/* Register tiles of contractions (tile.c, dwtile.c, dwtapstile.c) */
typedef void GatherTile(const float *x, ptrdiff_t x_step, ptrdiff_t x_row, const float *k, ptrdiff_t k_row, int taps, int run, float *to, ptrdiff_t to_row);
typedef void DwTile(const float *x, ptrdiff_t x_row, const float *y, ptrdiff_t y_row, int height, int run, float *to, int more);
typedef void DwTapsTile(const float *x, const int *place, ptrdiff_t x_row, ptrdiff_t x_step, const float *y, int height, int width, float *to, int more);

/* No kernel is compiled differently for what its callers pass: its bits are the same in every unit that it is put into. */
#ifdef __clang__
#define KERNEL __attribute__((noinline, visibility("hidden"))) void
#else
#define KERNEL __attribute__((noipa, visibility("hidden"))) void
#endif
#define INLINE static inline __attribute__((always_inline, unused))
#define F32(at) ((float *)(at))
#define U8(at) ((uint8_t *)(at))

INLINE vf v_load(const float *p) { vf v; memcpy(&v, p, sizeof v); return v; }
INLINE void v_store(float *p, vf v) { memcpy(p, &v, sizeof v); }
INLINE vf v_all(float x) { return x - (vf){0}; }
/* The value stays in a register: gcc would load it again for each multiplication, and the load ports would be the limit. */
| if keep then
#define KEEP(v) __asm__("" : "+$(keep)"(v))
| else
#define KEEP(v) (void)(v)
| end
| if pairs then

/* Pairs of bfloat16 numbers, the first in the lower half */
typedef uint32_t vp __attribute__((vector_size(4 * LANES)));
typedef void PairsTile(const uint16_t *x, ptrdiff_t x_step, ptrdiff_t x_row, const uint16_t *k, ptrdiff_t k_row, int taps, int run, float *to, ptrdiff_t to_row);
INLINE vp p_load(const uint16_t *p) { vp v; memcpy(&v, p, sizeof v); return v; }
INLINE vp p_all(const uint16_t *p) { uint32_t u; memcpy(&u, p, sizeof u); return u - (vp){0}; }
/* a + the second of x times the second of y, + the first of x times the first of y: in this order, each sum rounded, as
 * VDPBF16PS does, which takes denormal numbers for 0 besides */
| if isa == "avx512bf16" then
INLINE vf p_dot(vf a, vp x, vp y) { return (vf)_mm512_dpbf16_ps((__m512)a, (__m512bh)x, (__m512bh)y); }
| else
INLINE vf p_dot(vf a, vp x, vp y)
{
    a += (vf)(x & 0xffff0000u) * (vf)(y & 0xffff0000u);
    return a + (vf)(x << 16) * (vf)(y << 16);
}
| end
| end
INLINE int min_int(int a, int b) { return a < b ? a : b; }
INLINE int max_int(int a, int b) { return a > b ? a : b; }

$(render("math.c", {}))

/* ---- launches ---- */

INLINE double m_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- kernels ---- */
