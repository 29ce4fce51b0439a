/* Derivatives against differences: each gradient, and the gradient of a function of the gradient, in double precision by
 * the interpreter.                                                                                                 */
#include "agree.h"

static int first;                       /* variable of the case at hand */

static void begin(Bench *b)
{
    b->g = graph_new("case");
    first = b->spec.vars;
}

/* Of y, made since begin(), by all parameters made since. */
static void derivatives(Bench *b, const char *name, Node *y)
{
    Var *var[16];
    Node *x[16], *dx[16], *ddx[16], *s = NULL;
    const char *where = "";
    int n = 0;
    for (int k = first; k < b->spec.vars; k++) if (b->var[k]->kind == BURIN_PARAM) var[n++] = b->var[k];
    for (int k = 0; k < n; k++) x[k] = node_var(b->g, var[k]);
    y = weighted(b, y);
    grad(b->g, y, x, n, dx);
    check(b->g, "grad");
    double e = difference(b, y, var, dx, n, &where);
    test(mem_print("gradient of %s", name), e < 1e-6, "off by %.3g; worst at %s", e, where);
    for (int k = 0; k < n; k++) {
        Node *part = map(b, FN_add, weighted(b, dx[k]), map(b, FN_mul, number(b, 0.5), sum_all(b, map(b, FN_mul, dx[k], dx[k]))));
        s = s ? map(b, FN_add, s, part) : part;
    }
    grad(b->g, s, x, n, ddx);
    check(b->g, "grad");
    e = difference(b, s, var, ddx, n, &where);
    test(mem_print("gradient of the gradient of %s", name), e < 1e-5, "off by %.3g; worst at %s", e, where);
}

/* ---- cases ---- */

static void scalars(Bench *b)
{
    for (int f = 0; f < FN_COUNT; f++) {
        if (f == FN_tf32 || f == FN_bf16) continue;             /* steps: see rules() */
        bool positive = f == FN_log || f == FN_sqrt || f == FN_rsqrt || f == FN_pow || f == FN_log1p || f == FN_div;
        double lo = positive ? 0.4 : -2;
        begin(b);
        Node *in[3] = {bench_param(b, SHAPE(3, 7), lo, 2), NULL, NULL};
        for (int k = 1; k < fn_arity[f]; k++) in[k] = bench_param(b, k == 1 ? SHAPE(7) : SHAPE(3, 1), lo, 2);
        if (f == FN_where) in[0] = map(b, FN_lt, in[0], in[1]);
        derivatives(b, fn_name[f], node_map(b->g, f, in));
    }
}

static void broadcasts(Bench *b)
{
    static const Shape shapes[][2] = {
        {{0}, {2, {3, 5}}}, {{1, {1}}, {1, {5}}}, {{2, {3, 1}}, {1, {5}}}, {{4, {2, 1, 3, 1}}, {4, {1, 3, 1, 2}}}, {{2, {1, 1}}, {0}},
        {{3, {2, 3, 1}}, {4, {3, 1, 1, 2}}}, {{1, {3}}, {1, {3}}},
    };
    for (int k = 0; k < (int)(sizeof shapes / sizeof *shapes); k++)
        for (int f = FN_add; f <= FN_div; f++) {
            begin(b);
            Node *x = bench_param(b, shapes[k][0], 0.5, 2), *y = bench_param(b, shapes[k][1], 0.5, 2);
            derivatives(b, mem_print("%s %s, %s", fn_name[f], shape_text(&x->shape), shape_text(&y->shape)), map(b, f, x, y));
        }
    begin(b);
    derivatives(b, "broadcast", node_broadcast(b->g, bench_numbers(b, SHAPE(3, 1)), SHAPE(2, 3, 5)));
}

static void reductions(Bench *b)
{
    for (unsigned axes = 0; axes < 16; axes++)
        for (int max = 0; max < 2; max++) {
            begin(b);
            Node *x = bench_numbers(b, SHAPE(2, 3, 1, 5));
            derivatives(b, mem_print("%s over %x", max ? "max" : "sum", axes), node_reduce(b->g, map(b, FN_mul, x, x), axes, max));
        }
}

