/* dev_cuda.h: an NVIDIA card as a device. Here for what gives it kernels: dev_cuda.c takes those that are linked in, cuda_jit.c has NVRTC
 * compile them. Nothing else includes this.                                                                          */
#ifndef BURIN_DEV_CUDA_H
#define BURIN_DEV_CUDA_H
#include "cuda_driver.h"

enum { CUDA_ENTRIES = 8 };

/* Launches first..last-1 of an entry, captured. */
typedef struct { int entry, first, last; CUgraphExec graph; } Graph;

struct Device {
    DeviceOptions options;
    CudaDriver cu;
    CUdevice card;
    int arch;                   /* 90: compute capability 9.0 */
    CUcontext context;
    CUstream stream;
    CUdeviceptr persistent, scratch, key;           /* key: a BurinKey */
    char *staging;              /* pinned; used[] of it wait for copies that were begun */
    size_t used;
    const BurinProgram *program;
    CUmodule *module;           /* malloced */
    int modules;
    CUfunction *function[CUDA_ENTRIES];                  /* for each launch of the entry; malloced */
    Graph *graph;               /* malloced */
    int graphs;
};

DeviceState cuda_describe(int index, char *text, size_t size);
Word cuda_isa(int index);
Device *cuda_open(const DeviceOptions *, Error *);
void cuda_close(Device *);
int cuda_alloc(Device *, const BurinProgram *, Error *);
int cuda_put(Device *, size_t offset, const void *, size_t bytes, Error *);
int cuda_get(Device *, size_t offset, void *, size_t bytes, Error *);
int cuda_launch(Device *, int entry, const BurinCall *, Error *);
int cuda_sync(Device *, Error *);
int cuda_peek(Device *, size_t offset, void *, size_t bytes, Error *);

int cuda_check(const Device *, CUresult, const char *what, Error *);        /* zero if all is well; else "cuda:0: WHAT: CUDA_ERROR_..., ..." */
int cuda_check_program(const BurinProgram *, Error *);
void cuda_unload(Device *);                         /* the modules, if there are any */
int cuda_find_functions(Device *, Error *);         /* of each launch, linked in or in the modules */

/* A DeviceType with that description of the card, and that way to kernels. */
#define CUDA_DEVICE(describe, build) \
    {"cuda", describe, cuda_isa, cuda_open, cuda_close, build, cuda_alloc, cuda_put, cuda_get, cuda_launch, cuda_sync, cuda_peek}
#endif
