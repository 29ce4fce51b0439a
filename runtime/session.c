/* session.c: a program on a device: its variables, its entry points. */
#include "session.h"
#include "philox.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int entry_find(const BurinProgram *p, const char *name)
{
    for (int i = 0; i < p->entries; i++)
        if (!strcmp(p->entry[i].name, name)) return i;
    return -1;
}

int entry_images(const BurinProgram *p, int entry)
{
    const BurinEntry *x = &p->entry[entry];
    for (int i = 0; i < x->outputs; i++)
        if (x->output[i].kind == BURIN_SAMPLES) return (int)x->output[i].shape[0];
    return p->batch > 0 ? p->batch : 1;
}

int session_open(Session *s, const BurinProgram *p, const DeviceType *type, const DeviceOptions *o, uint64_t seed, Error *e)
{
    *s = (Session){.program = p, .type = type, .seed = seed, .step = entry_find(p, "step"), .sample = entry_find(p, "sample"), .stands = -1};
    s->device = type->open(o, e);
    if (!s->device) return -1;
    if (!type->alloc(s->device, p, e) && !type->build(s->device, p, &s->built, e)) return 0;
    session_close(s);
    return -1;
}

void session_close(Session *s)
{
    if (s->device) s->type->close(s->device);
    s->device = NULL;
}

int session_put(Session *s, const BurinVar *v, const void *from, Error *e)
{
    if (v->kind != BURIN_BATCH) s->stands = -1;
    return s->type->put(s->device, v->offset, from, v->bytes, e);
}

int session_get(Session *s, const BurinVar *v, void *to, Error *e) { return s->type->get(s->device, v->offset, to, v->bytes, e); }

size_t session_variables_bytes(const BurinProgram *p)
{
    size_t n = 0;
    for (int i = 0; i < p->vars; i++) n += p->var[i].kind == BURIN_BATCH ? 0 : p->var[i].bytes;
    return n;
}

int session_variables(Session *s, char *to, Error *e)
{
    for (int i = 0; i < s->program->vars; i++) {
        const BurinVar *v = &s->program->var[i];
        if (v->kind == BURIN_BATCH) continue;
        if (session_get(s, v, to, e)) return -1;
        to += v->bytes;
    }
    return 0;
}

/* Elements from .. till-1 of a variable, to be drawn. */
typedef struct { float *x; size_t from, till; const BurinVar *v; uint64_t seed; uint32_t stream; } Drawing;

static void *draw(void *drawing)
{
    const Drawing *d = (const Drawing *)drawing;
    const BurinVar *v = d->v;
    float *x = d->x;
    for (size_t i = d->from; i < d->till; i++) {
        if (v->init == BURIN_INIT_CONST) {
            x[i] = (float)v->init_a;
            continue;
        }
        Philox p = philox(d->seed, d->stream, 0, (uint32_t)i);
        double from_0_to_1 = philox_uniform(p.w[0]);
        x[i] = v->init == BURIN_INIT_NORMAL ? (float)(v->init_a + v->init_b * philox_normal(p))
                                            : (float)(v->init_a + (v->init_b - v->init_a) * from_0_to_1);
    }
    return NULL;
}

/* What is drawn depends on the element alone, so halves can be drawn side by side. */
static void draw_all(Drawing d)
{
    pthread_t thread;
    Drawing half = d;
    bool both = d.v->init != BURIN_INIT_CONST && d.till > 4096;
    if (both) d.from = half.till = d.till / 2;
    if (both && pthread_create(&thread, NULL, draw, &half)) d.from = 0, both = false;
    draw(&d);
    if (both) pthread_join(thread, NULL);
}

int session_init(Session *s, Error *e)
{
    const BurinProgram *p = s->program;
    for (int i = 0; i < p->vars; i++) {
        const BurinVar *v = &p->var[i];
        if (v->kind == BURIN_BATCH) continue;
        if (v->dtype != BURIN_F32) bug("variable %s: only f32 is initialised", v->name);
        float *x = array_of(float, v->bytes / sizeof(float));
        draw_all((Drawing){x, 0, v->bytes / sizeof *x, v, s->seed, PHILOX_INIT + (uint32_t)i});
        int bad = session_put(s, v, x, e);
        free(x);
        if (bad) return -1;
    }
    return 0;
}

/* Does not wait. */
static int begin_call(Session *s, int entry, const BurinCall *call, Error *e)
{
    s->stands = -1;
    if (s->type->launch(s->device, entry, call, e)) return -1;
    s->stands = entry;
    return 0;
}

static int launch(Session *s, int entry, const BurinCall *call, Error *e)
{
    return begin_call(s, entry, call, e) || s->type->sync(s->device, e) ? -1 : 0;
}

