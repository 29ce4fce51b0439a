// kernel.h: what a kernel's text is compiled under, with g++, on the src path: CUDA's words in terms of the simulated card.
//
// Inline assembly stands in leaf functions, which nvrtc.c leaves out: those here of the same names, which SIM_HAS_name tells of,
// mean the same.
#pragma once
#include "machine.h"
#include "tensor.h"
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <utility>

extern "C" { SimMachine *sim; }

#define __CUDA_ARCH__ 750
#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __restrict__ __restrict
#define __align__(n) __attribute__((aligned(n)))
// SIM_SECTION is the kernel's own (nvrtc.c defines it before each), so that a block fills no other kernel's memory
#define __shared__ static __attribute__((section(SIM_SECTION)))
#define SIM_DYNAMIC sim->shared

#define threadIdx (sim->thread)
#define blockIdx (sim->block)
#define blockDim (sim->threads)
#define gridDim (sim->blocks)
static const int warpSize = 32;
typedef SimIndex uint3, dim3;

#define SIM_VECTOR(T, name, align) \
    struct alignas(2 * align) name##2 { T x, y; }; \
    struct name##3 { T x, y, z; }; \
    struct alignas(4 * align) name##4 { T x, y, z, w; }; \
    static inline name##2 make_##name##2(T x, T y) { return {x, y}; } \
    static inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; } \
    static inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
SIM_VECTOR(float, float, 4)
SIM_VECTOR(int, int, 4)
SIM_VECTOR(unsigned char, uchar, 1)
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) double2 { double x, y; };
static inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
static inline double2 make_double2(double x, double y) { return {x, y}; }

// ---- waiting ----
#define __syncthreads() sim->barrier(__LINE__)
#define __syncwarp(...) ((void)sim->meet(sim_lanes(__VA_ARGS__), 0, __LINE__))
static inline unsigned sim_lanes(unsigned lanes = ~0u) { return lanes; }
static inline void __threadfence() {}
static inline void __threadfence_block() {}

template <class T> static inline uint64_t sim_bits(T v) { uint64_t u = 0; memcpy(&u, &v, sizeof v); return u; }
template <class T> static inline T sim_value(uint64_t u) { T v; memcpy(&v, &u, sizeof v); return v; }

enum SimShuffle { SIM_IDX, SIM_UP, SIM_DOWN, SIM_XOR };

template <class T> static inline T sim_shuffle(int line, SimShuffle how, unsigned lanes, T value, int by, int width = 32)
{
    int lane = sim->at % 32, first = lane / width * width;
    int from = how == SIM_IDX ? first + (by & (width - 1)) : how == SIM_UP ? lane - by : how == SIM_DOWN ? lane + by : lane ^ by;
    if (from < first || from >= first + width) from = lane;
    return sim_value<T>(sim_lane(sim, line, lanes, sim_bits(value), from));
}
#define __shfl_sync(...) sim_shuffle(__LINE__, SIM_IDX, __VA_ARGS__)
#define __shfl_up_sync(...) sim_shuffle(__LINE__, SIM_UP, __VA_ARGS__)
#define __shfl_down_sync(...) sim_shuffle(__LINE__, SIM_DOWN, __VA_ARGS__)
#define __shfl_xor_sync(...) sim_shuffle(__LINE__, SIM_XOR, __VA_ARGS__)

#define __ballot_sync(lanes, vote) sim_votes(sim, __LINE__, lanes, (bool)(vote))
#define __any_sync(lanes, vote) (__ballot_sync(lanes, vote) != 0)
#define __all_sync(lanes, vote) (__ballot_sync(lanes, vote) == (lanes))

// ---- atomics: one thread runs at a time ----
template <class T, class V> static inline T atomicAdd(T *at, V by) { T was = *at; *at = was + (T)by; return was; }
template <class T, class V> static inline T atomicExch(T *at, V to) { T was = *at; *at = (T)to; return was; }
template <class T, class V> static inline T atomicMax(T *at, V to) { T was = *at; if ((T)to > was) *at = (T)to; return was; }
template <class T, class V> static inline T atomicMin(T *at, V to) { T was = *at; if ((T)to < was) *at = (T)to; return was; }
template <class T, class V> static inline T atomicCAS(T *at, V if_, V to) { T was = *at; if (was == (T)if_) *at = (T)to; return was; }

