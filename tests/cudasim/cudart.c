/* cudart.c: a libcudart.so.13 over the simulated driver, as far as emitted programs need it: nvcc's code registers its fat binary and
 * kernels before main(), and cudaGetFuncBySymbol() hands a kernel to the driver's API.
 *
 * The fat binary must hold PTX as plain text: nvcc -cudart shared --no-compress -gencode arch=compute_80,code=compute_80  */
#include "../../runtime/cuda_driver.h"
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { KERNELS = 4096, HEADER = 16, SUCCESS = 0, NO_SYMBOL = 13, NO_FUNCTION = 98, NO_IMAGE = 209 };

/* What nvcc hands over: at data, a header whose second word is the length of what follows. */
typedef struct { int magic, version; const char *data; void *unused; } Wrapper;
typedef struct { const char *ptx; CUmodule module; } Binary;
typedef struct { const void *host; const char *name; Binary *binary; } Registered;

static Registered registered[KERNELS];
static int count;

void **__cudaRegisterFatBinary(const Wrapper *w)
{
    uint64_t length;
    Binary *b = calloc(1, sizeof *b);
    memcpy(&length, w->data + 8, sizeof length);
    b->ptx = memmem(w->data, HEADER + length, ".version", 8);
    return (void **)b;
}

void __cudaRegisterFatBinaryEnd(void **binary) { (void)binary; }
void __cudaUnregisterFatBinary(void **binary) { free(binary); }

void __cudaRegisterFunction(void **binary, const char *host, char *device, const char *name, int limit, void *a, void *b, void *c, void *d, int *e)
{
    (void)device, (void)limit, (void)a, (void)b, (void)c, (void)d, (void)e;
    if (count < KERNELS) registered[count++] = (Registered){host, name, (Binary *)binary};
}

static int take(CUfunction *f, Registered *r)
{
    void *driver = dlopen("libcuda.so.1", RTLD_NOW);
    CUresult (*load)(CUmodule *, const void *, unsigned, CUjit_option *, void **) = NULL, (*find)(CUfunction *, CUmodule, const char *) = NULL;
    if (driver) *(void **)&load = dlsym(driver, "cuModuleLoadDataEx"), *(void **)&find = dlsym(driver, "cuModuleGetFunction");
    if (!load || !find || !r->binary->ptx) return NO_IMAGE;
    if (!r->binary->module && load(&r->binary->module, r->binary->ptx, 0, NULL, NULL)) return NO_IMAGE;
    return find(f, r->binary->module, r->name) ? NO_FUNCTION : SUCCESS;
}

int cudaGetFuncBySymbol(CUfunction *f, const void *host)
{
    for (int i = 0; i < count; i++)
        if (registered[i].host == host) return take(f, &registered[i]);
    return NO_SYMBOL;
}

/* What nvcc's stubs of kernels call, if they were called. */
int __cudaGetKernel(void **kernel, const void *host) { return (void)kernel, (void)host, NO_FUNCTION; }
int __cudaLaunchKernel(void) { return NO_FUNCTION; }
int cudaLaunchKernel(void) { return NO_FUNCTION; }
unsigned __cudaPushCallConfiguration(void) { return NO_FUNCTION; }
int __cudaPopCallConfiguration(void) { return NO_FUNCTION; }