/* Of all launches, but for those that need not run again. */
static BurinCall whole_call(const Session *s, uint64_t seed, int entry, uint64_t step)
{
    BurinCall call = {.seed = seed, .step = step, .first = s->stands == entry ? s->program->entry[entry].lead : 0, .last = INT32_MAX};
    return call;
}

static int run_with(Session *s, uint64_t seed, int entry, uint64_t step, Error *e)
{
    BurinCall call = whole_call(s, seed, entry, step);
    return launch(s, entry, &call, e);
}

int session_run(Session *s, int entry, uint64_t step, Error *e) { return run_with(s, s->seed, entry, step, e); }

int session_timed(Session *s, int entry, uint64_t step, double *seconds, Error *e)
{
    BurinCall call = {.seed = s->seed, .step = step, .last = INT32_MAX, .seconds = seconds};
    return launch(s, entry, &call, e);
}

int session_part(Session *s, int entry, uint64_t step, int first, int last, Error *e)
{
    BurinCall call = {.seed = s->seed, .step = step, .first = first, .last = last};
    int bad = launch(s, entry, &call, e);
    s->stands = -1;
    return bad;
}

/* ---- calls that are not waited for ---- */

static bool is_report(const BurinOutput *o) { return o->kind != BURIN_SAMPLES; }

/* Where an entry's reports lie: all are within `bytes` from here on. */
static size_t reports_of(const BurinEntry *x, size_t *bytes)
{
    size_t first = SIZE_MAX, end = 0;
    for (int i = 0; i < x->outputs; i++) {
        if (!is_report(&x->output[i])) continue;
        if (x->output[i].offset < first) first = x->output[i].offset;
        if (x->output[i].offset + sizeof(float) > end) end = x->output[i].offset + sizeof(float);
    }
    *bytes = end ? end - first : 0;
    return first;
}

/* They lie side by side, unless one of them is a variable. */
bool session_ahead(const Session *s, int entry)
{
    size_t bytes;
    reports_of(&s->program->entry[entry], &bytes);
    return s->type->fetch && bytes && bytes <= DEVICE_FETCH;
}

int session_begin(Session *s, int entry, uint64_t step, double *seconds, Error *e)
{
    BurinCall call = whole_call(s, s->seed, entry, step);
    if (seconds) call.first = 0, call.seconds = seconds;
    if (!session_ahead(s, entry)) return launch(s, entry, &call, e);
    size_t bytes, at = reports_of(&s->program->entry[entry], &bytes);
    return begin_call(s, entry, &call, e) || s->type->fetch(s->device, at, bytes, e) ? -1 : 0;
}

int session_reports(Session *s, int entry, float *value, int values, Error *e)
{
    const BurinEntry *x = &s->program->entry[entry];
    char fetched[DEVICE_FETCH];
    size_t bytes, at = reports_of(x, &bytes);
    bool ahead = session_ahead(s, entry);
    if (ahead && s->type->fetched(s->device, fetched, bytes, e)) return -1;
    for (int i = 0; i < x->outputs && i < values; i++) {
        if (!is_report(&x->output[i])) continue;
        if (ahead) memcpy(&value[i], fetched + (x->output[i].offset - at), sizeof *value);
        else if (session_number(s, &x->output[i], &value[i], e)) return -1;
    }
    return 0;
}

int session_number(Session *s, const BurinOutput *o, float *x, Error *e)
{
    return s->type->get(s->device, o->offset, x, sizeof *x, e);
}

const BurinOutput *samples_output(const BurinProgram *p)
{
    int entry = entry_find(p, "sample");
    for (int i = 0; entry >= 0 && i < p->entry[entry].outputs; i++)
        if (p->entry[entry].output[i].kind == BURIN_SAMPLES) return &p->entry[entry].output[i];
    return NULL;
}

float *session_samples(Session *s, uint64_t seed, int count, const BurinOutput **output, Error *e)
{
    const BurinOutput *o = samples_output(s->program);
    if (!o || o->rank != 4) {
        error_set(e, "%s: the spec has no samples to draw (samples = ... in what it returns)", s->program->spec_path);
        return NULL;
    }
    int at_once = (int)o->shape[0];
    size_t one = (size_t)(o->shape[1] * o->shape[2] * o->shape[3]);
    float *x = array_of(float, (size_t)count * one);
    for (int done = 0, step = 0; done < count; done += at_once, step++) {
        int part = count - done < at_once ? count - done : at_once;
        if (run_with(s, seed, s->sample, (uint64_t)step, e) ||
            s->type->get(s->device, o->offset, x + (size_t)done * one, (size_t)part * one * sizeof *x, e)) {
            free(x);
            return NULL;
        }
    }
    *output = o;
    return x;
}
