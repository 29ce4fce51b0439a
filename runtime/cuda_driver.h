/* cuda_driver.h: NVIDIA's driver, libcuda.so.1, as far as Burin uses it, opened at run time: nothing of CUDA is needed to build.
 *
 * The types and prototypes are the public API's. Behind cuda.h this file leaves its own types out and so can be held against
 * the real ones (tests/cuda/api.sh).                                                                                */
#ifndef BURIN_CUDA_DRIVER_H
#define BURIN_CUDA_DRIVER_H
#include "device.h"

#ifndef CUDA_VERSION
typedef unsigned long long CUdeviceptr;
typedef int CUdevice;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;
typedef struct CUevent_st *CUevent;
typedef struct CUgraph_st *CUgraph;
typedef struct CUgraphExec_st *CUgraphExec;

typedef enum {
    CUDA_SUCCESS = 0, CUDA_ERROR_INVALID_VALUE = 1, CUDA_ERROR_OUT_OF_MEMORY = 2, CUDA_ERROR_STUB_LIBRARY = 34,
    CUDA_ERROR_DEVICE_UNAVAILABLE = 46, CUDA_ERROR_NO_DEVICE = 100, CUDA_ERROR_INVALID_DEVICE = 101, CUDA_ERROR_INVALID_IMAGE = 200,
    CUDA_ERROR_NO_BINARY_FOR_GPU = 209, CUDA_ERROR_INVALID_PTX = 218, CUDA_ERROR_NOT_FOUND = 500, CUDA_ERROR_NOT_READY = 600,
    CUDA_ERROR_ILLEGAL_ADDRESS = 700, CUDA_ERROR_LAUNCH_FAILED = 719, CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803,
    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900, CUDA_ERROR_UNKNOWN = 999
} CUresult;

typedef enum {
    CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97
} CUdevice_attribute;

typedef enum { CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8 } CUfunction_attribute;
typedef enum { CU_JIT_ERROR_LOG_BUFFER = 5, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6 } CUjit_option;
typedef enum { CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1 } CUstreamCaptureMode;
enum { CU_STREAM_NON_BLOCKING = 1 };
enum { CU_EVENT_DISABLE_TIMING = 2 };
#endif

/* X(name, symbol, parameters): what is called, by which name the driver exports it (versions of one function stand beside each
 * other there), what it takes. All return CUresult.                                                                  */
#define CUDA_DRIVER(X) \
    X(cuInit, "cuInit", (unsigned flags)) \
    X(cuDriverGetVersion, "cuDriverGetVersion", (int *version)) \
    X(cuGetErrorName, "cuGetErrorName", (CUresult, const char **)) \
    X(cuGetErrorString, "cuGetErrorString", (CUresult, const char **)) \
    X(cuDeviceGetCount, "cuDeviceGetCount", (int *)) \
    X(cuDeviceGet, "cuDeviceGet", (CUdevice *, int index)) \
    X(cuDeviceGetName, "cuDeviceGetName", (char *, int size, CUdevice)) \
    X(cuDeviceGetAttribute, "cuDeviceGetAttribute", (int *, CUdevice_attribute, CUdevice)) \
    X(cuDeviceTotalMem, "cuDeviceTotalMem_v2", (size_t *, CUdevice)) \
    X(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", (CUcontext *, CUdevice)) \
    X(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", (CUdevice)) \
    X(cuCtxSetCurrent, "cuCtxSetCurrent", (CUcontext)) \
    X(cuMemGetInfo, "cuMemGetInfo_v2", (size_t *unused, size_t *total)) \
    X(cuMemAlloc, "cuMemAlloc_v2", (CUdeviceptr *, size_t)) \
    X(cuMemFree, "cuMemFree_v2", (CUdeviceptr)) \
    X(cuMemHostAlloc, "cuMemHostAlloc", (void **, size_t, unsigned flags)) \
    X(cuMemFreeHost, "cuMemFreeHost", (void *)) \
    X(cuMemsetD8Async, "cuMemsetD8Async", (CUdeviceptr, unsigned char, size_t, CUstream)) \
    X(cuMemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2", (CUdeviceptr to, const void *from, size_t, CUstream)) \
    X(cuMemcpyDtoHAsync, "cuMemcpyDtoHAsync_v2", (void *to, CUdeviceptr from, size_t, CUstream)) \
    X(cuModuleLoadDataEx, "cuModuleLoadDataEx", (CUmodule *, const void *image, unsigned options, CUjit_option *, void **)) \
    X(cuModuleUnload, "cuModuleUnload", (CUmodule)) \
    X(cuModuleGetFunction, "cuModuleGetFunction", (CUfunction *, CUmodule, const char *)) \
    X(cuFuncSetAttribute, "cuFuncSetAttribute", (CUfunction, CUfunction_attribute, int)) \
    X(cuLaunchKernel, "cuLaunchKernel", (CUfunction, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, \
                                         unsigned block_y, unsigned block_z, unsigned shared, CUstream, void **parameters, void **extra)) \
    X(cuStreamCreate, "cuStreamCreate", (CUstream *, unsigned flags)) \
    X(cuStreamDestroy, "cuStreamDestroy_v2", (CUstream)) \
    X(cuStreamSynchronize, "cuStreamSynchronize", (CUstream)) \
    X(cuStreamWaitEvent, "cuStreamWaitEvent", (CUstream, CUevent, unsigned flags)) \
    X(cuStreamBeginCapture, "cuStreamBeginCapture_v2", (CUstream, CUstreamCaptureMode)) \
    X(cuStreamEndCapture, "cuStreamEndCapture", (CUstream, CUgraph *)) \
    X(cuGraphInstantiateWithFlags, "cuGraphInstantiateWithFlags", (CUgraphExec *, CUgraph, unsigned long long flags)) \
    X(cuGraphLaunch, "cuGraphLaunch", (CUgraphExec, CUstream)) \
    X(cuGraphDestroy, "cuGraphDestroy", (CUgraph)) \
    X(cuGraphExecDestroy, "cuGraphExecDestroy", (CUgraphExec)) \
    X(cuEventCreate, "cuEventCreate", (CUevent *, unsigned flags)) \
    X(cuEventDestroy, "cuEventDestroy_v2", (CUevent)) \
    X(cuEventRecord, "cuEventRecord", (CUevent, CUstream)) \
    X(cuEventSynchronize, "cuEventSynchronize", (CUevent)) \
    X(cuEventElapsedTime, "cuEventElapsedTime", (float *milliseconds, CUevent, CUevent))

#define CUDA_POINTER(name, symbol, parameters) CUresult (*name) parameters;
typedef struct {
    void *library;
    int version;                /* 13000: CUDA 13.0 */
    int cards;
    CUDA_DRIVER(CUDA_POINTER)
} CudaDriver;

/* The least driver: cuGraphInstantiateWithFlags is older, and so is every NVRTC that PyPI still has. */
enum { CUDA_LEAST = 12000 };

/* Opens and starts the driver. NONE: there is no libcuda.so.1. UNUSABLE: it does not start, sees no card, is too old. With both
 * one line that says what would help. The library stays loaded: what it has started does not end with dlclose().     */
DeviceState cuda_driver_open(CudaDriver *, Error *);

/* "CUDA_ERROR_OUT_OF_MEMORY, out of memory" after what the message says so far, and what would help, where that is known. */
void cuda_explain(const CudaDriver *, CUresult, Error *);
#endif
