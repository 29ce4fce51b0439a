/* The plan of memory: no two buffers that live at the same time overlap (found here by walking the launches, not by plan.c's
 * own check), and the scratch arena is smaller than the sum of what lies in it.                                     */
#include "random_graph.h"

typedef struct { const char *name; size_t begin, end; int first, last; } Life;       /* groups of launches */

static Life life[8192];
static int lives;

static Life *life_of(const char *name, size_t begin, size_t bytes)
{
    if (lives == 8192) die("too many buffers");
    life[lives] = (Life){name, begin, begin + bytes, INT32_MAX, -1};
    return &life[lives++];
}

static void written(Life *l, int group)
{
    if (l && group < l->first) l->first = group;
    if (l && group > l->last) l->last = group;
}

static void read_in(Life *l, int group)
{
    if (l && group > l->last) l->last = group;
}

/* The stored scratch values that n, computed in place, reads are alive in `group`. */
static void reads(const Fused *f, Life **of, const Node *n, int group)
{
    for (int i = 0; i < n->inputs; i++) {
        const Node *in = n->in[i];
        if (f->stored[in->id]) read_in(of[in->id], group);
        else reads(f, of, in, group);
    }
}

/* In groups: launches of one group run side by side. */
static void live(const Schedule *s)
{
    const Fused *f = s->fused;
    Life **of = mem_new((f->g->nodes + 1) * sizeof *of);
    Life **packed = mem_new((f->kernels + 1) * sizeof *packed), **partial = mem_new((f->kernels + 1) * sizeof *partial);
    lives = 0;
    for (int k = 0; k < f->g->nodes; k++)
        if (f->stored[k] && !f->persistent[k]) of[k] = life_of(mem_print("%%%d", k), f->offset[k], (size_t)shape_count(&f->g->node[k]->shape) * sizeof(float));
    for (int k = 0; k < f->kernels; k++) {
        const Kernel *q = f->kernel[k];
        if (q->partial_bytes) partial[k] = life_of(mem_print("partial sums %d", k), q->partial_offset, q->partial_bytes);
        if (q->chunks[PHASE_PACK] && q->packed == q) packed[k] = life_of(mem_print("packed %d", k), q->pack_offset, q->pack_bytes);
    }
    for (int i = 0; i < s->launches; i++) {
        const Kernel *q = s->launch[i].kernel;
        int g = s->launch[i].group;
        if (q->root) reads(f, of, q->root, g);
        if (q->chunks[PHASE_PACK]) read_in(packed[q->packed->index], g);
        if (s->launch[i].phase == PHASE_PACK) {
            written(packed[q->index], g);
            continue;
        }
        written(partial[q->index], g);
        for (int p = 0; p < q->parts; p++) {
            for (int k = 0; k < q->part[p].stores; k++) {
                const Node *n = q->part[p].store[k].node;
                if (f->home[n->id] != q->index) read_in(of[n->id], g);
                else written(of[n->id], g);
                if (n != q->root && f->home[n->id] == q->index) reads(f, of, n, g);
            }
            for (int k = 0; k < q->part[p].reduces; k++) {
                written(of[q->part[p].reduce[k]->id], g);
                reads(f, of, q->part[p].reduce[k], g);
            }
        }
    }
}

static size_t in_use;           /* of the graph looked at last: the sum of its buffers */

static const char *overlap(const Schedule *s, const Plan *plan)
{
    live(s);
    in_use = 0;
    for (int i = 0; i < lives; i++) {
        if (life[i].end > plan->scratch_bytes) return mem_print("%s ends at %zu of %zu", life[i].name, life[i].end, plan->scratch_bytes);
        if (life[i].begin % 64) return mem_print("%s is not aligned", life[i].name);
        in_use += life[i].end - life[i].begin;
        for (int k = 0; k < i; k++) {
            const Life *a = &life[i], *b = &life[k];
            if (a->first <= b->last && b->first <= a->last && a->begin < b->end && b->begin < a->end)
                return mem_print("%s (launch groups %d to %d) and %s (%d to %d) lie at %zu and %zu", a->name, a->first, a->last, b->name, b->first, b->last, a->begin, b->begin);
        }
    }
    return NULL;
}

/* No output, variable or other persistent value overlaps another. */
static const char *persistent_overlap(const Plan *p)
{
    for (int i = 0; i < p->tensors; i++)
        for (int k = 0; k < i; k++) {
            const BurinTensor *a = &p->tensor[i], *b = &p->tensor[k];
            if (!a->persistent || !b->persistent) continue;
            if (a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes) return mem_print("%s and %s", a->name, b->name);
            if (a->offset + a->bytes > p->persistent_bytes) return mem_print("%s and the end", a->name);
        }
    return NULL;
}

