/* estimate.c: how long a step will take: by running it, or from what its launches compute and move and what the machine does just now. */
#include "estimate.h"
#include "peak.h"
#include <stdlib.h>
#include <string.h>

enum { STEPS = 50 };                                /* measured at most */

static int measure(Estimate *x, const BurinProgram *p, int entry, const DeviceType *type, const DeviceOptions *o, Feed *feed, Error *e)
{
    Session s;
    double end = 0;
    if (session_open(&s, p, type, o, 0, e)) return -1;
    int bad = session_init(&s, e);
    for (int i = -1; !bad && i < STEPS && (i <= 0 || seconds_now() < end); i++) {
        double begin = seconds_now();
        bad = feed_step(feed, &s, i + 1, e) || session_run(&s, entry, 0, e);
        if (i < 0) end = begin + 1;                 /* this one brings the pages; it counts only if it is the last */
        if (i >= 0 || seconds_now() > end) x->seconds += seconds_now() - begin, x->steps++;
        if (i < 0 && x->steps) break;
    }
    session_close(&s);
    if (!bad) x->seconds /= x->steps;               /* the mean, as an epoch has it: a busy machine is slow now and then */
    return bad;
}

static double reckon(const BurinLaunch *l, double gflops, const Bandwidth *w)
{
    double computing = l->flops / (gflops * 1e9 * ESTIMATE_SHARE / 100), moving = l->bytes > 0 ? l->bytes / (bandwidth_of(w, l->bytes) * 1e9) : 0;
    return computing > moving ? computing : moving;
}

int estimate_step(Estimate *x, const BurinProgram *p, int entry, const DeviceType *type, const DeviceOptions *o, Feed *feed, Error *e)
{
    Bandwidth w;
    *x = (Estimate){0};
    if (strcmp(type->name, "cpu")) return failed(e, "the limits of %s are not measured", type->name);
    if (p->function || dev_cpu_built(p)) return measure(x, p, entry, type, o, feed, e);
    Peak *k = grow(NULL, sizeof *k);                /* large, and it must not move */
    int bad = peak_open(k, p->isa, type, o, e);
    if (!bad) {
        bad = peak_flops(k, &x->gflops, e) || peak_bandwidth(k, &w, e);
        peak_close(k);
    }
    free(k);
    for (int i = 0; !bad && i < p->entry[entry].launches; i++) x->seconds += reckon(&p->entry[entry].launch[i], x->gflops, &w);
    if (!bad) x->gb_per_s = w.gb_per_s[PEAK_SIZES - 1];
    return bad;
}
