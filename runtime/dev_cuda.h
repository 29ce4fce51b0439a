/* dev_cuda.h: an NVIDIA card as a device, for what gives it kernels: dev_cuda.c takes those that are linked in, cuda_jit.c has NVRTC compile
 * them. Nothing else includes this.                                                                                   */
#ifndef BURIN_DEV_CUDA_H
#define BURIN_DEV_CUDA_H
#include "cuda_device.h"

DeviceState cuda_describe(int index, char *text, size_t size);
Word cuda_isa(int index);
Device *cuda_open(const DeviceOptions *, Error *);
void cuda_close(Device *);
int cuda_alloc(Device *, const BurinProgram *, Error *);
int cuda_launch(Device *, int entry, const BurinCall *, Error *);

int cuda_check_program(const BurinProgram *, Error *);
void cuda_unload(Device *);                         /* the modules, if there are any */
int cuda_find_functions(Device *, Error *);         /* of each launch, linked in or in the modules */

/* A DeviceType with that description of the card, and that way to kernels. */
#define CUDA_DEVICE(describe, build) \
    {"cuda", describe, cuda_isa, cuda_open, cuda_close, build, cuda_alloc, cuda_put, cuda_get, cuda_launch, cuda_sync, cuda_peek, \
     cuda_keep, cuda_rows, cuda_fetch, cuda_fetched}
#endif
