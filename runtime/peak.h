/* peak.h: the machine's limits, measured as kernels are: multiply-adds a second, and bytes a second. */
#ifndef BURIN_PEAK_H
#define BURIN_PEAK_H
#include "session.h"

enum { PEAK_SIZES = 7 };                            /* of memory that bandwidth is measured in: 64 KiB, 256 KiB ... 256 MiB */

typedef struct {
    BurinProgram program;
    BurinEntry entry[2];
    BurinOutput moved;
    char code[4096];
    Session session;
} Peak;

typedef struct { double gb_per_s[PEAK_SIZES]; } Bandwidth;

/* For an isa, on the device's threads. The struct must stay where it is until it is closed. */
int peak_open(Peak *, const char *isa, const DeviceType *, const DeviceOptions *, Error *);
void peak_close(Peak *);

/* The best of a quarter of a second each. */
int peak_flops(Peak *, double *gflops, Error *);
int peak_bandwidth(Peak *, Bandwidth *, Error *);

double peak_size(int k);                            /* bytes; k < PEAK_SIZES */
double bandwidth_of(const Bandwidth *, double bytes);            /* GB/s of what moves that many bytes: of the least size that holds them */
#endif