// ---- what is assembly in the kernels' text: copies to shared memory that nobody waits for yet; tensor cores (tensor.h) ----
#define SIM_HAS_copy_async
static inline void copy_async(float *to, const float *from, bool inside) { sim->copy(to, from, 16, inside ? 16 : 0); }
#define SIM_HAS_wait_copies
static inline void wait_copies() { sim->commit(), sim->wait(0); }
#define SIM_HAS_word_tf32
static inline uint32_t word_tf32(float a) { return sim_to_tf32(sim_value<uint32_t>(sim_bits(a))); }
#define SIM_HAS_word_bf16
static inline uint32_t word_bf16(float first, float second)
{
    return sim_to_bf16(sim_value<uint32_t>(sim_bits(first))) | (uint32_t)sim_to_bf16(sim_value<uint32_t>(sim_bits(second))) << 16;
}
#define SIM_HAS_load_matrices
static inline void load_matrices(uint32_t *to, const uint32_t *row) { sim_load_matrices(sim, __LINE__, 4, false, to, row); }
static inline void sim_mma(int line, float (*low)(uint32_t), float (*high)(uint32_t), float *x, float *y, std::initializer_list<uint32_t> a, std::initializer_list<uint32_t> b)
{
    float d[4] = {x[0], x[4], y[0], y[4]};
    sim_multiply(sim, line, 4, 2, low, high, d, a.begin(), b.begin());
    x[0] = d[0], x[4] = d[1], y[0] = d[2], y[4] = d[3];
}
#define SIM_HAS_mma_tf32
static inline void mma_tf32(float *x, float *y, uint32_t a0, uint32_t a1, uint32_t a2, uint32_t a3, uint32_t b0, uint32_t b1)
{
    sim_mma(__LINE__, sim_tf32, nullptr, x, y, {a0, a1, a2, a3}, {b0, b1});
}
#define SIM_HAS_mma_bf16
static inline void mma_bf16(float *x, float *y, uint32_t a0, uint32_t a1, uint32_t a2, uint32_t a3, uint32_t b0, uint32_t b1)
{
    sim_mma(__LINE__, sim_bf16, sim_bf16_high, x, y, {a0, a1, a2, a3}, {b0, b1});
}

// ---- arithmetic ----
template <class T> static inline T __ldg(const T *p) { return *p; }
template <class T> static inline T __ldcs(const T *p) { return *p; }
template <class T> static inline void __stcs(T *p, T v) { *p = v; }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((uint64_t)a * b >> 32); }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __clz(unsigned x) { return x ? __builtin_clz(x) : 32; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline unsigned __float_as_uint(float x) { return sim_value<unsigned>(sim_bits(x)); }
static inline float __uint_as_float(unsigned x) { return sim_value<float>(x); }
static inline int __float_as_int(float x) { return sim_value<int>(sim_bits(x)); }
static inline float __int_as_float(int x) { return sim_value<float>((unsigned)x); }
static inline float rsqrtf(float x) { return 1 / sqrtf(x); }
static inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
static inline float __fmul_rn(float a, float b) { volatile float x = a * b; return x; }
static inline float __fadd_rn(float a, float b) { volatile float x = a + b; return x; }
static inline float __fdiv_rn(float a, float b) { return a / b; }
static inline float __frcp_rn(float x) { return 1 / x; }
static inline float __fsqrt_rn(float x) { return sqrtf(x); }
static inline float __fdividef(float a, float b) { return a / b; }
static inline float __saturatef(float x) { return x > 0 ? x < 1 ? x : 1 : 0; }
#define __expf expf             // macros: the C library has functions of these names
#define __logf logf
#define __log2f log2f
#define __sinf sinf
#define __cosf cosf
#define __powf powf
template <class A, class B> static inline auto max(A a, B b) -> decltype(a + b) { return a > b ? a : b; }
template <class A, class B> static inline auto min(A a, B b) -> decltype(a + b) { return a < b ? a : b; }

// ---- a kernel, as the machine calls it ----
template <class... A, size_t... I> static inline void sim_spread(void (*kernel)(A...), const uint64_t *argument, std::index_sequence<I...>)
{
    static_assert(((sizeof(A) == 8) && ... && true), "every argument has 8 bytes");
    kernel(sim_value<A>(argument[I])...);
}
template <class... A> static inline void sim_call(void (*kernel)(A...), const uint64_t *argument)
{
    sim_spread(kernel, argument, std::index_sequence_for<A...>{});
}
template <class... A> static constexpr int sim_count(void (*)(A...)) { return sizeof...(A); }

#define SIM_KERNEL(name) \
    static char sim_anchor_##name __attribute__((section("sim_" #name), used)); \
    extern "C" __attribute__((visibility("hidden"))) char __start_sim_##name[], __stop_sim_##name[]; \
    static void sim_call_##name(const uint64_t *argument) { sim_call(name, argument); }
#define SIM_ROW(name) {#name, sim_call_##name, sim_count(name), 0, __start_sim_##name, __stop_sim_##name},
