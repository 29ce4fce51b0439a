/* agree.h: a bench for graphs: made through the C API with variables full of numbers, run by the interpreter and by the
 * targets' kernels, compared. What all tests of the generator have in common.                                       */
#ifndef AGREE_H
#define AGREE_H
#include "test.h"
#include "targets.h"
#include "../../gen/pass.h"
#include "../../runtime/session.h"
#include <float.h>
#include <math.h>

enum { VARS = 4096, RUNS = 12 };     /* runs: a race shows now and then */

/* A spec whose "step" is up to 16 graphs. Numbers in variables are floats, held in double for the interpreter. */
typedef struct {
    Spec spec;
    Var *var[VARS];
    double *value[VARS];        /* by Var.index: before the run */
    Graph *g;                   /* the one being built */
    uint64_t random, seed, step;
    double tolerance;           /* of variables */
} Bench;

__attribute__((unused)) static Bench *bench_new(const char *name, uint64_t seed)
{
    Bench *b = mem_new(sizeof *b);
    b->spec = (Spec){.name = name, .path = name, .text = "", .var = b->var, .entries = 1, .epochs = 1};
    b->spec.entry[0].name = "step";
    b->random = seed * 0x9E3779B97F4A7C15u + 1;
    b->seed = 0x123456789abcdefu + seed;
    b->step = 5;
    return b;
}

__attribute__((unused)) static Graph *bench_graph(Bench *b, const char *name)
{
    Entry *e = &b->spec.entry[0];
    if (e->graphs == 16) die("the bench holds 16 graphs");
    return b->g = e->graph[e->graphs++] = graph_new(name);
}

