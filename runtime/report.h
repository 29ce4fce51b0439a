/* report.h: what is said of a program before it runs. */
#ifndef BURIN_REPORT_H
#define BURIN_REPORT_H
#include "device.h"
#include "feed.h"
#include "log.h"

void report_device(Log *, const DeviceType *, const DeviceOptions *, const BurinProgram *);
void report_layers(Log *, const BurinProgram *);    /* a table within 80 columns */
void report_work(Log *, const BurinProgram *, int entry);        /* kernels, barriers, FLOPs of a call */
void report_memory(Log *, const BurinProgram *, int threads);    /* exact */
void report_peak(Log *);                            /* how much memory was resident at most */

/* How long an epoch and `steps` in all will take (estimate.h). */
void report_time(Log *, const BurinProgram *, const DeviceType *, const DeviceOptions *, Feed *, int64_t steps);

int count_kernels(const BurinEntry *);     /* of one call, without packing and sums of parts */
#endif
