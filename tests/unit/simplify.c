/* What simplify() leaves of a graph: counted, or in words. */
#include "agree.h"

static int count(const Graph *g, Op op)
{
    int n = 0;
    for (int k = 0; k < g->nodes; k++) n += g->node[k]->op == op;
    return n;
}

/* The graph of one output, after simplify(). */
static Graph *simple(Bench *b, Node *y)
{
    b->g->outputs = b->g->updates = 0;
    bench_output(b, "y", y, 0, 0);
    Graph *s = simplify(b->g);
    check(s, "simplify");
    return s;
}

/* The output as an expression: "add(v0, 2)". */
static const char *words(const Node *n)
{
    if (n->op == OP_const) return mem_print("%g", n->u.value);
    if (n->op == OP_param || n->op == OP_state || n->op == OP_batch) return n->u.var->name;
    const char *s = n->op == OP_map ? fn_name[n->u.fn] : op_name[n->op];
    s = mem_print("%s(", s);
    for (int i = 0; i < n->inputs; i++) s = mem_print("%s%s%s", s, i ? ", " : "", words(n->in[i]));
    return mem_print("%s)", s);
}

static void becomes(Bench *b, const char *name, Node *y, const char *want)
{
    Graph *s = simple(b, y);
    test_text(name, words(s->output[0].node), want);
    test(mem_print("%s: shape", name), shape_equal(&s->output[0].node->shape, &y->shape), "%s, not %s", shape_text(&s->output[0].node->shape), shape_text(&y->shape));
}

#define M(f, ...) node_map(b->g, FN_##f, (Node *[]){__VA_ARGS__})
#define N(v) number(b, v)

static void algebra(Bench *b)
{
    b->g = graph_new("algebra");
    Node *x = bench_numbers(b, SHAPE(3, 5)), *y = bench_numbers(b, SHAPE(3, 5)), *row = bench_numbers(b, SHAPE(5));
    const char *v = x->u.var->name, *w = y->u.var->name, *r = row->u.var->name;
    becomes(b, "x + 0", M(add, x, N(0)), v);
    becomes(b, "0 + x", M(add, N(0), x), v);
    becomes(b, "x - 0", M(sub, x, N(0)), v);
    becomes(b, "0 - x", M(sub, N(0), x), mem_print("neg(%s)", v));
    becomes(b, "x - x", M(sub, x, x), "0");
    becomes(b, "x * 0", M(mul, x, N(0)), "0");
    becomes(b, "x * 1", M(mul, N(1), x), v);
    becomes(b, "x * -1", M(mul, x, N(-1)), mem_print("neg(%s)", v));
    becomes(b, "x + x", M(add, x, x), mem_print("mul(%s, 2)", v));
    becomes(b, "2 x 3", M(mul, M(mul, N(2), x), N(3)), mem_print("mul(%s, 6)", v));
    becomes(b, "x / 4", M(div, x, N(4)), mem_print("mul(%s, 0.25)", v));
    becomes(b, "--x", M(neg, M(neg, x)), v);
    becomes(b, "x rounded twice", M(bf16, M(bf16, x)), mem_print("bf16(%s)", v));
    becomes(b, "x rounded by two functions", M(bf16, M(tf32, x)), mem_print("bf16(tf32(%s))", v));
    becomes(b, "x + -y", M(add, x, M(neg, y)), mem_print("sub(%s, %s)", v, w));
    becomes(b, "-x + y", M(add, M(neg, x), y), mem_print("sub(%s, %s)", w, v));
    becomes(b, "x - -y", M(sub, x, M(neg, y)), mem_print("add(%s, %s)", v, w));
    becomes(b, "x^2", M(pow, x, N(2)), mem_print("mul(%s, %s)", v, v));
    becomes(b, "x^1", M(pow, x, N(1)), v);
    becomes(b, "x^0.5", M(pow, x, N(0.5)), mem_print("sqrt(%s)", v));
    becomes(b, "max(x, x)", M(max, x, x), v);
    becomes(b, "where(1, x, y)", M(where, N(1), x, y), v);
    becomes(b, "where(x, y, y)", M(where, x, y, y), w);
    becomes(b, "2 + 3 * 4", M(add, N(2), M(mul, N(3), N(4))), "14");
    becomes(b, "x + 0 broadcast", M(add, row, node_const(b->g, 0, SHAPE(3, 5))), mem_print("copy(%s)", r));
    becomes(b, "a broadcast that is read", M(mul, x, node_broadcast(b->g, row, SHAPE(3, 5))), mem_print("mul(%s, %s)", v, r));
    becomes(b, "stop", M(exp, node_stop(b->g, x)), mem_print("exp(%s)", v));
    becomes(b, "transposed twice", node_transpose(b->g, node_transpose(b->g, x, (int[]){1, 0}), (int[]){1, 0}), v);
    becomes(b, "reshaped there and back", node_reshape(b->g, node_reshape(b->g, x, SHAPE(15)), SHAPE(3, 5)), v);
    becomes(b, "sum over nothing", node_reduce(b->g, x, 0, false), v);
    becomes(b, "sum of a sum", node_reduce(b->g, node_reduce(b->g, x, 1, false), 2, false), mem_print("reduce(%s)", v));
    becomes(b, "sum of a constant", node_reduce(b->g, node_const(b->g, 2, SHAPE(3, 5)), 3, false), "30");
    becomes(b, "sum of -x", node_reduce(b->g, M(neg, x), 3, false), mem_print("neg(reduce(%s))", v));
    becomes(b, "sum of 3 x", node_reduce(b->g, M(mul, x, N(3)), 3, false), mem_print("mul(reduce(%s), 3)", v));
    becomes(b, "sum of a broadcast", node_reduce(b->g, node_broadcast(b->g, row, SHAPE(3, 5)), 1, false), mem_print("copy(mul(%s, 3))", r));
    becomes(b, "product with 0", node_matmul(b->g, node_const(b->g, 0, SHAPE(2, 3)), x, false, false), "0");
}

