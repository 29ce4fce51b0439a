/* ptx_ops.h: what PTX's instructions do, a function each, as ptx.c names them. NVIDIA's "Parallel Thread Execution ISA" defines them.
 *
 * Registers hold bits: a function takes them, and says inside what they mean. Approximations (ex2.approx, sin.approx ...) are the C
 * library's; all else has the bits that a card gives.                                                                */
#include "machine.h"
#include "tensor.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

SimMachine *sim;

typedef uint8_t u8, b8;
typedef uint16_t u16, b16;
typedef uint32_t u32, b32;
typedef uint64_t u64, b64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef float f32;
typedef double f64;
typedef bool pred;

#define SHARED(at) (sim->shared + (u32)(at))
#define GLOBAL(at) ((char *)(at))
#define trap() sim->fail("trap", __LINE__)

/* Bits to value and back, for each type, and the register that holds it. */
#define INTEGER(T, R) \
    typedef R R_##T; \
    static inline T value_##T(R x) { return (T)x; } \
    static inline R bits_##T(T x) { return (R)x; }
#define REAL(T, R) \
    typedef R R_##T; \
    static inline T value_##T(R x) { T v; memcpy(&v, &x, sizeof v); return v; } \
    static inline R bits_##T(T x) { R v; memcpy(&v, &x, sizeof v); return v; }
INTEGER(u8, u16) INTEGER(s8, u16) INTEGER(b8, u16) INTEGER(u16, u16) INTEGER(s16, u16) INTEGER(b16, u16)
INTEGER(u32, u32) INTEGER(s32, u32) INTEGER(b32, u32) INTEGER(u64, u64) INTEGER(s64, u64) INTEGER(b64, u64)
INTEGER(pred, bool) REAL(f32, u32) REAL(f64, u64)

#define OP1(name, T, result) static inline R_##T name##_##T(R_##T x) { T a = value_##T(x); return bits_##T((T)(result)); }
#define OP2(name, T, result) static inline R_##T name##_##T(R_##T x, R_##T y) { T a = value_##T(x), b = value_##T(y); return bits_##T((T)(result)); }
#define OP3(name, T, result) \
    static inline R_##T name##_##T(R_##T x, R_##T y, R_##T z) { T a = value_##T(x), b = value_##T(y), c = value_##T(z); return bits_##T((T)(result)); }
#define SHIFT(name, T, result) static inline R_##T name##_##T(R_##T x, u32 n) { T a = value_##T(x); return bits_##T((T)(result)); }

/* ---- memory ---- */

static inline const char *aligned(const char *at, unsigned bytes, int line)
{
    if ((uintptr_t)at % bytes) sim->fail("an address that is not a multiple of its access", line);
    return at;
}

#define MEMORY(T) \
    static inline R_##T load_##T(const char *at, int i) { T v; memcpy(&v, at + (size_t)i * sizeof v, sizeof v); return bits_##T(v); } \
    static inline void store_##T(char *at, int i, R_##T x) { T v = value_##T(x); memcpy(at + (size_t)i * sizeof v, &v, sizeof v); }
MEMORY(u8) MEMORY(s8) MEMORY(b8) MEMORY(u16) MEMORY(s16) MEMORY(b16) MEMORY(u32) MEMORY(s32) MEMORY(b32) MEMORY(u64) MEMORY(s64) MEMORY(b64)
MEMORY(f32) MEMORY(f64)

