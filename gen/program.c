/* program.c: from a plan to the Program that the runtime takes: calls the emitter launch by launch, and describes what it
 * made in words and numbers.                                                                                       */
#include "pass.h"
#include <inttypes.h>
#include <string.h>

typedef struct { BurinProgram *p; BurinKernel *kernel; int kernels; Emitter *e; Plan *plan; } Maker;

/* ---- how much work ---- */

/* Pairs (output, kernel tap) that meet the input along one axis, and all pairs. */
static void pairs(int64_t in, int64_t kernel, int64_t out, int64_t stride, int64_t padding, double *met, double *all)
{
    int64_t n = 0;
    for (int64_t o = 0; o < out; o++)
        for (int64_t k = 0; k < kernel; k++) {
            int64_t at = o * stride + k - padding;
            n += at >= 0 && at < in;
        }
    *met = (double)n;
    *all = (double)(out * kernel);
}

static void flops_of(const Node *r, double *useful, double *padded)
{
    if (r->op == OP_matmul) {
        const Shape *a = &r->in[0]->shape;
        *useful = *padded = 2.0 * shape_count(&r->shape) * a->size[a->rank - (r->u.matmul.ta ? 2 : 1)];
        return;
    }
    const Shape *x = r->op == OP_conv_dx ? &r->shape : &r->in[0]->shape;
    const Shape *y = r->op == OP_conv ? &r->shape : r->op == OP_conv_dx ? &r->in[0]->shape : &r->in[1]->shape;
    const Shape *w = r->op == OP_conv_dw ? &r->shape : &r->in[1]->shape;
    const Conv *c = &r->u.conv;
    double met[2], all[2], each = 2.0 * x->size[0] * w->size[2] * w->size[3];
    for (int k = 0; k < 2; k++) pairs(x->size[1 + k], w->size[k], y->size[1 + k], c->stride[k], c->padding[k], &met[k], &all[k]);
    *useful = each * met[0] * met[1];
    *padded = each * all[0] * all[1];
}

static double map_flops(const Fused *f, const Node *n)
{
    double c = n->op == OP_map && n->u.fn != FN_copy;
    for (int i = 0; i < n->inputs; i++) if (!fuse_leaf(f, n->in[i])) c += map_flops(f, n->in[i]);
    return c;
}

static double kernel_flops(const Fused *f, const Kernel *k, double *padded)
{
    double useful = 0;
    *padded = 0;
    if (k->root) {
        flops_of(k->root, &useful, padded);
        return useful;
    }
    for (int p = 0; p < k->parts; p++) {
        double n = (double)shape_count(&k->part[p].domain);
        for (int i = 0; i < k->part[p].stores; i++) useful += n * map_flops(f, k->part[p].store[i].node);
        for (int i = 0; i < k->part[p].reduces; i++) useful += n * (1 + map_flops(f, k->part[p].reduce[i]));
    }
    return useful;
}

/* ---- in words ---- */

const char *program_op(const Kernel *k) { return k->root ? op_name[k->root->op] : k->kind == ROOT_MAP ? "map" : "reduce"; }

const char *program_shape(const Kernel *k)
{
    const Node *r = k->root;
    if (!r) {
        const char *s = shape_text(&k->part[0].domain);
        if (k->parts > 1) s = mem_print("%s and %d more", s, k->parts - 1);
        if (k->kind == ROOT_REDUCE) s = mem_print("%s -> %s", s, shape_text(&k->part[0].reduce[0]->shape));
        return s;
    }
    const char *a = shape_text(&r->in[0]->shape), *b = shape_text(&r->in[1]->shape), *c = shape_text(&r->shape);
    if (r->op == OP_matmul) return mem_print("%s%s x %s%s -> %s", a, r->u.matmul.ta ? "^T" : "", b, r->u.matmul.tb ? "^T" : "", c);
    return r->op == OP_conv_dw ? mem_print("%s, %s -> %s, %s", a, b, c, conv_text(r))
                               : mem_print("%s -> %s, %s", a, c, conv_text(r));
}

/* The names of the functions that compute n in place, inputs first, each value once; without what is below `end`. */
static const char *functions_of(const Fused *f, const Node *n, const Node *end, const char *before, bool top, bool *seen)
{
    if (n == end || seen[n->id] || (!top && fuse_leaf(f, n))) return before;
    seen[n->id] = true;
    for (int i = 0; i < n->inputs; i++) before = functions_of(f, n->in[i], end, before, false, seen);
    const char *name = n->op == OP_map ? fn_name[n->u.fn] : n->op == OP_reduce ? NULL : op_name[n->op];
    if (!name || (n->op == OP_map && n->u.fn == FN_copy)) return before;
    return *before ? mem_print("%s %s", before, name) : name;
}

