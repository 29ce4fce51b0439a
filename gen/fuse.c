/* fuse.c: decides what is stored and which kernel computes it.
 *
 * takes    a simplified graph
 * gives    kernels, in stages: a kernel reads only what earlier stages stored
 * keeps    the values: fusion is a grouping of the graph's nodes (a few copies are added where an output or a variable
 *          needs memory of its own), so the interpreter runs it as before
 *
 * 1. A map is computed where it is read (in the load slot of a convolution, in another map) unless that costs more than
 *    to store it: decide().
 * 2. A contraction takes along the maps that alone read its result: epilogue().
 * 3. Updates of variables come last, in one kernel: by then everyone has read the old values: find_final().
 * 4. Stages: as early as the inputs allow. A sum over the result of a contraction leaves its registers: host().
 *    All maps of a stage become one kernel (so an optimiser is one kernel), as do reductions over one domain.      */
#include "pass.h"

typedef struct {
    Fused *f;
    Graph *g;
    Node ***user; int *users;   /* by id: the nodes that read it, each once */
    bool *output;               /* by id: needs memory that outlives the step */
    Var **target;               /* by id: the variable that takes this value, or NULL */
    Node **old;                 /* by update: the node that reads what its variable was before, or NULL */
    bool *final;                /* by id: computed in the last stage, straight into its variable */
    uint64_t *sinks;            /* by id, a bit for each place (operand of a kernel): where a value not stored is computed */
    double *points;             /* by place: at how many points */
    int *seen, mark;            /* by id: visited in the walk number `mark` */
    int *stage;                 /* by id, of stored nodes; 0 for variables */
    Node **tail;                /* by id of a contraction: the last node of its epilogue, or itself */
    Node **head;                /* by id of such a last node: the contraction */
    bool *taken;                /* by id: a map in an epilogue; it belongs to one contraction */
    Node **host;                /* by id of a reduction: the stored node whose kernel computes it, or NULL */
} Fuser;

static double count(const Node *n) { return (double)shape_count(&n->shape); }
static bool is_view(const Node *n) { return n->op == OP_reshape || n->op == OP_transpose || n->op == OP_slice || n->op == OP_pad || n->op == OP_concat; }
static bool is_dw(const Node *n) { return n->op == OP_conv_dw || (n->op == OP_matmul && n->u.matmul.ta && n->shape.rank == 2); }
static bool is_batched(const Node *n) { return n->op == OP_matmul && n->shape.rank > 2; }     /* a kernel without sums */
static bool always_stored(const Node *n) { return node_contracts(n) || n->op == OP_reduce || n->op == OP_random; }

Node *fuse_memory(const Fused *f, Node *n)
{
    while (n->op == OP_reshape && !f->stored[n->id]) n = n->in[0];
    return f->stored[n->id] || node_variable(n) ? n : NULL;
}

bool fuse_leaf(const Fused *f, const Node *n) { return f->stored[n->id] || !(n->op == OP_map || is_view(n)); }

/* How n, computed in place, reads `leaf`: not at all, only at the point where it is computed itself, or elsewhere too. */
typedef enum { NOT, POINTWISE, ELSEWHERE } Reading;

static Reading reading(const Fused *f, const Node *n, const Node *leaf)
{
    Reading worst = NOT;
    for (int i = 0; i < n->inputs; i++) {
        const Node *in = n->in[i];
        bool straight = n->op == OP_map && shape_equal(&in->shape, &n->shape);
        Reading r = in == leaf ? POINTWISE : fuse_leaf(f, in) ? NOT : reading(f, in, leaf);
        if (r != NOT && !straight) return ELSEWHERE;
        if (r > worst) worst = r;
    }
    return worst;
}

/* Calls visit(z, leaf, data) for each leaf that n, computed in place, reads; `n` itself is taken as not stored. */
static void each_leaf(Fuser *z, Node *n, void (*visit)(Fuser *, Node *leaf, void *), void *data)
{
    for (int i = 0; i < n->inputs; i++) {
        if (fuse_leaf(z->f, n->in[i])) visit(z, n->in[i], data);
        else each_leaf(z, n->in[i], visit, data);
    }
}

/* ---- memory for outputs and variables ---- */

/* A value that cannot be written where it is needed (a view, a constant, a variable; one needed twice; the result of a
 * contraction or reduction, which has a place of its own) is copied by a map.                                      */
