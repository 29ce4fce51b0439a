/* driver.c: a libcuda.so.1 whose one card is simulated: programs that open NVIDIA's driver run unchanged where there is no card.
 *
 * It is stricter than a card. Fresh memory is NaN, and what lies outside an allocation cannot be touched. Nothing that a stream
 * was given runs before something waits for it, and what a copy from the card is to fill is NaN until then, so a wait that is
 * missing shows. A module is x86-64 code that the stand-in
 * NVRTC made (nvrtc.c), or the real one's PTX, which ptx.c turns into such code. From the environment, at cuInit() while nobody
 * has the card open:
 *
 *     SIM_ORDER    forward, reverse, random, random:SEED: the order of blocks and threads
 *     SIM_BLOCKS   run only so many blocks of a launch: the first, the last, others at random. Results are of no use then
 *     SIM_ARCH     compute capability (80: 8.0)         SIM_DRIVER  the driver's CUDA version (13000)
 *     SIM_MEMORY   bytes of the card (1 GiB)            SIM_TRACE   says every launch, graph and copy
 *     SIM_FAULT    no-card, init (it does not start), alloc:N (the Nth allocation fails), launch:N (so does the Nth kernel),
 *                  lost:N (the card is lost at the Nth kernel), stream-waits, host-waits (waits for events that are none)
 *     SIM_SECOND   eager: streams but the first do at once what they are given                                          */
#include "../../runtime/cuda_driver.h"
#include "machine.h"
#include "ptx.h"
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Each function under the name that the driver exports it by. */
#define DECLARE(name, symbol, parameters) CUresult name parameters __asm__(symbol);
CUDA_DRIVER(DECLARE)

enum { ARGUMENTS = 64, PAGE = 4096, ALIGNMENT = 256, MACHINE_CUDA = 190 };

typedef enum { LAUNCH, COPY, SET, EVENT, WAIT } Kind;

/* What a stream was given to do. */
typedef struct Op {
    Kind kind;
    struct Op *next;
    CUfunction function;
    SimIndex blocks, threads;
    size_t shared;
    uint64_t argument[ARGUMENTS];
    void *to;
    const void *from;
    size_t bytes;
    int value;
    CUevent event;
    uint64_t number;            /* grows: the order in which all streams were given theirs */
    CUstream other;             /* WAIT: until that stream has done operation `until` */
    uint64_t until;
} Op;

typedef struct { Op *first, **end; } Queue;

struct CUmod_st { void *object; int file; const SimKernel *kernels; };
struct CUfunc_st { const SimKernel *kernel; size_t most; };
struct CUgraph_st { Queue queue; };
struct CUgraphExec_st { Queue queue; };
struct CUstream_st { Queue queue; CUgraph capturing; struct CUstream_st *next; };        /* next: the one made before it */
struct CUevent_st { double at; bool done; CUstream stream; uint64_t number; };       /* stream, number: where it was recorded last */

typedef struct Block { char *at, *base; size_t bytes, mapped; struct Block *next; } Block;

static struct {
    SimHow how;
    int arch, version;
    size_t memory, used;
    bool trace, no_card, no_start, no_stream_waits, no_host_waits, eager;
    uint64_t given;             /* operations */
    int users;                  /* that hold its context */
    int fail_alloc, fail_launch, lose, allocs, launches;       /* 0: never */
    CUresult sticky;            /* a fault that nothing works after */
    char why[1024];             /* what it was */
    Block *block;
    CUstream stream;
} card;

/* ---- the environment ---- */

static long number(const char *name, long preset)
{
    const char *value = getenv(name);
    return value && *value ? atol(value) : preset;
}

static int count_of(const char *fault, const char *name)
{
    size_t n = strlen(name);
    return fault && !strncmp(fault, name, n) ? atoi(fault + n) : 0;
}

static void read_environment(void)
{
    const char *order = getenv("SIM_ORDER"), *fault = getenv("SIM_FAULT");
    card.how.order = !order || !strcmp(order, "forward") ? SIM_FORWARD : !strcmp(order, "reverse") ? SIM_REVERSE : SIM_RANDOM;
    card.how.seed = order ? (unsigned)count_of(order, "random:") : 0;
    card.how.most = (unsigned)number("SIM_BLOCKS", 0);
    card.arch = (int)number("SIM_ARCH", 80);
    card.version = (int)number("SIM_DRIVER", 13000);
    card.memory = (size_t)number("SIM_MEMORY", 1L << 30);
    card.trace = getenv("SIM_TRACE") != NULL;
    card.eager = getenv("SIM_SECOND") && !strcmp(getenv("SIM_SECOND"), "eager");
    card.no_card = fault && !strcmp(fault, "no-card");
    card.no_start = fault && !strcmp(fault, "init");
    card.no_stream_waits = fault && !strcmp(fault, "stream-waits");
    card.no_host_waits = fault && !strcmp(fault, "host-waits");
    card.fail_alloc = count_of(fault, "alloc:");
    card.fail_launch = count_of(fault, "launch:");
    card.lose = count_of(fault, "lost:");
    card.allocs = card.launches = 0;
    card.sticky = CUDA_SUCCESS;
    card.why[0] = 0;
}

