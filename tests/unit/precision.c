/* What precision() makes of a graph: which values are rounded, and what it costs. */
#include "agree.h"

/* Roundings in a graph, and those that something else than a contraction reads. */
static int roundings(const Graph *g, int *elsewhere)
{
    int n = 0;
    *elsewhere = 0;
    for (int k = 0; k < g->nodes; k++) {
        const Node *x = g->node[k];
        n += x->op == OP_map && x->u.fn == FN_bf16;
        for (int i = 0; i < x->inputs; i++) *elsewhere += x->in[i]->op == OP_map && x->in[i]->u.fn == FN_bf16 && !node_contracts(x);
    }
    return n;
}

static int exact_inputs(const Graph *g)
{
    int n = 0;
    for (int k = 0; k < g->nodes; k++)
        for (int i = 0; i < g->node[k]->inputs; i++)
            n += node_contracts(g->node[k]) && (g->node[k]->in[i]->op != OP_map || g->node[k]->in[i]->u.fn != FN_bf16);
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

static void shape(Bench *b)
{
    int elsewhere;
    descent(b);
    Graph *p = precision(b->g);
    check(p, "precision");
    test("all inputs of contractions are rounded", exact_inputs(p) == 0, "%d are not", exact_inputs(p));
    Graph *s = simplify(p);
    int n = roundings(s, &elsewhere);
    test("a value that several contractions read is rounded once", n == 5, "%d roundings of x, w, h and two gradients", n);
    test("nothing else reads a rounded value", elsewhere == 0, "%d do", elsewhere);
    test("outputs and updates stay", s->outputs == 1 && !strcmp(s->output[0].name, "loss") && s->updates == 1, "%d and %d", s->outputs, s->updates);
}

/* The step is so small that bfloat16 would not show it. */
static void values(Bench *b)
{
    Node *w = descent(b);
    const Graph *exact = b->g, *p = precision(b->g);
    Values a = values_of(b, &exact, 1), r = values_of(b, &p, 1);
    const double *before = b->value[w->u.var->index], *after = r.var[w->u.var->index], *want = a.var[w->u.var->index];
    int64_t at;
    double moved = values_error(after, before, 36, 0, &at), off = values_error(after, want, 36, 0, &at);
    test("the weights that are updated are exact", moved > 0 && off < 0.1 * moved, "moved by %.3g, off by %.3g", moved, off);
    off = fabs(r.output[0][0][0] / a.output[0][0][0] - 1);
    test("the loss is rounded", off > 1e-7 && off < 0x1p-7, "off by %.3g", off);
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

static void cost(bool bf16)
{
    Bench *b = bench_new("cost", 1);
    char error[8192];
    CompileOptions o = {.home = ".", .isa = "c"};
    int late;
    bench_graph(b, "cost");
    Node *w = bench_numbers(b, SHAPE(3, 3, 8, 8)), *x = bench_numbers(b, SHAPE(4, 6, 6, 8));
    for (int k = 0; k < 3; k++) x = node_conv(b->g, map(b, FN_tanh, x, NULL), w, (Conv){{1, 1}, {1, 1}});
    bench_output(b, "x", x, 0, 0);
    b->spec.bf16 = bf16;
    Compiled *c = compile_spec(&b->spec, &o, error, sizeof error);
    if (!test(mem_print("compiles%s", bf16 ? ", bf16" : ""), c, "%s", error)) return;
    int n = packs(c, &late), kernels = compiled_schedule(c, 0, 0)->fused->kernels;
    test(mem_print("weights are packed once, at the start%s", bf16 ? ", bf16" : ""), n == 1 && late == 0, "%d times, %d late", n, late);
    test(mem_print("one kernel for each convolution%s", bf16 ? ", bf16" : ""), kernels == 3, "%d kernels", kernels);
}

int main(void)
{
    Bench *b = bench_new("precision", 4);
    shape(b);
    values(b);
    cost(false);
    cost(true);
    return test_end();
}
