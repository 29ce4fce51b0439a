| -- math.c: the scalar functions of gen/ops.h and random numbers, for all targets, which so agree to rounding; INLINE is the target's.
/* ---- mathematics: branch-free, so that loops over it become vectors; errors of a few units in the last place ---- */

INLINE float m_bits(uint32_t u) { float f; memcpy(&f, &u, 4); return f; }
INLINE uint32_t m_word(float f) { uint32_t u; memcpy(&u, &f, 4); return u; }
INLINE float m_max(float a, float b) { return a >= b ? a : b; }
INLINE float m_min(float a, float b) { return a <= b ? a : b; }
INLINE float m_lt(float a, float b) { return a < b ? 1.0f : 0.0f; }
INLINE float m_le(float a, float b) { return a <= b ? 1.0f : 0.0f; }
INLINE float m_eq(float a, float b) { return a == b ? 1.0f : 0.0f; }
INLINE float m_where(float a, float b, float c) { return a != 0.0f ? b : c; }
INLINE float m_abs(float a) { return m_bits(m_word(a) & 0x7fffffffu); }
INLINE float m_sign(float a) { return a > 0.0f ? 1.0f : a < 0.0f ? -1.0f : 0.0f; }
INLINE float m_floor(float a) { return floorf(a); }
/* The nearest tf32 number, a float of 10 bits of mantissa after the leading one; ties away from zero. */
INLINE float m_tf32(float a)
{
    uint32_t u = m_word(a);
    return (u & 0x7f800000u) == 0x7f800000u ? a : m_bits((u + 0x1000u) & 0xffffe000u);
}
/* The nearest bfloat16, the upper half of a float; ties to even. */
INLINE float m_bf16(float a)
{
    uint32_t u = m_word(a), up = 0x7fffu + (u >> 16 & 1u);
    return a != a ? NAN : m_bits((u + up) & 0xffff0000u);
}
INLINE uint16_t m_half(float a) { return (uint16_t)(m_word(a) >> 16); }     /* of one that is a bfloat16 */
INLINE float m_sqrt(float a) { return sqrtf(a); }
INLINE float m_rsqrt(float a) { return 1.0f / sqrtf(a); }

/* e^a = 2^n e^r with |r| <= ln 2 / 2; ln 2 in two parts; degree 6 (Cephes expf, S. Moshier). */
INLINE float m_exp(float a)
{
    float x = a > 88.7228f ? 88.7228f : a < -87.3365f ? -87.3365f : a;
    float n = floorf(x * 1.44269504f + 0.5f), r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f; p = p * r + 8.3334519073e-3f; p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f; p = p * r + 5.0000001201e-1f;
    int32_t k = (int32_t)n, half = k >> 1;             /* 2^n in two factors: 2^128 is no float */
    float e = (p * r * r + r + 1.0f) * m_bits((uint32_t)(half + 127) << 23) * m_bits((uint32_t)(k - half + 127) << 23);
    e = a > 88.7228f ? INFINITY : a < -87.3365f ? 0.0f : e;
    return a != a ? a : e;
}

/* e^a - 1: near 0 by its series, elsewhere from m_exp. */
INLINE float m_expm1(float a)
{
    float p = 2.48015873e-5f;
    p = p * a + 1.98412698e-4f; p = p * a + 1.38888889e-3f; p = p * a + 8.33333333e-3f; p = p * a + 4.16666667e-2f;
    p = p * a + 1.66666667e-1f; p = p * a + 0.5f;
    return m_abs(a) < 0.5f ? p * a * a + a : m_exp(a) - 1.0f;
}

/* ln a = n ln 2 + ln m with sqrt(1/2) <= m < sqrt(2); degree 9 (Cephes logf). */
INLINE float m_log(float a)
{
    int small = a < 1.17549435e-38f;
    uint32_t u = m_word(small ? a * 8388608.0f : a), k = u - 0x3f3504f3u;
    float n = (float)((int32_t)k >> 23) - (small ? 23.0f : 0.0f), x = m_bits((k & 0x007fffffu) + 0x3f3504f3u) - 1.0f, z = x * x;
    float p = 7.0376836292e-2f;
    p = p * x - 1.1514610310e-1f; p = p * x + 1.1676998740e-1f; p = p * x - 1.2420140846e-1f; p = p * x + 1.4249322787e-1f;
    p = p * x - 1.6668057665e-1f; p = p * x + 2.0000714765e-1f; p = p * x - 2.4999993993e-1f; p = p * x + 3.3333331174e-1f;
    float y = (p * x * z - 2.12194440e-4f * n) - 0.5f * z, l = x + y + 0.693359375f * n;
    l = a > 3.40282347e38f ? a : a == 0.0f ? -INFINITY : l;
    return a < 0.0f || a != a ? NAN : l;
}

/* ln(1 + a): with u = 1 + a rounded, ln u is off by the rounding, which a / (u - 1) puts right (Kahan). */
INLINE float m_log1p(float a)
{
    float u = 1.0f + a, d = u - 1.0f;
    return d == 0.0f ? a : u > 3.40282347e38f ? u : m_log(u) * (a / d);
}