/* What a load or store touches, all of it at once. */
static inline char *touched(const char *at, unsigned bytes, int writes, int line)
{
    aligned(at, bytes, line);
    sim->touch(at, (int)bytes, writes, line);
    return (char *)at;
}
#define LOAD(T, at) load_##T(touched(at, sizeof(T), 0, __LINE__), 0)
#define STORE(T, at, x) store_##T(touched(at, sizeof(T), 1, __LINE__), 0, x)
#define LOADS(T, n, v, at) do { const char *from = touched(at, n * sizeof(T), 0, __LINE__); for (int i = 0; i < n; i++) v[i] = load_##T(from, i); } while (0)
#define STORES(T, n, at, ...) \
    do { char *to = touched(at, n * sizeof(T), 1, __LINE__); const u64 *x = __VA_ARGS__; for (int i = 0; i < n; i++) store_##T(to, i, x[i]); } while (0)

#define ld_u8(at) ((s32)(u8)LOAD(u8, at))
#define ld_b8(at) ld_u8(at)
#define ld_s8(at) ((s32)(s8)LOAD(s8, at))
#define ld_u16(at) LOAD(u16, at)
#define ld_b16(at) LOAD(u16, at)
#define ld_s16(at) ((s32)(s16)LOAD(s16, at))
#define ld_u32(at) LOAD(u32, at)
#define ld_b32(at) LOAD(u32, at)
#define ld_f32(at) LOAD(u32, at)
#define ld_s32(at) ((s64)(s32)LOAD(s32, at))
#define ld_u64(at) LOAD(u64, at)
#define ld_b64(at) LOAD(u64, at)
#define ld_s64(at) LOAD(u64, at)
#define ld_f64(at) LOAD(u64, at)
#define st_u8(at, x) STORE(u8, at, x)
#define st_b8(at, x) STORE(u8, at, x)
#define st_s8(at, x) STORE(u8, at, x)
#define st_u16(at, x) STORE(u16, at, x)
#define st_b16(at, x) STORE(u16, at, x)
#define st_u32(at, x) STORE(u32, at, x)
#define st_s32(at, x) STORE(u32, at, x)
#define st_b32(at, x) STORE(u32, at, x)
#define st_f32(at, x) STORE(u32, at, x)
#define st_u64(at, x) STORE(u64, at, x)
#define st_s64(at, x) STORE(u64, at, x)
#define st_b64(at, x) STORE(u64, at, x)
#define st_f64(at, x) STORE(u64, at, x)
#define ld_v2_u8(v, at) LOADS(u8, 2, v, at)
#define ld_v4_u8(v, at) LOADS(u8, 4, v, at)
#define ld_v2_b8(v, at) LOADS(u8, 2, v, at)
#define ld_v4_b8(v, at) LOADS(u8, 4, v, at)
#define ld_v2_u16(v, at) LOADS(u16, 2, v, at)
#define ld_v4_u16(v, at) LOADS(u16, 4, v, at)
#define ld_v2_b16(v, at) LOADS(u16, 2, v, at)
#define ld_v4_b16(v, at) LOADS(u16, 4, v, at)
#define ld_v2_u32(v, at) LOADS(u32, 2, v, at)
#define ld_v4_u32(v, at) LOADS(u32, 4, v, at)
#define ld_v2_b32(v, at) LOADS(u32, 2, v, at)
#define ld_v4_b32(v, at) LOADS(u32, 4, v, at)
#define ld_v2_f32(v, at) LOADS(u32, 2, v, at)
#define ld_v4_f32(v, at) LOADS(u32, 4, v, at)
#define ld_v2_u64(v, at) LOADS(u64, 2, v, at)
#define ld_v2_b64(v, at) LOADS(u64, 2, v, at)
#define ld_v2_f64(v, at) LOADS(u64, 2, v, at)
#define st_v2_u8(at, ...) STORES(u8, 2, at, __VA_ARGS__)
#define st_v4_u8(at, ...) STORES(u8, 4, at, __VA_ARGS__)
#define st_v2_b8(at, ...) STORES(u8, 2, at, __VA_ARGS__)
#define st_v4_b8(at, ...) STORES(u8, 4, at, __VA_ARGS__)
#define st_v2_u16(at, ...) STORES(u16, 2, at, __VA_ARGS__)
#define st_v4_u16(at, ...) STORES(u16, 4, at, __VA_ARGS__)
#define st_v2_b16(at, ...) STORES(u16, 2, at, __VA_ARGS__)
#define st_v4_b16(at, ...) STORES(u16, 4, at, __VA_ARGS__)
#define st_v2_u32(at, ...) STORES(u32, 2, at, __VA_ARGS__)
#define st_v4_u32(at, ...) STORES(u32, 4, at, __VA_ARGS__)
#define st_v2_b32(at, ...) STORES(u32, 2, at, __VA_ARGS__)
#define st_v4_b32(at, ...) STORES(u32, 4, at, __VA_ARGS__)
#define st_v2_f32(at, ...) STORES(u32, 2, at, __VA_ARGS__)
#define st_v4_f32(at, ...) STORES(u32, 4, at, __VA_ARGS__)
#define st_v2_u64(at, ...) STORES(u64, 2, at, __VA_ARGS__)
#define st_v2_b64(at, ...) STORES(u64, 2, at, __VA_ARGS__)
#define st_v2_f64(at, ...) STORES(u64, 2, at, __VA_ARGS__)

static inline u64 cvta_to_global_u64(u64 x) { return x; }
static inline u64 cvta_global_u64(u64 x) { return x; }
static inline u64 cvta_to_local_u64(u64 x) { return x; }
static inline u64 cvta_local_u64(u64 x) { return x; }
static inline u64 cvta_to_shared_u64(u64 x) { return x - (u64)sim->shared; }
static inline u64 cvta_shared_u64(u64 x) { return x + (u64)sim->shared; }

/* Parts of a register: the lowest first. */
static inline void mov_b32_2(u64 *v, u32 x) { v[0] = x & 0xffff, v[1] = x >> 16; }
static inline void mov_b64_2(u64 *v, u64 x) { v[0] = (u32)x, v[1] = x >> 32; }
static inline void mov_b64_4(u64 *v, u64 x) { for (int i = 0; i < 4; i++) v[i] = x >> 16 * i & 0xffff; }
static inline u32 mov_b32_from_2(const u64 *v) { return (u32)(v[0] & 0xffff) | (u32)v[1] << 16; }
static inline u64 mov_b64_from_2(const u64 *v) { return (u32)v[0] | v[1] << 32; }
static inline u64 mov_b64_from_4(const u64 *v) { return (v[0] & 0xffff) | (v[1] & 0xffff) << 16 | (v[2] & 0xffff) << 32 | v[3] << 48; }

/* ---- integers ---- */

#define INTEGERS(X) X(u16) X(s16) X(u32) X(s32) X(u64) X(s64)
#define ARITHMETIC(T) \
    OP2(add, T, a + b) OP2(sub, T, a - b) OP2(mul_lo, T, a * b) OP3(mad_lo, T, a * b + c) \
    OP2(min, T, a < b ? a : b) OP2(max, T, a > b ? a : b) \
    OP2(div, T, b ? a / b : (T)-1) OP2(rem, T, b ? a % b : a) \
    SHIFT(shr, T, n >= 8 * sizeof(T) ? (a < 0 ? -1 : 0) : a >> n) \
    OP1(neg, T, -a) OP1(abs, T, a < 0 ? -a : a)
INTEGERS(ARITHMETIC)

#define BITS(T) \
    OP2(and, T, a & b) OP2(or, T, a | b) OP2(xor, T, a ^ b) OP1(not, T, ~a) \
    SHIFT(shl, T, n >= 8 * sizeof(T) ? 0 : a << n) SHIFT(shr, T, n >= 8 * sizeof(T) ? 0 : a >> n)
BITS(b16) BITS(b32) BITS(b64)
OP2(and, pred, a & b) OP2(or, pred, a | b) OP2(xor, pred, a ^ b) OP1(not, pred, !a)

#define WIDE(T, W) \
    static inline R_##W mul_wide_##T(R_##T x, R_##T y) { return bits_##W((W)value_##T(x) * (W)value_##T(y)); } \
    static inline R_##W mad_wide_##T(R_##T x, R_##T y, R_##W z) { return mul_wide_##T(x, y) + z; } \
    static inline R_##T mul_hi_##T(R_##T x, R_##T y) { return bits_##T((T)(((W)value_##T(x) * (W)value_##T(y)) >> 8 * sizeof(T))); } \
    static inline R_##T mad_hi_##T(R_##T x, R_##T y, R_##T z) { return mul_hi_##T(x, y) + z; }
WIDE(u16, u32) WIDE(s16, s32) WIDE(u32, u64) WIDE(s32, s64)
static inline u64 mul_hi_u64(u64 a, u64 b) { return (u64)((unsigned __int128)a * b >> 64); }
static inline u64 mul_hi_s64(u64 a, u64 b) { return (u64)((__int128)(s64)a * (s64)b >> 64); }

static inline u32 popc_b32(u32 x) { return (u32)__builtin_popcount(x); }
static inline u32 clz_b32(u32 x) { return x ? (u32)__builtin_clz(x) : 32; }
static inline u32 clz_b64(u64 x) { return x ? (u32)__builtin_clzll(x) : 64; }
static inline u32 bfind_u32(u32 x) { return x ? 31 - (u32)__builtin_clz(x) : ~0u; }
static inline u32 brev_b32(u32 x) { u32 r = 0; for (int i = 0; i < 32; i++) r |= (x >> i & 1) << (31 - i); return r; }
static inline u32 shf_l_wrap_b32(u32 low, u32 high, u32 n) { return n & 31 ? high << (n & 31) | low >> (32 - (n & 31)) : high; }
static inline u32 shf_r_wrap_b32(u32 low, u32 high, u32 n) { return n & 31 ? low >> (n & 31) | high << (32 - (n & 31)) : low; }
static inline u32 bfe_u32(u32 a, u32 at, u32 n) { at &= 255, n &= 255; return at >= 32 || !n ? 0 : n >= 32 ? a >> at : a >> at & ((1u << n) - 1); }
#define INSERT(T, n_bits) \
    static inline T bfi_##T(T a, T b, u32 at, u32 n) \
    { \
        at &= 255, n &= 255; \
        if (at >= n_bits || !n) return b; \
        T mask = (n >= n_bits ? ~(T)0 : ((T)1 << n) - 1) << at; \
        return (b & ~mask) | (a << at & mask); \
    }
INSERT(b32, 32) INSERT(b64, 64)
static inline u32 lop3_b32(u32 a, u32 b, u32 c, int table)
{
    u32 r = 0;
    for (int i = 0; i < 8; i++)
        if (table >> i & 1) r |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
    return r;
}
static inline u32 prmt_b32(u32 a, u32 b, u32 how)
{
    u64 both = (u64)b << 32 | a;
    u32 r = 0;
    for (int i = 0; i < 4; i++) {
        u32 k = how >> 4 * i, byte = both >> 8 * (k & 7) & 255;
        r |= (k & 8 ? byte & 128 ? 255 : 0 : byte) << 8 * i;
    }
    return r;
}

/* ---- floating point ---- */

#define REALS(T, f) \
    OP2(add, T, a + b) OP2(sub, T, a - b) OP2(mul, T, a * b) OP2(div, T, a / b) OP3(fma, T, fma##f(a, b, c)) OP3(mad, T, fma##f(a, b, c)) \
    OP2(min, T, fmin##f(a, b)) OP2(max, T, fmax##f(a, b)) OP1(neg, T, -a) OP1(abs, T, fabs##f(a)) OP1(rcp, T, 1 / a) OP1(sqrt, T, sqrt##f(a)) \
    OP1(rsqrt, T, 1 / sqrt##f(a)) OP2(copysign, T, copysign##f(b, a)) OP1(ex2, T, exp2##f(a)) OP1(lg2, T, log2##f(a)) OP1(sin, T, sin##f(a)) \
    OP1(cos, T, cos##f(a)) OP1(tanh, T, tanh##f(a))
REALS(f32, f) REALS(f64,)

static inline f32 saturate(f32 x) { return x > 0 ? x < 1 ? x : 1 : 0; }
OP2(add_sat, f32, saturate(a + b)) OP2(mul_sat, f32, saturate(a * b)) OP3(fma_sat, f32, saturate(fmaf(a, b, c)))
OP2(min_NaN, f32, a != a || b != b ? NAN : fminf(a, b)) OP2(max_NaN, f32, a != a || b != b ? NAN : fmaxf(a, b))

/* Towards minus infinity, plus infinity and zero: through a double, which holds the product. */
static inline f32 downwards(f64 x) { f32 r = (f32)x; return (f64)r > x ? nextafterf(r, -INFINITY) : r; }
static inline f32 upwards(f64 x) { f32 r = (f32)x; return (f64)r < x ? nextafterf(r, INFINITY) : r; }
static inline f32 inwards(f64 x) { return x < 0 ? upwards(x) : downwards(x); }
OP3(fma_rm, f32, downwards((f64)a * b + c)) OP3(fma_rp, f32, upwards((f64)a * b + c)) OP3(fma_rz, f32, inwards((f64)a * b + c))
OP2(add_rz, f32, inwards((f64)a + b)) OP2(mul_rz, f32, inwards((f64)a * b))

static inline bool testp_infinite_f32(u32 x) { return isinf(value_f32(x)); }
static inline bool testp_finite_f32(u32 x) { return isfinite(value_f32(x)); }
static inline bool testp_notanumber_f32(u32 x) { return isnan(value_f32(x)); }
static inline bool testp_number_f32(u32 x) { return !isnan(value_f32(x)); }

/* ---- comparing, choosing ---- */

#define COMPARE(name, T, result) static inline bool setp_##name##_##T(R_##T x, R_##T y) { T a = value_##T(x), b = value_##T(y); return result; }
#define COMPARES(T) COMPARE(eq, T, a == b) COMPARE(ne, T, a < b || a > b) COMPARE(lt, T, a < b) COMPARE(le, T, a <= b) COMPARE(gt, T, a > b) COMPARE(ge, T, a >= b)
INTEGERS(COMPARES) COMPARES(f32) COMPARES(f64)
#define EQUALS(T) COMPARE(eq, T, a == b) COMPARE(ne, T, a != b)
EQUALS(b16) EQUALS(b32) EQUALS(b64)
#define UNSIGNED(T) COMPARE(lo, T, a < b) COMPARE(ls, T, a <= b) COMPARE(hi, T, a > b) COMPARE(hs, T, a >= b)
UNSIGNED(u16) UNSIGNED(u32) UNSIGNED(u64)
#define UNORDERED(T) \
    COMPARE(equ, T, !(a < b || a > b)) COMPARE(neu, T, a != b) COMPARE(ltu, T, !(a >= b)) COMPARE(leu, T, !(a > b)) COMPARE(gtu, T, !(a <= b)) \
    COMPARE(geu, T, !(a < b)) COMPARE(nan, T, a != a || b != b) COMPARE(num, T, a == a && b == b)
UNORDERED(f32) UNORDERED(f64)

#define SELECT(T) static inline R_##T selp_##T(R_##T x, R_##T y, bool p) { return p ? x : y; }
INTEGERS(SELECT) SELECT(b16) SELECT(b32) SELECT(b64) SELECT(f32) SELECT(f64) SELECT(pred)

/* ---- conversions ---- */

#define CONVERT(D, S) static inline u64 cvt_##D##_##S(u64 x) { return bits_##D((D)value_##S((R_##S)x)); }
#define CONVERTS(S) CONVERT(u8, S) CONVERT(s8, S) CONVERT(u16, S) CONVERT(s16, S) CONVERT(u32, S) CONVERT(s32, S) CONVERT(u64, S) CONVERT(s64, S) CONVERT(f32, S) CONVERT(f64, S)
CONVERTS(u8) CONVERTS(s8) INTEGERS(CONVERTS)
CONVERT(f32, f64) CONVERT(f64, f32) CONVERT(f32, f32)

/* To integers: what is too large becomes the nearest there is, NaN becomes 0. */
#define ROUND(D, S, how, f, least, most) \
    static inline u64 cvt_##how##_##D##_##S(R_##S x) \
    { \
        f64 a = f(value_##S(x)); \
        return a != a ? 0 : (u64)bits_##D(a <= (f64)(least) ? (least) : a >= (f64)(most) ? (most) : (D)a); \
    }
#define ROUNDS(D, S, least, most) ROUND(D, S, rzi, trunc, least, most) ROUND(D, S, rni, rint, least, most) ROUND(D, S, rmi, floor, least, most) ROUND(D, S, rpi, ceil, least, most)
ROUNDS(s32, f32, INT32_MIN, INT32_MAX) ROUNDS(u32, f32, 0, UINT32_MAX) ROUNDS(s64, f32, INT64_MIN, INT64_MAX) ROUNDS(u64, f32, 0, UINT64_MAX)
ROUNDS(s32, f64, INT32_MIN, INT32_MAX) ROUNDS(u32, f64, 0, UINT32_MAX) ROUNDS(s64, f64, INT64_MIN, INT64_MAX) ROUNDS(u64, f64, 0, UINT64_MAX)
ROUNDS(u16, f32, 0, UINT16_MAX) ROUNDS(s16, f32, INT16_MIN, INT16_MAX) ROUNDS(u8, f32, 0, UINT8_MAX) ROUNDS(s8, f32, INT8_MIN, INT8_MAX)
OP1(cvt_rzi_f32, f32, truncf(a)) OP1(cvt_rni_f32, f32, rintf(a)) OP1(cvt_rmi_f32, f32, floorf(a)) OP1(cvt_rpi_f32, f32, ceilf(a)) OP1(cvt_sat_f32, f32, saturate(a))

static inline u32 cvt_rna_tf32_f32(u32 x) { return sim_to_tf32(x); }
static inline u16 cvt_bf16_f32(u32 x) { return sim_to_bf16(x); }
static inline u32 cvt_bf16x2_f32(u32 high, u32 low) { return (u32)cvt_bf16_f32(high) << 16 | cvt_bf16_f32(low); }
static inline u32 cvt_f32_bf16(u16 x) { return (u32)x << 16; }
static inline f32 f16(u32 x) { u16 low = (u16)x; _Float16 h; memcpy(&h, &low, sizeof h); return (f32)h; }
static inline u16 cvt_f16_f32(u32 x) { _Float16 h = (_Float16)value_f32(x); u16 r; memcpy(&r, &h, sizeof r); return r; }
static inline u32 cvt_f32_f16(u16 x) { return bits_f32(f16(x)); }

/* ---- waiting for others ---- */

static inline void wait_at(int barrier, int line)
{
    if (barrier) sim->fail("a barrier other than 0", line);
    sim->barrier(line);
}
#define bar(n) wait_at(n, __LINE__)
#define barrier(n) wait_at(n, __LINE__)
#define bar_warp(lanes) ((void)sim->meet(lanes, 0, __LINE__))
#define membar_gl() ((void)0)
#define fence_acq_rel() ((void)0)
#define fence_sc() ((void)0)

enum { UP, DOWN, BFLY, IDX };
static inline u32 shuffle(int line, int how, bool *in_range, u32 x, u32 by, u32 clamp, u32 lanes)
{
    int lane = sim->at % 32, segment = clamp >> 8 & 31, last = (lane & segment) | (clamp & 31 & ~segment), first = lane & segment, n = (int)by;
    int from = how == UP ? lane - n : how == DOWN ? lane + n : how == BFLY ? lane ^ n : first | (n & 31 & ~segment);
    *in_range = how == UP ? from >= last : from <= last;
    if (!*in_range) from = lane;
    return (u32)sim_lane(sim, line, lanes, x, from);
}
#define shfl_up_b32(...) shuffle(__LINE__, UP, __VA_ARGS__)
#define shfl_down_b32(...) shuffle(__LINE__, DOWN, __VA_ARGS__)
#define shfl_bfly_b32(...) shuffle(__LINE__, BFLY, __VA_ARGS__)
#define shfl_idx_b32(...) shuffle(__LINE__, IDX, __VA_ARGS__)

#define vote_ballot_b32(vote, lanes) sim_votes(sim, __LINE__, lanes, vote)
#define vote_any_pred(vote, lanes) (vote_ballot_b32(vote, lanes) != 0)
#define vote_all_pred(vote, lanes) (vote_ballot_b32(vote, lanes) == (u32)(lanes))

/* Integers only: sums of floats by atomics would depend on the order. One thread runs at a time. */
#define ATOMIC(name, T, result) \
    static inline R_##T atom_##name##_##T(char *at, R_##T x) { T a = value_##T(load_##T(at, 0)), b = value_##T(x); store_##T(at, 0, bits_##T((T)(result))); return bits_##T(a); } \
    static inline void red_##name##_##T(char *at, R_##T x) { atom_##name##_##T(at, x); }
#define ATOMICS(T) ATOMIC(add, T, a + b) ATOMIC(min, T, a < b ? a : b) ATOMIC(max, T, a > b ? a : b) ATOMIC(inc, T, a >= b ? 0 : a + 1)
ATOMICS(u32) ATOMICS(s32) ATOMICS(u64)
#define BITWISE(T) ATOMIC(exch, T, b) ATOMIC(and, T, a & b) ATOMIC(or, T, a | b) ATOMIC(xor, T, a ^ b)
BITWISE(b32) BITWISE(b64)
static inline u32 atom_cas_b32(char *at, u32 was, u32 to) { u32 a = load_b32(at, 0); if (a == was) store_b32(at, 0, to); return a; }

#define CP_ASYNC(to, from, room, bytes, ...) sim->copy(to, from, room, (int)(bytes))
#define cp_async(to, from, ...) CP_ASYNC(to, from, __VA_ARGS__, __VA_ARGS__)
#define cp_async_commit_group() sim->commit()
#define cp_async_wait_group(n) sim->wait(n)
#define cp_async_wait_all() (sim->commit(), sim->wait(0))

/* ---- tensor cores ---- */

static inline void multiply(int line, int na, int nb, f32 (*low)(u32), f32 (*high)(u32), u64 *d, const u64 *a, const u64 *b, const u64 *c)
{
    f32 sum[4];
    u32 x[4], y[4];
    for (int i = 0; i < na; i++) x[i] = (u32)a[i];
    for (int i = 0; i < nb; i++) y[i] = (u32)b[i];
    for (int i = 0; i < 4; i++) sum[i] = value_f32((u32)c[i]);
    sim_multiply(sim, line, na, nb, low, high, sum, x, y);
    for (int i = 0; i < 4; i++) d[i] = bits_f32(sum[i]);
}
static inline f32 f16_high(u32 x) { return f16(x >> 16); }
#define mma_m16n8k4_row_col_f32_tf32_tf32_f32(d, ...) multiply(__LINE__, 2, 1, sim_tf32, NULL, d, __VA_ARGS__)
#define mma_m16n8k8_row_col_f32_tf32_tf32_f32(d, ...) multiply(__LINE__, 4, 2, sim_tf32, NULL, d, __VA_ARGS__)
#define mma_m16n8k8_row_col_f32_bf16_bf16_f32(d, ...) multiply(__LINE__, 2, 1, sim_bf16, sim_bf16_high, d, __VA_ARGS__)
#define mma_m16n8k16_row_col_f32_bf16_bf16_f32(d, ...) multiply(__LINE__, 4, 2, sim_bf16, sim_bf16_high, d, __VA_ARGS__)
#define mma_m16n8k16_row_col_f32_f16_f16_f32(d, ...) multiply(__LINE__, 4, 2, f16, f16_high, d, __VA_ARGS__)

static inline void load_matrices(int line, int n, bool transposed, u64 *v, const char *row)
{
    u32 words[4];
    sim_load_matrices(sim, line, n, transposed, words, row);
    for (int m = 0; m < n; m++) v[m] = words[m];
}
#define ldmatrix_m8n8_x1_b16(v, at) load_matrices(__LINE__, 1, false, v, at)
#define ldmatrix_m8n8_x2_b16(v, at) load_matrices(__LINE__, 2, false, v, at)
#define ldmatrix_m8n8_x4_b16(v, at) load_matrices(__LINE__, 4, false, v, at)
#define ldmatrix_m8n8_x1_trans_b16(v, at) load_matrices(__LINE__, 1, true, v, at)
#define ldmatrix_m8n8_x2_trans_b16(v, at) load_matrices(__LINE__, 2, true, v, at)
#define ldmatrix_m8n8_x4_trans_b16(v, at) load_matrices(__LINE__, 4, true, v, at)
