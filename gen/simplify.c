/* simplify.c: the same values with fewer operations.
 *
 * takes    a graph
 * gives    a new graph: equal nodes merged, dead ones gone, algebra applied, broadcasts and gradient stops removed
 * keeps    values up to rounding; outputs, updates and their order; each node's place in the user's file
 *
 * The graph is rebuilt from its inputs up through make(), which first tries the rules for the node's operation and then
 * looks for an equal node. Rules build their results through make() too, so one pass nearly always reaches the end; the
 * pass is repeated until nothing changes.                                                                          */
#include "pass.h"
#include <string.h>

enum { BUCKETS = 4096 };

typedef struct Bucket { Node *node; struct Bucket *next; } Bucket;
typedef struct { Graph *g; Bucket *bucket[BUCKETS]; } Builder;

/* ---- equal nodes ---- */

static bool same_work(const Node *a, const Node *b)
{
    if (a->op != b->op || a->inputs != b->inputs || !shape_equal(&a->shape, &b->shape)) return false;
    for (int k = 0; k < a->inputs; k++) if (a->in[k] != b->in[k]) return false;
    int n = a->inputs ? a->in[0]->shape.rank : 0;
    switch (a->op) {
    case OP_const: return memcmp(&a->u.value, &b->u.value, sizeof a->u.value) == 0;
    case OP_iota: case OP_concat: return a->u.axis == b->u.axis;
    case OP_param: case OP_state: case OP_batch: return a->u.var == b->u.var;
    case OP_random: return a->u.random.stream == b->u.random.stream && a->u.random.normal == b->u.random.normal;
    case OP_map: return a->u.fn == b->u.fn;
    case OP_reduce: return a->u.reduce.axes == b->u.reduce.axes && a->u.reduce.max == b->u.reduce.max;
    case OP_matmul: return a->u.matmul.ta == b->u.matmul.ta && a->u.matmul.tb == b->u.matmul.tb;
    case OP_conv: case OP_conv_dx: case OP_conv_dw: return memcmp(&a->u.conv, &b->u.conv, sizeof a->u.conv) == 0;
    case OP_transpose: return memcmp(a->u.perm, b->u.perm, n * sizeof *a->u.perm) == 0;
    case OP_slice: return memcmp(a->u.slice.start, b->u.slice.start, n * sizeof(int64_t)) == 0
                       && memcmp(a->u.slice.step, b->u.slice.step, n * sizeof(int64_t)) == 0;
    case OP_pad: return memcmp(a->u.pad.lo, b->u.pad.lo, n * sizeof(int64_t)) == 0
                     && memcmp(a->u.pad.hi, b->u.pad.hi, n * sizeof(int64_t)) == 0
                     && memcmp(a->u.pad.interior, b->u.pad.interior, n * sizeof(int64_t)) == 0;
    case OP_step: case OP_reshape: case OP_stop: return true;
    case OP_COUNT: break;
    }
    return false;
}

static unsigned hash_of(const Node *n)
{
    unsigned h = 17u * n->op + (n->op == OP_map ? 31u * n->u.fn : 0);
    for (int k = 0; k < n->inputs; k++) h = h * 1000003u + (unsigned)n->in[k]->id;
    for (int k = 0; k < n->shape.rank; k++) h = h * 1000003u + (unsigned)n->shape.size[k];
    return h % BUCKETS;
}

/* The node, which is the graph's last, or an equal one made before (then the last is taken back). */
static Node *unique(Builder *b, Node *n)
{
    unsigned h = hash_of(n);
    for (Bucket *e = b->bucket[h]; e; e = e->next) {
        if (e->node == n || !same_work(e->node, n)) continue;
        if (n->id == b->g->nodes - 1) b->g->nodes--;
        return e->node;
    }
    Bucket *e = mem_new(sizeof *e);
    *e = (Bucket){n, b->bucket[h]};
    b->bucket[h] = e;
    return n;
}

/* ---- small builders; all of them apply the rules ---- */

static Node *make_map(Builder *, Fn, Node *const *in);
static Node *make_reduce(Builder *, Node *, unsigned axes, bool max);
static Node *make_reshape(Builder *, Node *, const Shape *);

static Node *number(Builder *b, double v, Shape s) { return unique(b, node_const(b->g, v, s)); }
static Node *map1(Builder *b, Fn f, Node *x) { return make_map(b, f, (Node *[]){x}); }
static Node *map2(Builder *b, Fn f, Node *x, Node *y) { return make_map(b, f, (Node *[]){x, y}); }

