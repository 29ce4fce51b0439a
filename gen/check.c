/* check.c: is a graph well formed? Runs after each pass; what it finds is a fault of the pass, so it dies. */
#include "ir.h"
#include <string.h>

static int inputs_of(const Node *n)
{
    static const int arity[OP_COUNT] = {
#define OP(name, inputs, meaning) inputs,
        OPS(OP)
#undef OP
    };
    return n->op == OP_map ? fn_arity[n->u.fn] : arity[n->op];
}

/* Makes the node again in a graph of its own: the constructors infer its shape. What they refuse is the pass's fault, not the
 * user's: it must not leave by fail().                                                                              */
static Shape inferred(const Graph *whole, const Node *n, const char *after)
{
    Catch c;
    fail_to(&c);
    if (setjmp(c.jump)) die("after %s: %s: %%%d %s: %s", after, whole->name, n->id, op_name[n->op], c.message);
    Graph *g = graph_new("check");
    Node **in = mem_new((n->inputs + 1) * sizeof *in);
    for (int i = 0; i < n->inputs; i++) in[i] = node_const(g, 0, n->in[i]->shape);
    Shape s = node_like(g, n, in)->shape;
    fail_end(&c);
    return s;
}

static void check_node(const Graph *g, const Node *n, int index, const char *after)
{
    if (n->id != index) die("after %s: %s: node %d has the number %d", after, g->name, index, n->id);
    if (n->op < 0 || n->op >= OP_COUNT) die("after %s: %s: node %d has no operation", after, g->name, index);
    if (inputs_of(n) >= 0 && n->inputs != inputs_of(n)) die("after %s: %s: %%%d %s has %d inputs", after, g->name, index, op_name[n->op], n->inputs);
    if (n->op == OP_concat && n->inputs < 1) die("after %s: %s: %%%d concat of nothing", after, g->name, index);
    for (int i = 0; i < n->inputs; i++)
        if (n->in[i]->id >= index || g->node[n->in[i]->id] != n->in[i]) die("after %s: %s: %%%d reads a node that is not before it", after, g->name, index);
    Shape s = inferred(g, n, after);
    if (!shape_equal(&s, &n->shape)) die("after %s: %s: %%%d %s has shape %s, its inputs give %s", after, g->name, index, op_name[n->op], shape_text(&n->shape), shape_text(&s));
}

static void check_belongs(const Graph *g, const Node *n, const char *what, const char *after)
{
    if (!n || n->id < 0 || n->id >= g->nodes || g->node[n->id] != n) die("after %s: %s: %s is not in the graph", after, g->name, what);
}

void check(const Graph *g, const char *after)
{
    Where before = graph_where_now();
    for (int k = 0; k < g->nodes; k++) check_node(g, g->node[k], k, after);
    for (int k = 0; k < g->outputs; k++) check_belongs(g, g->output[k].node, g->output[k].name, after);
    for (int k = 0; k < g->updates; k++) {
        const Update *u = &g->update[k];
        check_belongs(g, u->node, u->var->name, after);
        if (!shape_equal(&u->node->shape, &u->var->shape)) die("after %s: %s: %s is updated with shape %s", after, g->name, u->var->name, shape_text(&u->node->shape));
    }
    graph_where(before);
}
