/* grad.c: reverse-mode derivatives: a table and a walk.
 *
 * takes    a graph, a scalar y in it, nodes x[i]
 * gives    nodes dx[i] = d y / d x[i], made of the same operations, so that they can be differentiated again
 * keeps    all nodes that were there
 *
 * Walking from y back, each node that y depends on, and that depends on some x, passes its gradient on to its inputs: by the
 * derivative column of ops.h for maps, by adjoint() for the rest. Gradients of one node from several users are added.  */
#include "ir.h"
#include <string.h>

typedef struct { Graph *g; Node **grad; bool *wanted; } Walk;

/* ---- maps: the derivative column of ops.h, as functions that build nodes ---- */

static Graph *graph;            /* being extended: the derivative column has no room to name it */

static Node *apply(Fn fn, Node *a, Node *b, Node *c) { return node_map(graph, fn, (Node *[]){a, b, c}); }
static Node *d_num(double v) { return node_const(graph, v, (Shape){0}); }
#define zero() NULL
#define num(v) d_num(v)
#define neg(a) apply(FN_neg, a, NULL, NULL)
#define sign(a) apply(FN_sign, a, NULL, NULL)
#define exp(a) apply(FN_exp, a, NULL, NULL)
#define log(a) apply(FN_log, a, NULL, NULL)
#define sin(a) apply(FN_sin, a, NULL, NULL)
#define cos(a) apply(FN_cos, a, NULL, NULL)
#define sigmoid(a) apply(FN_sigmoid, a, NULL, NULL)
#define add(a, b) apply(FN_add, a, b, NULL)
#define sub(a, b) apply(FN_sub, a, b, NULL)
#define mul(a, b) apply(FN_mul, a, b, NULL)
#define div(a, b) apply(FN_div, a, b, NULL)
#define pow(a, b) apply(FN_pow, a, b, NULL)
#define lt(a, b) apply(FN_lt, a, b, NULL)
#define le(a, b) apply(FN_le, a, b, NULL)
#define eq(a, b) apply(FN_eq, a, b, NULL)
#define where(a, b, c) apply(FN_where, a, b, c)

/* The gradient of input i of the map Y, given that of Y; of Y's shape. NULL: none. */
static Node *map_adjoint(Node *Y, int i, Node *G)
{
    Node *A = Y->in[0], *B = Y->inputs > 1 ? Y->in[1] : NULL, *C = Y->inputs > 2 ? Y->in[2] : NULL;
    (void)B; (void)C;
    switch (Y->u.fn) {
#define FN(name, arity, cost, value, text, da, db, dc) case FN_##name: return i == 0 ? (da) : i == 1 ? (db) : (dc);
    SCALARS(FN)
#undef FN
    case FN_COUNT: break;
    }
    die("grad: map %d", Y->u.fn);
}

#undef exp
#undef log
#undef sin
#undef cos
#undef add
#undef sub
#undef mul
#undef div
#undef pow

/* What was broadcast from shape s is summed back. */
static Node *sum_to(Graph *g, Node *x, const Shape *s)
{
    unsigned axes = 0;
    for (int k = 0; k < x->shape.rank; k++) {
        int j = k - (x->shape.rank - s->rank);
        if (x->shape.size[k] != 1 && (j < 0 || s->size[j] == 1)) axes |= 1u << k;
    }
    if (axes) x = node_reduce(g, x, axes, false);
    return shape_equal(&x->shape, s) ? x : shape_count(&x->shape) == shape_count(s) ? node_reshape(g, x, *s) : node_broadcast(g, x, *s);
}

/* ---- everything else ---- */

/* The elements equal to the maximum share its gradient equally. */
static Node *max_adjoint(Graph *g, Node *n, Node *dn)
{
    Node *x = n->in[0], *equal = node_map(g, FN_eq, (Node *[]){x, n});
    Node *share = node_map(g, FN_div, (Node *[]){dn, node_reduce(g, equal, n->u.reduce.axes, false)});
    return node_map(g, FN_mul, (Node *[]){equal, share});
}

/* a (M,K), b (K,N), each as stored: transposed by the flag. */
static Node *matmul_adjoint(Graph *g, Node *n, int i, Node *dn)
{
    Node *a = n->in[0], *b = n->in[1];
    bool ta = n->u.matmul.ta, tb = n->u.matmul.tb;
    Node *d = i == 0 ? (ta ? node_matmul(g, b, dn, tb, true) : node_matmul(g, dn, b, false, !tb))
                     : (tb ? node_matmul(g, dn, a, true, ta) : node_matmul(g, a, dn, !ta, false));
    return sum_to(g, d, &n->in[i]->shape);
}

