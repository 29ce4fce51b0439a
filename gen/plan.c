/* plan.c: a place in memory for everything, before anything runs.
 *
 * takes    the schedules of all graphs
 * gives    offsets: variables and outputs in the persistent arena; all other stored values, packed weights and partial
 *          sums in the scratch arena, where those that never live at the same time may lie in the same place
 * keeps    two buffers whose lives (in groups of launches) overlap do not overlap in memory: proved by verify()
 *
 * The largest buffer is placed first, each at the lowest offset where it fits. The graphs of a step run one after the
 * other, so each starts with an empty scratch arena.
 *
 * With a band, for tests, every buffer has its place to itself, and so many bytes that nobody may touch lie behind it.  */
#include "pass.h"
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64 };

typedef struct {
    const char *name;
    size_t bytes;
    int first, last;            /* groups */
    size_t *offset;             /* where the answer goes */
} Buffer;

typedef struct { Buffer *buffer; int n; } Buffers;

static size_t round_up(size_t n) { return (n + ALIGN - 1) / ALIGN * ALIGN; }

size_t plan_bytes(const Node *n)
{
    const Var *v = node_variable(n);
    return v ? var_bytes(v) : (size_t)shape_count(&n->shape) * sizeof(float);
}

/* ---- lives ---- */

static int group_of(const Schedule *s, const Kernel *k, Phase phase)
{
    for (int i = 0; i < s->launches; i++)
        if (s->launch[i].kernel == k && s->launch[i].phase == phase) return s->launch[i].group;
    return -1;
}

static int first_group(const Schedule *s, const Kernel *k) { return group_of(s, k, PHASE_MAIN); }

static int last_group(const Schedule *s, const Kernel *k)
{
    return group_of(s, k, k->chunks[PHASE_FINISH] ? PHASE_FINISH : PHASE_MAIN);
}

/* Stretches the life of every stored node that n, computed in place, reads up to group g. */
static void read_by(const Fused *f, Node *n, int g, int *last)
{
    for (int i = 0; i < n->inputs; i++) {
        Node *in = n->in[i];
        if (f->stored[in->id]) { if (last[in->id] < g) last[in->id] = g; }
        else if (!fuse_leaf(f, in)) read_by(f, in, g, last);
    }
}

/* What a contraction reads is reached through its inputs; the root itself is not stored when it has an epilogue. */
static void kernel_reads(const Schedule *s, const Kernel *k, int *last)
{
    const Fused *f = s->fused;
    int g = last_group(s, k);
    if (k->root) read_by(f, k->root, g, last);
    for (int p = 0; p < k->parts; p++) {
        for (int i = 0; i < k->part[p].stores; i++) {
            Store st = k->part[p].store[i];
            if (st.var && f->home[st.node->id] != k->index && last[st.node->id] < g) last[st.node->id] = g;
            if (st.node != k->root) read_by(f, st.node, g, last);
        }
        for (int i = 0; i < k->part[p].reduces; i++) read_by(f, k->part[p].reduce[i], g, last);
    }
}

static void add(Buffers *b, Buffer one)
{
    b->buffer[b->n++] = one;
}

/* What must still be there when the next call begins behind it. */
static Buffer for_ever(const Schedule *s, Buffer b)
{
    b.first = 0;
    b.last = s->groups;
    return b;
}

static Buffers scratch_of(const Schedule *s)
{
    Fused *f = s->fused;
    int n = f->g->nodes;
    int *last = mem_new((n + 1) * sizeof *last);
    Buffers b = {mem_new((n + 2 * f->kernels + 1) * sizeof *b.buffer), 0};
    for (int i = 0; i < n; i++) last[i] = -1;
    for (int k = 0; k < f->kernels; k++) kernel_reads(s, f->kernel[k], last);
    for (int i = 0; i < n; i++) {
        if (!f->stored[i] || f->persistent[i]) continue;
        Kernel *home = f->kernel[f->home[i]];
        int end = last_group(s, home);
        Buffer one = {mem_print("%%%d %s", i, op_name[f->g->node[i]->op]), plan_bytes(f->g->node[i]), first_group(s, home), last[i] > end ? last[i] : end, &f->offset[i]};
        add(&b, home->once ? for_ever(s, one) : one);
    }
    for (int i = 0; i < f->kernels; i++) {
        Kernel *k = f->kernel[i];
        if (k->partial_bytes)
            add(&b, (Buffer){mem_print("partial sums of kernel %d", i), k->partial_bytes, first_group(s, k), last_group(s, k), &k->partial_offset});
        if (!k->chunks[PHASE_PACK] || k->packed != k) continue;
        int end = 0;
        for (int j = i; j < f->kernels; j++) if (f->kernel[j]->packed == k) end = last_group(s, f->kernel[j]);
        Buffer one = {mem_print("packed weights of kernel %d", i), k->pack_bytes, group_of(s, k, PHASE_PACK), end, &k->pack_offset};
        add(&b, k->pack_once ? for_ever(s, one) : one);
    }
    return b;
}

/* ---- places ---- */

