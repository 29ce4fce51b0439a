/* random_graph.h: graphs of 5 to 25 steps, drawn at random: maps, broadcasts, reductions, contractions, views, values used
 * again, several outputs, updates. Functions are continuous, so that rounding changes little; comparisons are made of
 * variables only.                                                                                                  */
#ifndef RANDOM_GRAPH_H
#define RANDOM_GRAPH_H
#include "agree.h"

enum { POOL = 256 };

typedef struct { Bench *b; Node *pool[POOL]; int n; int64_t most; } Draw;

static int draw(Draw *d, int n) { return bench_below(d->b, n); }
static Node *scaled(Draw *d, Node *x, double by) { return map(d->b, FN_mul, x, number(d->b, by)); }
static Node *keep(Draw *d, Node *x) { return d->n < POOL ? d->pool[d->n++] = x : x; }

/* One of the values so far; often one of the last. */
static Node *drawn(Draw *d)
{
    int back = draw(d, 2) ? draw(d, d->n < 3 ? d->n : 3) : draw(d, d->n);
    return d->pool[d->n - 1 - back];
}

static Node *fresh(Draw *d, Shape s)
{
    BurinVarKind kind = draw(d, 3) ? BURIN_PARAM : BURIN_STATE;
    return keep(d, node_var(d->b->g, bench_variable(d->b, kind, BURIN_F32, s, -1, 1)));
}

static Shape new_shape(Draw *d)
{
    static const int64_t channels[] = {1, 2, 3, 8, 9, 17};
    int rank = draw(d, 2) ? 4 : draw(d, 4);
    Shape s = {.rank = rank};
    for (int k = 0; k < rank; k++) s.size[k] = 1 + draw(d, 6);
    if (rank) s.size[rank - 1] = channels[draw(d, 6)];
    return s;
}

/* A shape that can be broadcast to s. */
static Shape smaller(Draw *d, Shape s)
{
    int drop = draw(d, 3) ? 0 : draw(d, s.rank + 1);
    Shape r = {.rank = s.rank - drop};
    for (int k = 0; k < r.rank; k++) r.size[k] = draw(d, 3) ? s.size[k + drop] : 1;
    return r;
}

static bool fit(const Shape *a, const Shape *b)
{
    for (int k = 1; k <= a->rank && k <= b->rank; k++) {
        int64_t x = a->size[a->rank - k], y = b->size[b->rank - k];
        if (x != y && x != 1 && y != 1) return false;
    }
    return true;
}

static Node *partner(Draw *d, Node *x)
{
    for (int k = 0; k < 6; k++) {
        Node *y = drawn(d);
        if (y != x && fit(&x->shape, &y->shape)) return y;
    }
    return fresh(d, smaller(d, x->shape));
}

static Node *draw_unary(Draw *d, Node *x)
{
    static const Fn fn[] = {FN_neg, FN_abs, FN_sin, FN_cos, FN_tanh, FN_sigmoid, FN_softplus, FN_erf, FN_copy};
    Bench *b = d->b;
    switch (draw(d, 14)) {
    case 0: return map(b, FN_exp, map(b, FN_sin, x, NULL), NULL);
    case 1: return map(b, FN_sqrt, map(b, FN_add, map(b, FN_mul, x, x), number(b, 0.5)), NULL);
    case 2: return map(b, FN_rsqrt, map(b, FN_add, map(b, FN_abs, x, NULL), number(b, 0.5)), NULL);
    case 3: return map(b, FN_log1p, map(b, FN_abs, x, NULL), NULL);
    case 4: return map(b, FN_max, x, scaled(d, x, 0.2));
    case 5: return map(b, FN_add, scaled(d, x, draw(d, 4) - 1), number(b, draw(d, 3) - 1));
    case 6: return map(b, FN_pow, map(b, FN_sigmoid, x, NULL), number(b, draw(d, 4) - 0.5));
    default: return node_map(b->g, fn[draw(d, 9)], &x);
    }
}