static void separate(Graph *g)
{
    for (int k = 0; k < g->outputs; k++)
        if (!always_stored(g->output[k].node) && g->output[k].node->op != OP_map)
            g->output[k].node = node_map(g, FN_copy, &g->output[k].node);
    for (int k = 0; k < g->updates; k++) {
        Node *n = g->update[k].node;
        bool shared = n->op != OP_map;
        for (int i = 0; i < g->outputs; i++) shared |= g->output[i].node == n;
        for (int i = 0; i < k; i++) shared |= g->update[i].node == n;
        if (shared) g->update[k].node = node_map(g, FN_copy, &n);
    }
}

static void find_users(Fuser *z)
{
    for (int k = 0; k < z->g->nodes; k++)
        for (int i = 0; i < z->g->node[k]->inputs; i++) z->users[z->g->node[k]->in[i]->id]++;
    for (int k = 0; k < z->g->nodes; k++) {
        z->user[k] = mem_new((z->users[k] + 1) * sizeof **z->user);
        z->users[k] = 0;
    }
    for (int k = 0; k < z->g->nodes; k++)
        for (int i = 0; i < z->g->node[k]->inputs; i++) {
            int id = z->g->node[k]->in[i]->id;
            if (!z->users[id] || z->user[id][z->users[id] - 1] != z->g->node[k]) z->user[id][z->users[id]++] = z->g->node[k];
        }
}

static bool forced(const Fuser *z, const Node *n) { return z->output[n->id] || z->target[n->id]; }

/* ---- 1. in place or stored ---- */

/* What computing n in place costs at a point, in units of one cheap operation; a load is 4, and what is small next to
 * `size` elements is read from the cache. Values used twice are computed once.                                      */
static double cost_of(Fuser *z, const Node *n, double size)
{
    bool computed = n->op == OP_map || is_view(n);
    if (z->seen[n->id] == z->mark) return 0;
    z->seen[n->id] = z->mark;
    if (n->op == OP_const || n->op == OP_step || count(n) * 4 < size) return 0;
    if (n->op == OP_iota) return 1;
    if (!computed || forced(z, n)) return 4;
    double c = n->op == OP_map ? fn_cost[n->u.fn] : n->op == OP_reshape ? 0 : 4;
    for (int i = 0; i < n->inputs; i++) c += cost_of(z, n->in[i], size);
    return c;
}

static double cost_here(Fuser *z, const Node *n)
{
    double c = n->op == OP_map ? fn_cost[n->u.fn] : n->op == OP_reshape ? 0 : 4;
    z->mark++;
    for (int i = 0; i < n->inputs; i++) c += cost_of(z, n->in[i], count(n));
    return c;
}

static int sink_words(const Fuser *z) { return z->g->nodes * 2 / 64 + 1; }
static uint64_t *sinks_of(const Fuser *z, const Node *n) { return z->sinks + (size_t)n->id * sink_words(z); }

/* How often n would be computed, were it not stored, for each time that it is needed. */
static double times_computed(const Fuser *z, const Node *n)
{
    double points = 0, own = count(n);
    const uint64_t *set = sinks_of(z, n);
    for (int w = 0; w < sink_words(z); w++)
        for (uint64_t left = set[w]; left; left &= left - 1) {
            double at = z->points[64 * w + __builtin_ctzll(left)];
            points += at > own ? at : own;
        }
    return points / own;
}

static bool worth_storing(Fuser *z, const Node *n)
{
    if (always_stored(n)) return true;
    if (n->op != OP_map && !is_view(n)) return false;
    if (forced(z, n)) return true;
    double times = times_computed(z, n), cost = cost_here(z, n);
    if (n->op == OP_reshape || times <= 1 || cost < 0.5) return false;
    return cost * times > cost + 16 + 4 * times;
}

/* From the last node to the first: by then it is known where the users of a node are computed. A place is an operand of a
 * contraction (2 id, 2 id + 1) or another stored node (2 id).                                                       */
static void decide(Fuser *z)
{
    for (int k = z->g->nodes - 1; k >= 0; k--) {
        Node *n = z->g->node[k];
        bool stored = z->f->stored[k] = worth_storing(z, n);
        for (int i = 0; i < n->inputs; i++) {
            uint64_t *to = sinks_of(z, n->in[i]), *from = sinks_of(z, n);
            int place = 2 * k + (node_contracts(n) && i);
            z->points[place] = node_contracts(n) || n->op == OP_reduce ? count(n->in[i]) : count(n);
            if (stored) to[place / 64] |= (uint64_t)1 << (place % 64);
            else for (int w = 0; w < sink_words(z); w++) to[w] |= from[w];
        }
    }
}

/* ---- 2. epilogues ---- */

/* The first map behind n through which everything goes that is made of n: all users of n, and of the maps between, lie
 * between n and it. NULL: there is none; n itself has to be stored.                                                */
