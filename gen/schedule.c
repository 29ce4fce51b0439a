/* schedule.c: in which order kernels are launched, and where all threads must meet.
 *
 * takes    fused kernels in stages, sized for the target
 * gives    launches in groups; a barrier stands between two groups
 * keeps    a launch reads only what earlier groups wrote
 *
 * Weights made of variables alone are packed at the start, in one group, each once for all kernels that read them in the same
 * form. A stage is up to three groups: what is left to pack, the kernels, the sums of their partial results. Where a graph
 * writes no variable (samples), all that depends on variables alone comes first: a later call can begin behind it.   */
#include "pass.h"
#include <string.h>

static void add(Schedule *s, Kernel *k, Phase phase, int group)
{
    s->launch[s->launches++] = (Launch){k, phase, group};
    s->groups = group + 1;
}

/* What a kernel packs: the node whose memory it is, or else the one that is computed while it is packed. */
static Node *weights(const Fused *f, const Kernel *k)
{
    Node *w = k->root->in[1], *memory = fuse_memory(f, w);
    return memory ? memory : w;
}

/* Is n, computed in place, made of variables alone? Those are there from the start. */
static bool of_variables(const Fused *f, const Node *n)
{
    if (node_variable(n)) return true;
    if (f->stored[n->id] || n->inputs == 0) return false;
    for (int i = 0; i < n->inputs; i++) if (n->in[i]->op != OP_const && !of_variables(f, n->in[i])) return false;
    return true;
}

/* An earlier kernel that packs the same, or k itself. */
static Kernel *packer(const Fused *f, Kernel *k)
{
    for (int i = 0; i < k->index; i++) {
        Kernel *other = f->kernel[i];
        if (!other->chunks[PHASE_PACK] || strcmp(other->pack_key, k->pack_key) != 0) continue;
        if (weights(f, other) == weights(f, k)) return other;
    }
    return k;
}

/* Which nodes depend on variables alone, by id; none where the graph writes variables. */
static bool *steady_nodes(const Graph *g)
{
    bool *steady = mem_new(g->nodes + 1);
    for (int i = 0; i < g->nodes; i++) {
        const Node *n = g->node[i];
        steady[i] = g->updates == 0 && n->op != OP_batch && n->op != OP_random && n->op != OP_step;
        for (int k = 0; k < n->inputs; k++) steady[i] &= steady[n->in[k]->id];
    }
    return steady;
}

static void find_once(Fused *f)
{
    const bool *steady = steady_nodes(f->g);
    for (int i = 0; i < f->kernels; i++) {
        Kernel *k = f->kernel[i];
        k->once = !k->root || steady[k->root->id];
        for (int p = 0; p < k->parts; p++) {
            for (int j = 0; j < k->part[p].stores; j++) k->once &= steady[k->part[p].store[j].node->id];
            for (int j = 0; j < k->part[p].reduces; j++) k->once &= steady[k->part[p].reduce[j]->id];
        }
        k->pack_once = k->chunks[PHASE_PACK] && steady[k->root->in[1]->id];
    }
}

static int pack(Schedule *s, int stage, bool once, int group)
{
    Fused *f = s->fused;
    bool any = false;
    for (int i = 0; i < f->kernels; i++) {
        Kernel *k = f->kernel[i];
        if (!k->chunks[PHASE_PACK] || k->packed != k || k->pack_once != once) continue;
        if (stage != (of_variables(f, weights(f, k)) ? 0 : k->stage)) continue;
        add(s, k, PHASE_PACK, group);
        any = true;
    }
    return group + any;
}

static int run(Schedule *s, int stage, Phase phase, bool once, int group)
{
    bool any = false;
    for (int i = 0; i < s->fused->kernels; i++) {
        Kernel *k = s->fused->kernel[i];
        if (k->stage != stage || !k->chunks[phase] || k->once != once) continue;
        add(s, k, phase, group);
        any = true;
    }
    return group + any;
}

static int stages(Schedule *s, bool once, int group)
{
    for (int stage = 0; stage < s->fused->stages; stage++) {
        group = pack(s, stage, once, group);
        group = run(s, stage, PHASE_MAIN, once, group);
        group = run(s, stage, PHASE_FINISH, once, group);
    }
    return group;
}

Schedule *schedule(Fused *f)
{
    Schedule *s = mem_new(sizeof *s);
    *s = (Schedule){.fused = f, .launch = mem_new((PHASES * f->kernels + 1) * sizeof *s->launch)};
    for (int i = 0; i < f->kernels; i++)
        if (f->kernel[i]->chunks[PHASE_PACK]) f->kernel[i]->packed = packer(f, f->kernel[i]);
    find_once(f);
    int group = stages(s, true, 0);
    s->lead = s->launches;
    stages(s, false, group);
    return s;
}
