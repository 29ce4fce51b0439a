/* precision.c: contractions of rounded numbers: tf32 or bfloat16.
 *
 * takes    a graph, with the gradients that it asked for
 * gives    the same graph, in which contractions read their inputs rounded; simplify() makes equal roundings one
 * keeps    all else: sums, other operations and variables stay float. So the weights that an optimiser changes are the exact
 *          ones, of which each step rounds a copy (Micikevicius et al. 2018, section 3.1)                              */
#include "ir.h"

Graph *precision(const Graph *g, Fn rounding)
{
    Graph *r = graph_new(g->name);
    Node **now = mem_new((g->nodes + 1) * sizeof *now);
    for (int k = 0; k < g->nodes; k++) {
        const Node *n = g->node[k];
        Node **in = mem_new((n->inputs + 1) * sizeof *in);
        graph_where(n->where);
        for (int i = 0; i < n->inputs; i++) {
            in[i] = now[n->in[i]->id];
            if (node_contracts(n)) in[i] = node_map(r, rounding, &in[i]);
        }
        now[k] = node_like(r, n, in);
    }
    graph_ends(r, g, now);
    graph_where((Where){0});
    return r;
}
