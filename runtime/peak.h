/* peak.h: the machine's floating-point peak, as a Program. */
#ifndef BURIN_PEAK_H
#define BURIN_PEAK_H
#include "program.h"

typedef struct { BurinProgram program; BurinEntry entry; char code[4096]; } PeakProgram;

/* One entry, "step", of entry.flops operations on `threads` threads. The struct must stay where it is. */
void peak_program(PeakProgram *, const char *isa, int threads);
#endif
