/* report.h: what is said of a program before it runs, and of its data. */
#ifndef BURIN_REPORT_H
#define BURIN_REPORT_H
#include "device.h"
#include "feed.h"
#include "log.h"

void report_device(Log *, const DeviceType *, const DeviceOptions *, const BurinProgram *);
void report_layers(Log *, const BurinProgram *);    /* a table within 80 columns */
void report_work(Log *, const BurinProgram *, int entry);        /* kernels, barriers, FLOPs of a call */
void report_memory(Log *, const BurinProgram *, int threads);    /* exact */
/* report_data.c: of the data before a run; after a step, of the files that turned out damaged; at the end, how long was waited for pictures, of so many seconds. */
void report_data(Log *, Feed *, const BurinProgram *);
void report_damaged(Log *, Feed *);
void report_data_end(Log *, const Feed *, double seconds);
void report_source(Log *, const BurinSource *, const DataPlaces *);         /* what is in a folder of pictures, without a run */

void report_peak(Log *);                            /* how much memory was resident at most */

/* How long an epoch and `steps` in all will take (estimate.h). */
void report_time(Log *, const BurinProgram *, const DeviceType *, const DeviceOptions *, Feed *, int64_t steps);

int count_kernels(const BurinEntry *);     /* of one call, without packing and sums of parts */
#endif