static void convolutions(Bench *b)
{
    static const int sizes[][11] = {        /* n, h, w, i, o, kh, kw, sh, sw, ph, pw */
        {2, 4, 4, 1, 1, 1, 1, 1, 1, 0, 0}, {1, 5, 5, 3, 2, 3, 3, 1, 1, 1, 1}, {2, 6, 6, 2, 3, 4, 4, 2, 2, 1, 1}, {3, 5, 7, 1, 2, 5, 3, 3, 2, 2, 0},
        {1, 4, 5, 2, 1, 2, 3, 1, 3, 1, 2}, {2, 3, 3, 2, 2, 3, 3, 2, 2, 2, 2}, {1, 7, 1, 1, 3, 4, 1, 2, 1, 1, 0}, {2, 5, 5, 2, 2, 2, 2, 3, 3, 0, 0},
    };
    for (int k = 0; k < (int)(sizeof sizes / sizeof *sizes); k++) {
        const int *s = sizes[k];
        Shape xs = SHAPE(s[0], s[1], s[2], s[3]), ws = SHAPE(s[5], s[6], s[3], s[4]);
        Conv c = {{s[7], s[8]}, {s[9], s[10]}};
        Shape ys = shape_conv(&xs, &ws, &c);
        const char *name = mem_print("%s by %s s%dx%d p%dx%d", shape_text(&xs), shape_text(&ws), s[7], s[8], s[9], s[10]);
        begin(b);
        Node *x = bench_numbers(b, xs), *w = bench_numbers(b, ws);
        derivatives(b, mem_print("conv %s", name), node_conv(b->g, x, w, c));
        begin(b);
        Node *y = bench_numbers(b, ys);
        w = bench_numbers(b, ws);
        derivatives(b, mem_print("conv_dx %s", name), node_conv_dx(b->g, y, w, c, &xs.size[1]));
        begin(b);
        x = bench_numbers(b, xs), y = bench_numbers(b, ys);
        derivatives(b, mem_print("conv_dw %s", name), node_conv_dw(b->g, x, y, c, &ws.size[0]));
        begin(b);
        x = bench_numbers(b, xs), w = bench_numbers(b, ws);     /* one value in both places */
        y = map(b, FN_tanh, node_conv(b->g, map(b, FN_sin, x, NULL), w, c), NULL);
        derivatives(b, mem_print("an autoencoder %s", name), node_conv_dx(b->g, y, map(b, FN_mul, w, w), c, &xs.size[1]));
    }
}

static void matmuls(Bench *b)
{
    for (int batch = 0; batch < 4; batch++)
        for (int flags = 0; flags < 4; flags++) {
            bool ta = flags & 1, tb = flags >> 1;
            begin(b);
            Shape xs = ta ? SHAPE(4, 3) : SHAPE(3, 4), ys = tb ? SHAPE(5, 4) : SHAPE(4, 5);
            if (batch == 1) xs = SHAPE(2, xs.size[0], xs.size[1]), ys = SHAPE(2, ys.size[0], ys.size[1]);
            if (batch == 2) xs = SHAPE(2, xs.size[0], xs.size[1]);
            if (batch == 3) xs = SHAPE(2, 1, xs.size[0], xs.size[1]), ys = SHAPE(3, ys.size[0], ys.size[1]);
            Node *x = bench_numbers(b, xs), *y = bench_numbers(b, ys);
            derivatives(b, mem_print("matmul %s%s x %s%s", shape_text(&xs), ta ? "^T" : "", shape_text(&ys), tb ? "^T" : ""), node_matmul(b->g, x, y, ta, tb));
        }
}

static void views(Bench *b)
{
    for (int k = 0; k < VIEWS; k++) {
        begin(b);
        Node *x = bench_numbers(b, SHAPE(2, 3, 5, 4));
        derivatives(b, mem_print("view %d", k), view(b, map(b, FN_sin, x, NULL), k));
    }
}

