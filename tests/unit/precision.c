/* What precision() makes of a graph: which values are rounded, and what it costs. */
#include "agree.h"

static bool is_rounding(const Node *n, Fn f) { return n->op == OP_map && n->u.fn == f; }

/* Roundings in a graph, and those that something else than a contraction reads. */
static int roundings(const Graph *g, Fn f, int *elsewhere)
{
    int n = 0;
    *elsewhere = 0;
    for (int k = 0; k < g->nodes; k++) {
        const Node *x = g->node[k];
        n += is_rounding(x, f);
        for (int i = 0; i < x->inputs; i++) *elsewhere += is_rounding(x->in[i], f) && !node_contracts(x);
    }
    return n;
}

static int exact_inputs(const Graph *g, Fn f)
{
    int n = 0;
    for (int k = 0; k < g->nodes; k++)
        for (int i = 0; i < g->node[k]->inputs; i++)
            n += node_contracts(g->node[k]) && !is_rounding(g->node[k]->in[i], f);
    return n;
}

/* A step of descent: y = tanh(x w) w with gradients of w, in five contractions of five values. */
static Node *descent(Bench *b)
{
    bench_graph(b, "descent");
    Node *x = bench_numbers(b, SHAPE(8, 6)), *w = bench_numbers(b, SHAPE(6, 6)), *dw;
    Node *h = map(b, FN_tanh, node_matmul(b->g, x, w, false, false), NULL), *y = node_matmul(b->g, h, w, false, false);
    Node *loss = sum_all(b, map(b, FN_mul, y, y));
    grad(b->g, loss, &w, 1, &dw);
    bench_output(b, "loss", loss, 0, 1e-3);
    graph_update(b->g, w->u.var, map(b, FN_sub, w, map(b, FN_mul, dw, number(b, 1e-6))));
    return w;
}

static const char *named(const char *name, Fn f) { return mem_print("%s: %s", fn_name[f], name); }

static void shape(Bench *b, Fn f)
{
    int elsewhere;
    descent(b);
    Graph *p = precision(b->g, f);
    check(p, "precision");
    test(named("all inputs of contractions are rounded", f), exact_inputs(p, f) == 0, "%d are not", exact_inputs(p, f));
    Graph *s = simplify(p);
    int n = roundings(s, f, &elsewhere);
    test(named("a value that several contractions read is rounded once", f), n == 5, "%d roundings of x, w, h and two gradients", n);
    test(named("nothing else reads a rounded value", f), elsewhere == 0, "%d do", elsewhere);
    test(named("outputs and updates stay", f), s->outputs == 1 && !strcmp(s->output[0].name, "loss") && s->updates == 1, "%d and %d", s->outputs, s->updates);
}

/* The step is so small that a rounded weight would not show it; `unit` is how far two numbers next to 1 are apart. */
static void values(Bench *b, Fn f, double unit)
{
    Node *w = descent(b);
    const Graph *exact = b->g, *p = precision(b->g, f);
    Values a = values_of(b, &exact, 1), r = values_of(b, &p, 1);
    const double *before = b->value[w->u.var->index], *after = r.var[w->u.var->index], *want = a.var[w->u.var->index];
    int64_t at;
    double moved = values_error(after, before, 36, 0, &at), off = values_error(after, want, 36, 0, &at);
    test(named("the weights that are updated are exact", f), moved > 0 && off < 0.1 * moved, "moved by %.3g, off by %.3g", moved, off);
    off = fabs(r.output[0][0][0] / a.output[0][0][0] - 1);
    test(named("the loss is rounded", f), off > unit / 1e5 && off < unit, "off by %.3g", off);
}

static int packs(const Compiled *c, int *late)
{
    const Schedule *s = compiled_schedule(c, 0, 0);
    int n = 0;
    *late = 0;
    for (int i = 0; i < s->launches; i++) {
        n += s->launch[i].phase == PHASE_PACK;
        *late += s->launch[i].phase == PHASE_PACK && s->launch[i].group;
    }
    return n;
}

static void cost(Fn f)
{
    Bench *b = bench_new("cost", 1);
    char error[8192];
    CompileOptions o = {.home = ".", .isa = "c"};
    int late;
    bench_graph(b, "cost");
    Node *w = bench_numbers(b, SHAPE(3, 3, 8, 8)), *x = bench_numbers(b, SHAPE(4, 6, 6, 8));
    for (int k = 0; k < 3; k++) x = node_conv(b->g, map(b, FN_tanh, x, NULL), w, (Conv){{1, 1}, {1, 1}});
    bench_output(b, "x", x, 0, 0);
    b->spec.rounding = f;
    Compiled *c = compile_spec(&b->spec, &o, error, sizeof error);
    if (!test(named("compiles", f), c, "%s", error)) return;
    int n = packs(c, &late), kernels = compiled_schedule(c, 0, 0)->fused->kernels;
    test(named("weights are packed once, at the start", f), n == 1 && late == 0, "%d times, %d late", n, late);
    test(named("one kernel for each convolution", f), kernels == 3, "%d kernels", kernels);
}

int main(void)
{
    Bench *b = bench_new("precision", 4);
    shape(b, FN_tf32);
    shape(b, FN_bf16);
    values(b, FN_tf32, 0x1p-10);
    values(b, FN_bf16, 0x1p-7);
    cost(FN_copy);
    cost(FN_tf32);
    cost(FN_bf16);
    return test_end();
}
