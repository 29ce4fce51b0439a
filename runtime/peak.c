/* peak.c: the machine's floating-point peak, as a Program: so that it is compiled, threaded and called exactly as the kernels
 * are that it is held against. Independent chains of multiply-adds in registers, at the vector width of the isa.       */
#include "peak.h"
#include "cpu.h"
#include <stdio.h>

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
    "void peak(const BurinCall *c)\n"
    "{\n"
    "    float sum = 0;\n"
    "    #pragma omp parallel num_threads(c->threads) reduction(+ : sum)\n"
    "    sum += chains();\n"
    "    *(float *)c->persistent = sum;\n"
    "}\n";

void peak_program(PeakProgram *k, const char *isa, int threads)
{
    int floats = isa_floats(isa), lanes = floats < 4 ? 4 : floats;
    snprintf(k->code, sizeof k->code, "enum { LANES = %d, ROUNDS = %d };\n%s", lanes, ROUNDS, text);
    k->entry = (BurinEntry){.name = "step", .symbol = "peak", .flops = 2.0 * threads * lanes * CHAINS * ROUNDS};
    k->program = (BurinProgram){.abi = BURIN_ABI, .name = "peak", .target = "cpu", .isa = isa, .cflags = isa_flags(isa), .entry = &k->entry, .entries = 1,
                                .persistent_bytes = 64, .code = k->code};
}
