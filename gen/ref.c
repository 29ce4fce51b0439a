/* ref.c: the reference interpreter: each operation by its definition, in double precision, one node after the other.
 *
 * Everything else is held against it: each pass (the values before and after), each kernel of each target.          */
#include "ir.h"
#include "../runtime/philox.h"
#include <stdlib.h>
#include <string.h>

typedef struct { int64_t at[MAX_RANK]; } Index;

static Index index_of(const Shape *s, int64_t flat)
{
    Index i = {{0}};
    for (int k = s->rank - 1; k >= 0; k--) {
        i.at[k] = flat % s->size[k];
        flat /= s->size[k];
    }
    return i;
}

static int64_t flat_of(const Shape *s, const Index *i)
{
    int64_t flat = 0;
    for (int k = 0; k < s->rank; k++) flat = flat * s->size[k] + i->at[k];
    return flat;
}

/* Where a tensor of shape s, broadcast to shape `to`, is read for element i of `to`. */
static int64_t broadcast_flat(const Shape *s, const Shape *to, const Index *i)
{
    int64_t flat = 0;
    for (int k = 0; k < s->rank; k++) flat = flat * s->size[k] + (s->size[k] == 1 ? 0 : i->at[k + to->rank - s->rank]);
    return flat;
}

/* The nearest number of so many bits of mantissa, the leading one counted, and the exponents of float; `whole` says how ties are
 * rounded: rint to even (bfloat16, 8 bits), round away from zero (tf32, 11 bits). What is too large for one is infinite. */
static double nearest(double a, int bits, double (*whole)(double))
{
    int e;
    if (!isfinite(a)) return a;
    frexp(a, &e);
    double unit = ldexp(1, (e > -125 ? e : -125) - bits), r = whole(a / unit) * unit;
    return fabs(r) < 0x1p128 ? r : copysign(INFINITY, a);
}

double fn_value(Fn fn, double a, double b, double c)
{
    (void)b; (void)c;
    switch (fn) {
#define FN(name, arity, cost, value, text, da, db, dc) case FN_##name: return value;
    SCALARS(FN)
#undef FN
    case FN_COUNT: break;
    }
    die("ref: function %d", fn);
}

static void run_map(const Node *n, double **v, double *out)
{
    int64_t count = shape_count(&n->shape);
    for (int64_t e = 0; e < count; e++) {
        Index i = index_of(&n->shape, e);
        double x[3] = {0};
        for (int k = 0; k < n->inputs; k++) x[k] = v[n->in[k]->id][broadcast_flat(&n->in[k]->shape, &n->shape, &i)];
        out[e] = fn_value(n->u.fn, x[0], x[1], x[2]);
    }
}

static void run_reduce(const Node *n, double **v, double *out)
{
    const Shape *s = &n->in[0]->shape;
    for (int64_t e = 0; e < shape_count(&n->shape); e++) out[e] = n->u.reduce.max ? -INFINITY : 0;
    for (int64_t e = 0; e < shape_count(s); e++) {
        Index i = index_of(s, e);
        for (int k = 0; k < s->rank; k++) if (n->u.reduce.axes >> k & 1) i.at[k] = 0;
        double *to = &out[flat_of(&n->shape, &i)], x = v[n->in[0]->id][e];
        *to = n->u.reduce.max ? (x > *to ? x : *to) : *to + x;
    }
}

static void run_matmul(const Node *n, double **v, double *out)
{
    const Shape *a = &n->in[0]->shape, *b = &n->in[1]->shape;
    bool ta = n->u.matmul.ta, tb = n->u.matmul.tb;
    int r = n->shape.rank;
    int64_t depth = a->size[a->rank - (ta ? 2 : 1)];
    for (int64_t e = 0; e < shape_count(&n->shape); e++) {
        Index i = index_of(&n->shape, e), x = i, y = i;
        double sum = 0;
        for (int64_t k = 0; k < depth; k++) {
            x.at[r - 2] = ta ? k : i.at[r - 2];
            x.at[r - 1] = ta ? i.at[r - 2] : k;
            y.at[r - 2] = tb ? i.at[r - 1] : k;
            y.at[r - 1] = tb ? k : i.at[r - 1];
            Index xs = {{0}}, ys = {{0}};
            for (int j = 0; j < a->rank; j++) xs.at[j] = j < a->rank - 2 && a->size[j] == 1 ? 0 : x.at[j + r - a->rank];
            for (int j = 0; j < b->rank; j++) ys.at[j] = j < b->rank - 2 && b->size[j] == 1 ? 0 : y.at[j + r - b->rank];
            sum += v[n->in[0]->id][flat_of(a, &xs)] * v[n->in[1]->id][flat_of(b, &ys)];
        }
        out[e] = sum;
    }
}