static Node *join_of(Fuser *z, Node *n)
{
    int last = n->id;           /* no user of n and the maps between seen so far is behind this one */
    z->mark++;
    z->seen[n->id] = z->mark;
    for (int k = n->id; k < z->g->nodes && k < n->id + 1000; k++) {
        Node *m = z->g->node[k];
        bool reached = k == n->id;
        for (int i = 0; i < m->inputs && !reached; i++) reached = z->seen[m->in[i]->id] == z->mark;
        if (!reached) continue;
        if (k > n->id && (m->op != OP_map || z->taken[k] || !shape_equal(&m->shape, &n->shape) || (z->target[m->id] && !z->output[m->id]))) return NULL;
        z->seen[k] = z->mark;
        if (k > n->id && k == last) return m;
        if (forced(z, m) || !z->users[k]) return NULL;
        for (int u = 0; u < z->users[k]; u++)
            if (z->user[k][u]->id > last) last = z->user[k][u]->id;
    }
    return NULL;
}

static void epilogue(Fuser *z, Node *root)
{
    Node *n = root;
    for (Node *j; !is_dw(root) && (j = join_of(z, n));) {
        for (int k = n->id; k < j->id; k++) if (z->seen[k] == z->mark) z->taken[k] = true, z->f->stored[k] = false;
        z->taken[j->id] = true;
        n = j;
    }
    z->f->stored[root->id] = false;
    z->f->stored[n->id] = true;
    z->tail[root->id] = n;
    z->head[n->id] = root;
}

/* ---- 3. the last stage ---- */

static bool reads_updated(Fuser *z, const Node *n)
{
    for (int k = 0; k < z->g->updates; k++) {
        const Node *now = z->g->update[k].node;
        Reading r = z->old[k] ? reading(z->f, n, z->old[k]) : NOT;
        if (r == ELSEWHERE || (r == POINTWISE && now != n && !shape_equal(&now->shape, &n->shape))) return true;
    }
    return false;
}

static void find_final(Fuser *z)
{
    for (int k = z->g->nodes - 1; k >= 0; k--) {
        Node *n = z->g->node[k];
        z->final[k] = z->target[k] && !z->output[k] && !reads_updated(z, n);
        for (int j = k + 1; z->final[k] && j < z->g->nodes; j++) {
            if (!z->f->stored[j] && !node_contracts(z->g->node[j])) continue;   /* one with an epilogue is not stored, but reads */
            Reading r = reading(z->f, z->g->node[j], n);
            z->final[k] = r == NOT || (r == POINTWISE && z->final[j] && shape_equal(&n->shape, &z->g->node[j]->shape));
        }
    }
}

/* ---- 4. stages ---- */

typedef struct { Node *from; Node *skip; int latest; } Wait;

static void wait_for(Fuser *z, Node *leaf, void *data)
{
    Wait *w = data;
    if (leaf == w->skip) return;
    bool map = leaf->op == OP_map && !z->head[leaf->id];
    bool together = w->from && map && shape_equal(&leaf->shape, &w->from->shape) && reading(z->f, w->from, leaf) == POINTWISE;
    int s = z->stage[leaf->id] + (w->from && !together);
    if (s > w->latest) w->latest = s;
}

/* The latest stage of what n reads; what `skip` gives does not count. */
static int ready(Fuser *z, Node *n, Node *skip)
{
    Wait w = {NULL, skip, 0};
    each_leaf(z, n, wait_for, &w);
    return w.latest;
}

static bool per_channel(const Node *r)
{
    const Shape *s = &r->in[0]->shape;
    if (r->u.reduce.max || s->rank < 1 || r->u.reduce.axes >> (s->rank - 1) & 1) return false;
    for (int k = 0; k < s->rank - 1; k++)
        if (s->size[k] != 1 && !(r->u.reduce.axes >> k & 1)) return false;
    return true;
}

typedef struct { Node *reduction; Node *best; } Search;

static void try_host(Fuser *z, Node *leaf, void *data)
{
    Search *s = data;
    Node *in = s->reduction->in[0], *root = z->head[leaf->id];
    bool direct = leaf == in;
    if (!root || is_dw(root) || is_batched(root) || !shape_equal(&leaf->shape, &in->shape)) return;
    if (!direct && (fuse_leaf(z->f, in) || reading(z->f, in, leaf) != POINTWISE)) return;
    if (!direct && ready(z, in, leaf) >= z->stage[leaf->id]) return;
    s->best = leaf;
}

static void place_reduction(Fuser *z, Node *r)
{
    Search s = {r, NULL};
    if (per_channel(r)) each_leaf(z, r, try_host, &s);
    z->host[r->id] = s.best;
    z->stage[r->id] = s.best ? z->stage[s.best->id] : ready(z, r, NULL) + 1;
}

