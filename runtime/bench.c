/* bench.c: `burin bench`: the bare step's images/s, the share of a peak measured between its repeats, where the time goes, and
 * how soon the first step is done. Data are real and new for every step, but only the step is timed.                   */
#include "bench.h"
#include "cache.h"
#include "feed.h"
#include "file.h"
#include "json.h"
#include "loop.h"
#include "peak.h"
#include "report.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { REPEATS = 1000, WARM_UP = 10 };

typedef struct {
    const BurinProgram *program;
    const Options *options;
    const DeviceType *type;
    DeviceOptions device;
    Session session, peak;
    PeakProgram peak_program;
    Feed feed;
    int64_t done;               /* steps */
    double cold, warm;          /* seconds to the first step */
    int repeats;
    double rate[REPEATS], gflops[REPEATS], share[REPEATS], peak_gflops[REPEATS];
    double *seconds;            /* of each launch, one step */
} Bench;

static int timed_step(Bench *b, double *seconds, double *launch_seconds, Error *e)
{
    Session *s = &b->session;
    if (feed_step(&b->feed, s, b->done, e)) return -1;
    double begin = seconds_now();
    if (launch_seconds ? session_timed(s, s->step, (uint64_t)b->done, launch_seconds, e) : session_run(s, s->step, (uint64_t)b->done, e)) return -1;
    *seconds += seconds_now() - begin;
    b->done++;
    return 0;
}

static int open_and_step(Bench *b, double *seconds, Error *e)
{
    double begin = seconds_now(), ignored = 0;
    b->done = 0;
    if (session_open(&b->session, b->program, b->type, &b->device, b->options->seed, e)) return -1;
    if (session_init(&b->session, e) || timed_step(b, &ignored, NULL, e)) return -1;
    *seconds = seconds_now() - begin;
    return 0;
}

/* From the start of a process to its first step: with an empty cache, and with what that left in it. */
static int time_starts(Bench *b, double before, Error *e)
{
    Path cache;
    if (cache_folder(&cache, e) || cache_workshop(cache.s, &cache, e)) return -1;
    b->device.cache = cache.s;
    int bad = open_and_step(b, &b->cold, e);
    session_close(&b->session);
    bad = bad || open_and_step(b, &b->warm, e);
    b->device.cache = NULL;
    folder_remove(cache.s);
    b->cold += before;
    b->warm += before;
    return bad;
}

/* The best of a quarter of a second. */
static int time_peak(Bench *b, double *gflops, Error *e)
{
    *gflops = 0;
    for (double end = seconds_now() + 0.25, begin; (begin = seconds_now()) < end;) {
        if (session_run(&b->peak, 0, 0, e)) return -1;
        double rate = b->peak_program.entry.flops / (seconds_now() - begin) / 1e9;
        if (rate > *gflops) *gflops = rate;
    }
    return 0;
}

static int time_repeats(Bench *b, Error *e)
{
    double ignored = 0, flops = b->program->entry[b->session.step].flops;
    for (int i = 0; i < WARM_UP; i++)
        if (timed_step(b, &ignored, NULL, e)) return -1;
    for (int i = 0; i < b->repeats; i++) {
        double seconds = 0, end = seconds_now() + b->options->seconds;
        int64_t before = b->done;
        if (time_peak(b, &b->peak_gflops[i], e)) return -1;
        while (b->done == before || seconds_now() < end)
            if (timed_step(b, &seconds, NULL, e)) return -1;
        double rate = (double)(b->done - before) / seconds;
        b->rate[i] = rate * b->program->batch;
        b->gflops[i] = rate * flops / 1e9;
        b->share[i] = b->gflops[i] / b->peak_gflops[i];
    }
    return 0;
}

static int time_launches(Bench *b, Error *e)
{
    int n = b->program->entry[b->session.step].launches, steps = 0;
    double ignored = 0, end = seconds_now() + (b->options->seconds < 2 ? b->options->seconds : 2);
    b->seconds = grow(NULL, (size_t)n * sizeof *b->seconds);
    for (int i = 0; i < n; i++) b->seconds[i] = 0;
    do {
        if (timed_step(b, &ignored, b->seconds, e)) return -1;
        steps++;
    } while (seconds_now() < end);
    for (int i = 0; i < n; i++) b->seconds[i] /= steps;
    return 0;
}

typedef struct { double min, median, max; } Spread;

static Spread spread(const double *x, int n)
{
    double sorted[REPEATS];
    memcpy(sorted, x, (size_t)n * sizeof *x);
    sort_numbers(sorted, n);
    return (Spread){sorted[0], (sorted[n / 2] + sorted[(n - 1) / 2]) / 2, sorted[n - 1]};
}

static double resident_mb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

