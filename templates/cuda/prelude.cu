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
| if tensor then

/* ---- tensor cores: a word is one tf32 number, or two bfloat16 numbers of which the first is its lower half ---- */

INLINE uint32_t word_tf32(float a)
{
    uint32_t word;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(a));
    return word;
}
INLINE uint32_t word_bf16(float first, float second)
{
    uint32_t word;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(second), "f"(first));
    return word;
}

/* Eight by eight words: lane 8 m + n has the address of row n of matrix m, four words; to[m] becomes word lane % 4 of row lane / 4. */
INLINE void load_matrices(uint32_t *to, const uint32_t *row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"((uint32_t)__cvta_generic_to_shared(row)) : "memory");
}

/* Adds the product of 16 rows and 8 columns, 8 words deep. With g = lane / 4 and t = lane % 4, a lane has words t and t + 4 of row g (a0, a2),
 * of row g + 8 (a1, a3) and of column g (b0, b1), and of the results columns 2 t and 2 t + 1 of both rows: x[0], x[4], and y[0], y[4]. */
INLINE void mma_tf32(float *x, float *y, uint32_t a0, uint32_t a1, uint32_t a2, uint32_t a3, uint32_t b0, uint32_t b1)
{
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(x[0]), "+f"(x[4]), "+f"(y[0]), "+f"(y[4]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}
INLINE void mma_bf16(float *x, float *y, uint32_t a0, uint32_t a1, uint32_t a2, uint32_t a3, uint32_t b0, uint32_t b1)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(x[0]), "+f"(x[4]), "+f"(y[0]), "+f"(y[4]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

/* Where part p, four words along the depth, of a row of a tile of such rows lies: those of eight rows that ldmatrix reads together, and
 * those of two neighbouring rows, are in different banks.                                                                */
INLINE int swizzled_word(int row, int part) { return ((row * 4 + part) ^ (row / 4 % 8)) * 4; }

INLINE void load_words(uint32_t *to, const uint32_t *from)
{
    const uint4 v = *(const uint4 *)from;
    to[0] = v.x; to[1] = v.y; to[2] = v.z; to[3] = v.w;
}
INLINE void store_tf32(uint32_t *to, float v) { *to = word_tf32(v); }
INLINE void store_tf32(uint32_t *to, const Four &v) { *(uint4 *)to = make_uint4(word_tf32(v.at[0]), word_tf32(v.at[1]), word_tf32(v.at[2]), word_tf32(v.at[3])); }
INLINE void store_bf16(uint32_t *to, int half, float v) { ((uint16_t *)to)[half] = (uint16_t)word_bf16(v, 0.0f); }
INLINE void store_bf16(uint32_t *to, const Four &v) { *(uint2 *)to = make_uint2(word_bf16(v.at[0], v.at[1]), word_bf16(v.at[2], v.at[3])); }
INLINE void store_bf16(uint32_t *to, const Four &v, const Four &next)
{
    *(uint4 *)to = make_uint4(word_bf16(v.at[0], next.at[0]), word_bf16(v.at[1], next.at[1]), word_bf16(v.at[2], next.at[2]), word_bf16(v.at[3], next.at[3]));
}
| end

/* ---- kernels ---- */