static Node *broadcast(Builder *b, Node *x, const Shape *s)
{
    if (shape_equal(&x->shape, s)) return x;
    if (x->op == OP_const) return number(b, x->u.value, *s);
    if (x->op == OP_map && x->u.fn == FN_copy) x = x->in[0];
    return unique(b, node_broadcast(b->g, x, *s));
}

static bool is_map(const Node *n, Fn f) { return n->op == OP_map && n->u.fn == f; }
static bool is_number(const Node *n, double v) { return n->op == OP_const && n->u.value == v; }

/* ---- map ---- */

static Shape shape_of_map(Fn f, Node *const *in)
{
    Shape s = in[0]->shape;
    for (int k = 1; k < fn_arity[f]; k++) s = shape_broadcast(fn_name[f], &s, &in[k]->shape);
    return s;
}

/* Rules that give one of the operands, or a number; `s` is the shape of the result. NULL: none applies. */
static Node *map_identity(Builder *b, Fn f, Node *const *in, const Shape *s)
{
    Node *x = in[0], *y = fn_arity[f] > 1 ? in[1] : NULL;
    switch (f) {
    case FN_copy: return x;
    case FN_neg: return is_map(x, FN_neg) ? x->in[0] : NULL;
    case FN_tf32: case FN_bf16: return is_map(x, f) ? x : NULL;
    case FN_add: return is_number(x, 0) ? y : is_number(y, 0) ? x : NULL;
    case FN_sub: return is_number(y, 0) ? x : x == y ? number(b, 0, *s) : NULL;
    case FN_mul:
        if (is_number(x, 0) || is_number(y, 0)) return number(b, 0, *s);
        return is_number(x, 1) ? y : is_number(y, 1) ? x : NULL;
    case FN_div: return is_number(x, 0) ? number(b, 0, *s) : is_number(y, 1) ? x : NULL;
    case FN_pow: return is_number(y, 0) ? number(b, 1, *s) : is_number(y, 1) ? x : NULL;
    case FN_max: case FN_min: return x == y ? x : NULL;
    case FN_where: return x->op == OP_const ? in[x->u.value != 0 ? 1 : 2] : in[1] == in[2] ? in[1] : NULL;
    default: return NULL;
    }
}

/* Rules that give another map. */
static Node *map_algebra(Builder *b, Fn f, Node *const *in)
{
    Node *x = in[0], *y = fn_arity[f] > 1 ? in[1] : NULL;
    switch (f) {
    case FN_add:
        if (x == y) return map2(b, FN_mul, x, number(b, 2, (Shape){0}));
        if (is_map(x, FN_where) && is_map(y, FN_where) && x->in[0] == y->in[0]) {       /* the halves of a derivative */
            if (is_number(x->in[2], 0) && is_number(y->in[1], 0)) return make_map(b, FN_where, (Node *[]){x->in[0], x->in[1], y->in[2]});
            if (is_number(x->in[1], 0) && is_number(y->in[2], 0)) return make_map(b, FN_where, (Node *[]){x->in[0], y->in[1], x->in[2]});
        }
        if (is_map(y, FN_neg)) return map2(b, FN_sub, x, y->in[0]);
        if (is_map(x, FN_neg)) return map2(b, FN_sub, y, x->in[0]);
        return NULL;
    case FN_sub:
        if (is_number(x, 0)) return map1(b, FN_neg, y);
        if (is_map(y, FN_neg)) return map2(b, FN_add, x, y->in[0]);
        return NULL;
    case FN_mul:
        if (x->op == OP_const) return map2(b, FN_mul, y, x);                    /* numbers go right */
        if (is_number(y, -1)) return map1(b, FN_neg, x);
        if (is_map(x, FN_neg)) return map1(b, FN_neg, map2(b, FN_mul, x->in[0], y));
        if (is_map(y, FN_neg)) return map1(b, FN_neg, map2(b, FN_mul, x, y->in[0]));
        if (y->op == OP_const && is_map(x, FN_where) && (is_number(x->in[1], 0) || is_number(x->in[2], 0)))
            return make_map(b, FN_where, (Node *[]){x->in[0], map2(b, FN_mul, x->in[1], y), map2(b, FN_mul, x->in[2], y)});
        if (y->op == OP_const && is_map(x, FN_mul) && x->in[1]->op == OP_const)
            return map2(b, FN_mul, x->in[0], number(b, x->in[1]->u.value * y->u.value, shape_of_map(FN_mul, (Node *[]){x->in[1], y})));
        return NULL;
    case FN_div:
        if (y->op == OP_const && y->u.value != 0) return map2(b, FN_mul, x, number(b, 1 / y->u.value, y->shape));
        if (is_map(x, FN_neg)) return map1(b, FN_neg, map2(b, FN_div, x->in[0], y));
        return NULL;
    case FN_pow:
        if (is_number(y, 2)) return map2(b, FN_mul, x, x);
        if (is_number(y, 3)) return map2(b, FN_mul, x, map2(b, FN_mul, x, x));
        if (is_number(y, 0.5)) return map1(b, FN_sqrt, x);
        if (is_number(y, -0.5)) return map1(b, FN_rsqrt, x);
        if (is_number(y, -1)) return map2(b, FN_div, number(b, 1, (Shape){0}), x);
        return NULL;
    default: return NULL;
    }
}

