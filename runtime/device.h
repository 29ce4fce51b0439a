/* device.h: what runs a Program: a table of functions.
 *
 * The order of calls: open, alloc, build, then put, get, launch and sync as often as wanted, close. Functions that return
 * int return non-zero with a message on failure. Offsets are in the persistent arena.                              */
#ifndef BURIN_DEVICE_H
#define BURIN_DEVICE_H
#include "program.h"
#include "text.h"
#include <stdbool.h>

typedef struct {
    int threads;                /* at least 1 */
    int index;                  /* which of its kind: N of "cuda:N" */
    const char *cache;          /* folder of compiled objects; NULL: the user's (cache.h) */
} DeviceOptions;

typedef struct Device Device;

enum { DEVICE_FETCH = 4096 };

typedef enum { DEVICE_READY, DEVICE_NONE, DEVICE_UNUSABLE } DeviceState;

typedef struct {
    const char *name;           /* "cpu": the target of the programs that it runs */
    /* The device in words ("AMD EPYC, 2 cores, AVX2 (8 floats a vector)"), or why it cannot be used and what would help. NONE: there
     * is no trace of one.                                                                                              */
    DeviceState (*describe)(int index, char *text, size_t size);
    Word (*isa)(int index);                         /* of a READY one: what programs for it are compiled for, "avx2" or "sm_90" */
    Device *(*open)(const DeviceOptions *, Error *);
    void (*close)(Device *);
    int (*build)(Device *, const BurinProgram *, Word *how, Error *);    /* how: "compiled by gcc ... in 3.4 s" */
    int (*alloc)(Device *, const BurinProgram *, Error *);               /* the arenas, zeroed; refuses what will not fit */
    int (*put)(Device *, size_t offset, const void *, size_t bytes, Error *);
    int (*get)(Device *, size_t offset, void *, size_t bytes, Error *);
    int (*launch)(Device *, int entry, const BurinCall *, Error *);      /* of the call: seed, step, first, last, seconds */
    int (*sync)(Device *, Error *);
    int (*peek)(Device *, size_t offset, void *, size_t bytes, Error *);     /* get, but from the scratch arena */

    /* NULL on the CPU, where a launch is done when it returns and data are where they are. */
    /* Before the first launch: all rows of a source's images [0] and labels [1] stay on the device: 1; 0: there is no room; -1 */
    int (*keep)(Device *, int source, const uint8_t *const field[2], int64_t rows, Error *);
    void (*rows)(Device *, int source, const uint32_t *row);            /* which of those kept are the batch of the next launch */
    /* Begins to copy at most DEVICE_FETCH bytes, as they are when all that was launched so far is done; fetched() waits for those
     * that were begun first. At most four at a time.                                                                  */
    int (*fetch)(Device *, size_t offset, size_t bytes, Error *);
    int (*fetched)(Device *, void *, size_t bytes, Error *);
} DeviceType;

extern const DeviceType dev_cpu, dev_cuda;
extern const DeviceType dev_cpu_linked, dev_cuda_linked;         /* for kernels that are linked in: know no compiler, no NVRTC */
extern const DeviceType *const devices[], *const devices_cpu[];          /* devices.c: all, best first; the CPU alone; ended by NULL */
bool dev_cpu_built(const BurinProgram *);           /* are its kernels in the cache? */

/* "auto", "cuda" or "cuda:1" -> one of `types` and its index; NULL with a message. `note`: what "auto" passed over though there is
 * such a device, and why; else "".                                                                                  */
const DeviceType *device_find(const DeviceType *const *types, const char *name, int *index, Error *note, Error *);
#endif