static void print_launches(const Bench *b, double peak)
{
    const BurinEntry *s = &b->program->entry[b->session.step];
    int *order = grow(NULL, (size_t)s->launches * sizeof *order);
    double total = 0;
    for (int i = 0; i < s->launches; i++) {
        total += b->seconds[i];
        int k = i;                                  /* insertion: the longest first */
        for (; k > 0 && b->seconds[order[k - 1]] < b->seconds[i]; k--) order[k] = order[k - 1];
        order[k] = i;
    }
    printf("\n      us  share  GFLOP/s  of peak   GB/s  launch (timed one by one: %.2f ms a step)\n", 1e3 * total);
    for (int i = 0; i < s->launches; i++) {
        const BurinLaunch *l = &s->launch[order[i]];
        double t = b->seconds[order[i]], gflops = t > 0 ? l->flops / t / 1e9 : 0;
        printf("%8.1f  %4.1f%%  %7.1f  %6.0f%%  %5.1f  %s\n", 1e6 * t, 100 * t / total, gflops, 100 * gflops / peak,
               t > 0 ? l->bytes / t / 1e9 : 0, l->symbol);
    }
    free(order);
}

static void print_text(const Bench *b)
{
    Spread rate = spread(b->rate, b->repeats), gflops = spread(b->gflops, b->repeats), share = spread(b->share, b->repeats);
    Spread peak = spread(b->peak_gflops, b->repeats);
    Log l;
    log_start(&l);
    log_say(&l, "spec     %s, batch %d", b->program->spec_path, b->program->batch);
    report_device(&l, b->type, &b->device, b->program);
    report_work(&l, b->program, b->session.step);
    report_memory(&l, b->program, b->device.threads);
    log_end(&l);
    printf("speed    %s images/s (%s to %s over %d repeats of %g s)\n", word_count((int64_t)rate.median).s, word_count((int64_t)rate.min).s,
           word_count((int64_t)rate.max).s, b->repeats, b->options->seconds);
    printf("         %.1f GFLOP/s useful, %.0f%% of the %.1f GFLOP/s that the machine did in between\n", gflops.median, 100 * share.median, peak.median);
    printf("start    first step after %s with a cold cache, %s with a warm one; %.0f MiB resident\n", word_time(b->cold).s, word_time(b->warm).s, resident_mb());
    print_launches(b, peak.median);
}

static void json_spread(const char *name, Spread s)
{
    printf("\"%s\":{\"min\":%.1f,\"median\":%.1f,\"max\":%.1f},", name, s.min, s.median, s.max);
}

static void print_json(const Bench *b)
{
    const BurinProgram *p = b->program;
    const BurinEntry *s = &p->entry[b->session.step];
    printf("{\"name\":");
    json_string(stdout, p->name);
    printf(",\"device\":\"%s\",\"isa\":\"%s\",\"batch\":%d,\"threads\":%d,", b->type->name, p->isa, p->batch, b->device.threads);
    json_spread("images_per_s", spread(b->rate, b->repeats));
    json_spread("gflops", spread(b->gflops, b->repeats));
    json_spread("peak_gflops", spread(b->peak_gflops, b->repeats));
    printf("\"share_of_peak\":%.4f,\"first_step_s\":{\"cold\":%.3f,\"warm\":%.3f},\"kernels\":%d,\"launches\":%d,\"barriers\":%d,"
           "\"flops_per_image\":%.0f,\"memory_bytes\":%zu,\"maxrss_mb\":%.0f,\"launch\":[",
           spread(b->share, b->repeats).median, b->cold, b->warm, count_kernels(s), s->launches, s->barriers, s->flops / p->batch,
           p->persistent_bytes + p->scratch_bytes + p->thread_bytes * (size_t)b->device.threads, resident_mb());
    for (int i = 0; i < s->launches; i++) {
        printf("%s{\"symbol\":", i ? "," : "");
        json_string(stdout, s->launch[i].symbol);
        printf(",\"us\":%.2f,\"flops\":%.0f,\"bytes\":%.0f}", 1e6 * b->seconds[i], s->launch[i].flops, s->launch[i].bytes);
    }
    puts("]}");
}

static int run(Bench *b, const DataPlaces *places, double compile_seconds, Error *e)
{
    double begin = seconds_now();
    if (entry_find(b->program, "step") < 0) return failed(e, "%s: the spec has no training step to time", b->program->spec_path);
    if (choose_device(b->options, &b->type, &b->device, e) || feed_open(&b->feed, b->program, places, e)) return -1;
    if (time_starts(b, compile_seconds + seconds_now() - begin, e)) return -1;
    peak_program(&b->peak_program, b->program->isa, b->device.threads);
    if (session_open(&b->peak, &b->peak_program.program, b->type, &b->device, 0, e)) return -1;
    if (time_repeats(b, e) || time_launches(b, e)) return -1;
    if (b->options->json) print_json(b);
    else print_text(b);
    return 0;
}

int bench(const BurinProgram *p, const Options *o, const DataPlaces *places, double compile_seconds, Error *e)
{
    Bench *b = grow(NULL, sizeof *b);
    memset(b, 0, sizeof *b);
    b->program = p;
    b->options = o;
    b->repeats = o->repeats < REPEATS ? (int)o->repeats : REPEATS;
    int bad = run(b, places, compile_seconds, e);
    session_close(&b->session);
    session_close(&b->peak);
    feed_close(&b->feed);
    free(b->seconds);
    free(b);
    return bad;
}