static const char *functions(const Fused *f, const Node *n, const Node *end)
{
    return functions_of(f, n, end, "", true, mem_new(f->g->nodes + 1));
}

static const char *and_then(const char *a, const char *b) { return *a ? mem_print("%s; %s", a, b) : b; }

static const char *fused_of(const Fused *f, const Kernel *k)
{
    const char *all = "";
    for (int i = 0; k->root && i < 2; i++) {
        const char *in = fuse_leaf(f, k->root->in[i]) ? "" : functions(f, k->root->in[i], NULL);
        if (*in) all = and_then(all, mem_print("load %s: %s", i ? k->kind == ROOT_DW ? "y" : "w" : k->root->op == OP_conv_dx ? "y" : "x", in));
    }
    int stores = 0, sums = 0;
    for (int p = 0; p < k->parts; p++) {
        stores += k->part[p].stores;
        sums += k->part[p].reduces;
        for (int i = 0; k->root && i < k->part[p].stores; i++)
            if (k->part[p].store[i].node != k->root) all = and_then(all, mem_print("store: %s", functions(f, k->part[p].store[i].node, k->root)));
    }
    if (!k->root && k->kind == ROOT_MAP && (k->parts > 1 || stores > 1))
        all = mem_print("%d values over %d domain%s", stores, k->parts, k->parts > 1 ? "s" : "");
    if (!k->root && k->parts == 1 && stores == 1) all = functions(f, k->part[0].store[0].node, NULL);
    if (sums && !k->root && !fuse_leaf(f, k->part[0].reduce[0]->in[0])) all = and_then(all, mem_print("load: %s", functions(f, k->part[0].reduce[0], NULL)));
    if (sums && (k->root || sums > 1)) all = and_then(all, mem_print("%d %s%s", sums, k->root ? "sum" : "reduction", sums > 1 ? "s" : ""));
    return all;
}

static const char *where_of(const Kernel *k)
{
    const Node *n = k->root ? k->root : k->part[0].stores ? k->part[0].store[0].node : k->part[0].reduce[0];
    return where_text(&n->where);
}

/* ---- launches ---- */

static int kernel_index(Maker *m, const char *name)
{
    for (int i = 0; i < m->kernels; i++) if (strcmp(m->kernel[i].name, name) == 0) return i;
    return -1;
}

const char *program_bytes(double bytes)
{
    return bytes < 1024 ? mem_print("%.0f B", bytes) : bytes < 1048576 ? mem_print("%.1f KB", bytes / 1024) : mem_print("%.2f MB", bytes / 1048576);
}

/* What stands above a kernel's function. */
static const char *about(const BurinKernel *k)
{
    const char *flops = k->flops >= 1e5 ? mem_print(", %.1f MFLOP", k->flops / 1e6) : "";
    const char *fused = *k->fused ? mem_print("\nfused: %s", k->fused) : "";
    return mem_print("%s: %s%s, %s%s\nfrom %s", k->op, k->shape, flops, program_bytes(k->bytes), fused, *k->where ? k->where : "no line of the spec");
}

/* What packing copies, and what the sums of parts read; beside those, the sums that they write are few. */
static double traffic_beside(const Launch *l) { return l->phase == PHASE_PACK ? 2.0 * (double)l->kernel->pack_bytes : (double)l->kernel->partial_bytes; }

static void launch(Maker *m, BurinEntry *entry, BurinLaunch *out, const Fused *f, const Launch *l, bool barrier)
{
    static const char *const suffix[] = {" (pack)", "", " (sum of parts)"};
    BurinKernel k = {.op = mem_print("%s%s", program_op(l->kernel), suffix[l->phase]), .shape = program_shape(l->kernel), .where = where_of(l->kernel),
                     .fused = l->phase == PHASE_MAIN ? fused_of(f, l->kernel) : ""};
    double padded = 0;
    if (l->phase == PHASE_MAIN) k.flops = kernel_flops(f, l->kernel, &padded);
    k.bytes = l->phase == PHASE_MAIN ? emit_bytes(m->e, f, l->kernel) : traffic_beside(l);
    Rendered r = emit_launch(m->e, m->plan, f, l->kernel, l->phase, barrier, about(&k));
    k.name = r.symbol;
    k.source = r.source;
    k.choice = r.choice;
    k.tensor = r.tensor;
    int at = kernel_index(m, r.symbol);
    if (at < 0) m->kernel[at = m->kernels++] = k;
    *out = (BurinLaunch){at, r.symbol, k.where, l->kernel->chunks[l->phase], barrier, l->phase == PHASE_MAIN, k.flops, k.bytes,
                         r.arg, r.args, r.block, r.shared};
    if (l->kernel->root) {
        entry->flops += k.flops;
        entry->flops_padded += padded;
    }
}

