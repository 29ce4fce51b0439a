/* dev_cuda.c: an NVIDIA card as a device: its memory, a program's entries launched as CUDA graphs; launch() returns while the card works.
 * The kernels are linked in, or come from cuda_jit.c; all that travels is in cuda_copy.c.                             */
#include "dev_cuda.h"
#include "cuda_copy.h"
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 64, LEAST = 256 };

int cuda_check(const Device *d, CUresult r, const char *what, Error *e)
{
    if (r == CUDA_SUCCESS) return 0;
    error_set(e, "cuda:%d: %s: ", d->options.index, what);
    cuda_explain(&d->cu, r, e);
    return -1;
}

/* ---- what is here ---- */

static int attribute(const CudaDriver *cu, CUdevice card, CUdevice_attribute a)
{
    int value = 0;
    cu->cuDeviceGetAttribute(&value, a, card);
    return value;
}

static int arch_of(const CudaDriver *cu, CUdevice card)
{
    return attribute(cu, card, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) * 10 + attribute(cu, card, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
}

static int find_card(const CudaDriver *cu, int index, CUdevice *card, Error *e)
{
    if (index >= cu->cards)
        return failed(e, "no card %d: there %s %d, cuda:0%s", index, cu->cards == 1 ? "is" : "are", cu->cards,
                      cu->cards == 1 ? "" : word_of(" to cuda:%d", cu->cards - 1).s);
    if (cu->cuDeviceGet(card, index) == CUDA_SUCCESS) return 0;
    return failed(e, "the driver does not give card %d, which it has counted; nvidia-smi says more", index);
}

DeviceState cuda_describe(int index, char *text, size_t size)
{
    CudaDriver cu;
    CUdevice card;
    Error e;
    char name[128] = "";
    size_t bytes = 0;
    DeviceState state = cuda_driver_open(&cu, &e);
    if (state == DEVICE_READY && find_card(&cu, index, &card, &e)) state = DEVICE_UNUSABLE;
    if (state != DEVICE_READY) {
        snprintf(text, size, "%s", e.text);
        return state;
    }
    int arch = arch_of(&cu, card);
    cu.cuDeviceGetName(name, sizeof name, card);
    cu.cuDeviceTotalMem(&bytes, card);
    snprintf(text, size, "%s, compute capability %d.%d, %s, driver for CUDA %d.%d", name, arch / 10, arch % 10, word_bytes((double)bytes).s,
             cu.version / 1000, cu.version % 1000 / 10);
    return DEVICE_READY;
}

Word cuda_isa(int index)
{
    CudaDriver cu;
    CUdevice card;
    Error e;
    bool found = cuda_driver_open(&cu, &e) == DEVICE_READY && !find_card(&cu, index, &card, &e);
    return word_of("sm_%d", found ? arch_of(&cu, card) : 0);
}

/* ---- open, close ---- */

void cuda_unload(Device *d)
{
    while (d->modules) d->cu.cuModuleUnload(d->module[--d->modules]);
    free(d->module);
    d->module = NULL;
}

void cuda_close(Device *d)
{
    for (int i = 0; i < d->graphs; i++) d->cu.cuGraphExecDestroy(d->graph[i].graph);
    for (int i = 0; i < CUDA_ENTRIES; i++) free(d->function[i]);
    free(d->graph);
    cuda_unload(d);
    cuda_copies_close(d);
    if (d->persistent) d->cu.cuMemFree(d->persistent);
    if (d->scratch) d->cu.cuMemFree(d->scratch);
    if (d->stream) d->cu.cuStreamDestroy(d->stream);
    if (d->context) d->cu.cuDevicePrimaryCtxRelease(d->card);
    free(d);
}

static int start(Device *d, Error *e)
{
    if (cuda_driver_open(&d->cu, e) != DEVICE_READY || find_card(&d->cu, d->options.index, &d->card, e)) return -1;
    d->arch = arch_of(&d->cu, d->card);
    return cuda_check(d, d->cu.cuDevicePrimaryCtxRetain(&d->context, d->card), "starting", e) ||
           cuda_check(d, d->cu.cuCtxSetCurrent(d->context), "starting", e) ||
           cuda_check(d, d->cu.cuStreamCreate(&d->stream, CU_STREAM_NON_BLOCKING), "a stream", e) ||
           cuda_copies_open(d, e) ? -1 : 0;
}

Device *cuda_open(const DeviceOptions *o, Error *e)
{
    Device *d = array_of(Device, 1);
    *d = (Device){.options = *o};
    if (!start(d, e)) return d;
    cuda_close(d);
    return NULL;
}

/* ---- memory ---- */

static int take(Device *d, CUdeviceptr *at, size_t bytes, int fill, Error *e)
{
    if (bytes == 0) bytes = LEAST;
    if (cuda_check(d, d->cu.cuMemAlloc(at, bytes), word_of("taking %s of memory", word_bytes((double)bytes).s).s, e)) return -1;
    return cuda_check(d, d->cu.cuMemsetD8Async(*at, (unsigned char)fill, bytes, d->stream), "clearing memory", e);
}

int cuda_alloc(Device *d, const BurinProgram *p, Error *e)
{
    size_t unused = 0, total = 0;
    double need = (double)p->persistent_bytes + (double)p->scratch_bytes;
    d->program = p;
    if (cuda_check(d, d->cu.cuMemGetInfo(&unused, &total), "asking for its memory", e)) return -1;
    if (need > (double)unused)
        return failed(e, "%s needs %s of the card's memory (%s persistent, %s scratch), and %s of its %s are free; try a smaller batch", p->name,
                      word_bytes(need).s, word_bytes((double)p->persistent_bytes).s, word_bytes((double)p->scratch_bytes).s,
                      word_bytes((double)unused).s, word_bytes((double)total).s);
    int fill = getenv("BURIN_POISON") ? 0xff : 0;   /* tests: what is read before it is written is NaN */
    return take(d, &d->persistent, p->persistent_bytes, 0, e) || take(d, &d->scratch, p->scratch_bytes, fill, e) ||
           cuda_copies_alloc(d, p, e) || cuda_sync(d, e) ? -1 : 0;
}

/* ---- kernels ---- */

static CUresult find_function(const Device *d, const char *symbol, CUfunction *f)
{
    if (d->program->find) return d->program->find(symbol, (void **)f) ? CUDA_ERROR_NO_BINARY_FOR_GPU : CUDA_SUCCESS;
    CUresult r = CUDA_ERROR_NOT_FOUND;
    for (int i = 0; i < d->modules && r == CUDA_ERROR_NOT_FOUND; i++) r = d->cu.cuModuleGetFunction(f, d->module[i], symbol);
    return r;
}

int cuda_find_functions(Device *d, Error *e)
{
    const BurinProgram *p = d->program;
    int limit = attribute(&d->cu, d->card, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    for (int i = 0; i < p->entries; i++) {
        const BurinEntry *x = &p->entry[i];
        d->function[i] = array_grow(d->function[i], CUfunction, x->launches + 1);
        for (int k = 0; k < x->launches; k++) {
            const BurinLaunch *l = &x->launch[k];
            if (cuda_check(d, find_function(d, l->symbol, &d->function[i][k]), l->symbol, e)) return -1;
            if (l->shared > (size_t)limit)
                return failed(e, "%s (%s) needs %s of shared memory, and cuda:%d has %s", l->symbol, l->where, word_bytes((double)l->shared).s,
                              d->options.index, word_bytes(limit).s);
            if (l->shared && cuda_check(d, d->cu.cuFuncSetAttribute(d->function[i][k], CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, (int)l->shared), l->symbol, e))
                return -1;
        }
    }
    return 0;
}

int cuda_check_program(const BurinProgram *p, Error *e)
{
    if (p->abi != BURIN_ABI) return failed(e, "this program was emitted for another version of burin's runtime (ABI %d, this is %d); emit it again", p->abi, BURIN_ABI);
    if (p->entries > CUDA_ENTRIES) bug("a program with %d entries", p->entries);
    if (strcmp(p->target, "cuda")) bug("a program for %s on a card", p->target);
    return 0;
}

/* The kernels are in the executable, for one architecture; those after it have the driver compile them on. */
static int use_linked(Device *d, const BurinProgram *p, Word *how, Error *e)
{
    int made_for = 0;
    if (cuda_check_program(p, e)) return -1;
    sscanf(p->isa, "sm_%d", &made_for);
    if (made_for > d->arch)
        return failed(e, "this program is for %s, and cuda:%d is sm_%d; emit it for that", p->isa, d->options.index, d->arch);
    *how = word_of("linked in");
    return cuda_find_functions(d, e);
}

/* ---- launch ---- */

static int launch_one(Device *d, const BurinLaunch *l, CUfunction f, Error *e)
{
    CUdeviceptr value[ARGUMENTS];
    void *at[ARGUMENTS];
    if (l->args > ARGUMENTS) bug("%s: %d arguments", l->symbol, l->args);
    for (int i = 0; i < l->args; i++) {
        value[i] = cuda_argument(d, &l->arg[i]);
        at[i] = &value[i];
    }
    return cuda_check(d, d->cu.cuLaunchKernel(f, (unsigned)l->chunks, 1, 1, (unsigned)l->block, 1, 1, (unsigned)l->shared, d->stream, at, NULL), l->symbol, e);
}

static int launch_range(Device *d, int entry, int first, int last, Error *e)
{
    for (int i = first; i < last; i++)
        if (launch_one(d, &d->program->entry[entry].launch[i], d->function[entry][i], e)) return -1;
    return 0;
}

/* Captures the launches; a graph's launch costs what one kernel's does. */
static int capture(Device *d, int entry, int first, int last, CUgraphExec *graph, Error *e)
{
    CUgraph captured = NULL;
    if (cuda_check(d, d->cu.cuStreamBeginCapture(d->stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL), "capturing a graph", e)) return -1;
    int bad = launch_range(d, entry, first, last, e);
    CUresult ended = d->cu.cuStreamEndCapture(d->stream, &captured);
    if (!bad) bad = cuda_check(d, ended, "capturing a graph", e);
    if (!bad) bad = cuda_check(d, d->cu.cuGraphInstantiateWithFlags(graph, captured, 0), "making a graph", e);
    if (captured) d->cu.cuGraphDestroy(captured);
    return bad;
}

static int launch_graph(Device *d, int entry, int first, int last, Error *e)
{
    int i = 0;
    while (i < d->graphs && (d->graph[i].entry != entry || d->graph[i].first != first || d->graph[i].last != last)) i++;
    if (i == d->graphs) {
        Graph g = {entry, first, last, NULL};
        if (capture(d, entry, first, last, &g.graph, e)) return -1;
        d->graph = array_grow(d->graph, Graph, i + 1);
        d->graph[d->graphs++] = g;
    }
    return cuda_check(d, d->cu.cuGraphLaunch(d->graph[i].graph, d->stream), "launching a graph", e);
}

/* Launches one by one, with an event before each and after the last. */
static int launch_timed(Device *d, int entry, int first, int last, double *seconds, Error *e)
{
    int events = last - first + 1, made = 0, bad = 0;
    CUevent *event = array_of(CUevent, events);
    while (!bad && made < events) bad = cuda_check(d, d->cu.cuEventCreate(&event[made], 0), "an event", e), made += !bad;
    for (int i = first; !bad && i <= last; i++) {
        bad = cuda_check(d, d->cu.cuEventRecord(event[i - first], d->stream), "an event", e);
        if (!bad && i < last) bad = launch_range(d, entry, i, i + 1, e);
    }
    if (!bad) bad = cuda_sync(d, e);
    for (int i = first; !bad && i < last; i++) {
        float ms = 0;
        bad = cuda_check(d, d->cu.cuEventElapsedTime(&ms, event[i - first], event[i - first + 1]), "an event", e);
        seconds[i] += ms * 1e-3;
    }
    while (made) d->cu.cuEventDestroy(event[--made]);
    free(event);
    return bad;
}

int cuda_launch(Device *d, int entry, const BurinCall *call, Error *e)
{
    int launches = d->program->entry[entry].launches, first = call->first, last = call->last < launches ? call->last : launches;
    if (first >= last) return 0;
    if (cuda_before_launch(d, (BurinKey){call->seed, call->step}, e)) return -1;
    int bad = call->seconds ? launch_timed(d, entry, first, last, call->seconds, e) : launch_graph(d, entry, first, last, e);
    return bad || cuda_after_launch(d, e) ? -1 : 0;
}

const DeviceType dev_cuda_linked = CUDA_DEVICE(cuda_describe, use_linked);
