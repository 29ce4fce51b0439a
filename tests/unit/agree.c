/* The CPU's kernels against the interpreter: every scalar function, every operation, in odd sizes and every form. */
#include "agree.h"

/* ---- scalar functions ---- */

static const double edges[] = {0, -0.0, 1, -1, 0.5, -0.5, 0.625, 2, -2, 3, 1e-7, -1e-7, 1e-30, -1e-30, 1e30, -1e30, 87, -87, 88.5, -88.5,
    89, -104, 200, -200, 16777216, -16777217, FLT_MAX, -FLT_MAX, FLT_MIN, INFINITY, -INFINITY, NAN};
enum { EDGES = sizeof edges / sizeof *edges, RANDOM = 700 };

/* Edges, then numbers of both signs and all magnitudes up to `largest`, then such around 1. */
static Node *wide(Bench *b, double smallest, double largest, bool positive)
{
    Node *n = bench_numbers(b, SHAPE(EDGES + RANDOM));
    double *x = b->value[n->u.var->index];
    for (int i = 0; i < EDGES + RANDOM; i++) {
        double v = i < EDGES ? edges[i] : i % 2 ? exp(log(smallest) + (log(largest) - log(smallest)) * bench_unit(b)) : 8 * bench_unit(b);
        if (i >= EDGES && i % 4 > 1 && !positive) v = -v;
        if (fabs(v) > largest && isfinite(v)) v = largest * (v < 0 ? -1 : 1);
        x[i] = (float)v;
    }
    return n;
}

static void unary(Bench *b, Fn f)
{
    bool periodic = f == FN_sin || f == FN_cos;
    Node *x = wide(b, 1e-10, periodic ? 2000 : f == FN_exp || f == FN_expm1 ? 100 : 1e30, false);
    double *v = b->value[x->u.var->index];
    for (int i = 0; periodic && i < EDGES; i++) if (!isfinite(v[i])) v[i] = 1;
    bench_output(b, mem_print("%s", fn_name[f]), node_map(b->g, f, &x), periodic ? 0.1 : f == FN_log ? 0.02 : 1e-30, 0);
}

/* Each edge with each edge, and random pairs. */
static void binary(Bench *b, Fn f)
{
    Node *x = bench_numbers(b, SHAPE(EDGES, 1)), *y = bench_numbers(b, SHAPE(EDGES));
    for (int i = 0; i < EDGES; i++) {
        bool skip = f == FN_pow && (!(fabs(edges[i]) <= 89) || (edges[i] == 0 && signbit(edges[i])));
        b->value[x->u.var->index][i] = b->value[y->u.var->index][i] = skip ? 1.5 : (float)edges[i];
    }
    double floor = f == FN_pow ? 1e-33 : 1e-37;
    bench_output(b, mem_print("%s of edges", fn_name[f]), node_map(b->g, f, (Node *[]){x, y}), floor, f == FN_pow ? 1e-4 : 0);
    x = wide(b, 1e-10, f == FN_pow ? 50 : 1e18, f == FN_pow);
    y = wide(b, 1e-10, f == FN_pow ? 8 : 1e18, false);
    for (int i = 0; i < EDGES; i++) b->value[x->u.var->index][i] = b->value[y->u.var->index][i] = i;
    bench_output(b, mem_print("%s", fn_name[f]), node_map(b->g, f, (Node *[]){x, y}), floor, f == FN_pow ? 1e-4 : 0);
}

static void scalars(Bench *b)
{
    bench_graph(b, "scalars");
    for (int f = 0; f < FN_COUNT; f++) {
        if (fn_arity[f] == 1) unary(b, f);
        if (fn_arity[f] == 2) binary(b, f);
    }
    Node *a = wide(b, 1e-10, 1e10, false), *x = wide(b, 1e-10, 1e10, false), *y = wide(b, 1e-10, 1e10, false);
    bench_output(b, "where", node_map(b->g, FN_where, (Node *[]){a, x, y}), 1e-37, 0);
}

/* Of numbers of so many bits of mantissa, by each power of two: what lies at a tie, and next to it on both sides; beyond the range; NaNs,
 * with all bits set.                                                                                                */
