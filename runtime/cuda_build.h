/* cuda_build.h: a program's CUDA text into images for a card, from the cache where it has them. */
#ifndef BURIN_CUDA_BUILD_H
#define BURIN_CUDA_BUILD_H
#include "nvrtc.h"
#include "program.h"
#include <stdbool.h>

typedef struct {
    char **image;               /* cubins, or PTX; malloced */
    char **said;                /* what NVRTC said of each, NULL: it came from the cache; malloced */
    int images;
    bool compiled;              /* at least one was not in the cache */
} CudaImages;

/* One image for each unit of the text (compiler.h), those that the cache in `folder` lacks compiled side by side. `anew`: all are
 * compiled, as when the driver refused what the cache had. cuda_images_free() follows, on failure too.                */
int cuda_build(CudaImages *, const BurinProgram *, const Nvrtc *, const char *arch, const char *folder, bool anew, Error *);
void cuda_images_free(CudaImages *);
#endif
