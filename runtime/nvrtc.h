/* nvrtc.h: NVRTC, the library that compiles CUDA code, of NVIDIA's toolkit or of PyPI's nvidia-cuda-nvrtc; opened at run time. */
#ifndef BURIN_NVRTC_H
#define BURIN_NVRTC_H
#include "text.h"

#ifndef __NVRTC_H__
typedef enum { NVRTC_SUCCESS = 0, NVRTC_ERROR_OUT_OF_MEMORY = 1, NVRTC_ERROR_COMPILATION = 6, NVRTC_ERROR_INTERNAL_ERROR = 11 } nvrtcResult;
typedef struct _nvrtcProgram *nvrtcProgram;
#endif

#define NVRTC(X) \
    X(nvrtcVersion, (int *major, int *minor)) \
    X(nvrtcGetNumSupportedArchs, (int *)) \
    X(nvrtcGetSupportedArchs, (int *)) \
    X(nvrtcCreateProgram, (nvrtcProgram *, const char *text, const char *name, int headers, const char *const *, const char *const *)) \
    X(nvrtcDestroyProgram, (nvrtcProgram *)) \
    X(nvrtcCompileProgram, (nvrtcProgram, int options, const char *const *)) \
    X(nvrtcGetCUBINSize, (nvrtcProgram, size_t *)) \
    X(nvrtcGetCUBIN, (nvrtcProgram, char *)) \
    X(nvrtcGetPTXSize, (nvrtcProgram, size_t *)) \
    X(nvrtcGetPTX, (nvrtcProgram, char *)) \
    X(nvrtcGetProgramLogSize, (nvrtcProgram, size_t *)) \
    X(nvrtcGetProgramLog, (nvrtcProgram, char *))

#define NVRTC_POINTER(name, parameters) nvrtcResult (*name) parameters;
typedef struct {
    void *library;
    Path path;                  /* of the library */
    int major, minor;           /* 13, 0 */
    NVRTC(NVRTC_POINTER)
} Nvrtc;

/* Finds an NVRTC that a driver for CUDA `most` (13000: 13.0) runs the code of, the newest first: in $BURIN_NVRTC (its folder, or
 * the file) where that is set, else where the system's linker looks, $CUDA_HOME, $CUDA_PATH, /usr/local/cuda. It stays loaded. */
int nvrtc_find(Nvrtc *, int most, Error *);

/* The oldest and the newest architecture that it knows: 75 is sm_75. */
void nvrtc_range(const Nvrtc *, int *least, int *most);

/* Compiles. `arch` is "sm_90" (the image is a cubin) or "compute_90" (PTX, a string); `options` are words with spaces between.
 * The image is malloced, and with `said` (or NULL) what NVRTC said. On failure the message has it, its first lines.       */
int nvrtc_compile(const Nvrtc *, const char *code, const char *name, const char *arch, const char *options, char **image, size_t *size, char **said, Error *);
#endif