static void ties(Bench *b, Fn rounding, int bits)
{
    double tie = ldexp(1, -bits);
    Node *n = bench_numbers(b, SHAPE(278, 2, 3, 3));
    double *x = b->value[n->u.var->index];
    for (int e = -149; e < 128; e++)
        for (int odd = 0; odd < 2; odd++)
            for (int beside = -1; beside < 2; beside++)
                for (int k = 0; k < 3; k++) {
                    double v = ldexp(1 + (odd ? 3 * tie : tie) + beside * 0x1p-23, e);
                    *x++ = k == 2 ? (double)(float)ldexp(2 - (odd ? tie : 3 * tie) - beside * 0x1p-23, e) : (double)(float)(k ? -v : v);
                }
    for (int k = 0; k < 18; k++) *x++ = k % 2 ? nan("0x7ffffffffffff") : -nan("0x7ffffffffffff");
    bench_output(b, mem_print("%s at ties", fn_name[rounding]), map(b, rounding, n, NULL), 0x1p-149, 1e-9);
}

/* ---- maps, broadcasts, reductions ---- */

static void broadcasts(Bench *b)
{
    static const Shape shapes[][2] = {
        {{0}, {0}}, {{0}, {1, {17}}}, {{1, {1}}, {1, {33}}}, {{1, {33}}, {1, {33}}}, {{2, {3, 1}}, {1, {17}}}, {{2, {17, 33}}, {2, {1, 33}}},
        {{2, {17, 33}}, {2, {17, 1}}}, {{4, {5, 3, 3, 17}}, {1, {17}}}, {{4, {5, 1, 3, 1}}, {4, {1, 3, 1, 17}}}, {{4, {2, 3, 5, 33}}, {3, {3, 1, 33}}},
        {{4, {3, 1, 1, 8}}, {4, {3, 7, 7, 8}}}, {{1, {1}}, {4, {1, 1, 1, 1}}}, {{6, {2, 1, 3, 1, 2, 5}}, {5, {3, 3, 3, 1, 5}}},
        {{8, {2, 1, 2, 3, 1, 2, 1, 3}}, {4, {2, 1, 3, 1}}},
    };
    bench_graph(b, "broadcasts");
    for (int k = 0; k < (int)(sizeof shapes / sizeof *shapes); k++) {
        Node *x = bench_numbers(b, shapes[k][0]), *y = bench_numbers(b, shapes[k][1]);
        bench_output(b, mem_print("broadcast %s to %s", shape_text(&x->shape), shape_text(&y->shape)), map(b, FN_sub, x, y), 1e-3, 0);
        Shape s = shape_broadcast("", &x->shape, &y->shape);
        Node *sum = node_reduce(b->g, map(b, FN_mul, node_broadcast(b->g, x, s), map(b, FN_exp, y, NULL)), (1u << s.rank) - 1, false);
        bench_output(b, mem_print("sum of broadcast %s to %s", shape_text(&x->shape), shape_text(&y->shape)), sum, 1e-3, 1e-5);
    }
}

/* Every mask of axes; `load` puts an expression in front (and takes sums and maxima in turn). */
static void reductions(Bench *b, Shape s, bool load)
{
    Node *x = bench_numbers(b, s), *c = bench_numbers(b, SHAPE(s.size[s.rank - 1]));
    Node *in = load ? map(b, FN_tanh, map(b, FN_add, map(b, FN_mul, x, c), c), NULL) : x;
    for (unsigned axes = 1; axes < 1u << s.rank; axes++)
        for (int max = load && axes % 2; max < (load && axes % 2 == 0 ? 1 : 2); max++) {
            Node *r = node_reduce(b->g, in, axes, max);
            bench_output(b, mem_print("%s over %x of %s%s", max ? "max" : "sum", axes, shape_text(&s), load ? ", fused load" : ""), r, 0.1, 1e-5);
            if (axes % 3 == 1) bench_output(b, mem_print("x - %s over %x of %s%s", max ? "max" : "sum", axes, shape_text(&s), load ? ", fused load" : ""), map(b, FN_sub, x, r), 0.1, 1e-5);
        }
}

