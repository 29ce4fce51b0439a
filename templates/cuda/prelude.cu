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
INLINE int quotient(int a, int inverse) { return (int)__umulhi(4 * a, inverse); }     /* a / b, inverse = 2^30 / b rounded up */

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

/* Copies 16 bytes from global to shared memory, or zeros: they are there after wait_copies(), for this thread, and after a barrier
 * for others. Before sm_80 they pass through registers.                                                               */
INLINE void copy_async(float *to, const float *from, bool inside)
{
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"((uint32_t)__cvta_generic_to_shared(to)), "l"(from), "r"(inside ? 16 : 0) : "memory");
#else
    store_four(to, inside ? load_four(from) : Four{});
#endif
}
INLINE void wait_copies()
{
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}
/* Where a chunk of four floats lies in a group of rows, of so many chunks each: that of row `row` of the group. Eight threads that
 * read the same place of neighbouring groups find it in different banks: of each 32 banks, the eight chunks change places. */
INLINE int swizzled(int group, int row, int chunk, int chunks)
{
    return (chunks < 8 ? row / 2 * 8 + ((row % 2 * 4 + chunk) ^ (group % 8)) : row * chunks + (chunk ^ (group % 8))) * 4;
}

$(render("math.c", {}))

/* ---- kernels ---- */
