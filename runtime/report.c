/* report.c: what is said of a program before it runs: device, layers, work, memory. */
#include "report.h"
#include "cpu.h"
#include "estimate.h"
#include "file.h"
#include "session.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

void report_device(Log *l, const DeviceType *type, const DeviceOptions *o, const BurinProgram *p)
{
    char text[512] = "";
    type->describe(o->index, text, sizeof text);
    Path line = path_of("device   %s%s: %s", type->name, o->index ? word_of(":%d", o->index).s : "", text);
    char *comma = strstr(line.s, ", driver for ");
    if (comma) *comma = 0;
    log_say(l, "%s", line.s);
    if (comma) log_say(l, "         %s, kernels for %s", comma + 2, p->isa);
    if (strcmp(type->name, "cpu")) return;
    log_say(l, "         %d thread%s, compiled for %s", o->threads, o->threads == 1 ? "" : "s", isa_title(p->isa));
}

static int widest(int a, const char *s)
{
    int n = s ? (int)strlen(s) : 0;
    return n > a ? n : a;
}

/* "dcgan_mnist.lua:14" or, where room is short, ":14" for lines of the spec itself */
static const char *place(const BurinProgram *p, const BurinLayer *y, int is_short)
{
    const char *where = y->where ? y->where : "", *name = path_name(where);
    size_t n = p->spec_path ? strlen(p->spec_path) : 0;
    return is_short && n && !strncmp(where, p->spec_path, n) && where[n] == ':' ? where + n : name;
}

void report_layers(Log *l, const BurinProgram *p)
{
    enum { LINE = 79 };
    int name = 5, kind = 4, shape = 6, params = 10, where[2] = {5, 5}, is_short = 0;
    for (int i = 0; i < p->layers; i++) {
        const BurinLayer *y = &p->layer[i];
        name = widest(name, y->name), kind = widest(kind, y->kind), shape = widest(shape, y->shape);
        for (int k = 0; k < 2; k++) where[k] = widest(where[k], place(p, y, k));
    }
    if (2 + name + 2 + kind + 2 + shape + 2 + params + 2 + where[0] > LINE) is_short = 1;
    int over = 2 + name + 2 + kind + 2 + shape + 2 + params + 2 + where[is_short] - LINE;
    if (over > 0 && kind - over >= 12) kind -= over;
    int64_t total = 0;
    const char *net = "";
    for (int i = 0; i < p->layers; i++) {
        const BurinLayer *y = &p->layer[i];
        if (i == 0) log_say(l, "  %-*s  %-*s  %*s  %*s  where", name, "layer", kind, "kind", shape, "output", params, "parameters");
        if (strcmp(net, y->net)) log_say(l, "%s", net = y->net);
        log_say(l, "  %-*s  %-*.*s  %*s  %*s  %s", name, y->name, kind, kind, y->kind, shape, y->shape, params,
                y->params ? word_count(y->params).s : "-", place(p, y, is_short));
        total += y->params;
        if (i + 1 == p->layers || strcmp(net, y[1].net)) {
            log_say(l, "  %-*s  %-*s  %*s  %*s", name, "", kind, "", shape, "", params, word_count(total).s);
            total = 0;
        }
    }
}

int count_kernels(const BurinEntry *entry)
{
    int n = 0;
    for (int i = 0; i < entry->launches; i++) n += entry->launch[i].work;
    return n;
}

void report_work(Log *l, const BurinProgram *p, int entry)
{
    const BurinEntry *s = &p->entry[entry];
    int images = entry_images(p, entry);
    log_say(l, "work     %d kernels a %s (%d launches, %d barriers) for %d graph nodes", count_kernels(s), s->name, s->launches,
            s->barriers, s->nodes);
    log_say(l, "         %s an image (%s with the multiplications by padding)", word_flops(s->flops / images).s,
            word_flops(s->flops_padded / images).s);
}

void report_memory(Log *l, const BurinProgram *p, int threads)
{
    size_t tiles = p->thread_bytes * (size_t)threads;
    log_say(l, "memory   %s bytes (%s):", word_count((int64_t)(p->persistent_bytes + p->scratch_bytes + tiles)).s,
            word_bytes((double)(p->persistent_bytes + p->scratch_bytes + tiles)).s);
    log_say(l, "         %s persistent + %s scratch%s", word_count((int64_t)p->persistent_bytes).s, word_count((int64_t)p->scratch_bytes).s,
            p->thread_bytes ? word_of(" + %d x %s for tiles", threads, word_count((int64_t)p->thread_bytes).s).s : "");
}

void report_time(Log *l, const BurinProgram *p, const DeviceType *type, const DeviceOptions *o, Feed *feed, int64_t steps)
{
    Estimate x;
    Error e;
    if (estimate_step(&x, p, entry_find(p, "step"), type, o, feed, &e)) {
        log_say(l, "time     not estimated: %s", e.text);
        return;
    }
    log_say(l, "time     about %.3g ms a step (%s images/s): %s an epoch, %s in all", 1e3 * x.seconds, word_count((int64_t)(p->batch / x.seconds)).s,
            word_time(x.seconds * (double)feed->epoch_steps).s, word_time(x.seconds * (double)steps).s);
    if (x.steps) log_say(l, "         measured: %d step%s, just now", x.steps, x.steps == 1 ? "" : "s");
    else {
        log_say(l, "         reckoned: kernels at %d%% of the %.1f GFLOP/s, or at the %.1f GB/s (more in caches), that the machine did now;", ESTIMATE_SHARE, x.gflops, x.gb_per_s);
        log_say(l, "         those that pool, shift or draw are slower. Once they are compiled, -n measures");
    }
}

void report_peak(Log *l)
{
    struct rusage use;
    if (getrusage(RUSAGE_SELF, &use)) return;
    int64_t bytes = (int64_t)use.ru_maxrss * 1024;
    log_say(l, "memory   %s bytes (%s) were resident at most, all in all", word_count(bytes).s, word_bytes((double)bytes).s);
}