/* Uniform in [0,1), from splitmix64. */
__attribute__((unused)) static double bench_unit(Bench *b)
{
    uint64_t z = b->random += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

__attribute__((unused)) static int bench_below(Bench *b, int n) { return (int)(bench_unit(b) * n); }

#define SHAPE(...) bench_shape((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]){__VA_ARGS__})
#define SCALAR ((Shape){0})

__attribute__((unused)) static Shape bench_shape(int rank, const int64_t *size)
{
    Shape s = {.rank = rank};
    memcpy(s.size, size, (size_t)rank * sizeof *size);
    return s;
}

/* A new variable with values between lo and hi (bytes: 0 to 255). */
__attribute__((unused)) static Var *bench_variable(Bench *b, BurinVarKind kind, BurinDtype type, Shape s, double lo, double hi)
{
    Var *v = mem_new(sizeof *v);
    if (b->spec.vars == VARS) die("the bench holds %d variables", VARS);
    *v = (Var){.name = mem_print("v%d", b->spec.vars), .kind = kind, .dtype = type, .shape = s, .source = -1, .field = -1, .index = b->spec.vars};
    for (int k = 0; k < s.rank; k++) v->perm[k] = k;
    double *x = mem_new((size_t)shape_count(&s) * sizeof *x);
    for (int64_t i = 0; i < shape_count(&s); i++)
        x[i] = type == BURIN_U8 ? bench_below(b, 256) : (double)(float)(lo + (hi - lo) * bench_unit(b));
    b->value[b->spec.vars] = x;
    if (kind == BURIN_BATCH && type == BURIN_U8 && s.rank) {        /* as the only field of a source */
        b->spec.source = mem_more(b->spec.source, b->spec.sources, sizeof *b->spec.source);
        b->spec.source[b->spec.sources] = (BurinSource){.kind = "idx", .batch = (int)s.size[0], .where = ""};
        v->source = b->spec.sources++, v->field = 0;
    }
    return b->var[b->spec.vars++] = v;
}

__attribute__((unused)) static Node *bench_param(Bench *b, Shape s, double lo, double hi)
{
    return node_var(b->g, bench_variable(b, BURIN_PARAM, BURIN_F32, s, lo, hi));
}

__attribute__((unused)) static Node *bench_numbers(Bench *b, Shape s) { return bench_param(b, s, -1, 1); }

/* The node as an output to be compared: by normalised error, or with floor > 0 element by element, |got - want| against
 * |want| + floor. A tolerance of 0 is the usual one. The two travel in the output's range, which reports do not use. */
__attribute__((unused)) static void bench_output(Bench *b, const char *name, Node *n, double floor, double tolerance)
{
    graph_output(b->g, name, BURIN_REPORT, n, floor, tolerance);
}

/* ---- shorthands ---- */

__attribute__((unused)) static Node *map(Bench *b, Fn f, Node *x, Node *y) { return node_map(b->g, f, (Node *[]){x, y}); }

__attribute__((unused)) static Node *number(Bench *b, double v) { return node_const(b->g, v, SCALAR); }
__attribute__((unused)) static Node *sum_all(Bench *b, Node *x) { return node_reshape(b->g, node_reduce(b->g, x, (1u << x->shape.rank) - 1, false), SCALAR); }

static Node *sliced(Bench *b, Node *x, int start, int step)
{
    int64_t from[MAX_RANK], by[MAX_RANK], n[MAX_RANK];
    for (int k = 0; k < x->shape.rank; k++) {
        from[k] = x->shape.size[k] > start ? start : 0;
        by[k] = step;
        n[k] = (x->shape.size[k] - from[k] - 1) / step + 1;
    }
    return node_slice(b->g, x, from, by, n);
}

static Node *padded(Bench *b, Node *x, int lo, int hi, int interior)
{
    int64_t l[MAX_RANK] = {0}, h[MAX_RANK] = {0}, in[MAX_RANK] = {0};
    for (int k = x->shape.rank == 4; k < x->shape.rank - (x->shape.rank == 4); k++) l[k] = lo, h[k] = hi, in[k] = interior;
    return node_pad(b->g, x, l, h, in);
}

/* One view of each kind, of a tensor of rank 4. */
enum { VIEWS = 13 };

__attribute__((unused)) static Node *view(Bench *b, Node *x, int kind)
{
    const int64_t *n = x->shape.size;
    switch (kind) {
    case 0: return sliced(b, x, 1, 1);
    case 1: return sliced(b, x, 0, 2);
    case 2: return sliced(b, x, 2, 3);
    case 3: return padded(b, x, 1, 2, 0);
    case 4: return padded(b, x, 0, 0, 1);
    case 5: return padded(b, x, 2, 1, 2);
    case 6: return node_transpose(b->g, x, (int[]){3, 1, 0, 2});
    case 7: return node_transpose(b->g, x, (int[]){0, 2, 1, 3});
    case 8: return node_reshape(b->g, x, SHAPE(n[0] * n[1], n[2], n[3]));
    case 9: return node_reshape(b->g, x, SHAPE(n[3], n[2] * n[0], n[1]));
    case 10: return node_concat(b->g, (Node *[]){x, map(b, FN_neg, x, NULL), x}, 3, 3);
    case 11: return node_concat(b->g, (Node *[]){x, sliced(b, x, 0, 1), bench_numbers(b, x->shape)}, 3, 0);
    default: return node_concat(b->g, (Node *[]){padded(b, x, 1, 1, 0), padded(b, bench_numbers(b, x->shape), 0, 2, 0)}, 2, 3);
    }
}

/* ---- by the interpreter ---- */

/* What a run gives: outputs by graph and number, and the variables. Malloced; never freed. */
typedef struct { double ***output; double **var; } Values;

__attribute__((unused)) static const double *values_read(void *host, const Var *v) { return ((double **)host)[v->index]; }

static double *values_copy(const double *x, int64_t n)
{
    double *y = malloc((size_t)n * sizeof *y);
    if (!y) exit(1);
    return memcpy(y, x, (size_t)n * sizeof *y);
}

/* Runs the graphs one after the other: updates of one are seen by the next. */
__attribute__((unused)) static Values values_of(const Bench *b, const Graph *const *graph, int graphs)
{
    Values r = {malloc((size_t)graphs * sizeof *r.output), malloc(VARS * sizeof *r.var)};
    memcpy(r.var, b->value, VARS * sizeof *r.var);
    for (int k = 0; k < graphs; k++) {
        const Graph *g = graph[k];
        RefCall call = {b->seed, b->step, values_read, r.var};
        double **v = ref_run(g, &call);
        r.output[k] = malloc((size_t)(g->outputs + 1) * sizeof **r.output);
        for (int i = 0; i < g->outputs; i++)
            r.output[k][i] = values_copy(v[g->output[i].node->id], shape_count(&g->output[i].node->shape));
        for (int i = 0; i < g->updates; i++)
            r.var[g->update[i].var->index] = values_copy(v[g->update[i].node->id], shape_count(&g->update[i].node->shape));
        ref_free(g, v);
    }
    return r;
}

static bool same_kind(double got, double want)
{
    if (isnan(want) || isnan(got)) return isnan(want) && isnan(got);
    return isfinite(want) ? isfinite(got) : got == want;
}

/* How far `got` is from `want`: infinitely, where one is not finite and the other is not the same. `where`: of the worst. */
__attribute__((unused)) static double values_error(const double *got, const double *want, int64_t n, double floor, int64_t *where)
{
    double square = 0, all = 0, worst = -1, far = 0;
    *where = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!same_kind(got[i], want[i])) return *where = i, INFINITY;
        if (!isfinite(want[i])) continue;
        double d = fabs(got[i] - want[i]), e = floor > 0 ? d / (fabs(want[i]) + floor) : d;
        if (e > worst) worst = e, *where = i;
        square += d * d;
        all += want[i] * want[i];
    }
    far = square == 0 ? 0 : all == 0 ? INFINITY : sqrt(square / all);
    return floor > 0 ? (worst > 0 ? worst : 0) : far;
}