/* ---- convolutions ---- */

typedef struct { int n, h, w, i, o, kh, kw, sh, sw, ph, pw; } Size;

static const Size sizes[] = {
    {1, 5, 5, 1, 1, 1, 1, 1, 1, 0, 0},      {5, 7, 7, 3, 8, 3, 3, 1, 1, 1, 1},    {16, 8, 8, 8, 17, 4, 4, 2, 2, 1, 1},
    {23, 5, 5, 17, 3, 3, 3, 2, 2, 1, 1},    {5, 9, 9, 33, 33, 5, 5, 1, 1, 2, 2},  {5, 9, 11, 3, 17, 5, 3, 3, 3, 2, 0},
    {1, 6, 10, 8, 1, 4, 1, 2, 1, 1, 0},     {5, 7, 5, 1, 33, 3, 5, 1, 2, 1, 2},   {16, 4, 4, 33, 8, 4, 4, 1, 1, 0, 0},
    {23, 1, 1, 17, 33, 1, 1, 1, 1, 0, 0},   {5, 10, 10, 8, 8, 3, 3, 3, 3, 0, 0},  {1, 13, 6, 17, 8, 2, 3, 2, 3, 1, 1},
    {16, 8, 8, 3, 64, 4, 4, 2, 2, 1, 1},    {5, 5, 5, 8, 8, 5, 5, 2, 2, 4, 4},    {1, 17, 1, 3, 3, 5, 1, 3, 1, 2, 0},
    {5, 8, 9, 16, 32, 4, 4, 2, 2, 1, 1},    {23, 6, 6, 1, 1, 3, 3, 1, 1, 0, 2},   {5, 4, 4, 33, 1, 1, 1, 2, 2, 0, 0},
    {3, 3, 3, 8, 8, 4, 4, 1, 1, 3, 3},      {1, 33, 33, 1, 8, 5, 5, 1, 1, 2, 2},
    /* few images, whose columns are rows of register tiles; so many that a unit has several tiles; large weights, in panels */
    {2, 8, 9, 40, 24, 4, 4, 2, 2, 1, 1},    {1, 9, 9, 17, 70, 3, 3, 2, 2, 1, 1},  {70, 5, 5, 20, 40, 3, 3, 1, 1, 1, 1},
    {210, 3, 3, 9, 17, 2, 2, 1, 1, 0, 0},   {2, 1, 1, 50, 40, 4, 4, 1, 1, 3, 3},  {7, 4, 4, 160, 72, 4, 4, 1, 1, 2, 2},
    {64, 6, 6, 2, 40, 4, 4, 2, 2, 1, 1},    {1, 7, 7, 24, 90, 3, 4, 1, 2, 0, 2},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

static const char *size_name(const Size *s)
{
    return mem_print("%d of %dx%dx%d to %d k%dx%d s%dx%d p%dx%d", s->n, s->h, s->w, s->i, s->o, s->kh, s->kw, s->sh, s->sw, s->ph, s->pw);
}

static Shape out_of(const Size *s)
{
    Shape x = {4, {s->n, s->h, s->w, s->i}}, w = {4, {s->kh, s->kw, s->i, s->o}};
    return shape_conv(&x, &w, &(Conv){{s->sh, s->sw}, {s->ph, s->pw}});
}

/* The convolution of a kind, of expressions that `load` makes of its inputs. */
static Node *face(Bench *b, Op op, const Size *s, Node *(*load)(Bench *, Node *))
{
    Shape xs = {4, {s->n, s->h, s->w, s->i}}, ws = {4, {s->kh, s->kw, s->i, s->o}}, ys = out_of(s);
    Conv c = {{s->sh, s->sw}, {s->ph, s->pw}};
    Node *x = op == OP_conv_dx ? NULL : load(b, bench_numbers(b, xs)), *w = op == OP_conv_dw ? NULL : load(b, bench_numbers(b, ws));
    Node *y = op == OP_conv ? NULL : load(b, bench_numbers(b, ys));
    return op == OP_conv ? node_conv(b->g, x, w, c) : op == OP_conv_dx ? node_conv_dx(b->g, y, w, c, &xs.size[1])
                                                                     : node_conv_dw(b->g, x, y, c, &ws.size[0]);
}

static Node *plain(Bench *b, Node *x) { (void)b; return x; }

/* BatchNorm and leaky ReLU: by channel, with a `where`. */
static Node *normalised(Bench *b, Node *x)
{
    int64_t c = x->shape.size[x->shape.rank - 1];
    Node *y = map(b, FN_add, map(b, FN_mul, x, bench_numbers(b, SHAPE(c))), bench_numbers(b, SHAPE(c)));
    Node *small = map(b, FN_mul, y, number(b, 0.2));
    return map(b, FN_max, y, small);
}

static void convolutions(Bench *b, Op op, int every)
{
    bench_graph(b, op_name[op]);
    for (int k = 0; k < SIZES; k += every) bench_output(b, mem_print("%s %s", op_name[op], size_name(&sizes[k])), face(b, op, &sizes[k], plain), 0, 2e-6);
}

/* A load, an epilogue, sums by channel of the result and of another value with it. */
static void fused_convolutions(Bench *b, Op op)
{
    bench_graph(b, mem_print("fused %s", op_name[op]));
    for (int k = 1; k < SIZES; k += 2) {
        const char *name = mem_print("fused %s %s", op_name[op], size_name(&sizes[k]));
        Node *y = face(b, op, &sizes[k], k % 4 == 1 ? normalised : plain);
        unsigned channels = 7;
        y = map(b, FN_add, y, bench_numbers(b, SHAPE(y->shape.size[3])));
        if (k % 3 == 0) y = map(b, FN_tanh, y, NULL);
        if (k % 3 == 1) y = map(b, FN_mul, y, bench_numbers(b, y->shape));
        bench_output(b, name, y, 0, 2e-6);
        Node *sum = node_reduce(b->g, y, channels, false), *square = node_reduce(b->g, map(b, FN_mul, y, y), channels, false);
        bench_output(b, mem_print("%s: sums", name), sum, 0, 0);
        bench_output(b, mem_print("%s: sums of squares", name), square, 0, 0);
        bench_output(b, mem_print("%s: normalised", name), map(b, FN_mul, map(b, FN_sub, y, sum), map(b, FN_rsqrt, map(b, FN_add, square, number(b, 1)), NULL)), 0, 0);
        bench_output(b, mem_print("%s: all of it", name), node_reduce(b->g, map(b, FN_sigmoid, y, NULL), 15, false), 0, 0);
    }
}

/* In the graph of joins(): one tensor as the weights of contractions that want it in different orders: other strides and paddings, other shapes of it. */
static void shared_weights(Bench *b)
{
    static const Conv conv[] = {{{1, 1}, {0, 0}}, {{2, 2}, {0, 0}}, {{2, 2}, {1, 1}}, {{3, 2}, {1, 0}}};
    for (int channels = 1; channels <= 9; channels += 8) {
        Node *w = bench_numbers(b, SHAPE(4, 4, channels, 5)), *y = bench_numbers(b, SHAPE(6, 3, 3, 5));
        for (int k = 0; k < 4; k++) {
            int64_t size[2];
            for (int i = 0; i < 2; i++) size[i] = 2 * conv[k].stride[i] + 4 - 2 * conv[k].padding[i];
            bench_output(b, mem_print("shared weights, %d channels, geometry %d", channels, k), node_conv_dx(b->g, y, w, conv[k], size), 0, 2e-6);
        }
        Conv one = {{1, 1}, {0, 0}};
        bench_output(b, mem_print("shared weights, %d channels, one row", channels),
                     node_conv_dx(b->g, bench_numbers(b, SHAPE(6, 1, 3, 5)), w, (Conv){{4, 1}, {1, 0}}, (int64_t[]){2, 6}), 0, 2e-6);
        bench_output(b, mem_print("shared weights, %d channels, forward", channels), node_conv(b->g, bench_numbers(b, SHAPE(6, 7, 7, channels)), w, one), 0, 2e-6);
    }
    Node *w = bench_numbers(b, SHAPE(6, 20)), *tall = node_reshape(b->g, w, SHAPE(20, 6));
    bench_output(b, "shared weights, a matrix", node_matmul(b->g, bench_numbers(b, SHAPE(7, 6)), w, false, false), 0, 2e-6);
    bench_output(b, "shared weights, the same reshaped", node_matmul(b->g, bench_numbers(b, SHAPE(7, 20)), tall, false, false), 0, 2e-6);
}

/* One map behind two contractions; sums of products of many matrices. */
static void joins(Bench *b)
{
    Conv c = {{1, 1}, {1, 1}};
    bench_graph(b, "joins");
    Node *x = bench_numbers(b, SHAPE(5, 6, 6, 8)), *one = node_conv(b->g, x, bench_numbers(b, SHAPE(3, 3, 8, 17)), c);
    Node *two = node_conv(b->g, map(b, FN_tanh, x, NULL), bench_numbers(b, SHAPE(3, 3, 8, 17)), c), *sum = map(b, FN_tanh, map(b, FN_add, one, two), NULL);
    bench_output(b, "the sum of two convolutions", sum, 0, 2e-6);
    bench_output(b, "the sum of two convolutions: sums", node_reduce(b->g, sum, 7, false), 0, 0);
    x = bench_numbers(b, SHAPE(6, 5, 9)), two = node_matmul(b->g, x, bench_numbers(b, SHAPE(6, 9, 17)), false, false);
    bench_output(b, "batched matmul: sums", node_reduce(b->g, map(b, FN_exp, two, NULL), 3, false), 0, 0);
    bench_output(b, "x + f(x W) W", map(b, FN_add, x, node_matmul(b->g, map(b, FN_max, two, number(b, 0)), bench_numbers(b, SHAPE(17, 9)), false, false)), 0, 2e-6);
}

/* Passes over images that each need all of the last: without barriers, or with too few, threads would read old values. */
static void chain(Bench *b)
{
    bench_graph(b, "chain");
    Node *x = bench_numbers(b, SHAPE(64, 64, 16));
    for (int k = 0; k < 6; k++) {
        x = map(b, FN_sub, map(b, FN_tanh, x, NULL), node_reduce(b->g, map(b, FN_mul, x, x), k % 2 ? 4 : 3, false));
        x = map(b, FN_mul, x, number(b, 0.01));
        bench_output(b, mem_print("chain %d", k), x, 0, 0);
    }
}

/* ---- matmul ---- */

static void matmuls(Bench *b)
{
    static const int size[][3] = {{1, 1, 1}, {3, 17, 33}, {17, 1, 8}, {33, 33, 1}, {1, 33, 17}, {23, 100, 64}, {64, 8, 33}};
    bench_graph(b, "matmul");
    for (int k = 0; k < 7; k++)
        for (int flags = 0; flags < 4; flags++) {
            int64_t m = size[k][0], d = size[k][1], n = size[k][2];
            bool ta = flags & 1, tb = flags >> 1;
            Node *x = bench_numbers(b, ta ? SHAPE(d, m) : SHAPE(m, d)), *y = bench_numbers(b, tb ? SHAPE(n, d) : SHAPE(d, n));
            const char *name = mem_print("matmul %s%s x %s%s", shape_text(&x->shape), ta ? "^T" : "", shape_text(&y->shape), tb ? "^T" : "");
            if (k % 2) x = normalised(b, x);
            Node *z = node_matmul(b->g, x, y, ta, tb);
            if (k > 2) z = map(b, FN_sigmoid, map(b, FN_add, z, bench_numbers(b, SHAPE(n))), NULL);
            bench_output(b, name, z, 0, 2e-6);
            if (k > 3) bench_output(b, mem_print("%s: sums", name), node_reduce(b->g, z, 1, false), 0, 0);
            if (k == 1 || k == 5) {
                x = bench_numbers(b, ta ? SHAPE(5, d, m) : SHAPE(5, m, d)), y = bench_numbers(b, tb ? SHAPE(3, 1, n, d) : SHAPE(3, 1, d, n));
                bench_output(b, mem_print("batched %s", name), node_matmul(b->g, x, y, ta, tb), 0, 2e-6);
                y = bench_numbers(b, tb ? SHAPE(n, d) : SHAPE(d, n));
                bench_output(b, mem_print("%s, one for all", name), node_matmul(b->g, x, y, ta, tb), 0, 2e-6);
            }
        }
}

/* ---- views, leaves ---- */

static void views(Bench *b)
{
    bench_graph(b, "views");
    for (int k = 0; k < VIEWS; k++) {
        Node *x = bench_numbers(b, SHAPE(3, 5, 7, 17));
        Node *v = view(b, x, k), *c = view(b, map(b, FN_exp, x, NULL), k);
        bench_output(b, mem_print("view %d", k), v, 1e-3, 0);
        bench_output(b, mem_print("view %d of an expression", k), map(b, FN_add, c, number(b, 1)), 0.1, 0);
        bench_output(b, mem_print("sum of view %d", k), node_reduce(b->g, map(b, FN_mul, c, v), 1u << (v->shape.rank - 1), false), 1e-2, 2e-5);
        bench_output(b, mem_print("view %d of view %d", (k * 5 + 2) % 8, k), v->shape.rank == 4 ? view(b, v, (k * 5 + 2) % 8) : map(b, FN_neg, v, NULL), 1e-3, 0);
        if (v->shape.rank != 4 || k == 2) continue;
        Conv conv = {{1, 1}, {1, 1}};
        Node *w = bench_numbers(b, SHAPE(3, 3, v->shape.size[3], 3));
        bench_output(b, mem_print("conv of view %d", k), node_conv(b->g, map(b, FN_add, v, c), w, conv), 0, 2e-6);
        bench_output(b, mem_print("conv_dx of view %d", k), node_conv_dx(b->g, v, bench_numbers(b, SHAPE(3, 3, 3, v->shape.size[3])), conv, &v->shape.size[1]), 0, 2e-6);
    }
}

static void leaves(Bench *b)
{
    Graph *g = bench_graph(b, "leaves");
    bench_output(b, "step", node_step(g), 1e-9, 0);
    bench_output(b, "step by iota", map(b, FN_add, node_step(g), node_iota(g, SHAPE(3, 17, 5), 1)), 1e-9, 0);
    for (int k = 0; k < 3; k++) bench_output(b, mem_print("iota %d", k), node_iota(g, SHAPE(3, 17, 5), k), 1e-9, 0);
    bench_output(b, "const", node_const(g, 0.1, SHAPE(3, 17)), 1e-9, 0);
    for (int k = 0; k < 4; k++) {
        Shape s = k == 0 ? SCALAR : k == 1 ? SHAPE(1001) : k == 2 ? SHAPE(3, 17, 33) : SHAPE(23, 8, 8, 3);
        Node *u = node_random(g, s, false, (uint32_t)(2 * k)), *n = node_random(g, s, true, (uint32_t)(2 * k + 1));
        bench_output(b, mem_print("uniform %s", shape_text(&s)), u, 1e-9, 1e-7);
        bench_output(b, mem_print("normal %s", shape_text(&s)), n, 0.1, 1e-5);
        bench_output(b, mem_print("sum of normals %s", shape_text(&s)), node_reduce(g, map(b, FN_mul, n, u), (1u << s.rank) - 1, false), 1, 4e-5);
    }
    Node *r = node_random(g, SHAPE(4, 6, 6, 3), true, 100);
    bench_output(b, "conv of noise", node_conv(g, r, bench_numbers(b, SHAPE(3, 3, 3, 8)), (Conv){{1, 1}, {0, 0}}), 0, 1e-5);
    Node *u8 = node_var(g, bench_variable(b, BURIN_BATCH, BURIN_U8, SHAPE(5, 9, 9, 3), 0, 0));
    Node *scaled = map(b, FN_sub, map(b, FN_mul, u8, number(b, 2 / 255.)), number(b, 1));
    bench_output(b, "bytes", map(b, FN_copy, u8, NULL), 1e-9, 0);
    bench_output(b, "bytes, scaled", scaled, 0.1, 0);
    bench_output(b, "sum of bytes", node_reduce(g, scaled, 7, false), 0, 0);
    bench_output(b, "conv of bytes", node_conv(g, scaled, bench_numbers(b, SHAPE(4, 4, 3, 17)), (Conv){{2, 2}, {1, 1}}), 0, 2e-6);
    bench_output(b, "conv of bytes as they are", node_conv(g, u8, bench_numbers(b, SHAPE(3, 3, 3, 8)), (Conv){{1, 1}, {1, 1}}), 0, 2e-6);
    Node *labels = node_var(g, bench_variable(b, BURIN_BATCH, BURIN_U8, SHAPE(5), 0, 0));
    Node *hot = map(b, FN_eq, node_reshape(g, labels, SHAPE(5, 1)), node_iota(g, SHAPE(5, 256), 1));
    bench_output(b, "one-hot", hot, 1e-9, 0);
    bench_output(b, "embedding", node_matmul(g, hot, bench_numbers(b, SHAPE(256, 17)), false, false), 0, 2e-6);
    Node *f = node_var(g, bench_variable(b, BURIN_BATCH, BURIN_F32, SHAPE(5, 3), -1, 1));
    bench_output(b, "floats of a batch", map(b, FN_exp, f, NULL), 1e-3, 0);
}

/* ---- updates: all together, at the end, of the values from before ---- */

static Node *state(Bench *b, Shape s) { return node_var(b->g, bench_variable(b, BURIN_STATE, BURIN_F32, s, -1, 1)); }

static void updates(Bench *b)
{
    Graph *g = bench_graph(b, "updates");
    Shape s = SHAPE(17, 3);
    Node *x = state(b, s), *y = state(b, s), *z = state(b, s);
    graph_update(g, x->u.var, y);                                           /* round in a ring */
    graph_update(g, y->u.var, z);
    graph_update(g, z->u.var, x);
    Node *p = bench_numbers(b, SHAPE(33)), *ema = state(b, SHAPE(33)), *m = state(b, SHAPE(33)), *t = state(b, SCALAR);
    Node *grad_p = map(b, FN_sin, p, NULL), *tenth = number(b, 0.1);
    Node *t1 = map(b, FN_add, t, number(b, 1));
    Node *m1 = map(b, FN_add, map(b, FN_mul, m, number(b, 0.9)), map(b, FN_mul, grad_p, tenth));
    Node *p1 = map(b, FN_sub, p, map(b, FN_div, m1, map(b, FN_exp, t1, NULL)));     /* reads the new scalar */
    Node *ema1 = map(b, FN_add, ema, map(b, FN_mul, map(b, FN_sub, p1, ema), tenth));   /* of the new value */
    graph_update(g, t->u.var, t1);
    graph_update(g, m->u.var, m1);
    graph_update(g, p->u.var, p1);
    graph_update(g, ema->u.var, ema1);
    bench_output(b, "an output that reads an updated variable", map(b, FN_mul, p, t), 1e-3, 0);
    Node *a = state(b, SHAPE(5, 5)), *c = state(b, SHAPE(5, 5)), *shift = state(b, SHAPE(5));
    graph_update(g, a->u.var, node_transpose(g, a, (int[]){1, 0}));         /* in place, if it were */
    graph_update(g, c->u.var, map(b, FN_add, a, shift));
    graph_update(g, shift->u.var, node_reshape(g, node_reduce(g, c, 1, false), SHAPE(5)));
    Node *q = state(b, SHAPE(9)), *r = state(b, SHAPE(9)), *scale = state(b, SCALAR);
    graph_update(g, q->u.var, map(b, FN_mul, q, scale));                    /* broadcast of a scalar that changes too */
    graph_update(g, r->u.var, map(b, FN_mul, q, scale));                    /* the same value, in two places */
    graph_update(g, scale->u.var, map(b, FN_mul, scale, number(b, 0.5)));
    Node *w = bench_numbers(b, SHAPE(3, 3, 3, 8)), *in = bench_numbers(b, SHAPE(5, 6, 6, 3));
    Node *out = node_conv(g, in, w, (Conv){{1, 1}, {1, 1}});
    bench_output(b, "a convolution whose weights are updated", out, 0, 2e-6);
    Node *dw = node_conv_dw(g, in, out, (Conv){{1, 1}, {1, 1}}, (int64_t[]){3, 3});
    graph_update(g, w->u.var, map(b, FN_sub, w, map(b, FN_mul, dw, number(b, 0.01))));
    Node *k = state(b, SHAPE(7)), *n = state(b, SHAPE(7)), *d = state(b, SHAPE(7));
    Node *both = map(b, FN_exp, k, NULL);
    bench_output(b, "an output that is an update too", both, 1e-3, 0);
    graph_update(g, k->u.var, both);
    graph_update(g, n->u.var, node_const(g, 3, SHAPE(7)));
    graph_update(g, d->u.var, node_random(g, SHAPE(7), true, 9));
    Node *u = bench_numbers(b, SHAPE(4, 4)), *a0 = state(b, SHAPE(2, 4));        /* a contraction with an epilogue reads it too */
    Node *a1 = map(b, FN_tanh, a0, NULL);
    graph_update(g, a0->u.var, a1);
    bench_output(b, "an update that a product reads", map(b, FN_exp, node_matmul(g, a1, u, false, false), NULL), 1e-3, 0);
    Node *s0 = state(b, SHAPE(4, 160)), *s1 = state(b, SHAPE(4, 160)), *s2 = state(b, SHAPE(4, 80));
    Node *joined = node_concat(g, (Node *[]){s2, map(b, FN_tanh, s2, NULL)}, 2, 1);
    graph_update(g, s1->u.var, s0);                                         /* the old s0, while the new one is copied to it */
    graph_update(g, s0->u.var, map(b, FN_add, map(b, FN_mul, s0, number(b, 0.9)), map(b, FN_sqrt, map(b, FN_mul, joined, joined), NULL)));
    graph_update(g, s2->u.var, map(b, FN_mul, s2, number(b, 0.5)));
    g = bench_graph(b, "after the updates");                                /* sees the new values */
    bench_output(b, "the next graph", map(b, FN_add, node_var(g, x->u.var), node_var(g, t->u.var)), 1e-3, 0);
    bench_output(b, "the next graph, packed weights", node_conv(g, node_var(g, in->u.var), node_var(g, w->u.var), (Conv){{1, 1}, {1, 1}}), 0, 2e-6);
    graph_update(g, x->u.var, map(b, FN_mul, node_var(g, x->u.var), node_var(g, x->u.var)));
}

/* The inputs of most are floats as they come, which kernels round to the same numbers as the interpreter, and whose
 * products floats hold exactly; of what was computed, an element now and then falls on the other side of a tie.       */
static void rounded(Fn rounding)
{
    Bench *b = bench_new(fn_name[rounding], 2);
    b->spec.rounding = rounding;
    for (Op op = OP_conv; op <= OP_conv_dw; op++) convolutions(b, op, 3);
    matmuls(b);
    joins(b);
    shared_weights(b);
    bench_all(b);
}

int main(void)
{
    bench_begin();
    Bench *b = bench_new("agree", 1);
    scalars(b);
    ties(b, FN_tf32, 11);
    ties(b, FN_bf16, 8);
    broadcasts(b);
    bench_graph(b, "reductions");
    reductions(b, SHAPE(3, 5, 2, 17), false);
    reductions(b, SHAPE(2, 3, 33, 1), true);
    reductions(b, SHAPE(23, 4, 4, 8), true);
    reductions(b, SHAPE(1001), false);
    reductions(b, SHAPE(17, 33), true);
    for (Op op = OP_conv; op <= OP_conv_dw; op++) convolutions(b, op, 1), fused_convolutions(b, op);
    joins(b);
    shared_weights(b);
    chain(b);
    matmuls(b);
    views(b);
    leaves(b);
    updates(b);
    bench_all(b);
    rounded(FN_tf32);
    rounded(FN_bf16);
    test_folder_end();
    return test_end();
}
