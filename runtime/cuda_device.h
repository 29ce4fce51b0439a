/* cuda_device.h: a card as far as dev_cuda.c, cuda_jit.c and cuda_copy.c share it. Nothing else includes this. */
#ifndef BURIN_CUDA_DEVICE_H
#define BURIN_CUDA_DEVICE_H
#include "cuda_driver.h"

enum { CUDA_ENTRIES = 8, CUDA_FETCHES = 4 };

/* Launches first..last-1 of an entry, captured. */
typedef struct { int entry, first, last; CUgraphExec graph; } Graph;

/* A variable that is fed. */
typedef struct {
    CUdeviceptr kept;           /* all rows of its data; 0: batches are uploaded, by turns to two places in the persistent arena */
    char *pinned;               /* two batches on their way; NULL: none was uploaded yet */
    CUevent uploaded[2];        /* on the second stream: the last batch of each place is there */
} CudaFed;

/* Where the batches of a source come from. */
typedef struct {
    uint32_t *row;              /* of the next launch; in Device.call */
    int place;                  /* of the batch that was uploaded last, 0 or 1 */
    bool read;                  /* a launch has read that one since: the next goes to the other place */
    CUevent done[2];            /* the last launch that read each place is done; NULL: no batch was uploaded yet */
} CudaSource;

struct Device {
    DeviceOptions options;
    CudaDriver cu;
    CUdevice card;
    int arch;                   /* 90: compute capability 9.0 */
    CUcontext context;
    CUstream stream, second;    /* second: uploads of batches */
    CUdeviceptr persistent, scratch, call_at;
    char *call;                 /* what the next launch's BURIN_CALL is: a BurinKey, and the rows of each source's batch; malloced */
    size_t call_bytes;
    char *staging;              /* pinned; used[] of it wait for copies that were begun */
    size_t used;
    CudaFed *fed;               /* for each variable; malloced */
    CudaSource *source;         /* malloced */
    char *fetched;              /* CUDA_FETCHES x DEVICE_FETCH bytes, pinned; the oldest not yet taken, and how many there are */
    int oldest, fetches;
    CUevent arrived[CUDA_FETCHES];
    const BurinProgram *program;
    CUmodule *module;           /* malloced */
    int modules;
    CUfunction *function[CUDA_ENTRIES];             /* for each launch of the entry; malloced */
    Graph *graph;           /* malloced */
    int graphs;
};

int cuda_check(const Device *, CUresult, const char *what, Error *);        /* zero if all is well; else "cuda:0: WHAT: CUDA_ERROR_..., ..." */
#endif