/* ---- differences ---- */

enum { SAMPLES = 20 };

/* The value of y, computed without what comes after it. */
__attribute__((unused)) static double value_at(Bench *b, const Node *y)
{
    Graph part = *b->g;
    part.nodes = y->id + 1;
    RefCall call = {b->seed, b->step, values_read, b->value};
    double **v = ref_run(&part, &call), r = v[y->id][0];
    ref_free(&part, v);
    return r;
}

/* The normalised error of dx, by central differences of y at up to SAMPLES elements of each variable. */
__attribute__((unused)) static double difference(Bench *b, Node *y, Var **var, Node **dx, int n, const char **where)
{
    RefCall call = {b->seed, b->step, values_read, b->value};
    double **v = ref_run(b->g, &call), square = 0, all = 0, worst = -1, h = 1e-5;
    for (int k = 0; k < n; k++) {
        int64_t count = shape_count(&var[k]->shape), step = count / SAMPLES + 1;
        if (!shape_equal(&dx[k]->shape, &var[k]->shape)) return *where = "the shape", INFINITY;
        for (int64_t i = 0; i < count; i += step) {
            double *x = &b->value[var[k]->index][i], before = *x;
            *x = before + h;
            double up = value_at(b, y);
            *x = before - h;
            double down = value_at(b, y), want = (up - down) / (2 * h), d = v[dx[k]->id][i] - want;
            *x = before;
            square += d * d;
            all += want * want;
            if (fabs(d) > worst) {
                worst = fabs(d);
                *where = mem_print("%s %s at %lld: %.9g, the difference is %.9g", var[k]->name, shape_text(&var[k]->shape), (long long)i, want + d, want);
            }
            if (d != d) square = INFINITY;
        }
    }
    ref_free(b->g, v);
    return all == 0 ? sqrt(square) : sqrt(square / all);
}

__attribute__((unused)) static Node *weighted(Bench *b, Node *x)
{
    Node *w = node_var(b->g, bench_variable(b, BURIN_STATE, BURIN_F32, x->shape, 0.2, 1));
    return sum_all(b, map(b, FN_mul, x, w));
}

/* ---- by kernels ---- */

static bool bench_put(Session *s, const Bench *b, double times, Error *e)
{
    for (int k = 0; k < s->program->vars; k++) {
        const BurinVar *v = &s->program->var[k];
        int64_t n = shape_count(&b->var[k]->shape);
        float *f = malloc((size_t)n * sizeof *f);
        uint8_t *u = malloc((size_t)n);
        for (int64_t i = 0; i < n; i++) {
            f[i] = (float)(b->value[k][i] * times);
            u[i] = v->dtype == BURIN_U8 ? (uint8_t)b->value[k][i] : 0;
        }
        int bad = session_put(s, v, v->dtype == BURIN_U8 ? (void *)u : (void *)f, e);
        free(f), free(u);
        if (bad) return false;
    }
    return true;
}

/* The arena after a run on `threads` threads, on the simulated card in another order of its threads; with `want`, of the first of
 * many runs that does not give the same. NULL with a message.                                                          */