/* ---- errors ---- */

__attribute__((format(printf, 2, 3))) static CUresult error(CUresult r, const char *format, ...)
{
    va_list a;
    va_start(a, format);
    vsnprintf(card.why, sizeof card.why, format, a);
    va_end(a);
    return r;
}

static const struct { CUresult error; const char *name, *text; } errors[] = {
    {CUDA_SUCCESS, "CUDA_SUCCESS", "no error"},
    {CUDA_ERROR_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {CUDA_ERROR_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {CUDA_ERROR_NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {CUDA_ERROR_INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {CUDA_ERROR_INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {CUDA_ERROR_NO_BINARY_FOR_GPU, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {CUDA_ERROR_INVALID_PTX, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {CUDA_ERROR_NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {CUDA_ERROR_NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {CUDA_ERROR_LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
    {CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {CUDA_ERROR_UNKNOWN, "CUDA_ERROR_UNKNOWN", "unknown error"},
};
enum { ERRORS = sizeof errors / sizeof *errors };

CUresult cuGetErrorName(CUresult r, const char **name)
{
    for (int i = 0; i < ERRORS; i++)
        if (errors[i].error == r) return *name = errors[i].name, CUDA_SUCCESS;
    return CUDA_ERROR_INVALID_VALUE;
}

/* Unlike a card, it knows why. */
CUresult cuGetErrorString(CUresult r, const char **text)
{
    static char all[2048];
    for (int i = 0; i < ERRORS; i++) {
        if (errors[i].error != r) continue;
        snprintf(all, sizeof all, "%s%s%s%s", errors[i].text, *card.why ? " (" : "", card.why, *card.why ? ")" : "");
        return *text = all, CUDA_SUCCESS;
    }
    return CUDA_ERROR_INVALID_VALUE;
}

/* ---- the card ---- */

CUresult cuInit(unsigned flags)
{
    if (!card.users) read_environment();
    return flags ? CUDA_ERROR_INVALID_VALUE : card.no_start ? CUDA_ERROR_SYSTEM_DRIVER_MISMATCH : card.no_card ? CUDA_ERROR_NO_DEVICE : CUDA_SUCCESS;
}

CUresult cuDriverGetVersion(int *version) { return *version = card.version, CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int *count) { return *count = 1, CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *d, int index) { return *d = index, index ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS; }
CUresult cuDeviceTotalMem(size_t *bytes, CUdevice d) { return *bytes = card.memory, d ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS; }

CUresult cuDeviceGetName(char *name, int size, CUdevice d)
{
    snprintf(name, (size_t)size, "Simulated card");
    return d ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute a, CUdevice d)
{
    *value = a == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? card.arch / 10 : a == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR ? card.arch % 10 :
             a == CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT ? 4 : a == CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN ? SIM_SHARED_MOST : 0;
    return d ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *c, CUdevice d) { return *c = (CUcontext)&card, d ? CUDA_ERROR_INVALID_DEVICE : (card.users++, CUDA_SUCCESS); }
CUresult cuDevicePrimaryCtxRelease(CUdevice d) { return d ? CUDA_ERROR_INVALID_DEVICE : (card.users--, CUDA_SUCCESS); }
CUresult cuCtxSetCurrent(CUcontext c) { return (void)c, CUDA_SUCCESS; }

/* The real NVRTC asks the driver for this one. */
CUresult cuGetExportTable(const void **table, const void *id);
CUresult cuGetExportTable(const void **table, const void *id) { return *table = NULL, (void)id, CUDA_ERROR_NOT_FOUND; }

/* ---- streams ---- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void push(Queue *q, const Op *op)
{
    Op *o = malloc(sizeof *o);
    *o = *op;
    o->number = ++card.given;
    o->next = NULL;
    if (!q->first) q->end = &q->first;
    *q->end = o;
    q->end = &o->next;
}

static void clear(Queue *q)
{
    while (q->first) {
        Op *o = q->first;
        q->first = o->next;
        free(o);
    }
}

static CUresult run_kernel(const Op *o)
{
    double begin = now();
    const char *why = NULL;
    if (++card.launches == card.lose) return card.sticky = error(CUDA_ERROR_UNKNOWN, "SIM_FAULT");
    if (card.launches == card.fail_launch) why = "SIM_FAULT";
    else why = machine_run(o->function->kernel, o->argument, o->blocks, o->threads, o->shared, card.how);
    if (card.trace)
        fprintf(stderr, "cudasim: %s, %ux%ux%u blocks of %ux%ux%u threads, %zu bytes: %.3f ms\n", o->function->kernel->name, o->blocks.x, o->blocks.y,
                o->blocks.z, o->threads.x, o->threads.y, o->threads.z, o->shared, (now() - begin) * 1e3);
    return why ? card.sticky = error(CUDA_ERROR_LAUNCH_FAILED, "%s", why) : CUDA_SUCCESS;
}

static void run_until(CUstream, uint64_t number);

static CUresult run(const Op *o)
{
    switch (o->kind) {
    case LAUNCH: return run_kernel(o);
    case COPY: memcpy(o->to, o->from, o->bytes); break;
    case SET: memset(o->to, o->value, o->bytes); break;
    case EVENT: o->event->at = now(), o->event->done = true; break;
    case WAIT: run_until(o->other, o->until); break;
    }
    return CUDA_SUCCESS;
}

/* What the stream was given up to that operation. */
static void run_until(CUstream s, uint64_t number)
{
    for (Op *o; (o = s->queue.first) && o->number <= number && !card.sticky; free(o)) {
        s->queue.first = o->next;
        run(o);
    }
}

static CUresult flush(CUstream s)
{
    run_until(s, card.given);
    clear(&s->queue);
    return card.sticky;
}

static CUresult give(CUstream s, const Op *op)
{
    if (card.sticky) return card.sticky;
    push(s->capturing ? &s->capturing->queue : &s->queue, op);
    return card.eager && s->next ? flush(s) : CUDA_SUCCESS;
}

static CUresult flush_all(void)
{
    for (CUstream s = card.stream; s; s = s->next) flush(s);
    return card.sticky;
}

CUresult cuStreamCreate(CUstream *s, unsigned flags)
{
    (void)flags;
    *s = calloc(1, sizeof **s);
    (*s)->next = card.stream;
    card.stream = *s;
    return CUDA_SUCCESS;
}

CUresult cuStreamDestroy(CUstream s)
{
    flush(s);
    for (CUstream *p = &card.stream; *p; p = &(*p)->next)
        if (*p == s) {
            *p = s->next;
            break;
        }
    free(s);
    return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream s)
{
    return s->capturing ? error(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "cuStreamSynchronize") : flush(s);
}

CUresult cuEventCreate(CUevent *e, unsigned flags)
{
    (void)flags;
    *e = calloc(1, sizeof **e);
    return CUDA_SUCCESS;
}

CUresult cuEventDestroy(CUevent e)
{
    flush_all();
    free(e);
    return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent e, CUstream s)
{
    e->done = false;
    CUresult r = give(s, &(Op){.kind = EVENT, .event = e});
    e->stream = s;
    e->number = card.given;
    return r;
}

/* An event that was never recorded is not waited for. */
CUresult cuStreamWaitEvent(CUstream s, CUevent e, unsigned flags)
{
    (void)flags;
    return !e->stream || card.no_stream_waits ? card.sticky : give(s, &(Op){.kind = WAIT, .other = e->stream, .until = e->number});
}

CUresult cuEventSynchronize(CUevent e)
{
    if (e->stream && !card.no_host_waits) run_until(e->stream, e->number);
    return card.sticky;
}

CUresult cuEventElapsedTime(float *ms, CUevent a, CUevent b)
{
    if (!a->done || !b->done) return CUDA_ERROR_NOT_READY;
    *ms = (float)((b->at - a->at) * 1e3);
    return CUDA_SUCCESS;
}

/* ---- graphs ---- */

CUresult cuStreamBeginCapture(CUstream s, CUstreamCaptureMode mode)
{
    (void)mode;
    if (!s || s->capturing) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    s->capturing = calloc(1, sizeof *s->capturing);
    return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream s, CUgraph *g)
{
    if (!s->capturing) return error(CUDA_ERROR_INVALID_VALUE, "this stream captures nothing");
    *g = s->capturing;
    s->capturing = NULL;
    return CUDA_SUCCESS;
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *x, CUgraph g, unsigned long long flags)
{
    (void)flags;
    *x = calloc(1, sizeof **x);
    for (const Op *o = g->queue.first; o; o = o->next) push(&(*x)->queue, o);
    return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec x, CUstream s)
{
    CUresult r = CUDA_SUCCESS;
    int launches = 0;
    for (const Op *o = x->queue.first; o && !r; o = o->next) r = give(s, o), launches++;
    if (card.trace) fprintf(stderr, "cudasim: a graph of %d launches\n", launches);
    return r;
}

CUresult cuGraphDestroy(CUgraph g)
{
    clear(&g->queue);
    free(g);
    return CUDA_SUCCESS;
}

CUresult cuGraphExecDestroy(CUgraphExec x)
{
    clear(&x->queue);
    free(x);
    return CUDA_SUCCESS;
}

/* ---- memory ---- */

/* The end of an allocation is the end of a page, and none is mapped after it, nor before its first. */
CUresult cuMemAlloc(CUdeviceptr *at, size_t bytes)
{
    if (card.sticky) return card.sticky;
    if (!bytes) return error(CUDA_ERROR_INVALID_VALUE, "an allocation of 0 bytes");
    if (++card.allocs == card.fail_alloc || bytes > card.memory - card.used) return CUDA_ERROR_OUT_OF_MEMORY;
    Block *b = malloc(sizeof *b);
    size_t room = (bytes + PAGE - 1) / PAGE * PAGE;
    *b = (Block){.bytes = bytes, .mapped = room + 2 * PAGE, .next = card.block};
    b->base = mmap(NULL, b->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b->base == MAP_FAILED) return free(b), CUDA_ERROR_OUT_OF_MEMORY;
    mprotect(b->base, PAGE, PROT_NONE);
    mprotect(b->base + PAGE + room, PAGE, PROT_NONE);
    b->at = b->base + PAGE + room - (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(b->base + PAGE, 0xff, room);
    card.block = b;
    card.used += bytes;
    *at = (CUdeviceptr)(uintptr_t)b->at;
    return CUDA_SUCCESS;
}

CUresult cuMemFree(CUdeviceptr at)
{
    flush_all();
    for (Block **p = &card.block, *b; (b = *p); p = &b->next) {
        if (b->at != (char *)(uintptr_t)at) continue;
        *p = b->next;
        card.used -= b->bytes;
        munmap(b->base, b->mapped);
        free(b);
        return card.sticky;
    }
    return error(CUDA_ERROR_INVALID_VALUE, "cuMemFree of what was not allocated");
}

CUresult cuMemGetInfo(size_t *unused, size_t *total)
{
    *total = card.memory;
    *unused = card.memory - card.used;
    return card.sticky;
}

CUresult cuMemHostAlloc(void **at, size_t bytes, unsigned flags)
{
    (void)flags;
    *at = malloc(bytes);
    return *at ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuMemFreeHost(void *at)
{
    flush_all();
    free(at);
    return CUDA_SUCCESS;
}

/* For tests: the latest allocation of so many bytes, or NULL. */
char *sim_block(size_t bytes);
char *sim_block(size_t bytes)
{
    const Block *b = card.block;
    while (b && b->bytes != bytes) b = b->next;
    return b ? b->at : NULL;
}

static bool allocated(CUdeviceptr at, size_t bytes)
{
    const char *p = (const char *)(uintptr_t)at;
    for (const Block *b = card.block; b; b = b->next)
        if (p >= b->at && p <= b->at + b->bytes && bytes <= (size_t)(b->at + b->bytes - p)) return true;
    return false;
}

static CUresult transfer(CUdeviceptr at, const Op *op, CUstream s)
{
    return allocated(at, op->bytes) ? give(s, op) : error(CUDA_ERROR_INVALID_VALUE, "%zu bytes at a place outside all allocations", op->bytes);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream s)
{
    return transfer(to, &(Op){.kind = SET, .to = (void *)(uintptr_t)to, .value = value, .bytes = bytes}, s);
}

CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t bytes, CUstream s)
{
    if (card.trace) fprintf(stderr, "cudasim: %zu bytes to the card\n", bytes);
    return transfer(to, &(Op){.kind = COPY, .to = (void *)(uintptr_t)to, .from = from, .bytes = bytes}, s);
}

CUresult cuMemcpyDtoHAsync(void *to, CUdeviceptr from, size_t bytes, CUstream s)
{
    if (card.trace) fprintf(stderr, "cudasim: %zu bytes from the card\n", bytes);
    memset(to, 0xff, bytes);                        /* NaN, until something waits */
    return transfer(from, &(Op){.kind = COPY, .to = to, .from = (const void *)(uintptr_t)from, .bytes = bytes}, s);
}

/* ---- modules ---- */

/* A shared object in memory -> a module. The file stays open: by its name dlopen() tells it from others. */
static CUresult load_object(CUmodule *out, const char *image, size_t bytes)
{
    char name[64];
    int file = memfd_create("cudasim", 0);
    if (file < 0 || write(file, image, bytes) != (ssize_t)bytes) return error(CUDA_ERROR_OUT_OF_MEMORY, "memfd_create");
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    void *object = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    SimMachine **sim = object ? dlsym(object, "sim") : NULL;
    if (!sim) return error(CUDA_ERROR_INVALID_IMAGE, "%s", object ? "it has no sim" : dlerror());
    *sim = &machine;
    *out = malloc(sizeof **out);
    **out = (struct CUmod_st){object, file, dlsym(object, "sim_kernels")};
    return CUDA_SUCCESS;
}

CUresult cuModuleLoadDataEx(CUmodule *out, const void *image, unsigned options, CUjit_option *option, void **value)
{
    const Elf64_Ehdr *h = image;
    char *log = NULL;
    size_t room = 0;
    if (card.sticky) return card.sticky;
    for (unsigned i = 0; i < options; i++) {
        if (option[i] == CU_JIT_ERROR_LOG_BUFFER) log = value[i];
        if (option[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) room = (size_t)value[i];
    }
    if (memcmp(h->e_ident, ELFMAG, SELFMAG)) {
        char *object, said[2048] = "";
        size_t bytes;
        if (ptx_compile(image, &object, &bytes, said, sizeof said)) {
            if (log && room) snprintf(log, room, "%s", said);
            return CUDA_ERROR_INVALID_PTX;
        }
        CUresult r = load_object(out, object, bytes);
        free(object);
        return r;
    }
    if (h->e_machine == MACHINE_CUDA) return error(CUDA_ERROR_NO_BINARY_FOR_GPU, "a cubin does not run here; set BURIN_PTX");
    /* linkers put the section headers last */
    return load_object(out, image, h->e_shoff + (size_t)h->e_shnum * h->e_shentsize);
}

CUresult cuModuleUnload(CUmodule m)
{
    flush_all();
    dlclose(m->object);
    close(m->file);
    free(m);
    return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *f, CUmodule m, const char *name)
{
    const SimKernel *k = m->kernels;
    while (k->name && strcmp(k->name, name)) k++;
    if (!k->name) return error(CUDA_ERROR_NOT_FOUND, "no kernel %s", name);
    if (k->shared > SIM_SHARED || k->end - k->begin > SIM_SHARED) return error(CUDA_ERROR_INVALID_IMAGE, "%s: more than 48 KiB of static shared memory", name);
    *f = malloc(sizeof **f);            /* the driver's for as long as the process lives */
    **f = (struct CUfunc_st){.kernel = k, .most = SIM_SHARED};
    return CUDA_SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction f, CUfunction_attribute a, int value)
{
    if (a != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || value < 0 || value > SIM_SHARED_MOST) return error(CUDA_ERROR_INVALID_VALUE, "cuFuncSetAttribute");
    f->most = (size_t)value;
    return CUDA_SUCCESS;
}

CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, CUstream s,
                        void **parameters, void **extra)
{
    const SimKernel *k = f->kernel;
    Op op = {.kind = LAUNCH, .function = f, .blocks = {gx, gy, gz}, .threads = {bx, by, bz}, .shared = shared};
    if (!gx || !gy || !gz || gx > 0x7fffffff || gy > 65535 || gz > 65535 || !bx || !by || !bz || bz > 64 || (uint64_t)bx * by * bz > SIM_THREADS)
        return error(CUDA_ERROR_INVALID_VALUE, "%s: %ux%ux%u blocks of %ux%ux%u threads", k->name, gx, gy, gz, bx, by, bz);
    if (shared > f->most) return error(CUDA_ERROR_INVALID_VALUE, "%s: %u bytes of dynamic shared memory, and %zu are allowed", k->name, shared, f->most);
    if (extra || k->arguments > ARGUMENTS) return error(CUDA_ERROR_INVALID_VALUE, "%s: its arguments", k->name);
    for (int i = 0; i < k->arguments; i++) memcpy(&op.argument[i], parameters[i], sizeof op.argument[i]);      /* copied at the call, as a driver does */
    return give(s, &op);
}