/* All three faces walk the same products x[n,ih,iw,i] w[kh,kw,i,o] y[n,oh,ow,o]; the node's own tensor is the sum. */
static void run_conv(const Node *n, double **v, double *out)
{
    const Shape *xs = n->op == OP_conv_dx ? &n->shape : &n->in[0]->shape;
    const Shape *ys = n->op == OP_conv ? &n->shape : n->op == OP_conv_dx ? &n->in[0]->shape : &n->in[1]->shape;
    const Shape *ws = n->op == OP_conv_dw ? &n->shape : &n->in[1]->shape;
    double *x = n->op == OP_conv_dx ? out : v[n->in[0]->id], *y = n->op == OP_conv ? out : v[n->in[n->op == OP_conv_dw]->id];
    double *w = n->op == OP_conv_dw ? out : v[n->in[1]->id];
    const Conv *c = &n->u.conv;
    int64_t I = ws->size[2], O = ws->size[3];
    memset(out, 0, (size_t)shape_count(&n->shape) * sizeof *out);
    for (int64_t b = 0; b < ys->size[0]; b++)
        for (int64_t oh = 0; oh < ys->size[1]; oh++)
            for (int64_t ow = 0; ow < ys->size[2]; ow++)
                for (int64_t kh = 0; kh < ws->size[0]; kh++)
                    for (int64_t kw = 0; kw < ws->size[1]; kw++) {
                        int64_t ih = oh * c->stride[0] + kh - c->padding[0], iw = ow * c->stride[1] + kw - c->padding[1];
                        if (ih < 0 || ih >= xs->size[1] || iw < 0 || iw >= xs->size[2]) continue;
                        double *xp = x + ((b * xs->size[1] + ih) * xs->size[2] + iw) * I, *yp = y + ((b * ys->size[1] + oh) * ys->size[2] + ow) * O;
                        double *wp = w + (kh * ws->size[1] + kw) * I * O;
                        for (int64_t i = 0; i < I; i++)
                            for (int64_t o = 0; o < O; o++) {
                                if (n->op == OP_conv) yp[o] += xp[i] * wp[i * O + o];
                                else if (n->op == OP_conv_dx) xp[i] += yp[o] * wp[i * O + o];
                                else wp[i * O + o] += xp[i] * yp[o];
                            }
                    }
}

static void run_view(const Node *n, double **v, double *out)
{
    const Node *in = n->in[0];
    const double *x = v[in->id];
    int64_t count = shape_count(&n->shape);
    for (int64_t e = 0; e < count; e++) {
        Index i = index_of(&n->shape, e), j = i;
        bool inside = true;
        for (int k = 0; k < n->shape.rank; k++) {
            if (n->op == OP_transpose) j.at[n->u.perm[k]] = i.at[k];
            else if (n->op == OP_slice) j.at[k] = n->u.slice.start[k] + i.at[k] * n->u.slice.step[k];
            else {
                int64_t at = i.at[k] - n->u.pad.lo[k], step = n->u.pad.interior[k] + 1;
                inside &= at >= 0 && at % step == 0 && at / step < in->shape.size[k];
                j.at[k] = at / step;
            }
        }
        out[e] = inside ? x[flat_of(&in->shape, &j)] : 0;
    }
}

static void run_concat(const Node *n, double **v, double *out)
{
    int64_t begin = 0;
    for (int k = 0; k < n->inputs; k++) {
        const Shape *s = &n->in[k]->shape;
        for (int64_t e = 0; e < shape_count(s); e++) {
            Index i = index_of(s, e);
            i.at[n->u.axis] += begin;
            out[flat_of(&n->shape, &i)] = v[n->in[k]->id][e];
        }
        begin += s->size[n->u.axis];
    }
}

static void run_leaf(const Node *n, const RefCall *c, double *out)
{
    int64_t count = shape_count(&n->shape);
    const Var *v = node_variable(n);
    if (v) {
        memcpy(out, c->read(c->host, v), (size_t)count * sizeof *out);
        return;
    }
    for (int64_t e = 0; e < count; e++) {
        if (n->op == OP_const) out[e] = n->u.value;
        else if (n->op == OP_step) out[e] = (double)c->step;
        else if (n->op == OP_iota) out[e] = (double)index_of(&n->shape, e).at[n->u.axis];
        else {
            Philox p = philox(c->seed, n->u.random.stream, c->step, (uint32_t)e);
            out[e] = n->u.random.normal ? philox_normal(p) : philox_uniform(p.w[0]);
        }
    }
}

static void run_node(const Node *n, const RefCall *c, double **v)
{
    double *out = v[n->id];
    switch (n->op) {
    case OP_map: run_map(n, v, out); break;
    case OP_reduce: run_reduce(n, v, out); break;
    case OP_matmul: run_matmul(n, v, out); break;
    case OP_conv: case OP_conv_dx: case OP_conv_dw: run_conv(n, v, out); break;
    case OP_transpose: case OP_slice: case OP_pad: run_view(n, v, out); break;
    case OP_concat: run_concat(n, v, out); break;
    case OP_reshape: case OP_stop: memcpy(out, v[n->in[0]->id], (size_t)shape_count(&n->shape) * sizeof *out); break;
    default: run_leaf(n, c, out);
    }
}

double **ref_run(const Graph *g, const RefCall *c)
{
    double **v = calloc((size_t)g->nodes + 1, sizeof *v);
    if (!v) die("ref: out of memory");
    for (int k = 0; k < g->nodes; k++) {
        v[k] = malloc((size_t)shape_count(&g->node[k]->shape) * sizeof **v);
        if (!v[k]) die("ref: out of memory");
        run_node(g->node[k], c, v);
    }
    return v;
}

void ref_free(const Graph *g, double **v)
{
    for (int k = 0; k < g->nodes; k++) free(v[k]);
    free(v);
}
