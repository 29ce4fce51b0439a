/* tune.c: `burin tune`. All candidates' programs train side by side on the same data, a step each in turn, so that what else the
 * machine does falls on all of them. A candidate's figure is the median of its time over the usual choice's time in the
 * same round; it counts when that is below 1 by more than noise: by the median's interval of confidence (3 standard errors
 * by rank: n / 2 +- 1.5 sqrt(n), whatever the distribution).                                                          */
#include "tune.h"
#include "cache.h"
#include "cpu.h"
#include "feed.h"
#include "file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRAMS = 32, ROUNDS = 1000, LEAST_ROUNDS = 12, WARM_UP = 2 };
#define LEAST_GAIN 0.01     /* of a kernel */

/* A kernel with another choice than usual, in all its launches; its time over the usual one's in each round */
typedef struct { int program; const BurinKernel *kernel; double ratio[ROUNDS]; } Trial;

typedef struct {
    const DeviceType *type;
    DeviceOptions device;
    Feed feed;
    int64_t steps;
    Session session[PROGRAMS]; int sessions;        /* the first one: as usual */
    double *seconds[PROGRAMS];                      /* of each launch, in this round */
    Trial *trial; int trials;
    int rounds;
} Tune;

/* ---- the file ---- */

static Path file_of(const char *folder, const Cpu *c, const char *isa) { return path_of("%s/tuned-%s-%.16s.txt", folder, isa, c->identity.hex); }

static Word seal_of(const char *text, size_t size) { return word_of("%.40s", sha256(text, size).hex); }

char *tuned_read(const char *isa)
{
    Cpu c;
    Path folder;
    Error e;
    char *text, head[96];
    size_t size, begin, end;
    cpu_read(&c);
    if (cache_folder(&folder, &e)) return strdup("");
    Path path = file_of(folder.s, &c, isa);
    if (!file_exists(path.s) || file_read(path.s, &text, &size, &e)) return strdup("");
    begin = (size_t)snprintf(head, sizeof head, "burin tuned 1 %s\n", c.identity.hex);
    end = size >= 41 ? size - 41 : 0;
    const char *fault = end < begin || memcmp(seal_of(text, end).s, text + end, 40) ? "is damaged" : memcmp(text, head, begin) ? "was measured on another processor" : NULL;
    if (fault) fprintf(stderr, "burin: %s %s and is not used; burin tune writes it anew\n", path.s, fault);
    char *lines = strndup(fault ? "" : text + begin, fault ? 0 : end - begin);
    free(text);
    return lines;
}

static int tuned_write(const char *isa, const char *lines, Path *path, Error *e)
{
    Cpu c;
    Path folder;
    cpu_read(&c);
    if (cache_folder(&folder, e)) return -1;
    *path = file_of(folder.s, &c, isa);
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    fprintf(f, "burin tuned 1 %s\n%s", c.identity.hex, lines);
    fflush(f);
    fprintf(f, "%s\n", seal_of(text, size).s);
    fclose(f);
    int bad = file_write(path->s, text, size, e);
    free(text);
    return bad;
}

/* ---- measuring ---- */

typedef struct { double low, median, high; } Interval;

static Interval interval_of(double *x, int n)
{
    int reach = (int)ceil(1.5 * sqrt(n)), low = n / 2 - reach, high = n / 2 + reach;
    sort_numbers(x, n);
    return (Interval){x[low < 0 ? 0 : low], x[n / 2], x[high < n ? high : n - 1]};
}

/* "-3.1% (-4.1 to -2.0)": the change of time */
static Word change_of(Interval ratio)
{
    const char *noise = ratio.low <= 1 && ratio.high >= 1 ? ": noise" : "";
    return word_of("%+.1f%% (%+.1f to %+.1f%s)", 100 * ratio.median - 100, 100 * ratio.low - 100, 100 * ratio.high - 100, noise);
}

static bool same_kernel(const BurinKernel *a, const BurinKernel *b) { return !strcmp(a->op, b->op) && !strcmp(a->shape, b->shape); }

static const BurinEntry *step_of(const Tune *t, int program) { return &t->session[program].program->entry[t->session[program].step]; }

static const BurinKernel *kernel_of(const Tune *t, int program, int launch)
{
    return &t->session[program].program->kernel[step_of(t, program)->launch[launch].kernel];
}

static double time_of(const Tune *t, int program, const BurinKernel *k)
{
    double sum = 0;
    for (int i = 0; i < step_of(t, program)->launches; i++)
        if (same_kernel(k, kernel_of(t, program, i))) sum += t->seconds[program][i];
    return sum;
}

