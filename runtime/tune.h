/* tune.h: `burin tune`: which choice in a kernel is the fastest here, where it makes no difference to the bits. What
 * was found lies beside the compiled objects, a file for each processor and instruction set:
 *
 *     burin tuned 1 PROCESSOR                              identity of cpu.h
 *     conv 64x14x14x32 -> 64x7x7x64, k4 s2 p1: panel 2     op and shape of a BurinKernel, and its choice
 *     SEAL                                                 40 digits of the SHA-256 of what stands above              */
#ifndef BURIN_TUNE_H
#define BURIN_TUNE_H
#include "choose.h"
#include "data.h"

/* The lines of kernels for an instruction set on this machine, malloced; "" where there are none. A file that is damaged or was
 * measured on another processor counts as none, and a line on stderr says so.                                        */
char *tuned_read(const char *isa);

/* The program as it is made with such lines and, if they are "", with this candidate of each kernel (CompileOptions) */
typedef const BurinProgram *TuneMake(void *context, const char *tuned, int candidate, Error *);

/* Measures each candidate of each kernel, then all that won together, and keeps the lines if the step is faster. */
int tune(TuneMake *, void *context, const Options *, const Chosen *, const DataPlaces *, Error *);
#endif
