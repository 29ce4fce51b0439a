/* cuda_driver.c: NVIDIA's driver, opened at run time, and its errors in words. */
#include "cuda_driver.h"
#include <dlfcn.h>

/* What would help, by error. */
static const struct { CUresult error; const char *help; } advice[] = {
    {CUDA_ERROR_OUT_OF_MEMORY, "close what else uses the card (nvidia-smi lists it), or try a smaller batch"},
    {CUDA_ERROR_STUB_LIBRARY, "this libcuda.so.1 is the toolkit's stub, for linking only: take its folder from LD_LIBRARY_PATH"},
    {CUDA_ERROR_DEVICE_UNAVAILABLE, "another process has the card to itself; nvidia-smi lists it"},
    {CUDA_ERROR_NO_DEVICE, "nvidia-smi says what the driver sees; a container needs --gpus all, and CUDA_VISIBLE_DEVICES may hide cards"},
    {CUDA_ERROR_ILLEGAL_ADDRESS, "a kernel went outside its memory: a fault in burin; please report the spec"},
    {CUDA_ERROR_LAUNCH_FAILED, "a kernel failed: a fault in burin or the card; dmesg | grep NVRM says more"},
    {CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, "the driver was updated while it ran: start the machine anew"},
    {CUDA_ERROR_UNKNOWN, "the card or its driver was lost; dmesg | grep NVRM says more, and nvidia-smi whether it is back"},
};

void cuda_explain(const CudaDriver *cu, CUresult r, Error *e)
{
    const char *name = NULL, *text = NULL;
    cu->cuGetErrorName(r, &name);
    cu->cuGetErrorString(r, &text);
    failed_more(e, "%s, %s", name ? name : "an error that this driver does not know", text ? text : word_of("%d", (int)r).s);
    for (unsigned i = 0; i < sizeof advice / sizeof *advice; i++)
        if (advice[i].error == r) failed_more(e, "; %s", advice[i].help);
}

static int find_all(CudaDriver *cu, Error *e)
{
    const char *missing = NULL;
#define FIND(name, symbol, parameters) \
    *(void **)&cu->name = dlsym(cu->library, symbol); \
    if (!cu->name) missing = symbol;
    CUDA_DRIVER(FIND)
    if (!missing) return 0;
    return failed(e, "NVIDIA's driver is too old: it has no %s; update it to 525 or later (CUDA 12)", missing);
}

static int start_driver(CudaDriver *cu, Error *e)
{
    CUresult r = cu->cuInit(0);
    if (!r) r = cu->cuDriverGetVersion(&cu->version);
    if (!r && cu->version < CUDA_LEAST)
        return failed(e, "NVIDIA's driver is too old: it knows CUDA %d.%d; update it to 525 or later (CUDA 12)", cu->version / 1000, cu->version % 1000 / 10);
    if (!r) r = cu->cuDeviceGetCount(&cu->cards);
    if (!r && cu->cards == 0) r = CUDA_ERROR_NO_DEVICE;
    if (!r) return 0;
    error_set(e, r == CUDA_ERROR_NO_DEVICE ? "NVIDIA's driver is here, but sees no card: " : "NVIDIA's driver does not start: ");
    cuda_explain(cu, r, e);
    return -1;
}

DeviceState cuda_driver_open(CudaDriver *cu, Error *e)
{
    *cu = (CudaDriver){.library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL)};
    if (!cu->library) {
        error_set(e, "none: no NVIDIA driver here (libcuda.so.1); it comes with NVIDIA's driver for the card");
        return DEVICE_NONE;
    }
    return find_all(cu, e) || start_driver(cu, e) ? DEVICE_UNUSABLE : DEVICE_READY;
}
