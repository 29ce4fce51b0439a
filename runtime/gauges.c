/* gauges.c: is this GAN well? The limits below come from runs that were broken on purpose (tests/unit/gauges.c says which). */
#include "gauges.h"
#include "json.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EARLY = 1000, WORK = 100000000 };             /* steps before which nothing is said; pixels to compare in an epoch */
static const double D_SURE = 0.97, FAKES_PASS = 0.2, FLAT = 0.4, TWINS = 0.15, FEW_CLASSES = 0.4, NOISE = 1.3, NOISE_APART = 1.6;

const char *const verdict_name[] = {"not yet known", "healthy", "D wins", "G wins", "collapsed"};

Variety gauge_variety(const float *image, int count, int64_t size)
{
    double near[GAUGE_IMAGES];
    Variety v = {0, 0};
    for (int i = 0; i < count; i++) near[i] = INFINITY;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < i; k++) {
            const float *a = image + i * size, *b = image + k * size;
            float part[8] = {0};                    /* eight sums, so that the compiler may use vectors; always added in this order */
            int64_t x = 0;
            for (; x + 8 <= size; x += 8)
                for (int j = 0; j < 8; j++) part[j] += (a[x + j] - b[x + j]) * (a[x + j] - b[x + j]);
            for (; x < size; x++) part[0] += (a[x] - b[x]) * (a[x] - b[x]);
            double sum = 0;
            for (int j = 0; j < 8; j++) sum += part[j];
            double distance = sqrt(sum / (double)size);
            v.pairs += distance;
            near[i] = fmin(near[i], distance);
            near[k] = fmin(near[k], distance);
        }
    v.pairs /= 0.5 * count * (count - 1);
    for (int i = 0; i < count; i++) v.nearest += near[i] / count;
    return v;
}

/* ---- the verdict ---- */

static void say(Reading *r, Verdict verdict, Path why)
{
    r->verdict = verdict;
    r->why = why;
}

void gauge_judge(Reading *r)
{
    if (r->steps < EARLY) say(r, NOT_KNOWN, path_of("%lld steps are too few to tell", (long long)r->steps));
    else if (r->judged && r->real > D_SURE && r->fake < 1 - D_SURE)
        say(r, D_WINS, path_of("D is sure of nearly all images: D(x) %.3f, D(G(z)) %.3f", r->real, r->fake));
    else if (r->judged && r->fake > r->real + FAKES_PASS)
        say(r, G_WINS, path_of("D takes samples for real, not real images: D(x) %.2f, D(G(z)) %.2f", r->real, r->fake));
    else if (!(r->pairs >= FLAT)) say(r, COLLAPSED, path_of("samples differ %.2f times as much as real images", r->pairs));
    else if (!(r->nearest >= TWINS)) say(r, COLLAPSED, path_of("samples have twins: the nearest is %.2f times as far as among real images", r->nearest));
    else if (r->classes && r->number < FEW_CLASSES * r->real_number)
        say(r, COLLAPSED, path_of("samples look like %.1f classes, real images like %.1f", r->number, r->real_number));
    else if (r->pairs > NOISE || r->nearest > NOISE_APART) 
        say(r, NOT_KNOWN, path_of("samples differ as noise does, %.2f times as much as real images, the nearest %.2f times", r->pairs, r->nearest));
    else say(r, HEALTHY, path_of("samples differ %.2f times as much as real images, the nearest %.2f times", r->pairs, r->nearest));
}

/* ---- of a run ---- */

static bool alike(const BurinProgram *p, const BurinOutput *o)
{
    return o && o->rank == 4 && o->shape[0] > 1 && p->sources > 0 && !memcmp(o->shape + 1, p->source[0].shape, sizeof p->source[0].shape);
}

void gauges_start(Gauges *g, const Feed *f, const Session *s)
{
    *g = (Gauges){.feed = f};
    if (!alike(s->program, samples_output(s->program))) return;
    const Data *d = &f->data[0];
    int images = GAUGE_IMAGES;
    g->size = (int64_t)d->image_bytes;
    while (images > 16 && (int64_t)images * images / 2 * g->size > WORK) images /= 2;
    g->images = d->count < images ? (int)d->count : images;
    if (g->images < 2) g->images = 0;
}

void gauges_free(Gauges *g) { classes_free(&g->classes); }