static void place(Fuser *z, Node *n)
{
    if (z->head[n->id]) {
        Node *root = z->head[n->id];
        int a = ready(z, root, NULL), b = n == root ? 0 : ready(z, n, root);
        z->stage[n->id] = 1 + (a > b ? a : b);
    } else if (n->op == OP_reduce) {
        place_reduction(z, n);
    } else if (n->op == OP_random) {
        z->stage[n->id] = 1;
    } else {
        Wait w = {n, NULL, 1};
        each_leaf(z, n, wait_for, &w);
        z->stage[n->id] = w.latest;
    }
}

static void place_all(Fuser *z)
{
    int last = 0;
    for (int k = 0; k < z->g->nodes; k++) {
        if (!z->f->stored[k] || z->final[k]) continue;
        place(z, z->g->node[k]);
        if (z->stage[k] > last) last = z->stage[k];
    }
    for (int k = 0; k < z->g->nodes; k++) if (z->final[k]) z->stage[k] = last + 1;
    z->f->stages = last + 2;
}

/* ---- kernels ---- */

static Kernel *kernel_new(Fuser *z, Root kind, Node *root, int stage)
{
    Fused *f = z->f;
    Kernel *k = mem_new(sizeof *k);
    *k = (Kernel){.kind = kind, .root = root, .stage = stage, .index = f->kernels, .part = mem_new(f->g->nodes * sizeof *k->part)};
    f->kernel[f->kernels++] = k;
    return k;
}

static Part *part_new(Kernel *k, Shape domain)
{
    Part *p = &k->part[k->parts++];
    *p = (Part){.domain = domain};
    return p;
}

static void part_store(Fuser *z, Kernel *k, Part *p, Node *n, Var *var)
{
    p->store = mem_more(p->store, p->stores, sizeof *p->store);
    p->store[p->stores++] = (Store){n, var};
    if (z->f->home[n->id] < 0) z->f->home[n->id] = k->index;
}

static void part_reduce(Fuser *z, Kernel *k, Part *p, Node *n)
{
    p->reduce = mem_more(p->reduce, p->reduces, sizeof *p->reduce);
    p->reduce[p->reduces++] = n;
    z->f->home[n->id] = k->index;
}

static void contractions(Fuser *z, int stage)
{
    for (int k = 0; k < z->g->nodes; k++) {
        Node *root = z->head[k], *tail = z->g->node[k];
        if (!root || z->stage[k] != stage) continue;
        Kernel *kernel = kernel_new(z, is_dw(root) ? ROOT_DW : ROOT_GATHER, root, stage);
        Part *p = part_new(kernel, root->shape);
        part_store(z, kernel, p, tail, NULL);
        for (int r = 0; r < z->g->nodes; r++)
            if (z->f->stored[r] && z->g->node[r]->op == OP_reduce && z->host[r] == tail) part_reduce(z, kernel, p, z->g->node[r]);
    }
}

/* Reductions over one domain and the same axes, in one kernel. */
static void reductions(Fuser *z, int stage)
{
    int first = z->f->kernels;
    for (int k = 0; k < z->g->nodes; k++) {
        Node *n = z->g->node[k];
        if (n->op != OP_reduce || !z->f->stored[k] || z->host[k] || z->stage[k] != stage) continue;
        Kernel *kernel = NULL;
        for (int i = first; i < z->f->kernels; i++) {
            Node *other = z->f->kernel[i]->part[0].reduce[0];
            if (shape_equal(&other->in[0]->shape, &n->in[0]->shape) && other->u.reduce.axes == n->u.reduce.axes) kernel = z->f->kernel[i];
        }
        if (!kernel) part_new(kernel = kernel_new(z, ROOT_REDUCE, NULL, stage), n->in[0]->shape);
        part_reduce(z, kernel, &kernel->part[0], n);
    }
}

/* Two stores of one domain belong to one part when one reads the other, or the variable that the other overwrites. */
static bool linked(Fuser *z, const Part *p, const Node *n)
{
    for (int i = 0; i < p->stores; i++) {
        const Node *m = p->store[i].node;
        if (reading(z->f, n, m) != NOT || reading(z->f, m, n) != NOT) return true;
        for (int k = 0; k < z->g->nodes; k++) {
            const Node *v = z->g->node[k];
            const Var *var = node_variable(v);
            if (!var) continue;
            if (p->store[i].var == var && reading(z->f, n, v) != NOT) return true;
            if (z->target[n->id] == var && z->final[n->id] && reading(z->f, m, v) != NOT) return true;
        }
    }
    return false;
}

