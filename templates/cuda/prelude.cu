| -- prelude.cu: what all kernels of a CUDA program use: mathematics, random numbers, loads and stores of four.
/* $(comment)
 *
 * Memory is channels-last. Two arenas: P is persistent (variables, outputs), S is scratch; a kernel gets the addresses of its
 * tensors, which are multiples of 64 bytes. What a block does, and in which order sums are taken, was fixed when this text was
 * made: results do not depend on the card's size. Nothing is added by atomics.                                       */
#ifdef __CUDACC_RTC__
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
#else
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#endif
#ifndef INFINITY
#define INFINITY __int_as_float(0x7f800000)
#endif
#ifndef NAN
#define NAN __int_as_float(0x7fffffff)
#endif

#ifndef BURIN_VERSION           /* program.h has it */
struct BurinKey { uint64_t seed, step; };      /* what random numbers are keyed by */
#endif

#define INLINE __device__ __forceinline__
#define F32(at) ((float *)(at))
#define U8(at) ((uint8_t *)(at))
INLINE int min_int(int a, int b) { return a < b ? a : b; }

/* Four neighbours, read and written at once: the address is a multiple of 16 bytes. */
struct __align__(16) Four { float at[4]; };
INLINE Four load_four(const float *from)
{
    const float4 v = *(const float4 *)from;
    return {{v.x, v.y, v.z, v.w}};
}
INLINE void store_four(float *to, const Four &v) { *(float4 *)to = make_float4(v.at[0], v.at[1], v.at[2], v.at[3]); }
/* The first `left` of them, at least one */
INLINE void store_some(float *to, const Four &v, int left)
{
    if (left >= 4) { store_four(to, v); return; }
    to[0] = v.at[0];
    if (left > 1) to[1] = v.at[1];
    if (left > 2) to[2] = v.at[2];
}

$(render("math.c", {}))

/* ---- kernels ---- */