/* Values used again and again, whole small networks. */
static void networks(Bench *b)
{
    begin(b);
    Node *x = bench_numbers(b, SHAPE(5)), *y = map(b, FN_mul, x, map(b, FN_add, x, map(b, FN_exp, x, NULL)));
    derivatives(b, "a value used again", map(b, FN_div, map(b, FN_mul, y, x), map(b, FN_add, map(b, FN_mul, y, y), number(b, 1))));
    begin(b);
    x = bench_numbers(b, SHAPE(4, 3, 3, 2));
    Node *count = number(b, 1. / 36), *mean = map(b, FN_mul, node_reduce(b->g, x, 7, false), count), *d = map(b, FN_sub, x, mean);
    Node *variance = map(b, FN_mul, node_reduce(b->g, map(b, FN_mul, d, d), 7, false), count);
    y = map(b, FN_mul, d, map(b, FN_rsqrt, map(b, FN_add, variance, number(b, 1e-3)), NULL));
    derivatives(b, "BatchNorm", map(b, FN_add, map(b, FN_mul, y, bench_numbers(b, SHAPE(2))), bench_numbers(b, SHAPE(2))));
    begin(b);
    x = bench_numbers(b, SHAPE(3, 7));
    Node *e = map(b, FN_exp, map(b, FN_sub, x, node_reduce(b->g, x, 2, true)), NULL);
    derivatives(b, "softmax", map(b, FN_div, e, node_reduce(b->g, e, 2, false)));
}

static void rules(Bench *b)
{
    begin(b);
    Node *x = bench_numbers(b, SHAPE(3)), *other = bench_numbers(b, SHAPE(2)), *dx[4];
    Node *y = sum_all(b, map(b, FN_mul, x, node_stop(b->g, x)));
    grad(b->g, y, (Node *[]){x, other, y, x}, 4, dx);
    RefCall call = {b->seed, b->step, values_read, b->value};
    double **v = ref_run(b->g, &call);
    test("no gradient passes a stop", !memcmp(v[dx[0]->id], v[x->id], 3 * sizeof(double)), "%g, not %g", v[dx[0]->id][0], v[x->id][0]);
    test("what y does not depend on has the gradient 0", v[dx[1]->id][0] == 0 && v[dx[1]->id][1] == 0 && shape_equal(&dx[1]->shape, &other->shape), "%g", v[dx[1]->id][0]);
    test("the gradient of y by y is 1", v[dx[2]->id][0] == 1, "%g", v[dx[2]->id][0]);
    test("a variable may be asked for twice", dx[0] == dx[3], "the nodes are %d and %d", dx[0]->id, dx[3]->id);
    ref_free(b->g, v);
    begin(b);
    x = bench_numbers(b, SHAPE(3));
    grad(b->g, sum_all(b, map(b, FN_bf16, x, NULL)), &x, 1, dx);
    v = ref_run(b->g, &call);
    test("the gradient passes a rounding as it is", v[dx[0]->id][0] == 1 && v[dx[0]->id][2] == 1, "%g", v[dx[0]->id][0]);
    ref_free(b->g, v);
    begin(b);
    x = node_const(b->g, 2, SHAPE(4));
    grad(b->g, sum_all(b, node_reduce(b->g, x, 1, true)), &x, 1, dx);
    v = ref_run(b->g, &call);
    test("equal maxima share the gradient", v[dx[0]->id][0] == 0.25 && v[dx[0]->id][3] == 0.25, "%g", v[dx[0]->id][0]);
    ref_free(b->g, v);
    begin(b);
    x = node_const(b->g, 2, SHAPE(4));
    Node *z = node_const(b->g, 2, SHAPE(4)), *both[] = {x, z};
    grad(b->g, sum_all(b, map(b, FN_max, x, z)), both, 2, dx);
    v = ref_run(b->g, &call);
    test("the first of two equal operands of max has the gradient", v[dx[0]->id][0] == 1 && v[dx[1]->id][0] == 0, "%g, %g", v[dx[0]->id][0], v[dx[1]->id][0]);
    ref_free(b->g, v);
}

