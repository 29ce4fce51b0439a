/* cuda_jit.c: an NVIDIA card as the device of the `burin` command: NVRTC compiles the program's CUDA text at start-up, or the cache has it. */
#include "cache.h"
#include "cuda_build.h"
#include "cuda_copy.h"
#include "dev_cuda.h"
#include "file.h"
#include <stdlib.h>
#include <string.h>

/* The card, if it is ready, and the NVRTC for it. */
static DeviceState describe(int index, char *text, size_t size)
{
    CudaDriver cu;
    Nvrtc n;
    Error e;
    DeviceState state = cuda_describe(index, text, size);
    if (state != DEVICE_READY) return state;
    if (cuda_driver_open(&cu, &e) != DEVICE_READY || nvrtc_find(&n, cu.version, &e)) {
        snprintf(text, size, "%s", e.text);
        return DEVICE_UNUSABLE;
    }
    size_t used = strlen(text);
    snprintf(text + used, size - used, ", NVRTC %d.%d", n.major, n.minor);
    return DEVICE_READY;
}

/* What to compile for: the program's architecture or the card's own; PTX, which the driver compiles on, where NVRTC does not
 * know the card yet, and where BURIN_PTX asks for it.                                                                */
static int choose_arch(const Device *d, const BurinProgram *p, const Nvrtc *n, Word *arch, Error *e)
{
    int least, most, want = d->arch;
    if (*p->isa && sscanf(p->isa, "sm_%d", &want) != 1) bug("a CUDA program for \"%s\"", p->isa);
    if (want > d->arch || want / 10 != d->arch / 10)
        return failed(e, "this program is for sm_%d, and cuda:%d is sm_%d; emit it for that", want, d->options.index, d->arch);
    nvrtc_range(n, &least, &most);
    if (want < least)
        return failed(e, "NVRTC %d.%d makes no code for cuda:%d: it begins with sm_%d, and the card is sm_%d; pip install nvidia-cuda-nvrtc-cu12 "
                         "and set BURIN_NVRTC to its folder", n->major, n->minor, d->options.index, least, want);
    bool ptx = want > most || getenv("BURIN_PTX");
    *arch = word_of("%s_%d", ptx ? "compute" : "sm", want > most ? most : want);
    return 0;
}

/* With PTX the driver compiles, and says what it finds. */
static int load_one(Device *d, const char *image, Error *e)
{
    char said[2048] = "";
    CUjit_option option[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void *value[] = {said, (void *)(uintptr_t)sizeof said};
    if (!cuda_check(d, d->cu.cuModuleLoadDataEx(&d->module[d->modules], image, 2, option, value), "loading the kernels", e)) return d->modules++, 0;
    if (*said) failed_more(e, "\n%s", said);
    return -1;
}

static int load(Device *d, const CudaImages *x, Error *e)
{
    cuda_unload(d);
    d->module = array_of(CUmodule, x->images + 1);
    for (int i = 0; i < x->images; i++)
        if (load_one(d, x->image[i], e)) return -1;
    return cuda_find_functions(d, e);
}

static int build(Device *d, const Nvrtc *n, const char *arch, bool anew, bool *compiled, Error *e)
{
    CudaImages images;
    Path folder;
    if (d->options.cache ? (folder = path_of("%s", d->options.cache), folder_make(folder.s, e)) : cache_folder(&folder, e)) return -1;
    int bad = cuda_build(&images, d->program, n, arch, folder.s, anew, e) || load(d, &images, e);
    *compiled = images.compiled;
    cuda_images_free(&images);
    return bad;
}

static int compile(Device *d, const BurinProgram *p, Word *how, Error *e)
{
    Nvrtc n;
    Word arch;
    bool compiled = true;
    double begin = seconds_now();
    if (cuda_check_program(p, e) || nvrtc_find(&n, d->cu.version, e) || choose_arch(d, p, &n, &arch, e)) return -1;
    int bad = build(d, &n, arch.s, false, &compiled, e);
    if (bad && !compiled) bad = build(d, &n, arch.s, true, &compiled, e);       /* what the cache had was of no use */
    *how = word_of("%s in %s", compiled ? "compiled" : "from the cache", word_time(seconds_now() - begin).s);
    return bad;
}

const DeviceType dev_cuda = CUDA_DEVICE(describe, compile);
