/* cpu.h: the processor that this runs on. */
#ifndef BURIN_CPU_H
#define BURIN_CPU_H
#include "hash.h"
#include "text.h"
#include <stdbool.h>

typedef struct {
    char model[96];             /* "AMD EPYC 7763 64-Core Processor" */
    const char *isa;            /* the best that it runs: one of isa_names */
    int cores;                  /* physical cores that this process may use: the default number of threads */
    int processors;             /* logical ones */
    Digest identity;            /* of all that decides which code runs here, and how fast */
} Cpu;

void cpu_read(Cpu *);
bool cpu_runs(const char *isa);
int isa_floats(const char *isa);                    /* floats in one of its vectors; 0: no such isa */
const char *isa_title(const char *isa);             /* "AVX-512 (16 floats a vector)" */

/* For the compiler. Not "-march=native": compilers choose between a * b + c in one rounding and in two by what is fast on that
 * model, and the same isa must give the same bits on all of them.                                                      */
const char *isa_flags(const char *isa);
extern const char *const isa_names[];               /* best first, ended by NULL */
double memory_free(void);                           /* bytes that this process could still take */
#endif
