/* peak.c: the machine's limits, as a Program: so that it is compiled, threaded and called exactly as the kernels are that it is
 * held against. Floating point: independent chains of multiply-adds in registers, at the vector width of the isa. Memory: the
 * triad a = b + 3 c of STREAM (McCalpin 1995), in arrays that together have a size; a byte written counts once, as it does there. */
#include "peak.h"
#include "cpu.h"
#include <stdio.h>

enum { FLOPS, TRIAD };                              /* entries */
enum { ROUNDS = 1000000, CHAINS = 12 };

static const char text[] =
    "#include <stdint.h>\n"
    "typedef struct BurinCall { char *persistent, *scratch, *thread; uint64_t seed, step; int32_t threads, first, last; double *seconds; } BurinCall;\n"
    "typedef float vec __attribute__((vector_size(4 * LANES)));\n"
    "#if defined __x86_64__\n#define KEEP(x) __asm__ volatile(\"\" : \"+v\"(x))\n"
    "#elif defined __aarch64__\n#define KEEP(x) __asm__ volatile(\"\" : \"+w\"(x))\n"
    "#else\n#define KEEP(x) __asm__ volatile(\"\" : \"+m\"(x))\n#endif\n"
    "#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)\n"
    "static __attribute__((noinline)) float chains(void)\n"
    "{\n"
    "    const vec b = (vec){0} + 1.0f, c = (vec){0} + 1e-9f;\n"
    "#define START(i) vec x##i = b;\n"
    "#define STEP(i) x##i = x##i * b + c; KEEP(x##i);\n"
    "#define SUM(i) s += x##i;\n"
    "    EACH(START)\n"
    "    for (long n = 0; n < ROUNDS; n++) { EACH(STEP) }\n"
    "    vec s = {0};\n"
    "    EACH(SUM)\n"
    "    return s[0];\n"
    "}\n"
    "void peak_flops(const BurinCall *c)\n"
    "{\n"
    "    float sum = 0;\n"
    "    #pragma omp parallel num_threads(c->threads) reduction(+ : sum)\n"
    "    sum += chains();\n"
    "    *(float *)c->persistent = sum;\n"
    "}\n"
    "static __attribute__((noinline)) void triad(vec *restrict x, const vec *restrict y, const vec *restrict z, long n)\n"
    "{\n"
    "    for (long i = 0; i < n; i++) x[i] = y[i] + 3.0f * z[i];\n"
    "}\n"
    "/* In c->step bytes, each thread in its part of them, over and over until 64 MiB have moved. Leaves the MB that did. */\n"
    "void peak_triad(const BurinCall *c)\n"
    "{\n"
    "    const long n = (long)(c->step / c->threads / (3 * sizeof(vec))), rounds = 1 + (64 << 20) / (long)c->step;\n"
    "    #pragma omp parallel for num_threads(c->threads) schedule(static, 1)\n"
    "    for (int t = 0; t < c->threads; t++) {\n"
    "        vec *x = (vec *)c->scratch + 3 * n * t;\n"
    "        for (long r = 0; r < rounds; r++) triad(x, x + n, x + 2 * n, n);\n"
    "    }\n"
    "    *(float *)c->persistent = 3e-6f * (float)sizeof(vec) * (float)n * (float)rounds * (float)c->threads;\n"
    "}\n";

double peak_size(int k) { return 65536.0 * (1 << 2 * k); }

int peak_open(Peak *k, const char *isa, const DeviceType *type, const DeviceOptions *o, Error *e)
{
    int floats = isa_floats(isa), lanes = floats < 4 ? 4 : floats;
    snprintf(k->code, sizeof k->code, "enum { LANES = %d, ROUNDS = %d };\n%s", lanes, ROUNDS, text);
    k->moved = (BurinOutput){.name = "moved", .kind = BURIN_REPORT};
    k->entry[FLOPS] = (BurinEntry){.name = "flops", .symbol = "peak_flops", .flops = 2.0 * o->threads * lanes * CHAINS * ROUNDS};
    k->entry[TRIAD] = (BurinEntry){.name = "triad", .symbol = "peak_triad", .output = &k->moved, .outputs = 1};
    k->program = (BurinProgram){.abi = BURIN_ABI, .name = "peak", .target = "cpu", .isa = isa, .cflags = isa_flags(isa), .entry = k->entry, .entries = 2,
                                .persistent_bytes = 64, .scratch_bytes = (size_t)peak_size(PEAK_SIZES - 1), .code = k->code};
    return session_open(&k->session, &k->program, type, o, 0, e);
}

void peak_close(Peak *k) { session_close(&k->session); }

int peak_flops(Peak *k, double *gflops, Error *e)
{
    *gflops = 0;
    for (double end = seconds_now() + 0.25, begin; (begin = seconds_now()) < end;) {
        if (session_run(&k->session, FLOPS, 0, e)) return -1;
        double rate = k->entry[FLOPS].flops / (seconds_now() - begin) / 1e9;
        if (rate > *gflops) *gflops = rate;
    }
    return 0;
}

static int triad(Peak *k, double size, double *gb_per_s, Error *e)
{
    float megabytes;
    *gb_per_s = 0;
    if (session_run(&k->session, TRIAD, (uint64_t)size, e)) return -1;           /* pages come, caches fill */
    for (double end = seconds_now() + 0.25 / PEAK_SIZES, begin; (begin = seconds_now()) < end;) {
        if (session_run(&k->session, TRIAD, (uint64_t)size, e)) return -1;
        double spent = seconds_now() - begin;
        if (session_number(&k->session, &k->moved, &megabytes, e)) return -1;
        if (megabytes / spent / 1e3 > *gb_per_s) *gb_per_s = megabytes / spent / 1e3;
    }
    return 0;
}

int peak_bandwidth(Peak *k, Bandwidth *w, Error *e)
{
    for (int i = PEAK_SIZES - 1; i >= 0; i--) {
        if (triad(k, peak_size(i), &w->gb_per_s[i], e)) return -1;
        if (i + 1 < PEAK_SIZES && w->gb_per_s[i] < w->gb_per_s[i + 1]) w->gb_per_s[i] = w->gb_per_s[i + 1];     /* noise: less memory is no slower */
    }
    return 0;
}

double bandwidth_of(const Bandwidth *w, double bytes)
{
    int k = 0;
    while (k + 1 < PEAK_SIZES && peak_size(k) < bytes) k++;
    return w->gb_per_s[k];
}
