/* cuda_copy.h: all that travels between a card and this side, for dev_cuda.c and what makes a DeviceType of it. What device.h has of the
 * same name is described there.                                                                                       */
#ifndef BURIN_CUDA_COPY_H
#define BURIN_CUDA_COPY_H
#include "cuda_device.h"

int cuda_copies_open(Device *, Error *);            /* what does not depend on a program: pinned memory, the second stream */
int cuda_copies_alloc(Device *, const BurinProgram *, Error *);      /* what does */
void cuda_copies_close(Device *);

/* What one of a kernel's arguments points to. */
CUdeviceptr cuda_argument(const Device *, const BurinArg *);
int cuda_before_launch(Device *, BurinKey, Error *);             /* BURIN_CALL travels */
int cuda_after_launch(Device *, Error *);                        /* what it has read may be written again after it */

int cuda_sync(Device *, Error *);                   /* all that the first stream was given is done */
int cuda_put(Device *, size_t offset, const void *, size_t bytes, Error *);
int cuda_get(Device *, size_t offset, void *, size_t bytes, Error *);
int cuda_peek(Device *, size_t offset, void *, size_t bytes, Error *);
int cuda_keep(Device *, int source, const uint8_t *const field[2], int64_t rows, Error *);
void cuda_rows(Device *, int source, const uint32_t *row);
int cuda_fetch(Device *, size_t offset, size_t bytes, Error *);
int cuda_fetched(Device *, void *, size_t bytes, Error *);
#endif