static Node *draw_binary(Draw *d, Node *x)
{
    static const Fn fn[] = {FN_add, FN_sub, FN_mul, FN_add, FN_mul, FN_max, FN_min};
    Bench *b = d->b;
    Node *y = partner(d, x);
    if (draw(d, 2)) { Node *t = x; x = y; y = t; }
    switch (draw(d, 9)) {
    case 0: return map(b, FN_div, x, map(b, FN_add, map(b, FN_mul, y, y), number(b, 1)));
    case 1: {
        Node *s = node_var(b->g, bench_variable(b, BURIN_STATE, BURIN_F32, smaller(d, x->shape), -1, 1));
        return node_map(b->g, FN_where, (Node *[]){map(b, FN_lt, s, number(b, 0.1)), x, y});
    }
    default: return map(b, fn[draw(d, 7)], x, y);
    }
}

static Node *draw_reduce(Draw *d, Node *x)
{
    if (!x->shape.rank) return draw_unary(d, x);
    unsigned axes = (unsigned)draw(d, 1 << x->shape.rank);
    if (x->shape.rank == 4 && draw(d, 2)) axes = 7;
    Node *r = node_reduce(d->b->g, draw(d, 3) ? x : map(d->b, FN_mul, x, x), axes, draw(d, 4) == 0);
    r = scaled(d, r, (double)shape_count(&r->shape) / (double)shape_count(&x->shape));
    keep(d, r);
    return draw(d, 2) ? r : map(d->b, draw(d, 2) ? FN_sub : FN_mul, x, r);
}

static Node *draw_conv(Draw *d, Node *x)
{
    static const int64_t channels[] = {1, 3, 8, 17};
    Graph *g = d->b->g;
    Conv c;
    int64_t k[2], o = channels[draw(d, 4)], size[2];
    if (x->shape.rank != 4 || x->shape.size[3] > 64) return draw_unary(d, x);
    for (int i = 0; i < 2; i++) {
        k[i] = 1 + draw(d, 4);
        c.stride[i] = 1 + draw(d, 3);
        c.padding[i] = draw(d, (int)k[i]);
        if (k[i] > x->shape.size[1 + i] + 2 * c.padding[i]) k[i] = x->shape.size[1 + i] + 2 * c.padding[i];
    }
    double by = 1 / sqrt((double)(k[0] * k[1] * x->shape.size[3]));
    if (draw(d, 5) < 2) {
        for (int i = 0; i < 2; i++) {
            int64_t low = (x->shape.size[1 + i] - 1) * c.stride[i] + k[i] - 2 * c.padding[i];
            size[i] = low + draw(d, (int)c.stride[i]);
            if (size[i] < 1 || size[i] > 24) return draw_unary(d, x);
        }
        return scaled(d, node_conv_dx(g, x, fresh(d, SHAPE(k[0], k[1], o, x->shape.size[3])), c, size), by);
    }
    Node *y = scaled(d, node_conv(g, x, fresh(d, SHAPE(k[0], k[1], x->shape.size[3], o)), c), by);
    if (draw(d, 4)) return y;
    keep(d, y);
    return scaled(d, node_conv_dw(g, x, draw_unary(d, y), c, k), 1 / sqrt((double)shape_count(&y->shape) / (double)o));
}

static Node *draw_matmul(Draw *d, Node *x)
{
    if (x->shape.rank < 2) return draw_unary(d, x);
    bool ta = draw(d, 3) == 0, tb = draw(d, 2);
    int r = x->shape.rank;
    int64_t depth = x->shape.size[r - (ta ? 2 : 1)], n = 1 + draw(d, 18);
    Node *y = fresh(d, tb ? SHAPE(n, depth) : SHAPE(depth, n));
    return scaled(d, node_matmul(d->b->g, x, y, ta, tb), 1 / sqrt((double)depth));
}

static Node *draw_view(Draw *d, Node *x)
{
    Shape s = x->shape, t = {0};
    if (s.rank == 4 && draw(d, 4)) return view(d->b, x, draw(d, VIEWS));
    if (!s.rank || draw(d, 4) == 0) return node_reshape(d->b->g, x, s.rank > 1 ? SHAPE(s.size[0], shape_count(&s) / s.size[0]) : SHAPE(1, shape_count(&s)));
    switch (draw(d, 4)) {
    case 0: return sliced(d->b, x, draw(d, 2), 1 + draw(d, 2));
    case 1: return padded(d->b, x, draw(d, 2), draw(d, 2), draw(d, 2));
    case 2: return node_concat(d->b->g, (Node *[]){x, draw_unary(d, x)}, 2, draw(d, s.rank));
    default:
        t.rank = 4;                         /* back to images */
        for (int k = 0; k < 4; k++) t.size[k] = 1;
        for (int k = 0; k < s.rank; k++) t.size[k < 4 ? k : 3] *= s.size[k];
        return node_reshape(d->b->g, x, t);
    }
}