static bool alive_together(const Buffer *a, const Buffer *b) { return a->first <= b->last && b->first <= a->last; }
static bool apart(const Plan *p, const Buffer *a, const Buffer *b) { return p->band || alive_together(a, b); }

static int larger_first(const void *a, const void *b)
{
    const Buffer *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : strcmp(x->name, y->name);
}

/* The lowest offset, from `at` on, at which buffer k fits between those placed before it. */
static size_t lowest(const Plan *p, const Buffers *b, int k, size_t at)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < k; i++) {
            const Buffer *o = &b->buffer[i];
            size_t begin = *o->offset, end = begin + round_up(o->bytes + p->band);
            if (!apart(p, o, &b->buffer[k]) || at >= end || at + b->buffer[k].bytes + p->band <= begin) continue;
            at = end;
            moved = true;
        }
    }
    return at;
}

static void verify(const Buffers *b)
{
    for (int i = 0; i < b->n; i++)
        for (int k = 0; k < i; k++) {
            const Buffer *x = &b->buffer[i], *y = &b->buffer[k];
            if (alive_together(x, y) && *x->offset < *y->offset + y->bytes && *y->offset < *x->offset + x->bytes)
                die("plan: %s and %s overlap", x->name, y->name);
        }
}

static void note(Plan *p, BurinTensor t)
{
    p->tensor = mem_more(p->tensor, p->tensors, sizeof *p->tensor);
    p->tensor[p->tensors++] = t;
}

/* `before`: the groups of the entry's graphs before this one. */
static void place_scratch(Plan *p, const Schedule *s, int entry, int before)
{
    Buffers b = scratch_of(s);
    size_t from = p->band ? p->scratch_bytes : 0;
    qsort(b.buffer, b.n, sizeof *b.buffer, larger_first);
    for (int k = 0; k < b.n; k++) {
        *b.buffer[k].offset = lowest(p, &b, k, from);
        size_t end = *b.buffer[k].offset + round_up(b.buffer[k].bytes + p->band);
        if (end > p->scratch_bytes) p->scratch_bytes = end;
        note(p, (BurinTensor){b.buffer[k].name, 0, *b.buffer[k].offset, b.buffer[k].bytes, before + b.buffer[k].first, before + b.buffer[k].last, entry});
    }
    verify(&b);
}

static size_t persist(Plan *p, const char *name, size_t bytes)
{
    size_t at = p->persistent_bytes;
    p->persistent_bytes += round_up(bytes + p->band);
    note(p, (BurinTensor){name, 1, at, bytes, 0, 0, -1});
    return at;
}

/* Outputs outlive their step: they are persistent. */
static void place_persistent(Plan *p, const Schedule *s)
{
    Fused *f = s->fused;
    f->offset = mem_new((f->g->nodes + 1) * sizeof *f->offset);
    f->persistent = mem_new(f->g->nodes + 1);
    for (int i = 0; i < f->g->nodes; i++) {
        const Var *v = node_variable(f->g->node[i]);
        if (!v) continue;
        f->persistent[i] = true;
        f->offset[i] = p->var_offset[v->index];
    }
    for (int i = 0; i < f->g->outputs; i++) {
        Node *n = f->g->output[i].node;
        if (f->persistent[n->id]) continue;
        f->persistent[n->id] = true;
        f->offset[n->id] = persist(p, f->g->output[i].name, plan_bytes(n));
    }
}

/* A value computed straight into its variable lies where the variable lies. */
static void place_updates(const Schedule *s, const Plan *p)
{
    Fused *f = s->fused;
    for (int k = 0; k < f->kernels; k++)
        for (int i = 0; i < f->kernel[k]->parts; i++)
            for (int j = 0; j < f->kernel[k]->part[i].stores; j++) {
                Store st = f->kernel[k]->part[i].store[j];
                if (!st.var || f->home[st.node->id] != k) continue;
                f->persistent[st.node->id] = true;
                f->offset[st.node->id] = p->var_offset[st.var->index];
            }
}

Plan *plan(Spec *spec, Schedule *part[2][16], int batches, size_t band)
{
    Plan *p = mem_new(sizeof *p);
    p->spec = spec, p->band = band;
    p->var_offset = mem_new((spec->vars + 1) * sizeof *p->var_offset);
    for (int k = 0; k < spec->vars; k++)
        p->var_offset[k] = persist(p, spec->var[k]->name, var_bytes(spec->var[k]) * (spec->var[k]->kind == BURIN_BATCH ? batches : 1));
    for (int e = 0; e < spec->entries; e++)
        for (int g = 0, before = 0; g < spec->entry[e].graphs; before += part[e][g++]->groups) {
            p->part[e][g] = part[e][g];
            place_persistent(p, part[e][g]);
            place_updates(part[e][g], p);
            place_scratch(p, part[e][g], e, before);
            for (int k = 0; k < part[e][g]->fused->kernels; k++)
                if (part[e][g]->fused->kernel[k]->thread_bytes > p->thread_bytes) p->thread_bytes = round_up(part[e][g]->fused->kernel[k]->thread_bytes);
        }
    return p;
}