/* Operands that are broadcasts are read as they are, and the broadcast, if one is still needed, moves behind the map. */
static bool strip(Builder *b, Fn f, Node *const *in, Node **bare)
{
    bool any = false;
    for (int k = 0; k < fn_arity[f]; k++) {
        bool big = in[k]->op == OP_const && in[k]->shape.rank;
        any |= big || is_map(in[k], FN_copy);
        bare[k] = big ? number(b, in[k]->u.value, (Shape){0}) : is_map(in[k], FN_copy) ? in[k]->in[0] : in[k];
    }
    return any && f != FN_copy;
}

static Node *make_map(Builder *b, Fn f, Node *const *in)
{
    Shape s = shape_of_map(f, in);
    Node *bare[3];
    if (strip(b, f, in, bare)) return broadcast(b, make_map(b, f, bare), &s);
    bool numbers = true;
    for (int k = 0; k < fn_arity[f]; k++) numbers &= in[k]->op == OP_const;
    if (numbers && f != FN_copy)
        return number(b, fn_value(f, in[0]->u.value, fn_arity[f] > 1 ? in[1]->u.value : 0, fn_arity[f] > 2 ? in[2]->u.value : 0), s);
    Node *r = map_identity(b, f, in, &s);
    if (!r) r = map_algebra(b, f, in);
    if (r) return broadcast(b, r, &s);
    Node *ordered[3] = {in[0], fn_arity[f] > 1 ? in[1] : NULL, fn_arity[f] > 2 ? in[2] : NULL};
    bool commutes = f == FN_add || f == FN_mul || f == FN_eq;
    if (commutes && ordered[1]->op != OP_const && (ordered[0]->id > ordered[1]->id || ordered[0]->op == OP_const)) {
        ordered[0] = in[1];
        ordered[1] = in[0];
    }
    return unique(b, node_map(b->g, f, ordered));
}

/* ---- reduce ---- */

/* The part of `axes` of a tensor of shape s along which x, aligned right, repeats. */
static unsigned repeated(const Node *x, const Shape *s, unsigned axes)
{
    unsigned r = 0;
    for (int k = 0; k < s->rank; k++) {
        int j = k - (s->rank - x->shape.rank);
        if (axes >> k & 1 && (j < 0 || x->shape.size[j] == 1) && s->size[k] != 1) r |= 1u << k;
    }
    return r;
}

static Shape kept(const Shape *s, unsigned axes)
{
    Shape r = *s;
    for (int k = 0; k < s->rank; k++) if (axes >> k & 1) r.size[k] = 1;
    return r;
}

/* sum(x) of a product or quotient by y that is the same along all reduced axes: y comes out. */
static Node *hoist(Builder *b, Node *x, unsigned axes)
{
    if (!is_map(x, FN_mul) && !is_map(x, FN_div)) return NULL;
    for (int side = 0; side < (x->u.fn == FN_mul ? 2 : 1); side++) {
        Node *inner = x->in[side], *factor = x->in[!side];
        unsigned wide = 0;
        for (int k = 0; k < x->shape.rank; k++) if (x->shape.size[k] != 1) wide |= 1u << k;
        if (!shape_equal(&inner->shape, &x->shape) || repeated(factor, &x->shape, axes) != (axes & wide)) continue;
        return map2(b, x->u.fn, make_reduce(b, inner, axes, false), factor);
    }
    return NULL;
}

static Node *make_reduce(Builder *b, Node *x, unsigned axes, bool max)
{
    for (int k = 0; k < x->shape.rank; k++) if (x->shape.size[k] == 1) axes &= ~(1u << k);
    if (!axes) return x;
    Shape s = kept(&x->shape, axes);
    double count = 1;
    if (x->op == OP_const || is_map(x, FN_copy)) {
        Node *y = x->op == OP_const ? x : x->in[0];
        unsigned r = x->op == OP_const ? axes : repeated(y, &x->shape, axes);
        for (int k = 0; k < x->shape.rank; k++) if (r >> k & 1) count *= (double)x->shape.size[k];
        if (r) {
            Shape part = kept(&x->shape, r);
            Node *rest = make_reduce(b, broadcast(b, y->op == OP_const ? number(b, y->u.value, part) : y, &part), axes & ~r, max);
            return max ? rest : map2(b, FN_mul, rest, number(b, count, (Shape){0}));
        }
    }
    if (x->op == OP_reduce && x->u.reduce.max == max) return make_reduce(b, x->in[0], axes | x->u.reduce.axes, max);
    if (!max && is_map(x, FN_neg)) return map1(b, FN_neg, make_reduce(b, x->in[0], axes, false));
    if (!max) {
        Node *r = hoist(b, x, axes);
        if (r) return broadcast(b, r, &s);
    }
    return unique(b, node_reduce(b->g, x, axes, max));
}