/* A training step of a small network with BatchNorm: long lives and short ones. */
static void network(Bench *b)
{
    bench_graph(b, "network");
    Node *x = bench_numbers(b, SHAPE(8, 16, 16, 3)), *w[4], *dw[4];
    static const int64_t channels[] = {3, 8, 16, 16, 8};
    for (int k = 0; k < 4; k++) {
        w[k] = bench_numbers(b, SHAPE(3, 3, channels[k], channels[k + 1]));
        x = node_conv(b->g, x, w[k], (Conv){{1, 1}, {1, 1}});
        Node *mean = map(b, FN_mul, node_reduce(b->g, x, 7, false), number(b, 1. / 2048)), *d = map(b, FN_sub, x, mean);
        Node *variance = map(b, FN_mul, node_reduce(b->g, map(b, FN_mul, d, d), 7, false), number(b, 1. / 2048));
        x = map(b, FN_tanh, map(b, FN_mul, d, map(b, FN_rsqrt, map(b, FN_add, variance, number(b, 1e-5)), NULL)), NULL);
    }
    Node *loss = sum_all(b, map(b, FN_mul, x, x));
    grad(b->g, loss, w, 4, dw);
    bench_output(b, "loss", loss, 0, 0);
    for (int k = 0; k < 4; k++) graph_update(b->g, w[k]->u.var, map(b, FN_sub, w[k], map(b, FN_mul, dw[k], number(b, 0.1))));
}

/* The passes up to the plan, for a target. */
static Plan *planned(Bench *b, const char *isa, size_t band)
{
    static Schedule *part[2][16];
    CompileOptions o = {.home = ".", .isa = isa};
    Emitter *e = emit_open(&o);
    for (int g = 0; g < b->spec.entry[0].graphs; g++) {
        Fused *f = fuse(simplify(b->spec.entry[0].graph[g]));
        emit_size(e, f);
        part[0][g] = schedule(f);
    }
    Plan *p = plan(&b->spec, part, 1, band);
    emit_close(e);
    return p;
}

static int by_place(const void *a, const void *b)
{
    const BurinTensor *x = a, *y = b;
    return x->persistent != y->persistent ? x->persistent - y->persistent : (x->offset > y->offset) - (x->offset < y->offset);
}

/* The first buffer that has less than a band behind it, or NULL. */
static const char *without_band(const Plan *p, size_t band)
{
    qsort(p->tensor, (size_t)p->tensors, sizeof *p->tensor, by_place);
    for (int i = 0; i < p->tensors; i++) {
        const BurinTensor *t = &p->tensor[i];
        bool last = i + 1 == p->tensors || t[1].persistent != t->persistent;
        size_t next = last ? t->persistent ? p->persistent_bytes : p->scratch_bytes : t[1].offset;
        if (t->offset + t->bytes + band > next) return t->name;
    }
    return NULL;
}

int main(void)
{
    Catch c;
    fail_to(&c);
    if (setjmp(c.jump)) return test("the passes", false, "%s", c.message), 1;
    Bench *b = bench_new("plan", 4);
    network(b);
    Plan *p = planned(b, "avx2", 0);
    const char *bad = overlap(p->part[0][0], p);
    test("a network: no two live buffers overlap", !bad, "%s", bad);
    test("a network: scratch memory is used again", p->scratch_bytes * 3 < in_use * 2, "%zu bytes for a sum of %zu", p->scratch_bytes, in_use);
    bad = persistent_overlap(p);
    test("a network: variables and outputs do not overlap", !bad, "%s", bad);
    for (int seed = 1; seed <= 30; seed++) {
        b = bench_new("random", 5000 + (uint64_t)seed);
        for (int g = 0; g < 5; g++) random_graph(b, mem_print("%d", g), 2000, g % 2);
        p = planned(b, seed % 2 ? "avx512" : "c", 0);
        bad = NULL;
        for (int g = 0; g < 5 && !bad; g++) bad = overlap(p->part[0][g], p);
        if (!bad) bad = persistent_overlap(p);
        test(mem_print("random graphs %d: no two live buffers overlap", seed), !bad, "%s", bad);
        bad = seed % 10 ? NULL : without_band(planned(b, "c", 64), 64);
        if (seed % 10 == 0) test(mem_print("random graphs %d: bands", seed), !bad, "%s has none behind it", bad);
    }
    fail_end(&c);
    return test_end();
}