INLINE float m_sigmoid(float a) { return 1.0f / (1.0f + m_exp(-a)); }
INLINE float m_softplus(float a) { return m_max(a, 0.0f) + m_log1p(m_exp(-m_abs(a))); }
INLINE float m_pow(float a, float b)
{
    float whole = floorf(b), odd = whole - 2.0f * floorf(whole * 0.5f), p = m_exp(b * m_log(m_abs(a)));
    p = a == 0.0f ? (b > 0.0f ? 0.0f : b == 0.0f ? 1.0f : INFINITY) : p;
    return a >= 0.0f ? p : whole == b ? (odd != 0.0f ? -p : p) : NAN;
}

/* tanh |a| = 1 - 2 / (e^{2|a|} + 1); near 0 a polynomial (Cephes tanhf). */
INLINE float m_tanh(float a)
{
    float x = m_abs(a), z = a * a, p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f; p = p * z - 5.37397155531e-2f; p = p * z + 1.33314422036e-1f; p = p * z - 3.33332819422e-1f;
    float t = 1.0f - 2.0f / (m_exp(2.0f * m_min(x, 20.0f)) + 1.0f);
    return x < 0.625f ? p * z * a + a : a < 0.0f ? -t : a != a ? a : t;
}

/* sine of a, with a reduced to [-pi/2, pi/2]; good for |a| up to some thousands (Cephes sinf). */
INLINE float m_sin(float a)
{
    float n = floorf(a * 0.318309886f + 0.5f), r = ((a - n * 3.140625f) - n * 9.67502593994140625e-4f) - n * 1.509957990978376432e-7f;
    float z = r * r, p = 2.7557313707e-6f;
    p = p * z - 1.98412698e-4f; p = p * z + 8.3333293855e-3f; p = p * z - 1.6666666567e-1f;
    float s = p * z * r + r;
    return n - 2.0f * floorf(n * 0.5f) != 0.0f ? -s : s;
}
INLINE float m_cos(float a)
{
    float n = floorf(a * 0.318309886f) + 0.5f, r = ((a - n * 3.140625f) - n * 9.67502593994140625e-4f) - n * 1.509957990978376432e-7f;
    float z = r * r, p = 2.7557313707e-6f;
    p = p * z - 1.98412698e-4f; p = p * z + 8.3333293855e-3f; p = p * z - 1.6666666567e-1f;
    float s = p * z * r + r, half = n - 0.5f;
    return half - 2.0f * floorf(half * 0.5f) != 0.0f ? s : -s;
}

/* erf: near 0 its series, elsewhere 1 - e^{-a^2} t p(t), t = 1 / (1 + 0.5 |a|) (W. J. Cody's form as in Numerical Recipes, 6.2). */
INLINE float m_erf(float a)
{
    float x = m_abs(a), z = a * a, t = 1.0f / (1.0f + 0.5f * x), q = 0.17087277f;
    q = q * t - 0.82215223f; q = q * t + 1.48851587f; q = q * t - 1.13520398f; q = q * t + 0.27886807f; q = q * t - 0.18628806f;
    q = q * t + 0.09678418f; q = q * t + 0.37409196f; q = q * t + 1.00002368f; q = q * t - 1.26551223f;
    float e = 1.0f - t * m_exp(-z + q), p = -8.5e-4f;
    p = p * z + 5.2239776e-3f; p = p * z - 2.6866171e-2f; p = p * z + 1.1283792e-1f; p = p * z - 3.7612638e-1f; p = p * z + 1.1283792f;
    return x < 0.5f ? p * a : a < 0.0f ? -e : e;
}

/* Philox4x32-10 (Salmon et al., SC 2011): key = seed, counter = (index, stream, step). Its rounds are written out, as a loop that
 * the compiler leaves as one would keep the loop around it from becoming vectors.                                      */
INLINE void m_round(uint32_t c[4], uint32_t k[2])
{
    uint64_t a = (uint64_t)0xD2511F53u * c[0], b = (uint64_t)0xCD9E8D57u * c[2];
    c[0] = (uint32_t)(b >> 32) ^ c[1] ^ k[0]; c[1] = (uint32_t)b;
    c[2] = (uint32_t)(a >> 32) ^ c[3] ^ k[1]; c[3] = (uint32_t)a;
    k[0] += 0x9E3779B9u; k[1] += 0xBB67AE85u;
}
INLINE void m_philox(uint64_t seed, uint32_t stream, uint64_t step, uint32_t index, uint32_t *w0, uint32_t *w1)
{
    uint32_t c[4] = {index, stream, (uint32_t)step, (uint32_t)(step >> 32)}, k[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    m_round(c, k); m_round(c, k); m_round(c, k); m_round(c, k); m_round(c, k);
    m_round(c, k); m_round(c, k); m_round(c, k); m_round(c, k); m_round(c, k);
    *w0 = c[0];
    *w1 = c[1];
}
INLINE float m_unit(uint32_t word) { return ((float)(int32_t)(word >> 9) + 0.5f) * (1.0f / 8388608.0f); }
INLINE float m_uniform(uint64_t seed, uint32_t stream, uint64_t step, uint32_t index)
{
    uint32_t a, b;
    m_philox(seed, stream, step, index, &a, &b);
    return m_unit(a);
}
INLINE float m_normal(uint64_t seed, uint32_t stream, uint64_t step, uint32_t index)
{
    uint32_t a, b;
    m_philox(seed, stream, step, index, &a, &b);
    return sqrtf(-2.0f * m_log(m_unit(a))) * m_cos(6.28318531f * m_unit(b));
}
