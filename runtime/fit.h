/* fit.h: how much memory a run takes, and the largest batch for which that is little enough. */
#ifndef BURIN_FIT_H
#define BURIN_FIT_H
#include "data.h"
#include "device.h"

/* Bytes: the plan (arenas, and each thread's tiles), the data with what reads them, and the process: what it has now and what comes. Of another
 * device than the CPU the plan alone.                                                                              */
typedef struct { double plan, data, process; int64_t images; } Memory;         /* images: of the smallest source; 0: no data */

int memory_of(Memory *, const BurinProgram *, const DeviceType *, int threads, const DataPlaces *, Error *);
double memory_total(const Memory *);

/* The program for a batch; the one before is not used after that. NULL with a message. */
typedef const BurinProgram *FitMake(void *context, int batch, Error *);

/* Finds the largest batch whose run takes at most `limit` bytes, and which the data fill; more images are taken to take more memory.
 * Fails, with the numbers, where one image is too many.                                                             */
int fit_batch(int *batch, Memory *, double limit, FitMake *, void *context, const DeviceType *, int threads, const DataPlaces *, Error *);
Path memory_words(const Memory *);                  /* "1.93 GiB: 1.80 GiB planned, ..." */
#endif