static void part_merge(Fuser *z, Kernel *k, Part *into, Part *from)
{
    for (int i = 0; i < from->stores; i++) part_store(z, k, into, from->store[i].node, from->store[i].var);
    *from = k->part[--k->parts];
}

static void maps(Fuser *z, int stage)
{
    Kernel *kernel = NULL;
    for (int k = 0; k < z->g->nodes; k++) {
        Node *n = z->g->node[k];
        if (!z->f->stored[k] || z->head[k] || n->op == OP_reduce || z->stage[k] != stage) continue;
        if (!kernel) kernel = kernel_new(z, ROOT_MAP, NULL, stage);
        Part *mine = part_new(kernel, n->shape);
        part_store(z, kernel, mine, n, z->final[k] ? z->target[k] : NULL);
        for (int i = kernel->parts - 2; i >= 0; i--) {
            Part *p = &kernel->part[i];
            if (!shape_equal(&p->domain, &n->shape) || !linked(z, p, n)) continue;
            part_merge(z, kernel, p, mine);
            mine = p;
        }
    }
}

static bool reads_variable(Fuser *z, const Part *p, const Var *var)
{
    for (int k = 0; k < z->g->nodes; k++) {
        const Node *v = z->g->node[k];
        if (node_variable(v) != var) continue;
        for (int i = 0; i < p->stores; i++) if (reading(z->f, p->store[i].node, v) != NOT) return true;
    }
    return false;
}

/* The values of variables that had to be computed before the last stage are copied in it, together with what still reads
 * the old ones (point by point: find_final() sees to it).                                                         */
static void copies(Fuser *z)
{
    Kernel *last = z->f->kernels && z->f->kernel[z->f->kernels - 1]->stage == z->f->stages - 1 ? z->f->kernel[z->f->kernels - 1] : NULL;
    for (int k = 0; k < z->g->updates; k++) {
        Update *u = &z->g->update[k];
        if (z->final[u->node->id]) continue;
        if (!last) last = kernel_new(z, ROOT_MAP, NULL, z->f->stages - 1);
        Part *mine = part_new(last, u->node->shape);
        part_store(z, last, mine, u->node, u->var);
        for (int i = last->parts - 2; i >= 0; i--) {
            Part *p = &last->part[i];
            if (!shape_equal(&p->domain, &mine->domain) || !reads_variable(z, p, u->var)) continue;
            part_merge(z, last, p, mine);
            mine = p;
        }
    }
}

static Fuser *fuser_new(Graph *g)
{
    Fuser *z = mem_new(sizeof *z);
    int n = g->nodes + 1;
    z->g = g;
    z->f = mem_new(sizeof *z->f);
    *z->f = (Fused){.g = g, .stored = mem_new(n), .home = mem_new(n * sizeof(int)), .kernel = mem_new(2 * n * sizeof(Kernel *))};
    z->user = mem_new(n * sizeof *z->user);
    z->users = mem_new(n * sizeof *z->users);
    z->output = mem_new(n);
    z->target = mem_new(n * sizeof *z->target);
    z->old = mem_new((g->updates + 1) * sizeof *z->old);
    z->final = mem_new(n);
    z->sinks = mem_new((size_t)n * sink_words(z) * sizeof *z->sinks);
    z->points = mem_new(2 * n * sizeof *z->points);
    z->seen = mem_new(n * sizeof *z->seen);
    z->stage = mem_new(n * sizeof *z->stage);
    z->tail = mem_new(n * sizeof *z->tail);
    z->head = mem_new(n * sizeof *z->head);
    z->taken = mem_new(n);
    z->host = mem_new(n * sizeof *z->host);
    for (int k = 0; k < g->nodes; k++) z->f->home[k] = -1;
    for (int k = 0; k < g->outputs; k++) z->output[g->output[k].node->id] = true;
    for (int k = 0; k < g->updates; k++) {
        z->target[g->update[k].node->id] = g->update[k].var;
        for (int i = 0; i < g->nodes; i++) if (node_variable(g->node[i]) == g->update[k].var) z->old[k] = g->node[i];
    }
    return z;
}

Fused *fuse(Graph *g)
{
    separate(g);
    Fuser *z = fuser_new(g);
    find_users(z);
    decide(z);
    for (int k = 0; k < g->nodes; k++) if (node_contracts(g->node[k])) epilogue(z, g->node[k]);
    find_final(z);
    place_all(z);
    for (int s = 1; s < z->f->stages; s++) {
        contractions(z, s);
        reductions(z, s);
        maps(z, s);
    }
    copies(z);
    return z->f;
}
