/* ir.c: making nodes. Each constructor infers the shape by shape.c's laws and appends the node to the graph. */
#include "ir.h"
#include <string.h>

const char *const op_name[OP_COUNT] = {
#define OP(name, inputs, meaning) #name,
    OPS(OP)
#undef OP
};

#define FN(name, arity, cost, value, text, ...) #name,
const char *const fn_name[FN_COUNT] = { SCALARS(FN) };
#undef FN
#define FN(name, arity, cost, value, text, ...) text,
const char *const fn_text[FN_COUNT] = { SCALARS(FN) };
#undef FN
#define FN(name, arity, cost, value, text, ...) arity,
const int fn_arity[FN_COUNT] = { SCALARS(FN) };
#undef FN
#define FN(name, arity, cost, value, text, ...) cost,
const int fn_cost[FN_COUNT] = { SCALARS(FN) };
#undef FN

static Where place;             /* of the nodes made next, and of errors */

void graph_where(Where w) { place = w; }
Where graph_where_now(void) { return place; }

Graph *graph_new(const char *name)
{
    Graph *g = mem_new(sizeof *g);
    g->name = name;
    return g;
}

enum { MOST_NODES = 1 << 18 };  /* of a graph: some hundred times those of a large net's step */

/* Kernels index with int. */
static void need_room(const Graph *g, const Shape *s)
{
    double count = 1;
    for (int k = 0; k < s->rank; k++) count *= (double)s->size[k];
    if (count > INT32_MAX) fail("a tensor of %s has %.3g elements; at most %d are possible", shape_text(s), count, INT32_MAX);
    if (g->nodes == MOST_NODES) fail("\"%s\" has more than %d operations; is there an endless loop?", g->name, MOST_NODES);
}

static Node *add(Graph *g, Op op, Shape shape, Node *const *in, int inputs)
{
    need_room(g, &shape);
    g->node = mem_more(g->node, g->nodes, sizeof *g->node);
    Node *n = mem_new(sizeof *n);
    n->id = g->nodes;
    n->op = op;
    n->shape = shape;
    n->inputs = inputs;
    n->in = mem_new((inputs + 1) * sizeof *n->in);
    if (inputs) memcpy(n->in, in, inputs * sizeof *n->in);
    n->where = place;
    return g->node[g->nodes++] = n;
}

/* ---- leaves ---- */

Node *node_const(Graph *g, double v, Shape s)
{
    Node *n = add(g, OP_const, s, NULL, 0);
    n->u.value = v;
    return n;
}

Node *node_iota(Graph *g, Shape s, int axis)
{
    Node *n = add(g, OP_iota, s, NULL, 0);
    n->u.axis = axis;
    return n;
}

Node *node_var(Graph *g, Var *v)
{
    static const Op ops[] = {[BURIN_PARAM] = OP_param, [BURIN_STATE] = OP_state, [BURIN_BATCH] = OP_batch};
    for (int k = 0; k < g->nodes; k++)
        if (g->node[k]->op == ops[v->kind] && g->node[k]->u.var == v) return g->node[k];
    Node *n = add(g, ops[v->kind], v->shape, NULL, 0);
    n->u.var = v;
    return n;
}

Node *node_random(Graph *g, Shape s, bool normal, uint32_t stream)
{
    Node *n = add(g, OP_random, s, NULL, 0);
    n->u.random.normal = normal;
    n->u.random.stream = stream;
    return n;
}

Node *node_step(Graph *g) { return add(g, OP_step, (Shape){0}, NULL, 0); }

/* ---- computation ---- */

Node *node_map(Graph *g, Fn fn, Node *const *in)
{
    Shape s = in[0]->shape;
    for (int k = 1; k < fn_arity[fn]; k++) s = shape_broadcast(fn_name[fn], &s, &in[k]->shape);
    Node *n = add(g, OP_map, s, in, fn_arity[fn]);
    n->u.fn = fn;
    return n;
}

Node *node_broadcast(Graph *g, Node *x, Shape s)
{
    Shape t = shape_broadcast("broadcast", &x->shape, &s);
    if (!shape_equal(&t, &s)) fail("broadcast: %s does not become %s", shape_text(&x->shape), shape_text(&s));
    Node *n = add(g, OP_map, s, &x, 1);
    n->u.fn = FN_copy;
    return n;
}

