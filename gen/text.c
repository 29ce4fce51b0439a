/* text.c: a graph as text, one node a line, and as Graphviz.
 *
 *     %12 = conv 64x7x7x64 (%3, %11) k4 s2 p1      -- models/dcgan_mnist.lua:14 d.conv2                            */
#include "ir.h"
#include <inttypes.h>
#include <string.h>

static const char *numbers(const char *label, const int64_t *v, int n)
{
    const char *s = mem_print(" %s", label);
    for (int k = 0; k < n; k++) s = mem_print("%s%s%" PRId64, s, k ? "," : " ", v[k]);
    return s;
}

static const char *axes_text(unsigned axes)
{
    const char *s = "";
    for (int k = 0; k < MAX_RANK; k++) if (axes >> k & 1) s = mem_print("%s%s%d", s, *s ? "," : "", k + 1);
    return s;
}

const char *conv_text(const Node *n)
{
    const Shape *w = n->op == OP_conv_dw ? &n->shape : &n->in[1]->shape;
    const Conv *c = &n->u.conv;
    const char *k = w->size[0] == w->size[1] ? mem_print("k%" PRId64, w->size[0]) : mem_print("k%" PRId64 "x%" PRId64, w->size[0], w->size[1]);
    const char *s = c->stride[0] == c->stride[1] ? mem_print("s%" PRId64, c->stride[0]) : mem_print("s%" PRId64 "x%" PRId64, c->stride[0], c->stride[1]);
    const char *p = c->padding[0] == c->padding[1] ? mem_print("p%" PRId64, c->padding[0]) : mem_print("p%" PRId64 "x%" PRId64, c->padding[0], c->padding[1]);
    return mem_print("%s %s %s", k, s, p);
}

/* What belongs to the operation besides its inputs. */
static const char *attributes(const Node *n)
{
    int rank = n->shape.rank;
    int64_t perm[MAX_RANK];
    switch (n->op) {
    case OP_const: return mem_print(" %g", n->u.value);
    case OP_iota: case OP_concat: return mem_print(" axis %d", n->u.axis + 1);
    case OP_param: case OP_state: case OP_batch: return mem_print(" %s", n->u.var->name);
    case OP_random: return mem_print(" %s, stream %u", n->u.random.normal ? "normal" : "uniform", n->u.random.stream);
    case OP_reduce: return mem_print(" %s over %s", n->u.reduce.max ? "max" : "sum", axes_text(n->u.reduce.axes));
    case OP_matmul: return mem_print("%s%s", n->u.matmul.ta ? " a^T" : "", n->u.matmul.tb ? " b^T" : "");
    case OP_conv: case OP_conv_dx: case OP_conv_dw: return mem_print(" %s", conv_text(n));
    case OP_transpose:
        for (int k = 0; k < rank; k++) perm[k] = n->u.perm[k] + 1;
        return numbers("axes", perm, rank);
    case OP_slice: return mem_print("%s%s", numbers("start", n->u.slice.start, rank), numbers("step", n->u.slice.step, rank));
    case OP_pad: return mem_print("%s%s%s", numbers("before", n->u.pad.lo, rank), numbers("after", n->u.pad.hi, rank), numbers("between", n->u.pad.interior, rank));
    default: return "";
    }
}

static const char *name_of(const Node *n) { return n->op == OP_map ? fn_name[n->u.fn] : op_name[n->op]; }

const char *where_text(const Where *w)
{
    if (!w->file) return "";
    const char *place = w->line > 0 ? mem_print("%s:%d", w->file, w->line) : w->file;
    return w->layer && *w->layer ? mem_print("%s %s", place, w->layer) : place;
}

void graph_print(const Graph *g, FILE *out)
{
    fprintf(out, "graph %s: %d nodes\n", g->name, g->nodes);
    for (int k = 0; k < g->nodes; k++) {
        const Node *n = g->node[k];
        const char *line = mem_print("  %%%d = %s %s", n->id, name_of(n), shape_text(&n->shape));
        for (int i = 0; i < n->inputs; i++) line = mem_print("%s%s%%%d", line, i ? ", " : " (", n->in[i]->id);
        line = mem_print("%s%s%s", line, n->inputs ? ")" : "", attributes(n));
        if (n->where.file) fprintf(out, "%-76s -- %s\n", line, where_text(&n->where));
        else fprintf(out, "%s\n", line);
    }
    for (int k = 0; k < g->outputs; k++) fprintf(out, "  output %s = %%%d\n", g->output[k].name, g->output[k].node->id);
    for (int k = 0; k < g->updates; k++) fprintf(out, "  update %s = %%%d\n", g->update[k].var->name, g->update[k].node->id);
}

static const char *colour(const Node *n)
{
    switch (n->op) {
    case OP_param: case OP_state: case OP_batch: return "#cfe8cf";
    case OP_conv: case OP_conv_dx: case OP_conv_dw: case OP_matmul: return "#f6d5b0";
    case OP_reduce: return "#d7d3f0";
    case OP_map: return "#ffffff";
    default: return "#ececec";
    }
}

/* A text as it stands between quotes: layers have quotes in their names. */
static const char *quoted(const char *s)
{
    char *out = mem_new(2 * strlen(s) + 1), *p = out;
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') *p++ = '\\';
        *p++ = *s;
    }
    return out;
}

/* Scalar constants are drawn anew beside each of their users, so that no bundle of edges leads to one "0.5". */
static bool is_scalar_const(const Node *n) { return n->op == OP_const && n->shape.rank == 0; }

static void dot_edge(const Node *in, const char *to, int index, FILE *out)
{
    if (is_scalar_const(in)) fprintf(out, "  %s_%d [label=\"%g\", shape=plaintext, style=\"\"]\n  %s_%d -> %s\n", to, index, in->u.value, to, index, to);
    else fprintf(out, "  n%d -> %s\n", in->id, to);
}

static void dot_end(const char *name, const char *label, const Node *in, FILE *out)
{
    fprintf(out, "  %s [label=\"%s\", shape=ellipse, fillcolor=\"#f3b8b8\"]\n", name, quoted(label));
    dot_edge(in, name, 0, out);
}

void graph_dot(const Graph *g, FILE *out)
{
    fprintf(out, "digraph \"%s\" {\n  node [shape=box, style=filled, fontname=\"sans-serif\", fontsize=10]\n", quoted(g->name));
    for (int k = 0; k < g->nodes; k++) {
        const Node *n = g->node[k];
        if (is_scalar_const(n)) continue;
        fprintf(out, "  n%d [label=\"%s%s\\n%s\\n%s\", fillcolor=\"%s\"]\n", n->id, name_of(n), quoted(attributes(n)), shape_text(&n->shape), quoted(where_text(&n->where)), colour(n));
        for (int i = 0; i < n->inputs; i++) dot_edge(n->in[i], mem_print("n%d", n->id), i, out);
    }
    for (int k = 0; k < g->outputs; k++) dot_end(mem_print("o%d", k), g->output[k].name, g->output[k].node, out);
    for (int k = 0; k < g->updates; k++) dot_end(mem_print("u%d", k), mem_print("update %s", g->update[k].var->name), g->update[k].node, out);
    fputs("}\n", out);
}
