/* precision.c: contractions of bfloat16 numbers.
 *
 * takes    a graph, with the gradients that it asked for
 * gives    the same graph, in which contractions read their inputs rounded to bfloat16; simplify() makes equal roundings one
 * keeps    all else: sums, other operations and variables stay float. So the weights that an optimiser changes are the exact
 *          ones, of which each step rounds a copy (Micikevicius et al. 2018, section 3.1)                              */
#include "ir.h"

static Node *rounded(Graph *g, Node *n) { return node_map(g, FN_bf16, &n); }

Graph *precision(const Graph *g)
{
    Graph *r = graph_new(g->name);
    Node **now = mem_new((g->nodes + 1) * sizeof *now);
    for (int k = 0; k < g->nodes; k++) {
        const Node *n = g->node[k];
        Node **in = mem_new((n->inputs + 1) * sizeof *in);
        graph_where(n->where);
        for (int i = 0; i < n->inputs; i++) in[i] = node_contracts(n) ? rounded(r, now[n->in[i]->id]) : now[n->in[i]->id];
        now[k] = node_like(r, n, in);
    }
    graph_ends(r, g, now);
    graph_where((Where){0});
    return r;
}
