/* fit.c: how much memory a run takes, and the largest batch for which that is little enough. */
#include "fit.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 1 << 16, MORE = 32 << 20 };           /* a batch without data; kernels, OpenMP, pictures, gauges, report: 7 to 27 MB were measured */

/* What this process has in memory. */
static double resident(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*d %ld", &pages) != 1) pages = 0;
    if (f) fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

int memory_of(Memory *m, const BurinProgram *p, const DeviceType *type, int threads, const DataPlaces *places, Error *e)
{
    bool cpu = !strcmp(type->name, "cpu");
    *m = (Memory){.plan = (double)p->persistent_bytes + (double)p->scratch_bytes + (cpu ? (double)threads * (double)p->thread_bytes : 0)};
    for (int i = 0; i < p->sources; i++) {
        int64_t images;
        size_t bytes;
        if (data_size(p, i, places, &images, &bytes, e)) return -1;
        if (!m->images || images < m->images) m->images = images;
        if (cpu) m->data += (double)bytes;
    }
    if (cpu) m->process = resident() + MORE;
    return 0;
}

double memory_total(const Memory *m) { return m->plan + m->data + m->process; }

Path memory_words(const Memory *m)
{
    return path_of("%s: %s planned, %s of data, %s the program itself", word_bytes(memory_total(m)).s, word_bytes(m->plan).s, word_bytes(m->data).s, word_bytes(m->process).s);
}

typedef struct { double limit; FitMake *make; void *context; const DeviceType *type; int threads; const DataPlaces *places; Memory memory; } Fit;

/* 1: a batch fits; 0: it does not; -1: a message. */
static int fits(Fit *f, int batch, Error *e)
{
    const BurinProgram *p = f->make(f->context, batch, e);
    if (!p) return -1;
    if (p->batch != batch) return failed(e, "%s: --max-mem sets the option \"batch\", and the batch does not follow it", p->spec_path);
    if (memory_of(&f->memory, p, f->type, f->threads, f->places, e)) return -1;
    return memory_total(&f->memory) <= f->limit;
}

/* Where a straight line says that the limit is (0: it does not), else in the middle; memory grows nearly so. */
static int next_guess(int least, int most, double line)
{
    if (line == 0) return least + (most - least + 1) / 2;
    return line < least + 1 ? least + 1 : line > most ? most : (int)line;
}

int fit_batch(int *batch, Memory *memory, double limit, FitMake *make, void *context, const DeviceType *type, int threads, const DataPlaces *places, Error *e)
{
    Fit f = {.limit = limit, .make = make, .context = context, .type = type, .threads = threads, .places = places};
    int good = fits(&f, 1, e);
    if (good < 0) return -1;
    if (!good) return failed(e, "not even a batch of 1 fits in --max-mem %s: it takes %s", word_bytes(limit).s, memory_words(&f.memory).s);
    int least = 1, most = f.memory.images && f.memory.images < MOST ? (int)f.memory.images : MOST, next = most < 64 ? most : 64;
    double below = memory_total(&f.memory), slope = 0;
    *memory = f.memory;
    for (int i = 0; least < most; i++) {            /* least fits, with `below` bytes; above most nothing does, or there are no images for it */
        if ((good = fits(&f, next, e)) < 0) return -1;
        slope = (memory_total(&f.memory) - below) / (next - least);
        if (good) least = next, below = memory_total(&f.memory), *memory = f.memory;
        else most = next - 1;
        next = next_guess(least, most, i % 3 < 2 && slope > 0 ? least + (limit - below) / slope : 0);
    }
    *batch = least;
    return 0;
}
