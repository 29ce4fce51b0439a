/* dev_cpu.c: the CPU as a device: the program's C text compiled (or found in the cache), loaded, called.
 *
 * OpenMP: the runtime does not link it, the compiled kernels do. So libgomp starts when the first object is loaded, and reads
 * OMP_WAIT_POLICY and the like then, as the user set them.                                                          */
#include "cache.h"
#include "compiler.h"
#include "cpu.h"
#include "device.h"
#include "file.h"
#include "origin.h"
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ENTRIES = 8, HUGE_PAGE = 2 << 20 };

typedef struct { char *at; size_t bytes; void *base; size_t mapped; } Arena;

struct Device {
    DeviceOptions options;
    void *library;
    BurinFunction *function[ENTRIES];
    Arena persistent, scratch, thread;
};

static DeviceState cpu_describe(int index, char *text, size_t size)
{
    Cpu c;
    cpu_read(&c);
    snprintf(text, size, "%s, %d core%s, %s", c.model, c.cores, c.cores == 1 ? "" : "s", isa_title(c.isa));
    if (index) snprintf(text, size, "there is one cpu; use cpu");
    return index ? DEVICE_NONE : DEVICE_READY;
}

static Word cpu_isa(int index)
{
    Cpu c;
    (void)index;
    cpu_read(&c);
    return word_of("%s", c.isa);
}

static Device *cpu_open(const DeviceOptions *o, Error *e)
{
    (void)e;
    Device *d = array_of(Device, 1);
    *d = (Device){.options = *o};
    return d;
}

static void arena_free(Arena *a)
{
    if (a->base) munmap(a->base, a->mapped);
    *a = (Arena){0};
}

static void cpu_close(Device *d)
{
    arena_free(&d->persistent);
    arena_free(&d->scratch);
    arena_free(&d->thread);
    if (d->library) dlclose(d->library);
    free(d);
}