Node *node_reduce(Graph *g, Node *x, unsigned axes, bool max)
{
    Shape s = x->shape;
    if (axes >> s.rank) die("reduce: axes %x of a tensor of rank %d", axes, s.rank);
    for (int k = 0; k < s.rank; k++) if (axes >> k & 1) s.size[k] = 1;
    Node *n = add(g, OP_reduce, s, &x, 1);
    n->u.reduce.axes = axes;
    n->u.reduce.max = max;
    return n;
}

Node *node_matmul(Graph *g, Node *a, Node *b, bool ta, bool tb)
{
    Node *n = add(g, OP_matmul, shape_matmul(&a->shape, &b->shape, ta, tb), (Node *[]){a, b}, 2);
    n->u.matmul.ta = ta;
    n->u.matmul.tb = tb;
    return n;
}

static Node *contraction(Graph *g, Op op, Shape s, Node *a, Node *b, Conv c)
{
    Node *n = add(g, op, s, (Node *[]){a, b}, 2);
    n->u.conv = c;
    return n;
}

Node *node_conv(Graph *g, Node *x, Node *w, Conv c) { return contraction(g, OP_conv, shape_conv(&x->shape, &w->shape, &c), x, w, c); }

Node *node_conv_dx(Graph *g, Node *y, Node *w, Conv c, const int64_t size[2])
{
    return contraction(g, OP_conv_dx, shape_conv_dx(&y->shape, &w->shape, &c, size), y, w, c);
}

Node *node_conv_dw(Graph *g, Node *x, Node *y, Conv c, const int64_t kernel[2])
{
    return contraction(g, OP_conv_dw, shape_conv_dw(&x->shape, &y->shape, &c, kernel), x, y, c);
}

/* ---- views ---- */

Node *node_reshape(Graph *g, Node *x, Shape s)
{
    need_room(g, &s);
    if (shape_count(&x->shape) != shape_count(&s))
        fail("reshape: %s has %lld elements, %s has %lld", shape_text(&x->shape), (long long)shape_count(&x->shape), shape_text(&s), (long long)shape_count(&s));
    return add(g, OP_reshape, s, &x, 1);
}

Node *node_transpose(Graph *g, Node *x, const int *perm)
{
    Shape s = x->shape;
    unsigned seen = 0;
    for (int k = 0; k < s.rank; k++) {
        if (perm[k] < 0 || perm[k] >= s.rank || seen >> perm[k] & 1) fail("transpose: each of the %d axes must be named once", s.rank);
        seen |= 1u << perm[k];
        s.size[k] = x->shape.size[perm[k]];
    }
    Node *n = add(g, OP_transpose, s, &x, 1);
    memcpy(n->u.perm, perm, s.rank * sizeof *perm);
    return n;
}

Node *node_slice(Graph *g, Node *x, const int64_t *start, const int64_t *step, const int64_t *size)
{
    Shape s = x->shape;
    for (int k = 0; k < s.rank; k++) {
        int64_t n = x->shape.size[k];
        s.size[k] = size[k];
        shape_need_int("slice: start", start[k]);
        shape_need_int("slice: step", step[k]);
        if (start[k] < 0 || step[k] < 1 || size[k] < 1 || size[k] > n || start[k] + (size[k] - 1) * step[k] >= n)
            fail("slice: %lld elements from %lld by %lld do not lie in axis %d of %s", (long long)size[k], (long long)start[k] + 1, (long long)step[k], k + 1, shape_text(&x->shape));
    }
    Node *n = add(g, OP_slice, s, &x, 1);
    memcpy(n->u.slice.start, start, s.rank * sizeof *start);
    memcpy(n->u.slice.step, step, s.rank * sizeof *step);
    return n;
}

Node *node_pad(Graph *g, Node *x, const int64_t *lo, const int64_t *hi, const int64_t *interior)
{
    Shape s = x->shape;
    for (int k = 0; k < s.rank; k++) {
        if (lo[k] < 0 || hi[k] < 0 || interior[k] < 0) fail("pad: the sizes cannot be negative");
        shape_need_int("pad: size", lo[k] > hi[k] ? lo[k] : hi[k]);
        shape_need_int("pad: size", interior[k]);
        s.size[k] = lo[k] + (s.size[k] - 1) * (interior[k] + 1) + 1 + hi[k];
    }
    Node *n = add(g, OP_pad, s, &x, 1);
    memcpy(n->u.pad.lo, lo, s.rank * sizeof *lo);
    memcpy(n->u.pad.hi, hi, s.rank * sizeof *hi);
    memcpy(n->u.pad.interior, interior, s.rank * sizeof *interior);
    return n;
}