/* The three faces of one form that is linear in x, w and y: each one's derivatives are the other two. */
static Node *conv_adjoint(Graph *g, Node *n, int i, Node *dn)
{
    Node *a = n->in[0], *b = n->in[1];
    Conv c = n->u.conv;
    switch (n->op) {
    case OP_conv: return i == 0 ? node_conv_dx(g, dn, b, c, &a->shape.size[1]) : node_conv_dw(g, a, dn, c, &b->shape.size[0]);
    case OP_conv_dx: return i == 0 ? node_conv(g, dn, b, c) : node_conv_dw(g, dn, a, c, &b->shape.size[0]);
    case OP_conv_dw: return i == 0 ? node_conv_dx(g, b, dn, c, &a->shape.size[1]) : node_conv(g, a, dn, c);
    default: die("grad: %s is no convolution", op_name[n->op]);
    }
}

static Node *transpose_adjoint(Graph *g, Node *n, Node *dn)
{
    int inverse[MAX_RANK];
    for (int k = 0; k < n->shape.rank; k++) inverse[n->u.perm[k]] = k;
    return node_transpose(g, dn, inverse);
}

static Node *slice_adjoint(Graph *g, Node *n, Node *dn)
{
    int64_t lo[MAX_RANK], hi[MAX_RANK], interior[MAX_RANK];
    for (int k = 0; k < n->shape.rank; k++) {
        lo[k] = n->u.slice.start[k];
        interior[k] = n->shape.size[k] > 1 ? n->u.slice.step[k] - 1 : 0;
        hi[k] = n->in[0]->shape.size[k] - lo[k] - (n->shape.size[k] - 1) * (interior[k] + 1) - 1;
    }
    return node_pad(g, dn, lo, hi, interior);
}

static Node *pad_adjoint(Graph *g, Node *n, Node *dn)
{
    int64_t step[MAX_RANK];
    for (int k = 0; k < n->shape.rank; k++) step[k] = n->u.pad.interior[k] + 1;
    return node_slice(g, dn, n->u.pad.lo, step, n->in[0]->shape.size);
}

static Node *concat_adjoint(Graph *g, Node *n, int i, Node *dn)
{
    int64_t start[MAX_RANK] = {0}, step[MAX_RANK];
    for (int k = 0; k < n->shape.rank; k++) step[k] = 1;
    for (int k = 0; k < i; k++) start[n->u.axis] += n->in[k]->shape.size[n->u.axis];
    return node_slice(g, dn, start, step, n->in[i]->shape.size);
}

/* The gradient of input i of n, given that of n. NULL: none. */
static Node *adjoint(Graph *g, Node *n, int i, Node *dn)
{
    switch (n->op) {
    case OP_map: {
        Node *d = map_adjoint(n, i, dn);
        return d ? sum_to(g, d, &n->in[i]->shape) : NULL;
    }
    case OP_reduce: return n->u.reduce.max ? max_adjoint(g, n, dn) : node_broadcast(g, dn, n->in[0]->shape);
    case OP_matmul: return matmul_adjoint(g, n, i, dn);
    case OP_conv: case OP_conv_dx: case OP_conv_dw: return conv_adjoint(g, n, i, dn);
    case OP_reshape: return node_reshape(g, dn, n->in[0]->shape);
    case OP_transpose: return transpose_adjoint(g, n, dn);
    case OP_slice: return slice_adjoint(g, n, dn);
    case OP_pad: return pad_adjoint(g, n, dn);
    case OP_concat: return concat_adjoint(g, n, i, dn);
    default: return NULL;
    }
}

/* ---- the walk ---- */

static void push(Walk *w, Node *n)
{
    for (int i = 0; i < n->inputs; i++) {
        Node *in = n->in[i];
        if (!w->wanted[in->id]) continue;
        graph_where(n->where);
        Node *d = adjoint(w->g, n, i, w->grad[n->id]);
        if (!d) continue;
        Node *sum = w->grad[in->id];
        w->grad[in->id] = sum ? node_map(w->g, FN_add, (Node *[]){sum, d}) : d;
    }
}

void grad(Graph *g, Node *y, Node *const *x, int n, Node **dx)
{
    int nodes = g->nodes;
    Where before = graph_where_now();
    Walk w = {g, mem_new((nodes + 1) * sizeof *w.grad), mem_new(nodes + 1)};
    graph = g;
    for (int k = 0; k < n; k++) w.wanted[x[k]->id] = true;
    for (int k = 0; k < nodes; k++)
        for (int i = 0; i < g->node[k]->inputs && g->node[k]->op != OP_stop; i++) w.wanted[k] |= w.wanted[g->node[k]->in[i]->id];
    w.grad[y->id] = node_const(g, 1, y->shape);
    for (int k = y->id; k >= 0; k--)
        if (w.grad[k] && w.wanted[k]) push(&w, g->node[k]);
    for (int k = 0; k < n; k++) dx[k] = w.grad[x[k]->id] ? w.grad[x[k]->id] : node_const(g, 0, x[k]->shape);
    graph_where(before);
}