/* Zeroed memory on huge pages where the system has them. */
static int arena_take(Arena *a, size_t bytes)
{
    a->bytes = bytes;
    if (bytes == 0) bytes = 64;
    a->mapped = bytes + HUGE_PAGE;
    a->base = mmap(NULL, a->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (a->base == MAP_FAILED) {
        a->base = NULL;
        return -1;
    }
    a->at = (char *)(((uintptr_t)a->base + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
    madvise(a->at, bytes, MADV_HUGEPAGE);
    return 0;
}

static int cpu_alloc(Device *d, const BurinProgram *p, Error *e)
{
    size_t threads = (size_t)d->options.threads * p->thread_bytes;
    double need = (double)p->persistent_bytes + (double)p->scratch_bytes + (double)threads, have = memory_free();
    if (have >= 0 && need > have)
        return failed(e, "%s needs %s of memory (%s persistent, %s scratch, %s for %d thread%s), and %s are free; try a smaller batch",
                      p->name, word_bytes(need).s, word_bytes((double)p->persistent_bytes).s, word_bytes((double)p->scratch_bytes).s,
                      word_bytes((double)threads).s, d->options.threads, d->options.threads == 1 ? "" : "s", word_bytes(have).s);
    if (arena_take(&d->persistent, p->persistent_bytes) || arena_take(&d->scratch, p->scratch_bytes) || arena_take(&d->thread, threads))
        return failed(e, "the system refused %s of memory: %s; try a smaller batch", word_bytes(need).s, strerror(errno));
    if (getenv("BURIN_POISON")) {                   /* tests: what is read before it is written is NaN */
        memset(d->scratch.at, 0xff, d->scratch.bytes);
        memset(d->thread.at, 0xff, d->thread.bytes);
    }
    return 0;
}

/* What the object depends on: the text, the flags, the compiler, and the processor. */
static Digest key_of(const BurinProgram *p, const char *flags, const Compiler *c, const Cpu *cpu)
{
    Sha256 s;
    sha256_start(&s);
    sha256_add(&s, (const int[]){BURIN_ABI}, sizeof(int));
    sha256_text(&s, p->code);
    sha256_text(&s, flags);
    for (int i = 0; c->word[i]; i++) sha256_text(&s, c->word[i]);
    sha256_text(&s, c->path.s);
    sha256_text(&s, c->version);
    sha256_add(&s, cpu->identity.byte, sizeof cpu->identity.byte);
    return sha256_end(&s);
}

/* OpenMP's threads outlive the parallel regions: their library must not go when the kernels that brought it do. */
static void keep_openmp(void *library)
{
    struct link_map *m;
    for (m = dlinfo(library, RTLD_DI_LINKMAP, &m) ? NULL : m; m; m = m->l_next)
        if (strstr(m->l_name, "omp.so") || strstr(m->l_name, "omp5.so"))        /* libgomp, libomp; libiomp5 */
            dlopen(m->l_name, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/* libgomp's threads spin at a barrier for about a millisecond before they sleep. When something else runs on the cores,
 * that is time taken from the very thread that they wait for: a busy machine then trains ten times slower. A barrier between
 * kernels takes microseconds, so 20 of them are enough. What the user has set stays.                              */
static void spin_briefly(void)
{
    if (!getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "10000", 0);
}

static int load(Device *d, const BurinProgram *p, const char *object, Error *e)
{
    spin_briefly();
    d->library = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    if (!d->library) return failed(e, "cannot load the compiled kernels: %s", dlerror());
    keep_openmp(d->library);
    for (int i = 0; i < p->entries; i++) {
        *(void **)&d->function[i] = dlsym(d->library, p->entry[i].symbol);
        if (!d->function[i]) bug("the compiled kernels lack %s", p->entry[i].symbol);
    }
    return 0;
}

static int compile_and_load(Device *d, const BurinProgram *p, const Compiler *c, const char *flags, const Cpu *cpu, Word *how, Error *e)
{
    double begin = seconds_now();
    Path folder, workshop;
    if (d->options.cache ? (folder = path_of("%s", d->options.cache), folder_make(folder.s, e)) : cache_folder(&folder, e)) return -1;
    Digest key = key_of(p, flags, c, cpu);
    if (cache_holds(folder.s, &key) && !load(d, p, cache_object(folder.s, &key).s, e)) {
        cache_used(folder.s, &key);
        *how = word_of("from the cache in %s", word_time(seconds_now() - begin).s);
        return 0;
    }
    if (cache_workshop(folder.s, &workshop, e)) return -1;
    Path object = path_of("%s/all.so", workshop.s);
    if (compiler_build(c, p->code, flags, workshop.s, object.s, cpu->processors, e)) return origin_add(e, p, -1), -1;
    if (cache_keep(folder.s, &key, workshop.s, object.s, e)) return -1;
    *how = word_of("compiled in %s", word_time(seconds_now() - begin).s);
    return load(d, p, cache_object(folder.s, &key).s, e);
}

bool dev_cpu_built(const BurinProgram *p)
{
    Cpu cpu;
    Compiler c;
    Path folder;
    Error e;
    if (p->function) return true;
    cpu_read(&cpu);
    if (!cpu_runs(p->isa) || cache_folder(&folder, &e) || compiler_find(&c, &e)) return false;
    Digest key = key_of(p, compiler_flags(p->cflags).s, &c, &cpu);
    compiler_free(&c);
    return cache_holds(folder.s, &key);
}

static int cpu_build(Device *d, const BurinProgram *p, Word *how, Error *e)
{
    Cpu cpu;
    Compiler c;
    cpu_read(&cpu);
    if (p->abi != BURIN_ABI) return failed(e, "this program was emitted for another version of burin's runtime (ABI %d, this is %d); emit it again", p->abi, BURIN_ABI);
    if (p->entries > ENTRIES) bug("a program with %d entries", p->entries);
    if (!cpu_runs(p->isa))
        return failed(e, "this processor (%s) does not run %s; use --isa %s", cpu.model, isa_title(p->isa), cpu.isa);
    if (p->function) {
        for (int i = 0; i < p->entries; i++) d->function[i] = p->function[i];
        *how = word_of("linked in");
        return 0;
    }
    if (compiler_find(&c, e)) return -1;
    int bad = compile_and_load(d, p, &c, compiler_flags(p->cflags).s, &cpu, how, e);
    compiler_free(&c);
    return bad;
}

static int cpu_put(Device *d, size_t offset, const void *from, size_t bytes, Error *e)
{
    (void)e;
    if (offset > d->persistent.bytes || bytes > d->persistent.bytes - offset) bug("put outside the arena: %zu+%zu", offset, bytes);
    memcpy(d->persistent.at + offset, from, bytes);
    return 0;
}

static int cpu_get(Device *d, size_t offset, void *to, size_t bytes, Error *e)
{
    (void)e;
    if (offset > d->persistent.bytes || bytes > d->persistent.bytes - offset) bug("get outside the arena: %zu+%zu", offset, bytes);
    memcpy(to, d->persistent.at + offset, bytes);
    return 0;
}

static int cpu_launch(Device *d, int entry, const BurinCall *call, Error *e)
{
    (void)e;
    BurinCall c = *call;
    c.persistent = d->persistent.at, c.scratch = d->scratch.at, c.thread = d->thread.at;
    c.threads = d->options.threads;
    d->function[entry](&c);
    return 0;
}

static int cpu_sync(Device *d, Error *e)
{
    (void)d, (void)e;                               /* a launch returns when its work is done */
    return 0;
}

static int cpu_peek(Device *d, size_t offset, void *to, size_t bytes, Error *e)
{
    (void)e;
    if (offset > d->scratch.bytes || bytes > d->scratch.bytes - offset) bug("a look outside the scratch arena: %zu+%zu", offset, bytes);
    memcpy(to, d->scratch.at + offset, bytes);
    return 0;
}

const DeviceType dev_cpu = {
    "cpu", cpu_describe, cpu_isa, cpu_open, cpu_close, cpu_build, cpu_alloc, cpu_put, cpu_get, cpu_launch, cpu_sync, cpu_peek,
};
