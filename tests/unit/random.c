/* Random graphs: the passes keep their values, kernels agree with the interpreter, gradients with differences. A failure
 * names the seed of its graph.                                                                                      */
#include "random_graph.h"

/* The same values after each pass. */
static void passes(int seeds)
{
    for (int seed = 1; seed <= seeds; seed++) {
        Bench *b = bench_new(mem_print("random graph %d", seed), (uint64_t)seed);
        b->spec.rounding = seed % 10 == 0 ? FN_bf16 : seed % 5 == 0 ? FN_tf32 : FN_copy;
        check(random_graph(b, "g", 600, seed % 3 == 0), "random_graph");
        bench_round(b);
        Values want = values_of(b, (const Graph *const *)b->spec.entry[0].graph, 1);
        bench_passes(b, &want);
    }
}

static void gradients(int seeds)
{
    for (int seed = 1000; seed < 1000 + seeds; seed++) {
        Bench *b = bench_new("random", (uint64_t)seed);
        Graph *g = random_graph(b, "g", 150, false);
        Var *var[POOL];
        Node *p[POOL], *dp[POOL], *y = weighted(b, g->output[0].node);
        const char *where = "";
        int n = 0, nodes = g->nodes;
        for (int k = 0; k < nodes && n < 8; k++) if (g->node[k]->op == OP_param) p[n] = g->node[k], var[n] = p[n]->u.var, n++;
        grad(g, y, p, n, dp);
        check(g, "grad");
        double e = difference(b, y, var, dp, n, &where);
        test(mem_print("gradient in random graph %d", seed), e < 1e-5, "off by %.3g; worst at %s", e, where);
    }
}

/* The last two with contractions of tf32 and of bfloat16 numbers: a rounding of what was computed that falls on the other side of a
 * tie is off by 2^-11, 2^-8.                                                                                       */
static void kernels(int benches, int graphs)
{
    for (int k = 0; k < benches; k++) {
        Bench *b = bench_new(mem_print("random_%d", k), 2000 + (uint64_t)k);
        b->spec.rounding = k == benches - 1 ? FN_bf16 : k == benches - 2 ? FN_tf32 : FN_copy;
        b->tolerance = b->spec.rounding == FN_bf16 ? 1e-2 : b->spec.rounding == FN_tf32 ? 1e-3 : 1e-4;
        for (int i = 0; i < graphs; i++) random_graph(b, mem_print("%d.%d", k, i), 4000, i % 3 == 0);
        bench_all(b);
    }
}

int main(void)
{
    bench_begin();
    passes(150);
    gradients(40);
    kernels(4, 14);
    test_folder_end();
    return test_end();
}