__attribute__((unused)) static char *bench_arena(const Bench *b, const BurinProgram *p, const DeviceType *device, int threads, const char *want, Error *e)
{
    Session s;
    DeviceOptions o = {.threads = threads};
    char *arena = calloc(1, p->persistent_bytes + 1);
    setenv("SIM_ORDER", threads == 1 ? "forward" : getenv("BURIN_POISON") ? "random:1" : "reverse", 1);
    if (session_open(&s, p, device, &o, b->seed, e)) return NULL;
    bool good = true, poisoned = getenv("BURIN_POISON");
    int runs = !want ? 1 : device == &dev_cpu ? RUNS : 2;
    for (int k = 0; k < runs && good && (!k || !memcmp(arena, want, p->persistent_bytes)); k++)
        good = (!want || (poisoned && !k) || (bench_put(&s, b, 0.5, e) && !session_run(&s, 0, b->step, e)))    /* so that stale values are wrong ones */
            && bench_put(&s, b, 1, e) && !session_run(&s, 0, b->step, e) && !s.type->get(s.device, 0, arena, p->persistent_bytes, e);
    for (int k = 0; k < p->vars; k++)                   /* which of a batch's places was used does not matter */
        if (p->var[k].kind == BURIN_BATCH) memset(arena + p->var[k].offset, 0, p->var[k].bytes * (device == &dev_cpu ? 1 : 2));
    session_close(&s);
    return good ? arena : NULL;
}

static double *values_from(const char *arena, size_t offset, int64_t n)
{
    double *x = malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++) {
        float f;
        memcpy(&f, arena + offset + (size_t)i * sizeof f, sizeof f);
        x[i] = f;
    }
    return x;
}

/* One comparison, as a test. Kernels give floats, so `want` is rounded to one. */
static void bench_compare(const char *name, double *got, const double *want, const Shape *s, double floor, double tolerance)
{
    int64_t n = shape_count(s), at;
    double *rounded = values_copy(want, n);
    for (int64_t i = 0; i < n; i++) rounded[i] = (float)want[i];
    if (tolerance == 0) tolerance = floor > 0 ? 5e-6 : 2e-5;
    double e = values_error(got, rounded, n, floor, &at);
    test(name, e <= tolerance, "off by %.3g; worst at %lld of %s: %.9g, want %.9g", e, (long long)at, shape_text(s), got[at], rounded[at]);
    free(rounded), free(got);
}

/* Whether two arenas hold the same bits, as a test; if not, which output or variable differs. */
static void bench_same(const char *name, const BurinProgram *p, const char *a, const char *b, const Error *e)
{
    size_t at = 0, nearest = 0;
    const char *of = "";
    while (b && at < p->persistent_bytes && a[at] == b[at]) at++;
    for (int k = 0; k < p->vars; k++)
        if (p->var[k].offset <= at && p->var[k].offset >= nearest) nearest = p->var[k].offset, of = p->var[k].name;
    for (int k = 0; k < p->entry[0].outputs; k++)
        if (p->entry[0].output[k].offset <= at && p->entry[0].output[k].offset >= nearest) nearest = p->entry[0].output[k].offset, of = p->entry[0].output[k].name;
    test(name, b && at == p->persistent_bytes, "%s", b ? mem_print("%s differs at %zu", of, (at - nearest) / sizeof(float)) : e->text);
}

/* Compiles for a target and compares everything with `want`; then the same bits from two threads, and from scratch memory full
 * of NaN.                                                                                                          */
