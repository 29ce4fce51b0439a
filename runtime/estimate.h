/* estimate.h: how long a step will take, told within two seconds. */
#ifndef BURIN_ESTIMATE_H
#define BURIN_ESTIMATE_H
#include "feed.h"

typedef struct {
    double seconds;             /* of one step */
    int steps;                  /* that were measured; 0: it is reckoned from the machine's limits: */
    double gflops, gb_per_s;
} Estimate;

/* Where the kernels are compiled already, some steps are run, with their data. Else each launch is reckoned to take as long as its
 * multiplications at SHARE of the peak, or its least traffic at the bandwidth, whichever is longer: so long do large convolutions and matrix
 * products take, while kernels that pool, shift or draw are slower. On the CPU only, whose limits can be measured.   */
enum { ESTIMATE_SHARE = 75 };                       /* percent: tests/bench/RESULTS.md */
int estimate_step(Estimate *, const BurinProgram *, int entry, const DeviceType *, const DeviceOptions *, Feed *, Error *);
#endif