static void merging(Bench *b)
{
    Conv c = {{2, 2}, {1, 1}}, other = {{2, 2}, {2, 2}};
    b->g = graph_new("merging");
    Node *x = bench_numbers(b, SHAPE(2, 8, 8, 3)), *w = bench_numbers(b, SHAPE(4, 4, 3, 8));
    Node *y = M(add, M(exp, node_conv(b->g, x, w, c)), M(sin, node_conv(b->g, x, w, c)));
    Graph *s = simple(b, y);
    test("equal convolutions become one", count(s, OP_conv) == 1, "%d are left", count(s, OP_conv));
    s = simple(b, M(add, node_reduce(b->g, node_conv(b->g, x, w, c), 15, false), node_reduce(b->g, node_conv(b->g, x, w, other), 15, false)));
    test("those with other padding do not", count(s, OP_conv) == 2, "%d are left", count(s, OP_conv));
    s = simple(b, M(sub, M(mul, x, x), M(mul, x, x)));
    test("x x - x x is 0, and nothing is left", s->nodes == 1, "%d nodes", s->nodes);
    node_conv(b->g, M(exp, x), w, c);
    s = simple(b, M(exp, x));
    test("what is not read is dropped", s->nodes == 2, "%d nodes", s->nodes);
    s = simple(b, M(add, node_random(b->g, SHAPE(3), false, 1), node_random(b->g, SHAPE(3), false, 2)));
    test("streams of random numbers stay apart", count(s, OP_random) == 2, "%d are left", count(s, OP_random));
    s = simple(b, M(add, node_random(b->g, SHAPE(3), true, 1), node_random(b->g, SHAPE(3), false, 1)));
    test("so do normal and uniform", count(s, OP_random) == 2, "%d are left", count(s, OP_random));
    s = simple(b, M(add, M(mul, x, N(2)), M(mul, N(2), x)));
    test("x 2 and 2 x are equal", count(s, OP_map) == 1 || count(s, OP_map) == 2, "%d maps", count(s, OP_map));
    b->g->outputs = 0;
    graph_output(b->g, "first", BURIN_REPORT, node_reduce(b->g, x, 15, false), 1, 2);
    graph_output(b->g, "second", BURIN_SAMPLES, x, 3, 4);
    graph_update(b->g, w->u.var, M(neg, w));
    s = simplify(b->g);
    test("outputs keep their order, kind and range", s->outputs == 2 && !strcmp(s->output[1].name, "second") && s->output[1].kind == BURIN_SAMPLES && s->output[1].hi == 4, "\"%s\"", s->output[1].name);
    test("updates stay", s->updates == 1 && s->update[0].var == w->u.var, "%d", s->updates);
}

/* BatchNorm has two sums; its gradient adds four: of dy, of dy times x, and those by which the mean and the variance pass on
 * theirs.                                                                                                          */
static void batch_norm(Bench *b)
{
    b->g = graph_new("batch_norm");
    Node *x = bench_numbers(b, SHAPE(16, 7, 7, 8)), *gamma = bench_numbers(b, SHAPE(8)), *beta = bench_numbers(b, SHAPE(8));
    Node *count_ = N(1. / (16 * 49)), *mean = M(mul, node_reduce(b->g, x, 7, false), count_), *d = M(sub, x, mean);
    Node *variance = M(mul, node_reduce(b->g, M(mul, d, d), 7, false), count_);
    Node *y = M(add, M(mul, M(mul, d, M(rsqrt, M(add, variance, N(1e-5)))), gamma), beta);
    Graph *s = simple(b, y);
    test("BatchNorm: two sums", count(s, OP_reduce) == 2, "%d", count(s, OP_reduce));
    Node *dx[3], *loss = sum_all(b, M(mul, M(tanh, y), bench_numbers(b, y->shape)));
    grad(b->g, loss, (Node *[]){x, gamma, beta}, 3, dx);
    b->g->outputs = 0;
    for (int k = 0; k < 3; k++) bench_output(b, mem_print("d%d", k), dx[k], 0, 0);
    s = simplify(b->g);
    int before = count(b->g, OP_reduce), after = count(s, OP_reduce);
    test("BatchNorm and its gradient: sums", after <= 6 && after < before, "%d of %d are left", after, before);
    Graph *again = simplify(s);
    test("simplify has nothing left to do", again->nodes == s->nodes, "%d nodes become %d", s->nodes, again->nodes);
    bench_output(b, "loss", loss, 0, 0);
    Values want = values_of(b, (const Graph *const *)&b->g, 1);
    b->spec.entry[0].graph[0] = b->g;
    b->spec.entry[0].graphs = 1;
    bench_passes(b, &want);
}

int main(void)
{
    Bench *b = bench_new("simplify", 3);
    algebra(b);
    merging(b);
    batch_norm(b);
    return test_end();
}
