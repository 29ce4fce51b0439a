/* dev_cpu.c: the CPU as a device: memory, and calls. The kernels are linked in, or come from cpu_jit.c. */
#include "dev_cpu.h"
#include "cpu.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

DeviceState cpu_describe(int index, char *text, size_t size)
{
    Cpu c;
    cpu_read(&c);
    snprintf(text, size, "%s, %d core%s, %s", c.model, c.cores, c.cores == 1 ? "" : "s", isa_title(c.isa));
    if (index) snprintf(text, size, "there is one cpu; use cpu");
    return index ? DEVICE_NONE : DEVICE_READY;
}

Word cpu_isa(int index)
{
    Cpu c;
    (void)index;
    cpu_read(&c);
    return word_of("%s", c.isa);
}

Device *cpu_open(const DeviceOptions *o, Error *e)
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

void cpu_close(Device *d)
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

int cpu_alloc(Device *d, const BurinProgram *p, Error *e)
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

int cpu_put(Device *d, size_t offset, const void *from, size_t bytes, Error *e)
{
    (void)e;
    if (offset > d->persistent.bytes || bytes > d->persistent.bytes - offset) bug("put outside the arena: %zu+%zu", offset, bytes);
    memcpy(d->persistent.at + offset, from, bytes);
    return 0;
}

int cpu_get(Device *d, size_t offset, void *to, size_t bytes, Error *e)
{
    (void)e;
    if (offset > d->persistent.bytes || bytes > d->persistent.bytes - offset) bug("get outside the arena: %zu+%zu", offset, bytes);
    memcpy(to, d->persistent.at + offset, bytes);
    return 0;
}

int cpu_launch(Device *d, int entry, const BurinCall *call, Error *e)
{
    (void)e;
    BurinCall c = *call;
    c.persistent = d->persistent.at, c.scratch = d->scratch.at, c.thread = d->thread.at;
    c.threads = d->options.threads;
    d->function[entry](&c);
    return 0;
}

int cpu_sync(Device *d, Error *e)
{
    (void)d, (void)e;                               /* a launch returns when its work is done */
    return 0;
}

int cpu_peek(Device *d, size_t offset, void *to, size_t bytes, Error *e)
{
    (void)e;
    if (offset > d->scratch.bytes || bytes > d->scratch.bytes - offset) bug("a look outside the scratch arena: %zu+%zu", offset, bytes);
    memcpy(to, d->scratch.at + offset, bytes);
    return 0;
}

int cpu_check_program(const BurinProgram *p, Error *e)
{
    Cpu cpu;
    if (p->abi != BURIN_ABI) return failed(e, "this program was emitted for another version of burin's runtime (ABI %d, this is %d); emit it again", p->abi, BURIN_ABI);
    if (p->entries > CPU_ENTRIES) bug("a program with %d entries", p->entries);
    if (cpu_runs(p->isa)) return 0;
    cpu_read(&cpu);
    return failed(e, "this processor (%s) does not run %s; use --isa %s", cpu.model, isa_title(p->isa), cpu.isa);
}

int cpu_use_linked(Device *d, const BurinProgram *p, Word *how, Error *e)
{
    if (cpu_check_program(p, e)) return -1;
    for (int i = 0; i < p->entries; i++) d->function[i] = p->function[i];
    *how = word_of("linked in");
    return 0;
}

const DeviceType dev_cpu_linked = CPU_DEVICE(cpu_use_linked);
