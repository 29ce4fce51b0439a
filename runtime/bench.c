/* bench.c: `burin bench`: the bare step's images/s, the share of a peak measured between its repeats, how near each kernel is to
 * the machine's limits, and how soon the first step is done. Data are real and new for every step, but only the step is timed.
 * Or the same of the samples. The limits are measured on the CPU only (peak.c): of another device there are times alone. */
#include "bench.h"
#include "cache.h"
#include "feed.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "peak.h"
#include "report.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { REPEATS = 1000, WARM_UP = 10, TIMINGS = 400 };

/* All launches of one function, of a call. */
typedef struct { const char *symbol; int launches; double seconds, flops, bytes, least_flops, least_bytes; } Kernel;

typedef struct {
    const BurinProgram *program;
    const Options *options;
    const BurinEntry *entry;    /* the program's; what is timed */
    int index, images;          /* the entry's, of one call */
    const DeviceType *type;
    DeviceOptions device;
    Session session;
    bool limited;               /* the machine's limits are measured, too */
    Peak peak;
    Feed feed;
    int64_t done;               /* calls */
    double cold, warm;          /* seconds to the end of the first call */
    double resident_mb;
    int repeats;
    double rate[REPEATS], gflops[REPEATS], share[REPEATS], peak_gflops[REPEATS];
    double gflops_limit;        /* around the timing of the kernels */
    Bandwidth bandwidth;
    Kernel *kernel; int kernels;                    /* the longest first */
    double seconds;             /* of the kernels of one call */
} Bench;

static int timed_call(Bench *b, double *seconds, double *launch_seconds, Error *e)
{
    Session *s = &b->session;
    if (b->feed.sources && feed_step(&b->feed, s, b->done, e)) return -1;
    double begin = seconds_now();
    if (launch_seconds ? session_timed(s, b->index, (uint64_t)b->done, launch_seconds, e) : session_run(s, b->index, (uint64_t)b->done, e)) return -1;
    *seconds += seconds_now() - begin;
    b->done++;
    return 0;
}

static int open_and_call(Bench *b, double *seconds, Error *e)
{
    double begin = seconds_now(), ignored = 0;
    b->done = 0;
    if (session_open(&b->session, b->program, b->type, &b->device, b->options->seed, e)) return -1;
    if (session_init(&b->session, e) || timed_call(b, &ignored, NULL, e)) return -1;
    *seconds = seconds_now() - begin;
    return 0;
}

/* From the start of a process to the end of its first call: with an empty cache, and with what that left in it. */
static int time_starts(Bench *b, double before, Error *e)
{
    Path cache;
    if (cache_folder(&cache, e) || cache_workshop(cache.s, &cache, e)) return -1;
    b->device.cache = cache.s;
    int bad = open_and_call(b, &b->cold, e);
    session_close(&b->session);
    bad = bad || open_and_call(b, &b->warm, e);
    b->device.cache = NULL;
    folder_remove(cache.s);
    b->cold += before;
    b->warm += before;
    return bad;
}

