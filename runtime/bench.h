/* bench.h: `burin bench`: how fast a program's step or its samples are, and how near to the machine's limits. */
#ifndef BURIN_BENCH_H
#define BURIN_BENCH_H
#include "choose.h"
#include "data.h"

/* `compile_seconds`: from the start of the process to the Program in memory. */
int bench(const BurinProgram *, const Options *, const Chosen *, const DataPlaces *, double compile_seconds, Error *);
#endif