__attribute__((unused)) static void bench_agree(Bench *b, const Target *t, const Values *want)
{
    char error[8192];
    Error e = {""};
    CompileOptions o = {.home = ".", .target = t->target, .isa = t->isa};
    Compiled *c = compile_spec(&b->spec, &o, error, sizeof error);
    const char *name = b->spec.name, *isa = t->isa;
    if (!test(mem_print("%s %s: compiles", isa, name), c != NULL, "%s", error)) return;
    const BurinProgram *p = compiled_program(c);
    if (getenv("TEST_CODE")) {                          /* for whoever looks for a fault */
        FILE *f = fopen(getenv("TEST_CODE"), "w");
        if (f) fputs(p->code, f), fclose(f);
    }
    char *one = bench_arena(b, p, t->device, 1, NULL, &e);
    if (!test(mem_print("%s %s: builds and runs", isa, name), one != NULL, "%s", e.text)) return;
    int k = 0;
    for (int g = 0; g < b->spec.entry[0].graphs; g++) {
        const Graph *graph = b->spec.entry[0].graph[g];
        for (int i = 0; i < graph->outputs; i++, k++) {
            const Output *out = &graph->output[i];
            bench_compare(mem_print("%s %s: %s", isa, name, out->name), values_from(one, p->entry[0].output[k].offset, shape_count(&out->node->shape)),
                          want->output[g][i], &out->node->shape, out->lo, out->hi);
        }
    }
    for (k = 0; k < b->spec.vars; k++)
        if (want->var[k] != b->value[k])
            bench_compare(mem_print("%s %s: variable %s", isa, name, b->var[k]->name), values_from(one, p->var[k].offset, shape_count(&b->var[k]->shape)),
                          want->var[k], &b->var[k]->shape, 0, b->tolerance);
    char *two = bench_arena(b, p, t->device, 2, one, &e);
    bench_same(mem_print("%s %s: same bits from 2 threads", isa, name), p, one, two, &e);
    setenv("BURIN_POISON", "1", 1);
    char *poisoned = bench_arena(b, p, t->device, 2, one, &e);
    unsetenv("BURIN_POISON");
    bench_same(mem_print("%s %s: same bits with NaN in scratch", isa, name), p, one, poisoned, &e);
    free(one), free(two), free(poisoned);
}

/* The graphs as their values are to be: contractions round their inputs, where the bench says so. */
__attribute__((unused)) static void bench_round(Bench *b)
{
    Entry *e = &b->spec.entry[0];
    for (int g = 0; g < e->graphs && b->spec.rounding != FN_copy; g++) {
        e->graph[g] = precision(e->graph[g], b->spec.rounding);
        check(e->graph[g], "precision");
    }
}

/* By the interpreter: the graphs as they were made against the graphs after simplify() and after fuse(). */
__attribute__((unused)) static void bench_passes(Bench *b, const Values *want)
{
    const Graph *after[16];
    int graphs = b->spec.entry[0].graphs;
    for (int pass = 0; pass < 2; pass++) {
        const char *name = pass ? "fuse" : "simplify";
        double worst = 0;
        const char *of = "";
        for (int g = 0; g < graphs; g++) {
            Graph *s = simplify(b->spec.entry[0].graph[g]);
            check(s, "simplify");
            if (pass) fuse(s), check(s, "fuse");
            after[g] = s;
        }
        Values got = values_of(b, after, graphs);
        for (int g = 0; g < graphs; g++)
            for (int i = 0; i < after[g]->outputs; i++) {
                int64_t at;
                double e = values_error(got.output[g][i], want->output[g][i], shape_count(&after[g]->output[i].node->shape), 0, &at);
                if (e > worst) worst = e, of = after[g]->output[i].name;
            }
        for (int k = 0; k < b->spec.vars; k++) {
            int64_t at;
            double e = values_error(got.var[k], want->var[k], shape_count(&b->var[k]->shape), 0, &at);
            if (e > worst) worst = e, of = b->var[k]->name;
        }
        test(mem_print("%s: the same values after %s", b->spec.name, name), worst < 1e-12, "%s is off by %.3g", of, worst);
    }
}

/* All of it, for every target that this machine runs. */
__attribute__((unused)) static void bench_all(Bench *b)
{
    const char *only = getenv("TEST_ISA");
    bench_round(b);
    Values want = values_of(b, (const Graph *const *)b->spec.entry[0].graph, b->spec.entry[0].graphs);
    bench_passes(b, &want);
    for (size_t k = 0; k < TARGETS; k++) {
        const Target *t = target(k);
        if (only && strcmp(only, t->isa)) continue;
        const char *missing = target_missing(t);
        if (!missing) bench_agree(b, t, &want);
        else test_skip(mem_print("%s %s", t->isa, b->spec.name), missing);
    }
}

__attribute__((unused)) static void bench_begin(void) { setenv("BURIN_CACHE", path_of("%s/cache", test_folder()).s, 0); }
#endif
