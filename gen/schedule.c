/* schedule.c: in which order kernels are launched, and where all threads must meet.
 *
 * takes    fused kernels in stages, sized for the target
 * gives    launches in groups; a barrier stands between two groups
 * keeps    a launch reads only what earlier groups wrote
 *
 * Weights that are variables are packed at the start, in one group, each once for all kernels that read them in the same
 * form. A stage is up to three groups: what is left to pack, the kernels, the sums of their partial results.        */
#include "pass.h"
#include <string.h>

static void add(Schedule *s, Kernel *k, Phase phase, int group)
{
    s->launch[s->launches++] = (Launch){k, phase, group};
    s->groups = group + 1;
}

static Node *weights(const Fused *f, const Kernel *k) { return fuse_memory(f, k->root->in[1]); }

/* An earlier kernel that packs the same, or k itself. */
static Kernel *packer(const Fused *f, Kernel *k)
{
    if (!weights(f, k)) return k;
    for (int i = 0; i < k->index; i++) {
        Kernel *other = f->kernel[i];
        if (!other->chunks[PHASE_PACK] || strcmp(other->pack_key, k->pack_key) != 0) continue;
        if (weights(f, other) == weights(f, k)) return other;
    }
    return k;
}

static int pack(Schedule *s, int stage, int group)
{
    Fused *f = s->fused;
    bool any = false;
    for (int i = 0; i < f->kernels; i++) {
        Kernel *k = f->kernel[i];
        if (!k->chunks[PHASE_PACK] || k->packed != k) continue;
        const Node *w = weights(f, k);
        if (w && node_variable(w) ? stage != 0 : k->stage != stage) continue;
        add(s, k, PHASE_PACK, group);
        any = true;
    }
    return group + any;
}

static int run(Schedule *s, int stage, Phase phase, int group)
{
    bool any = false;
    for (int i = 0; i < s->fused->kernels; i++) {
        Kernel *k = s->fused->kernel[i];
        if (k->stage != stage || !k->chunks[phase]) continue;
        add(s, k, phase, group);
        any = true;
    }
    return group + any;
}

Schedule *schedule(Fused *f)
{
    Schedule *s = mem_new(sizeof *s);
    int group = 0;
    *s = (Schedule){.fused = f, .launch = mem_new((PHASES * f->kernels + 1) * sizeof *s->launch)};
    for (int i = 0; i < f->kernels; i++)
        if (f->kernel[i]->chunks[PHASE_PACK]) f->kernel[i]->packed = packer(f, f->kernel[i]);
    for (int stage = 0; stage < f->stages; stage++) {
        group = pack(s, stage, group);
        group = run(s, stage, PHASE_MAIN, group);
        group = run(s, stage, PHASE_FINISH, group);
    }
    return s;
}