Node *node_concat(Graph *g, Node *const *in, int inputs, int axis)
{
    Shape s = in[0]->shape;
    for (int k = 1; k < inputs; k++) {
        if (in[k]->shape.rank != s.rank) fail("concat: %s and %s differ in rank", shape_text(&in[0]->shape), shape_text(&in[k]->shape));
        for (int i = 0; i < s.rank; i++)
            if (i != axis && in[k]->shape.size[i] != s.size[i]) fail("concat: %s and %s differ along axis %d, not only along axis %d", shape_text(&in[0]->shape), shape_text(&in[k]->shape), i + 1, axis + 1);
        s.size[axis] += in[k]->shape.size[axis];
    }
    Node *n = add(g, OP_concat, s, in, inputs);
    n->u.axis = axis;
    return n;
}

Node *node_stop(Graph *g, Node *x) { return add(g, OP_stop, x->shape, &x, 1); }

Node *node_like(Graph *g, const Node *n, Node *const *in)
{
    const Shape *s = &n->shape;
    switch (n->op) {
    case OP_const: return node_const(g, n->u.value, *s);
    case OP_iota: return node_iota(g, *s, n->u.axis);
    case OP_param: case OP_state: case OP_batch: return node_var(g, n->u.var);
    case OP_random: return node_random(g, *s, n->u.random.normal, n->u.random.stream);
    case OP_step: return node_step(g);
    case OP_map: return n->u.fn == FN_copy ? node_broadcast(g, in[0], *s) : node_map(g, n->u.fn, in);
    case OP_reduce: return node_reduce(g, in[0], n->u.reduce.axes, n->u.reduce.max);
    case OP_matmul: return node_matmul(g, in[0], in[1], n->u.matmul.ta, n->u.matmul.tb);
    case OP_conv: return node_conv(g, in[0], in[1], n->u.conv);
    case OP_conv_dx: return node_conv_dx(g, in[0], in[1], n->u.conv, &s->size[1]);
    case OP_conv_dw: return node_conv_dw(g, in[0], in[1], n->u.conv, &s->size[0]);
    case OP_reshape: return node_reshape(g, in[0], *s);
    case OP_transpose: return node_transpose(g, in[0], n->u.perm);
    case OP_slice: return node_slice(g, in[0], n->u.slice.start, n->u.slice.step, s->size);
    case OP_pad: return node_pad(g, in[0], n->u.pad.lo, n->u.pad.hi, n->u.pad.interior);
    case OP_concat: return node_concat(g, in, n->inputs, n->u.axis);
    case OP_stop: return node_stop(g, in[0]);
    case OP_COUNT: break;
    }
    die("node_like: operation %d", n->op);
}

/* ---- kinds ---- */

Var *node_variable(const Node *n) { return n->op == OP_param || n->op == OP_state || n->op == OP_batch ? n->u.var : NULL; }
bool node_contracts(const Node *n) { return n->op == OP_matmul || n->op == OP_conv || n->op == OP_conv_dx || n->op == OP_conv_dw; }
size_t var_bytes(const Var *v) { return (size_t)shape_count(&v->shape) * (v->dtype == BURIN_U8 ? 1 : sizeof(float)); }

/* ---- ends ---- */

void graph_output(Graph *g, const char *name, BurinOutputKind kind, Node *n, double lo, double hi)
{
    g->output = mem_more(g->output, g->outputs, sizeof *g->output);
    g->output[g->outputs++] = (Output){name, kind, n, lo, hi};
}

/* The last value given to a variable is the one that counts. */
void graph_update(Graph *g, Var *v, Node *n)
{
    for (int k = 0; k < g->updates; k++)
        if (g->update[k].var == v) { g->update[k].node = n; return; }
    g->update = mem_more(g->update, g->updates, sizeof *g->update);
    g->update[g->updates++] = (Update){v, n};
}

void graph_ends(Graph *g, const Graph *old, Node *const *now)
{
    for (int k = 0; k < old->outputs; k++) {
        const Output *o = &old->output[k];
        graph_output(g, o->name, o->kind, now[o->node->id], o->lo, o->hi);
    }
    for (int k = 0; k < old->updates; k++) graph_update(g, old->update[k].var, now[old->update[k].node->id]);
}