static void make_entry(Maker *m, int e, BurinEntry *out)
{
    const Entry *entry = &m->plan->spec->entry[e];
    int n = 0, outputs = 0;
    for (int g = 0; g < entry->graphs; g++) {
        n += m->plan->part[e][g]->launches;
        outputs += entry->graph[g]->outputs;
    }
    BurinLaunch *launches = mem_new((n + 1) * sizeof *launches);
    BurinOutput *output = mem_new((outputs + 1) * sizeof *output);
    *out = (BurinEntry){.name = entry->name, .symbol = mem_print("%s_%s", m->p->name, entry->name), .launch = launches, .output = output};
    for (int g = 0; g < entry->graphs; g++) {
        const Schedule *s = m->plan->part[e][g];
        const Graph *graph = s->fused->g;
        for (int i = 0; i < s->launches; i++) {
            bool barrier = i + 1 == s->launches || s->launch[i + 1].group != s->launch[i].group;
            if (entry->graphs == 1) out->lead = s->lead;
            launch(m, out, &launches[out->launches++], s->fused, &s->launch[i], barrier);
            out->barriers += barrier;
        }
        for (int i = 0; i < graph->outputs; i++) {
            const Output *o = &graph->output[i];
            BurinOutput *b = &output[out->outputs++];
            *b = (BurinOutput){.name = o->name, .kind = o->kind, .rank = o->node->shape.rank, .offset = s->fused->offset[o->node->id], .lo = o->lo, .hi = o->hi};
            memcpy(b->shape, o->node->shape.size, sizeof b->shape);
        }
        out->nodes += entry->graph[g]->nodes;
    }
    emit_entry(m->e, out->symbol, mem_print("%s: %d launches, %d barriers, %.1f MFLOP", entry->name, out->launches, out->barriers, out->flops / 1e6));
}

/* ---- the tables ---- */

static BurinVar *make_vars(const Plan *plan)
{
    const Spec *s = plan->spec;
    BurinVar *out = mem_new((s->vars + 1) * sizeof *out);
    for (int k = 0; k < s->vars; k++) {
        const Var *v = s->var[k];
        out[k] = (BurinVar){.name = v->name, .kind = v->kind, .dtype = v->dtype, .rank = v->shape.rank, .offset = plan->var_offset[k],
            .bytes = var_bytes(v), .init = v->init, .init_a = v->init_a,
            .init_b = v->init_b, .source = v->source, .field = v->field, .where = where_text(&v->where)};
        memcpy(out[k].shape, v->shape.size, sizeof out[k].shape);
        memcpy(out[k].perm, v->perm, sizeof out[k].perm);
    }
    return out;
}

BurinProgram *program(Emitter *e, Plan *plan, const CompileOptions *o)
{
    const Spec *s = plan->spec;
    BurinProgram *p = mem_new(sizeof *p);
    int launches = 0, entries = s->entries;
    for (int i = 0; i < entries; i++) for (int g = 0; g < s->entry[i].graphs; g++) launches += plan->part[i][g]->launches;
    Maker m = {p, mem_new((launches + 1) * sizeof *m.kernel), 0, e, plan};
    BurinEntry *entry = mem_new((entries + 1) * sizeof *entry);
    *p = (BurinProgram){.abi = BURIN_ABI, .name = s->name, .spec_path = s->path, .spec_text = s->text, .target = mem_print("%s", o->target ? o->target : "cpu"), .isa = mem_print("%s", o->isa),
        .var = make_vars(plan), .vars = s->vars, .source = s->source, .sources = s->sources, .entry = entry, .entries = entries,
        .kernel = m.kernel, .layer = s->layer, .layers = s->layers, .tensor = plan->tensor, .tensors = plan->tensors,
        .option = s->option, .options = s->options, .persistent_bytes = plan->persistent_bytes, .scratch_bytes = plan->scratch_bytes,
        .thread_bytes = plan->thread_bytes, .epochs = s->epochs ? s->epochs : 20,
        .cflags = o->line_info ? mem_print("%s-lineinfo", emit_flags(e)) : emit_flags(e)};
    for (int i = 0; i < entries; i++) make_entry(&m, i, &entry[i]);
    p->kernels = m.kernels;
    p->use = uses(plan, &p->uses);
    for (int i = 0; i < s->sources; i++) if (s->source[i].batch > p->batch) p->batch = s->source[i].batch;
    p->code = emit_code(e, mem_print("%s, generated by Burin from %s", s->name, s->path), &p->places);
    if (o->line_info) lines_mark(p);
    return p;
}