/* The values of d (sum of f) / dx and of the gradient of the sum of its squares, at points that are no smooth ones. */
static void edge(Bench *b, const char *name, Fn f, Node *x, Node *other, double first, double second)
{
    Node *dx, *ddx;
    grad(b->g, sum_all(b, map(b, f, x, other)), &x, 1, &dx);
    grad(b->g, sum_all(b, map(b, FN_mul, dx, dx)), &x, 1, &ddx);
    RefCall call = {b->seed, b->step, values_read, b->value};
    double **v = ref_run(b->g, &call), one = v[dx->id][0], two = v[ddx->id][0];
    test(name, one == first && two == second, "%g and %g, not %g and %g", one, two, first, second);
    ref_free(b->g, v);
}

/* As PyTorch's, where a formula by itself gives 0 times infinity. */
static void edges(Bench *b)
{
    begin(b);
    Node *nothing = node_const(b->g, 0, SHAPE(3)), *two = node_const(b->g, 2, SHAPE(3));
    edge(b, "x^0 at 0", FN_pow, nothing, number(b, 0), 0, 0);
    edge(b, "x^1 at 0", FN_pow, nothing, number(b, 1), 1, 0);
    edge(b, "x^2 at 0", FN_pow, nothing, number(b, 2), 0, 0);
    edge(b, "x^-1 at 2", FN_pow, two, number(b, -1), -0.25, -0.125);
    edge(b, "the first of two equal operands of min", FN_min, two, number(b, 2), 1, 0);
    Node *y = sum_all(b, map(b, FN_pow, nothing, two)), *db;
    grad(b->g, y, &two, 1, &db);
    RefCall call = {b->seed, b->step, values_read, b->value};
    double **v = ref_run(b->g, &call);
    test("0^b by b", v[db->id][0] == 0, "%g, not 0", v[db->id][0]);
    ref_free(b->g, v);
}

/* Gradients stand at the line of what they are the gradients of; what no x needs is not made. */
static void walk(Bench *b)
{
    begin(b);
    Graph *g = b->g;
    Node *x = bench_numbers(b, SHAPE(3)), *fixed = bench_numbers(b, SHAPE(3)), *dx;
    graph_where((Where){"models/x.lua", 14, ""});
    Node *product = map(b, FN_mul, x, map(b, FN_exp, fixed, NULL));
    Where after = {"models/x.lua", 99, ""};
    graph_where(after);
    Node *y = sum_all(b, product);
    int before = g->nodes;
    grad(g, y, &x, 1, &dx);
    test("a gradient has the line of its value", dx->where.line == 14, "line %d, not 14", dx->where.line);
    test("the place is as it was before", graph_where_now().line == 99, "line %d, not 99", graph_where_now().line);
    int made = 0;
    for (int k = before; k < g->nodes; k++) made += g->node[k]->op == OP_map && g->node[k]->u.fn == FN_mul;
    test("nothing is made for what is not asked for", made == 1, "%d products, not 1", made);
    y = sum_all(b, node_stop(g, map(b, FN_sin, x, NULL)));
    before = g->nodes;
    grad(g, y, &x, 1, &dx);
    test("nothing is made for what a stop cuts off", g->nodes == before + 2 && dx->op == OP_const && dx->u.value == 0,
         "%d nodes, not y's gradient 1 and x's gradient 0; this is a %s", g->nodes - before, op_name[dx->op]);
    graph_where((Where){0});
}

int main(void)
{
    Bench *b = bench_new("grad", 2);
    scalars(b);
    broadcasts(b);
    reductions(b);
    convolutions(b);
    matmuls(b);
    views(b);
    networks(b);
    rules(b);
    edges(b);
    walk(b);
    return test_end();
}