/* Opens a program's session; a trial of each of its kernels that has another choice than usual. Returns how many, or -1. */
static int add_program(Tune *t, const BurinProgram *p, Error *e)
{
    int at = t->sessions, before = t->trials;
    if (session_open(&t->session[at], p, t->type, &t->device, 0, e)) return -1;
    t->sessions++;
    if (session_init(&t->session[at], e)) return -1;
    int n = step_of(t, at)->launches;
    t->seconds[at] = grow(NULL, (size_t)n * sizeof(double));
    for (int i = 0; i < n; i++) {
        const BurinKernel *k = kernel_of(t, at, i);
        int known = before;
        while (known < t->trials && !same_kernel(k, t->trial[known].kernel)) known++;
        if (!*k->choice || !step_of(t, at)->launch[i].work || known < t->trials) continue;
        t->trial = grow(t->trial, (size_t)(t->trials + 1) * sizeof *t->trial);
        t->trial[t->trials].program = at;
        t->trial[t->trials++].kernel = k;
    }
    return t->trials - before;
}

/* A step of each program, each time beginning with another; launches timed one by one if `timed`. The time of each in total[]. */
static int round_of(Tune *t, bool timed, double *total, Error *e)
{
    for (int i = 0; i < t->sessions; i++) {
        int k = (int)((i + t->steps) % t->sessions);
        Session *s = &t->session[k];
        if (feed_step(&t->feed, s, t->steps, e)) return -1;
        memset(t->seconds[k], 0, (size_t)step_of(t, k)->launches * sizeof(double));
        double begin = seconds_now();
        if (timed ? session_timed(s, s->step, (uint64_t)t->steps, t->seconds[k], e) : session_run(s, s->step, (uint64_t)t->steps, e)) return -1;
        total[k] = seconds_now() - begin;
    }
    t->steps++;
    return 0;
}

static int same_bits(Tune *t, Error *e)
{
    const BurinProgram *p = t->session[0].program;
    for (int i = 0; i < p->vars; i++) {
        const BurinVar *v = &p->var[i];
        char *a = grow(NULL, v->bytes), *b = grow(NULL, v->bytes);
        int bad = 0;
        for (int k = 1; k < t->sessions && !bad; k++) {
            if (session_get(&t->session[0], v, a, e) || session_get(&t->session[k], &t->session[k].program->var[i], b, e)) bad = -1;
            else if (memcmp(a, b, v->bytes))
                bad = failed(e, "%s: %s has other bits with candidate %d of the kernels: a fault of burin or of the compiler; nothing is kept",
                             p->spec_path, v->name, k);
        }
        free(a), free(b);
        if (bad) return -1;
    }
    return 0;
}

static int measure_kernels(Tune *t, double seconds, Error *e)
{
    double total[PROGRAMS], end = seconds_now() + seconds;
    for (int i = 0; i < WARM_UP; i++) if (round_of(t, true, total, e)) return -1;
    for (t->rounds = 0; t->rounds < ROUNDS && (t->rounds < LEAST_ROUNDS || seconds_now() < end); t->rounds++) {
        if (round_of(t, true, total, e)) return -1;
        for (int i = 0; i < t->trials; i++)
            t->trial[i].ratio[t->rounds] = time_of(t, t->trial[i].program, t->trial[i].kernel) / time_of(t, 0, t->trial[i].kernel);
    }
    return same_bits(t, e);
}

/* The step with the usual choices and that of the second session, without timing their launches */
static int measure_step(Tune *t, double seconds, Interval *ratio, double *usual, Error *e)
{
    double total[PROGRAMS], x[ROUNDS], first[ROUNDS], end = seconds_now() + seconds;
    int n = 0;
    for (int i = 0; i < WARM_UP; i++) if (round_of(t, false, total, e)) return -1;
    for (; n < ROUNDS && (n < LEAST_ROUNDS || seconds_now() < end); n++) {
        if (round_of(t, false, total, e)) return -1;
        x[n] = total[1] / total[0], first[n] = total[0];
    }
    *ratio = interval_of(x, n);
    *usual = interval_of(first, n).median;
    return 0;
}

static void drop_sessions(Tune *t, int from)
{
    while (t->sessions > from) session_close(&t->session[--t->sessions]), free(t->seconds[t->sessions]);
}

/* ---- what is kept ---- */

static bool tried(const Tune *t, const char *line, size_t length)
{
    for (int i = 0; i < t->trials; i++) {
        Path title = path_of("%s %s:", t->trial[i].kernel->op, t->trial[i].kernel->shape);
        if (strlen(title.s) <= length && !strncmp(line, title.s, strlen(title.s))) return true;
    }
    return false;
}