/* The first images of the run, which reals.png shows. Where they are all twins there is nothing to hold samples against. */
static int gauge_data(Gauges *g, uint64_t seed, Error *e)
{
    size_t n = (size_t)(g->images * g->size);
    uint8_t *byte = array_of(uint8_t, n);
    float *x = array_of(float, n);
    int bad = data_batch(&g->feed->data[0], seed, 0, 0, g->images, byte, NULL, e);
    for (size_t i = 0; !bad && i < n; i++) x[i] = (float)byte[i] / 255;
    if (!bad) g->real = gauge_variety(x, g->images, g->size);
    if (!bad) bad = classes_learn(&g->classes, &g->feed->data[0], seed, e);
    if (!bad && g->classes.classes) {
        int count[CLASSES];
        classes_count(&g->classes, x, g->images, count);
        g->number = classes_number(count, g->classes.classes);
    }
    if (!bad && !(g->real.nearest > 0)) g->images = 0;
    free(byte);
    free(x);
    return bad;
}

static int series_named(const BurinEntry *step, int series, const char *name)
{
    for (int i = 0; i < series; i++)
        if (!strcmp(step->output[i].name, name)) return i;
    return -1;
}

/* The least and the greatest of the epoch's points, without a twentieth at either end. */
static void band(const History *h, int series, int64_t steps, double *lo, double *hi)
{
    double x[POINTS];
    int n = 0, wanted = (int)(steps / h->stretch);
    for (int i = h->points > wanted ? h->points - wanted : 0; i < h->points; i++)
        if (isfinite(h->value[series][i])) x[n++] = h->value[series][i];
    if (n == 0) return;
    sort_numbers(x, n);
    *lo = x[n / 20];
    *hi = x[n - 1 - n / 20];
}

static bool share(double x) { return x >= 0 && x <= 1; }

static void read_d(const BurinEntry *step, const History *h, const double *mean, int64_t epoch_steps, Reading *r)
{
    int x = series_named(step, h->series, "D(x)"), z = series_named(step, h->series, "D(G(z))");
    if (x < 0 || z < 0) return;
    r->real = r->real_lo = r->real_hi = mean[x];
    r->fake = r->fake_lo = r->fake_hi = mean[z];
    band(h, x, epoch_steps, &r->real_lo, &r->real_hi);
    band(h, z, epoch_steps, &r->fake_lo, &r->fake_hi);
    r->judged = share(r->real_lo) && share(r->real_hi) && share(r->fake_lo) && share(r->fake_hi);       /* not so: a critic's scores */
}

int gauges_read(Gauges *g, Session *s, const History *h, const double *mean, int64_t done, Reading *r, Error *e)
{
    const BurinOutput *o;
    *r = (Reading){.steps = done};
    if (g->images && !g->real.pairs && gauge_data(g, s->seed, e)) return -1;
    if (!g->images) return 0;
    float *x = session_samples(s, s->seed, g->images, &o, e);
    if (!x) return -1;
    for (int64_t i = 0; i < g->images * g->size; i++) x[i] = fminf(fmaxf((float)((x[i] - o->lo) / (o->hi - o->lo)), 0), 1);
    Variety v = gauge_variety(x, g->images, g->size);
    r->classes = g->classes.classes;
    classes_count(&g->classes, x, g->images, r->count);
    r->number = classes_number(r->count, r->classes);
    r->real_number = g->number;
    free(x);
    r->pairs = v.pairs / g->real.pairs;
    r->nearest = v.nearest / g->real.nearest;
    read_d(&s->program->entry[s->step], h, mean, g->feed->epoch_steps, r);
    gauge_judge(r);
    return 0;
}

static void json_numbers(FILE *f, const char *name, const double *x, int n)
{
    fprintf(f, ",\"%s\":%s", name, n > 1 ? "[" : "");
    for (int i = 0; i < n; i++) fputs(i ? "," : "", f), json_number(f, x[i]);
    fputs(n > 1 ? "]" : "", f);
}

void gauges_json(FILE *f, const Gauges *g, const Reading *r)
{
    if (!g->images) return;
    json_numbers(f, "pairs", &r->pairs, 1);
    json_numbers(f, "nearest", &r->nearest, 1);
    if (r->judged) {
        const double real[] = {r->real_lo, r->real_hi}, fake[] = {r->fake_lo, r->fake_hi};
        json_numbers(f, "D(x) band", real, 2);
        json_numbers(f, "D(G(z)) band", fake, 2);
    }
    for (int i = 0; i < r->classes; i++) fprintf(f, "%s%d%s", i ? "," : ",\"classes\":[", r->count[i], i + 1 < r->classes ? "" : "]");
    fputs(",\"verdict\":", f);
    json_string(f, verdict_name[r->verdict]);
    fputs(",\"why\":", f);
    json_string(f, r->why.s);
}
