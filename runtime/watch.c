/* watch.c: which kernel made the first number that is not finite. */
#include "watch.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { EVERY = 100, SPARE = 1000 };

static bool kept(const BurinVar *v) { return v->kind != BURIN_BATCH; }

static bool all_finite(const void *floats, size_t n)
{
    const unsigned char *x = (const unsigned char *)floats;
    uint32_t bad = 0, bits;
    for (size_t i = 0; i < n; i++) {
        memcpy(&bits, x + 4 * i, 4);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return !bad;
}

/* ---- the copy ---- */

int watch_due(const Watch *w, int64_t step)
{
    return step - w->step >= EVERY && seconds_now() - w->taken > SPARE * w->cost;
}

/* The first variable that is not finite, in a copy of all; NULL: all are. */
static const BurinVar *first_bad(const BurinProgram *p, const char *copy)
{
    for (int i = 0; i < p->vars; i++) {
        const BurinVar *v = &p->var[i];
        if (!kept(v)) continue;
        if (!all_finite(copy, v->bytes / 4)) return v;
        copy += v->bytes;
    }
    return NULL;
}

int watch_take(Watch *w, Session *s, int64_t step, Error *e)
{
    double begin = seconds_now();
    if (w->copy && w->step == step) return 0;
    char *fresh = array_of(char, session_variables_bytes(s->program));
    int bad = session_variables(s, fresh, e);
    const BurinVar *v = bad ? NULL : first_bad(s->program, fresh);
    if (v) error_set(e, "%s is not finite after step %lld: training stopped", v->name, (long long)step);
    free(v || bad ? fresh : w->copy);
    if (v || bad) return v ? 1 : -1;
    double now = seconds_now();
    *w = (Watch){fresh, step, now, now - begin};
    return 0;
}

void watch_free(Watch *w)
{
    free(w->copy);
    *w = (Watch){0};
}

/* ---- running again ---- */

static int restore(const Watch *w, Session *s, Error *e)
{
    const char *from = w->copy;
    for (int i = 0; i < s->program->vars; i++) {
        const BurinVar *v = &s->program->var[i];
        if (!kept(v)) continue;
        if (session_put(s, v, from, e)) return -1;
        from += v->bytes;
    }
    return 0;
}

static int again(Session *s, Feed *f, int64_t from, int64_t till, Error *e)
{
    for (int64_t i = from; i < till; i++)
        if (feed_step(f, s, i, e) || session_run(s, s->step, (uint64_t)i, e)) return -1;
    return 0;
}

static int good_after(Session *s, char *fresh, bool *good, Error *e)
{
    const BurinEntry *step = &s->program->entry[s->step];
    int bad = session_variables(s, fresh, e);
    *good = !bad && !first_bad(s->program, fresh);
    for (int i = 0; !bad && i < step->outputs; i++) {
        float x = 0;
        if (step->output[i].kind == BURIN_LOSS) bad = session_number(s, &step->output[i], &x, e);
        *good &= isfinite(x) != 0;
    }
    return bad;
}

/* The first step, from the copy on, after which a loss or a variable is not finite; -1: none up to `last`. */
static int find_step(const Watch *w, Session *s, Feed *f, int64_t last, int64_t *found, Error *e)
{
    char *fresh = array_of(char, session_variables_bytes(s->program));
    int bad = restore(w, s, e);
    *found = -1;
    for (int64_t i = w->step; !bad && *found < 0 && i <= last; i++) {
        bool good = true;
        bad = again(s, f, i, i + 1, e) || good_after(s, fresh, &good, e);
        if (!good) *found = i;
    }
    free(fresh);
    return bad;
}

/* ---- kernel by kernel ---- */

/* What is in a value. */
typedef struct { int64_t finite, nan, inf; double lo, hi; } Range;

static int range_of(Session *s, const BurinUse *u, Range *r, Error *e)
{
    float *x = array_of(float, u->count);
    int bad = (u->arena == BURIN_SCRATCH ? s->type->peek : s->type->get)(s->device, u->offset, x, (size_t)u->count * sizeof *x, e);
    *r = (Range){.lo = INFINITY, .hi = -INFINITY};
    for (int64_t i = 0; !bad && i < u->count; i++) {
        if (isnan(x[i])) r->nan++;
        else if (isinf(x[i])) r->inf++;
        else r->finite++, r->lo = fmin(r->lo, x[i]), r->hi = fmax(r->hi, x[i]);
    }
    free(x);
    return bad;
}

static void say_range(Error *e, const char *verb, const BurinUse *u, const Range *r)
{
    failed_more(e, "\n    %s %s", verb, u->name);
    if (r->nan) failed_more(e, ", %s nan", word_count(r->nan).s);
    if (r->inf) failed_more(e, ", %s inf", word_count(r->inf).s);
    if (r->finite) failed_more(e, "%s, from %.4g to %.4g", r->nan + r->inf ? word_of(", %s finite", word_count(r->finite).s).s : "", r->lo, r->hi);
    if (!u->writes && *u->where) failed_more(e, "  (%s)", u->where);
}

/* The uses of a launch: rows first .. end-1. */
static void rows_of(const BurinProgram *p, int entry, int launch, int *first, int *end)
{
    for (*first = 0; *first < p->uses && (p->use[*first].entry != entry || p->use[*first].launch != launch); ++*first) {}
    for (*end = *first; *end < p->uses && p->use[*end].entry == entry && p->use[*end].launch == launch; ++*end) {}
}

/* Runs one launch, having looked at what it reads. Returns whether all that it writes is finite. */
static int run_one(Session *s, int64_t step, int launch, Range *range, bool *good, Error *e)
{
    const BurinProgram *p = s->program;
    int first, end, bad = 0;
    rows_of(p, s->step, launch, &first, &end);
    *good = true;
    for (int i = first; !bad && i < end; i++)
        if (!p->use[i].writes) bad = range_of(s, &p->use[i], &range[i], e);
    if (!bad) bad = session_part(s, s->step, (uint64_t)step, launch, launch + 1, e);
    for (int i = first; !bad && i < end; i++) {
        if (!p->use[i].writes) continue;
        bad = range_of(s, &p->use[i], &range[i], e);
        *good &= range[i].nan + range[i].inf == 0;
    }
    return bad;
}

static void say_kernel(const BurinProgram *p, int entry, int launch, const Range *range, Error *e)
{
    const BurinLaunch *l = &p->entry[entry].launch[launch];
    const BurinKernel *k = &p->kernel[l->kernel];
    int first, end;
    rows_of(p, entry, launch, &first, &end);
    failed_more(e, "%s: %s, %s %s", k->name, l->where, k->op, k->shape);
    for (int i = first; i < end; i++) {
        const BurinUse *u = &p->use[i];
        if (!u->writes || !(range[i].nan + range[i].inf)) continue;
        say_range(e, "writes", u, &range[i]);
        if (*u->where) failed_more(e, "\n    computed in %s", u->where);
    }
    for (int i = first; i < end; i++)
        if (!p->use[i].writes) say_range(e, "reads ", &p->use[i], &range[i]);
}

/* A value that was not finite in the good step before either (log 0 where its result is not taken) is not to blame. */
static int find_kernel(const Watch *w, Session *s, Feed *f, int64_t step, Range *range, int *found, Error *e)
{
    int launches = s->program->entry[s->step].launches, bad;
    bool *usual = array_of(bool, launches), good;
    memset(usual, 0, (size_t)launches);
    int64_t before = step > w->step ? step - 1 : step;
    bad = restore(w, s, e) || again(s, f, w->step, before, e);
    *found = -1;
    for (int64_t at = before; !bad && *found < 0 && at <= step; at++) {
        bad = feed_step(f, s, at, e);
        for (int i = 0; !bad && *found < 0 && i < launches; i++) {
            bad = run_one(s, at, i, range, &good, e);
            if (!good && at == step && !usual[i]) *found = i;
            usual[i] = !good;
        }
    }
    free(usual);
    return bad;
}

void watch_explain(Watch *w, Session *s, Feed *f, int64_t done, Error *e)
{
    int64_t step;
    int launch;
    Error later = {""};
    Range *range = array_of(Range, s->program->uses + 1);
    if (!w->copy || !s->program->uses) {}
    else if (find_step(w, s, f, done, &step, &later) || (step >= 0 && find_kernel(w, s, f, step, range, &launch, &later)))
        failed_more(e, "\nwhere it began could not be found: %s", later.text);
    else if (step < 0 || launch < 0)
        failed_more(e, "\nwhere it began could not be found: run again from step %lld, all was finite", (long long)w->step);
    else {
        failed_more(e, "\nit began in step %lld, kernel %d of %d, ", (long long)step + 1, launch + 1, s->program->entry[s->step].launches);
        say_kernel(s->program, s->step, launch, range, e);
    }
    free(range);
}
