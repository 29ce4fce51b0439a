/* report.h: what is said of a program before it runs. */
#ifndef BURIN_REPORT_H
#define BURIN_REPORT_H
#include "device.h"
#include "log.h"

void report_device(Log *, const DeviceType *, const DeviceOptions *, const BurinProgram *);
void report_layers(Log *, const BurinProgram *);    /* a table within 80 columns */
void report_work(Log *, const BurinProgram *, int entry);        /* kernels, barriers, FLOPs of a call */
void report_memory(Log *, const BurinProgram *, int threads);    /* exact */
int count_kernels(const BurinEntry *);     /* of one call, without packing and sums of parts */
#endif
