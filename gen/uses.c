/* uses.c: which values each launch reads and writes, and where in the spec they come from: what a search for a value that is not
 * finite goes by.
 *
 * takes    a plan
 * gives    BurinUse rows in the order of entries and launches. What a kernel writes stands with the last of its launches, when all
 *          of it is there; but a gathering kernel has its stores written before its sums are added up                */
#include "pass.h"
#include <string.h>

typedef struct {
    const Plan *plan;
    const Fused *f;
    const Kernel *kernel;
    int entry, launch, first;   /* of the launch under way; its first row */
    bool *seen;
    BurinUse *use; int uses;
} Uses;

static void note(Uses *u, BurinUse row)
{
    for (int i = u->first; i < u->uses; i++)
        if (u->use[i].arena == row.arena && u->use[i].offset == row.offset && u->use[i].writes == row.writes) return;
    row.entry = u->entry, row.launch = u->launch;
    u->use = mem_more(u->use, u->uses, sizeof *u->use);
    u->use[u->uses++] = row;
}

static const char *name_of(const Node *n)
{
    const Var *v = node_variable(n);
    return v ? v->name : mem_print("%s %s", n->op == OP_map ? fn_name[n->u.fn] : op_name[n->op], shape_text(&n->shape));
}

/* ---- what is read: from memory, and not what the kernel makes itself ---- */

static void read_node(Uses *u, Node *n)
{
    const Var *v = node_variable(n);
    if (v && v->dtype != BURIN_F32) return;
    if (!v && u->f->home[n->id] == u->kernel->index) return;
    bool persistent = v || u->f->persistent[n->id];
    note(u, (BurinUse){.arena = persistent ? BURIN_PERSISTENT : BURIN_SCRATCH, .offset = v ? u->plan->var_offset[v->index] : u->f->offset[n->id],
                       .count = shape_count(&n->shape), .name = name_of(n), .where = where_text(v ? &v->where : &n->where)});
}

static void reads(Uses *u, Node *n)
{
    for (int i = 0; i < n->inputs; i++) {
        Node *in = n->in[i], *memory = fuse_memory(u->f, in);
        if (u->seen[in->id]) continue;
        u->seen[in->id] = true;
        if (memory) read_node(u, memory);
        else if (!fuse_leaf(u->f, in)) reads(u, in);
    }
}

/* ---- what is written ---- */

/* "models/x.lua:13: mul add; models/x.lua:14: log": lines in the order of computation, each with its functions. */
typedef struct { const char *line[16], *functions[16]; int lines; bool *seen; } Story;

static void tell(Story *s, const Node *n)
{
    const char *line = where_text(&n->where), *name = n->op == OP_map ? fn_name[n->u.fn] : n->op == OP_reduce ? n->u.reduce.max ? "max" : "sum" : op_name[n->op];
    int k = s->lines - 1;
    if (!*line || (n->op == OP_map && n->u.fn == FN_copy)) return;
    while (k >= 0 && strcmp(s->line[k], line)) k--;
    if (k >= 0) s->functions[k] = mem_print("%s %s", s->functions[k], name);
    else if (s->lines < 16) s->line[s->lines] = line, s->functions[s->lines++] = name;
}

static void walk(const Fused *f, Story *s, const Node *n, bool top)
{
    if (s->seen[n->id] || (!top && fuse_leaf(f, n))) return;
    s->seen[n->id] = true;
    for (int i = 0; i < n->inputs; i++) walk(f, s, n->in[i], false);
    if (n->op == OP_map || n->op == OP_reduce || n->op == OP_random || node_contracts(n)) tell(s, n);
}

/* Of a contraction's epilogue the contraction itself is not stored either: it is walked through. */
static const char *story_of(const Fused *f, const Node *n)
{
    Story s = {.seen = mem_new(f->g->nodes + 1)};
    const char *text = "";
    walk(f, &s, n, true);
    for (int i = 0; i < s.lines; i++) text = mem_print("%s%s%s: %s", text, i ? "; " : "", s.line[i], s.functions[i]);
    return text;
}

static void writes(Uses *u, Node *n, const Var *var)
{
    bool persistent = var || u->f->persistent[n->id];
    note(u, (BurinUse){.writes = 1, .arena = persistent ? BURIN_PERSISTENT : BURIN_SCRATCH, .offset = var ? u->plan->var_offset[var->index] : u->f->offset[n->id],
                       .count = shape_count(&n->shape), .name = var ? var->name : name_of(n), .where = story_of(u->f, n)});
}

static void one_launch(Uses *u, const Launch *l)
{
    const Kernel *k = l->kernel;
    bool last = l->phase == PHASE_FINISH || !k->chunks[PHASE_FINISH];
    u->kernel = k;
    u->first = u->uses;
    if (l->phase == PHASE_PACK) return;
    memset(u->seen, 0, (size_t)u->f->g->nodes + 1);
    if (k->root) reads(u, k->root);
    for (int p = 0; p < k->parts; p++) {
        for (int i = 0; i < k->part[p].stores; i++)
            if (k->part[p].store[i].node != k->root) reads(u, k->part[p].store[i].node);
        for (int i = 0; i < k->part[p].reduces; i++) reads(u, k->part[p].reduce[i]);
    }
    for (int p = 0; p < k->parts; p++) {
        for (int i = 0; i < k->part[p].stores; i++)
            if (k->kind == ROOT_GATHER ? l->phase == PHASE_MAIN : last) writes(u, k->part[p].store[i].node, k->part[p].store[i].var);
        for (int i = 0; last && i < k->part[p].reduces; i++) writes(u, k->part[p].reduce[i], NULL);
    }
}

const BurinUse *uses(const Plan *plan, int *count)
{
    Uses u = {.plan = plan};
    for (u.entry = 0; u.entry < plan->spec->entries; u.entry++) {
        u.launch = 0;
        for (int g = 0; g < plan->spec->entry[u.entry].graphs; g++) {
            const Schedule *s = plan->part[u.entry][g];
            u.f = s->fused;
            u.seen = mem_new(u.f->g->nodes + 1);
            for (int i = 0; i < s->launches; i++, u.launch++) one_launch(&u, &s->launch[i]);
        }
    }
    *count = u.uses;
    return u.use;
}