static int time_repeats(Bench *b, Error *e)
{
    double ignored = 0;
    for (int i = 0; i < WARM_UP; i++)
        if (timed_call(b, &ignored, NULL, e)) return -1;
    for (int i = 0; i < b->repeats; i++) {
        double seconds = 0, end = seconds_now() + b->options->seconds;
        int64_t before = b->done;
        if (b->limited && peak_flops(&b->peak, &b->peak_gflops[i], e)) return -1;
        while (b->done == before || seconds_now() < end)
            if (timed_call(b, &seconds, NULL, e)) return -1;
        double rate = (double)(b->done - before) / seconds;
        b->rate[i] = rate * b->images;
        b->gflops[i] = rate * b->entry->flops / 1e9;
        b->share[i] = b->limited ? b->gflops[i] / b->peak_gflops[i] : 0;
    }
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

static int by_seconds(const void *a, const void *b)
{
    const Kernel *x = a, *y = b;
    return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

/* Adds a launch to its kernel's row. */
static void add_launch(Bench *b, const BurinLaunch *l, double seconds)
{
    int k = 0;
    while (k < b->kernels && strcmp(b->kernel[k].symbol, l->symbol)) k++;
    if (k == b->kernels) b->kernel[b->kernels++] = (Kernel){.symbol = l->symbol};
    Kernel *row = &b->kernel[k];
    row->launches++;
    row->seconds += seconds;
    row->flops += l->flops;
    row->bytes += l->bytes;
    b->seconds += seconds;
    if (!b->limited) return;
    row->least_flops += l->flops / 1e9 / b->gflops_limit;
    row->least_bytes += l->bytes / 1e9 / bandwidth_of(&b->bandwidth, l->bytes);
}

/* Each launch's time is the median over some seconds. What is done once, before the samples, is left out. */
static int time_kernels(Bench *b, Error *e)
{
    int n = b->entry->launches, calls = 0;
    double ignored = 0, *one = grow(NULL, (size_t)n * sizeof *one), *all = grow(NULL, (size_t)n * TIMINGS * sizeof *all);
    double before = 0, after = 0;
    int bad = b->limited && (peak_flops(&b->peak, &before, e) || peak_bandwidth(&b->peak, &b->bandwidth, e));
    for (double end = seconds_now() + (b->options->seconds < 2 ? b->options->seconds : 2); !bad && calls < TIMINGS; calls++) {
        if (calls && seconds_now() >= end) break;
        memset(one, 0, (size_t)n * sizeof *one);
        bad = timed_call(b, &ignored, one, e);
        for (int i = 0; i < n; i++) all[i * TIMINGS + calls] = one[i];
    }
    bad = bad || (b->limited && peak_flops(&b->peak, &after, e));
    b->gflops_limit = before > after ? before : after;
    b->kernel = grow(NULL, (size_t)n * sizeof *b->kernel);
    for (int i = b->entry->lead; !bad && i < n; i++) add_launch(b, &b->entry->launch[i], spread(all + i * TIMINGS, calls).median);
    qsort(b->kernel, (size_t)b->kernels, sizeof *b->kernel, by_seconds);
    free(one);
    free(all);
    return bad;
}

static double resident_mb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

/* The share of the limit that binds: how long the kernel must take at least, of how long it takes. */
static double share_of_limit(const Kernel *k)
{
    double least = k->least_flops > k->least_bytes ? k->least_flops : k->least_bytes;
    return k->seconds > 0 ? least / k->seconds : 0;
}

static const char *limit(const Kernel *k) { return k->least_flops > k->least_bytes ? "FMA" : "memory"; }

static void print_bandwidth(const Bench *b)
{
    printf("limits   %.1f GFLOP/s, and GB/s in so much memory:", b->gflops_limit);
    for (int i = 0; i < PEAK_SIZES; i++)
        printf("%s%.1f in %s", i == 0 ? "\n         " : i == 4 ? ",\n         " : ", ", b->bandwidth.gb_per_s[i], word_bytes(peak_size(i)).s);
    putchar('\n');
}

static void print_kernels(const Bench *b)
{
    printf("\n      us  share  GFLOP/s   GB/s  %skernel (one by one: %.2f ms a %s)\n", b->limited ? "of the limit  " : "", 1e3 * b->seconds, b->entry->name);
    bool winograd = false;
    for (int i = 0; i < b->kernels; i++) {
        const Kernel *k = &b->kernel[i];
        double ns = k->seconds > 0 ? 1e9 * k->seconds : 1;
        Word share = b->limited ? word_of("%4.0f%% %-7s  ", 100 * share_of_limit(k), limit(k)) : word_of("%s", "");
        printf("%8.1f  %4.1f%%  %7.1f  %5.1f  %s%s%s\n", 1e6 * k->seconds, 100 * k->seconds / b->seconds, k->flops / ns, k->bytes / ns, share.s, k->symbol,
               k->launches > 1 ? word_of(" x%d", k->launches).s : "");
        winograd |= !strncmp(k->symbol, "winograd_", 9);
    }
    if (winograd) puts("\nwinograd_ kernels multiply less than is counted, so that their share can pass 100%");
}

static void print_text(const Bench *b)
{
    Spread rate = spread(b->rate, b->repeats), gflops = spread(b->gflops, b->repeats), share = spread(b->share, b->repeats);
    Spread peak = spread(b->peak_gflops, b->repeats);
    Log l;
    log_start(&l);
    log_say(&l, "spec     %s, %s of %d", b->program->spec_path, b->index == b->session.sample ? "samples" : "batches", b->images);
    report_device(&l, b->type, &b->device, b->program);
    report_work(&l, b->program, b->index);
    report_memory(&l, b->program, b->device.threads);
    log_end(&l);
    printf("speed    %s images/s (%s to %s over %d repeats of %g s)\n", word_count((int64_t)rate.median).s, word_count((int64_t)rate.min).s,
           word_count((int64_t)rate.max).s, b->repeats, b->options->seconds);
    if (b->limited) printf("         %.1f GFLOP/s useful, %.0f%% of the %.1f GFLOP/s that the machine did in between\n", gflops.median, 100 * share.median, peak.median);
    else printf("         %.1f GFLOP/s useful\n", gflops.median);
    printf("start    first %s after %s with a cold cache, %s with a warm one; %.0f MiB resident\n", b->entry->name, word_time(b->cold).s,
           word_time(b->warm).s, b->resident_mb);
    if (b->limited) print_bandwidth(b);
    print_kernels(b);
}

static void json_spread(const char *name, Spread s)
{
    printf("\"%s\":{\"min\":%.1f,\"median\":%.1f,\"max\":%.1f},", name, s.min, s.median, s.max);
}

static void json_limits(const Bench *b)
{
    json_spread("peak_gflops", spread(b->peak_gflops, b->repeats));
    printf("\"share_of_peak\":%.4f,\"gflops_limit\":%.1f,\"gb_per_s\":[", spread(b->share, b->repeats).median, b->gflops_limit);
    for (int i = 0; i < PEAK_SIZES; i++) printf("%s{\"bytes\":%.0f,\"rate\":%.1f}", i ? "," : "", peak_size(i), b->bandwidth.gb_per_s[i]);
    printf("],");
}

/* One object: a line with all but the kernels, then a line for each. */
static void print_json(const Bench *b)
{
    const BurinProgram *p = b->program;
    const BurinEntry *s = b->entry;
    printf("{\"name\":");
    json_string(stdout, p->name);
    printf(",\"entry\":\"%s\",\"device\":\"%s\",\"isa\":\"%s\",\"batch\":%d,\"threads\":%d,", s->name, b->type->name, p->isa, b->images,
           b->device.threads);
    json_spread("images_per_s", spread(b->rate, b->repeats));
    json_spread("gflops", spread(b->gflops, b->repeats));
    if (b->limited) json_limits(b);
    printf("\"first_s\":{\"cold\":%.3f,\"warm\":%.3f},\"kernels\":%d,\"launches\":%d,\"barriers\":%d,"
           "\"flops_per_image\":%.0f,\"memory_bytes\":%zu,\"maxrss_mb\":%.0f,\"kernel\":[",
           b->cold, b->warm, count_kernels(s), s->launches, s->barriers, s->flops / b->images,
           p->persistent_bytes + p->scratch_bytes + p->thread_bytes * (size_t)b->device.threads, b->resident_mb);
    for (int i = 0; i < b->kernels; i++) {
        const Kernel *k = &b->kernel[i];
        printf("%s\n{\"symbol\":", i ? "," : "");
        json_string(stdout, k->symbol);
        printf(",\"launches\":%d,\"us\":%.2f,\"flops\":%.0f,\"bytes\":%.0f", k->launches, 1e6 * k->seconds, k->flops, k->bytes);
        if (b->limited) printf(",\"limit\":\"%s\",\"share\":%.4f", limit(k), share_of_limit(k));
        putchar('}');
    }
    puts("]}");
}

static int find_entry(Bench *b, Error *e)
{
    const BurinProgram *p = b->program;
    const char *wanted = b->options->entry;
    b->index = entry_find(p, wanted);
    if (b->index < 0) return failed(e, "%s: the spec has no %s to time", p->spec_path, strcmp(wanted, "step") ? "samples" : "training step");
    b->entry = &p->entry[b->index];
    b->images = entry_images(p, b->index);
    return 0;
}

static int run(Bench *b, const DataPlaces *places, double compile_seconds, Error *e)
{
    double begin = seconds_now();
    if (find_entry(b, e)) return -1;
    if (!strcmp(b->entry->name, "step") && feed_open(&b->feed, b->program, places, e)) return -1;
    if (time_starts(b, compile_seconds + seconds_now() - begin, e)) return -1;
    b->limited = !strcmp(b->type->name, "cpu");
    if ((b->limited && peak_open(&b->peak, b->program->isa, b->type, &b->device, e)) || time_repeats(b, e)) return -1;
    b->resident_mb = resident_mb();
    if (time_kernels(b, e)) return -1;
    if (b->options->json) print_json(b);
    else print_text(b);
    return 0;
}

int bench(const BurinProgram *p, const Options *o, const Chosen *on, const DataPlaces *places, double compile_seconds, Error *e)
{
    Bench *b = grow(NULL, sizeof *b);
    memset(b, 0, sizeof *b);
    b->program = p;
    b->options = o;
    b->type = on->type;
    b->device = on->options;
    b->repeats = o->repeats < REPEATS ? (int)o->repeats : REPEATS;
    int bad = run(b, places, compile_seconds, e);
    session_close(&b->session);
    peak_close(&b->peak);
    feed_close(&b->feed);
    free(b->kernel);
    free(b);
    return bad;
}