/* ---- views ---- */

static Node *make_reshape(Builder *b, Node *x, const Shape *s)
{
    if (x->op == OP_reshape) x = x->in[0];
    if (shape_equal(&x->shape, s)) return x;
    if (x->op == OP_const) return number(b, x->u.value, *s);
    return unique(b, node_reshape(b->g, x, *s));
}

static Node *make_transpose(Builder *b, Node *x, const int *perm)
{
    int both[MAX_RANK];
    bool same = true;
    for (int k = 0; k < x->shape.rank; k++) {
        both[k] = x->op == OP_transpose ? x->u.perm[perm[k]] : perm[k];
        same &= both[k] == k;
    }
    if (x->op == OP_transpose) x = x->in[0];
    return same ? x : unique(b, node_transpose(b->g, x, both));
}

/* ---- the walk ---- */

static Node *make(Builder *b, const Node *old, Node **in)
{
    bool zeros = true;
    graph_where(old->where);
    switch (old->op) {
    case OP_map: return broadcast(b, make_map(b, old->u.fn, in), &old->shape);
    case OP_reduce: return make_reduce(b, in[0], old->u.reduce.axes, old->u.reduce.max);
    case OP_reshape: return make_reshape(b, in[0], &old->shape);
    case OP_transpose: return make_transpose(b, in[0], old->u.perm);
    case OP_stop: return in[0];
    case OP_slice: case OP_pad:
        if (shape_equal(&in[0]->shape, &old->shape)) return in[0];
        if (in[0]->op == OP_const && (old->op == OP_slice || in[0]->u.value == 0)) return number(b, in[0]->u.value, old->shape);
        break;
    case OP_concat:
        if (old->inputs == 1) return in[0];
        for (int k = 0; k < old->inputs; k++) zeros &= is_number(in[k], 0);
        if (zeros) return number(b, 0, old->shape);
        break;
    case OP_matmul: case OP_conv: case OP_conv_dx: case OP_conv_dw:
        if (is_number(in[0], 0) || is_number(in[1], 0)) return number(b, 0, old->shape);
        break;
    default: break;
    }
    return unique(b, node_like(b->g, old, in));
}

static void mark(const Graph *g, bool *live)
{
    for (int k = 0; k < g->outputs; k++) live[g->output[k].node->id] = true;
    for (int k = 0; k < g->updates; k++) live[g->update[k].node->id] = true;
    for (int k = g->nodes - 1; k >= 0; k--)
        for (int i = 0; live[k] && i < g->node[k]->inputs; i++) live[g->node[k]->in[i]->id] = true;
}

static Graph *rebuild(const Graph *g)
{
    Builder *b = mem_new(sizeof *b);
    Node **now = mem_new((g->nodes + 1) * sizeof *now);
    bool *live = mem_new(g->nodes + 1);
    b->g = graph_new(g->name);
    mark(g, live);
    for (int k = 0; k < g->nodes; k++) {
        const Node *n = g->node[k];
        if (!live[k]) continue;
        Node **in = mem_new((n->inputs + 1) * sizeof *in);
        for (int i = 0; i < n->inputs; i++) in[i] = now[n->in[i]->id];
        now[k] = make(b, n, in);
    }
    graph_ends(b->g, g, now);
    graph_where((Where){0});
    return b->g;
}

/* Drops what nothing reads and numbers the rest anew. */
static Graph *sweep(Graph *g)
{
    bool *live = mem_new(g->nodes + 1);
    int n = 0;
    mark(g, live);
    for (int k = 0; k < g->nodes; k++) {
        if (!live[k]) continue;
        g->node[n] = g->node[k];
        g->node[n]->id = n;
        n++;
    }
    g->nodes = n;
    return g;
}

Graph *simplify(const Graph *g)
{
    Graph *r = sweep(rebuild(g));
    for (int before = INT32_MAX; r->nodes < before;) {
        before = r->nodes;
        r = sweep(rebuild(r));
    }
    return r;
}