static Node *draw_leaf(Draw *d)
{
    Bench *b = d->b;
    Shape s = new_shape(d);
    switch (draw(d, 5)) {
    case 0: return node_random(b->g, s, draw(d, 2), (uint32_t)draw(d, 1000));
    case 1: return s.rank ? scaled(d, node_iota(b->g, s, draw(d, s.rank)), 0.1) : scaled(d, node_step(b->g), 0.1);
    case 2: return scaled(d, node_var(b->g, bench_variable(b, BURIN_BATCH, BURIN_U8, s, 0, 0)), 1 / 255.);
    case 3: return node_const(b->g, draw(d, 5) * 0.5 - 1, s);
    default: return fresh(d, s);
    }
}

static Node *draw_step(Draw *d)
{
    Node *x = drawn(d);
    if (shape_count(&x->shape) > d->most) return node_reduce(d->b->g, x, 1u << draw(d, x->shape.rank), false);
    switch (draw(d, 16)) {
    case 0: case 1: case 2: case 3: return draw_unary(d, x);
    case 4: case 5: case 6: case 7: return draw_binary(d, x);
    case 8: case 9: return draw_reduce(d, x);
    case 10: case 11: return draw_conv(d, x);
    case 12: return draw_matmul(d, x);
    case 13: case 14: return draw_view(d, x);
    default: return draw_leaf(d);
    }
}

/* Averages that follow values, a swap, and values written straight into a variable that is read elsewhere. */
static void draw_updates(Draw *d)
{
    Bench *b = d->b;
    for (int k = draw(d, 4); k > 0; k--) {
        Node *x = drawn(d);
        if (shape_count(&x->shape) > d->most) continue;
        Node *s = node_var(b->g, bench_variable(b, BURIN_STATE, BURIN_F32, x->shape, -1, 1));
        Node *next = draw(d, 3) ? map(b, FN_add, scaled(d, s, 0.9), scaled(d, x, 0.1)) : x;
        graph_update(b->g, s->u.var, next);
        if (draw(d, 3)) continue;
        Node *t = node_var(b->g, bench_variable(b, BURIN_STATE, BURIN_F32, x->shape, -1, 1));
        graph_update(b->g, t->u.var, draw(d, 2) ? s : map(b, FN_mul, next, s));
        if (draw(d, 2)) graph_update(b->g, s->u.var, t);
    }
}

/* Descent: each parameter less a part of the gradient of all outputs. */
static void draw_descent(Draw *d)
{
    Bench *b = d->b;
    Node *loss = NULL, *p[POOL], *dp[POOL];
    int n = 0;
    for (int k = 0; k < b->g->outputs; k++) {
        Node *part = weighted(b, b->g->output[k].node);
        loss = loss ? map(b, FN_add, loss, part) : part;
    }
    for (int k = 0; k < d->n; k++) if (d->pool[k]->op == OP_param) p[n++] = d->pool[k];
    grad(b->g, loss, p, n, dp);
    for (int k = 0; k < n; k++) graph_update(b->g, p[k]->u.var, map(b, FN_sub, p[k], scaled(d, dp[k], 0.01)));
    bench_output(b, mem_print("%s loss", b->g->name), loss, 0, b->tolerance);
}

/* Adds a graph to the bench, and gives it; `most`: elements of a value, about; `descent`: with a training step. */
__attribute__((unused)) static Graph *random_graph(Bench *b, const char *name, int64_t most, bool descent)
{
    Draw d = {.b = b, .most = most};
    bench_graph(b, name);
    fresh(&d, new_shape(&d));
    for (int k = 5 + draw(&d, 21); k > 0; k--) keep(&d, draw_step(&d));
    int outputs = 1 + draw(&d, 4);
    for (int k = 0; k < outputs; k++) bench_output(b, mem_print("%s output %d", name, k), k ? drawn(&d) : d.pool[d.n - 1], 0, b->tolerance);
    draw_updates(&d);
    if (descent) draw_descent(&d);
    return b->g;
}
#endif