/* Says the best candidate of each kernel, if it is better than the usual choice, and returns them as lines, malloced. */
static char *best_lines(Tune *t)
{
    char *lines = NULL;
    size_t size;
    FILE *f = open_memstream(&lines, &size);
    Interval *ratio = grow(NULL, (size_t)t->trials * sizeof *ratio);
    for (int i = 0; i < t->trials; i++) ratio[i] = interval_of(t->trial[i].ratio, t->rounds);
    printf("         %d rounds, a step each; kernels that take less time by more than noise:\n", t->rounds);
    for (int i = 0; i < t->trials; i++) {
        const BurinKernel *k = t->trial[i].kernel;
        bool best = ratio[i].high < 1 - LEAST_GAIN;
        for (int j = 0; j < t->trials && best; j++)
            if (j != i && same_kernel(k, t->trial[j].kernel)) best = ratio[i].high < ratio[j].high;
        if (!best) continue;
        printf("           %s %s\n             %s: %s\n", k->op, k->shape, k->choice, change_of(ratio[i]).s);
        fprintf(f, "%s %s: %s\n", k->op, k->shape, k->choice);
    }
    fclose(f);
    if (!*lines) puts("           none");
    free(ratio);
    return lines;
}

/* The file's lines of kernels that were not tried now, and the new ones. */
static int keep(const Tune *t, const char *isa, const char *lines, Error *e)
{
    char *old = tuned_read(isa), *all = NULL;
    size_t size;
    FILE *f = open_memstream(&all, &size);
    for (const char *p = old; *p; p += strcspn(p, "\n") + 1)
        if (!tried(t, p, strcspn(p, "\n"))) fprintf(f, "%.*s\n", (int)strcspn(p, "\n"), p);
    fputs(lines, f);
    fclose(f);
    Path path;
    int bad = tuned_write(isa, all, &path, e);
    if (!bad && *lines) printf("kept     %s\n         train, sample, show and bench use it from now on\n", path.s);
    free(old), free(all);
    return bad;
}

/* ---- */

/* The usual program and those with candidate 1, 2, ... of each kernel, until none has so many */
static int add_candidates(Tune *t, TuneMake *make, void *context, const DataPlaces *places, Error *e)
{
    int more = 1;
    for (int i = 0; i < PROGRAMS && more; i++) {
        const BurinProgram *p = make(context, "", i, e);
        if (!p) return -1;
        if (i == 0 && entry_find(p, "step") < 0) return failed(e, "%s: the spec has no training step to time", p->spec_path);
        if (i == 0 && feed_open(&t->feed, p, places, e)) return -1;
        int open = add_program(t, p, e);
        if (open < 0) return -1;
        more = i == 0 || open;
        if (open) printf("         candidate %d of %d kernels, %s\n", i, open, t->session[i].built.s);
    }
    if (!more) drop_sessions(t, t->sessions - 1);
    return 0;
}

/* The step with all that won together: the lines go if it is slower. */
static int try_lines(Tune *t, TuneMake *make, void *context, const Options *o, char *lines, Error *e)
{
    Interval ratio;
    double usual;
    drop_sessions(t, 1);
    const BurinProgram *p = make(context, lines, 0, e);
    if (!p || add_program(t, p, e) < 0 || session_init(&t->session[0], e) || measure_step(t, o->seconds / 2, &ratio, &usual, e) || same_bits(t, e)) return -1;
    printf("step     %.2f ms as usual; with these %s\n", 1e3 * usual, change_of(ratio).s);
    if (ratio.low <= 1) return 0;
    puts("         they are not kept: the step as a whole is slower");
    *lines = 0;
    return 0;
}

static int run(Tune *t, TuneMake *make, void *context, const Options *o, const DataPlaces *places, Error *e)
{
    printf("tune     %s, %d thread%s\n", o->file, t->device.threads, t->device.threads == 1 ? "" : "s");
    if (add_candidates(t, make, context, places, e)) return -1;
    if (!t->trials) return puts("         its kernels leave nothing open"), 0;
    if (measure_kernels(t, o->seconds, e)) return -1;
    char *lines = best_lines(t);
    int bad = (*lines && try_lines(t, make, context, o, lines, e)) || keep(t, t->session[0].program->isa, lines, e);
    free(lines);
    return bad;
}

int tune(TuneMake *make, void *context, const Options *o, const Chosen *on, const DataPlaces *places, Error *e)
{
    Tune *t = grow(NULL, sizeof *t);
    *t = (Tune){.type = on->type, .device = on->options};
    int bad = run(t, make, context, o, places, e);
    drop_sessions(t, 0);
    feed_close(&t->feed);
    free(t->trial);
    free(t);
    return bad;
}
