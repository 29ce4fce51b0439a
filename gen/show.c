/* show.c: `burin show`: each stage of a compilation as text for people. */
#include "pass.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void show_layers(const BurinProgram *p, FILE *out)
{
    const char *net = "";
    int64_t total = 0;
    for (int k = 0; k < p->layers; k++) {
        const BurinLayer *l = &p->layer[k];
        if (strcmp(net, l->net) != 0) {
            fprintf(out, "%s%s\n", k ? "\n" : "", l->net);
            net = l->net;
        }
        fprintf(out, "  %-34s %-12s %9" PRId64 "  %s\n", l->kind, l->shape, l->params, l->where);
        total += l->params;
    }
    fprintf(out, "\n%" PRId64 " parameters\n", total);
}

static void each_graph(const Compiled *c, bool simplified, void (*print)(const Graph *, FILE *), FILE *out)
{
    for (int e = 0; e < 2; e++)
        for (int g = 0; g < 16 && compiled_graph(c, e, g, simplified); g++) print(compiled_graph(c, e, g, simplified), out);
}

static void show_groups(const Compiled *c, FILE *out)
{
    for (int e = 0; e < 2; e++)
        for (int g = 0; g < 16 && compiled_graph(c, e, g, true); g++) {
            const Schedule *s = compiled_schedule(c, e, g);
            fprintf(out, "%s: %d kernels in %d groups\n", s->fused->g->name, s->fused->kernels, s->groups);
            for (int i = 0; i < s->launches; i++) {
                static const char *const phases[] = {"pack", "main", "finish"}, *const roots[] = {"gather", "dw", "map", "reduce"};
                const Kernel *k = s->launch[i].kernel;
                fprintf(out, "  group %-3d kernel %-3d %-6s %-6s %4d chunks ", s->launch[i].group, k->index, roots[k->kind], phases[s->launch[i].phase], k->chunks[s->launch[i].phase]);
                if (k->root) fprintf(out, " root %%%d", k->root->id);
                for (int p = 0; p < k->parts && s->launch[i].phase == PHASE_MAIN; p++) {
                    for (int n = 0; n < k->part[p].stores; n++) fprintf(out, " %s%%%d", n ? "" : "store ", k->part[p].store[n].node->id);
                    for (int n = 0; n < k->part[p].reduces; n++) fprintf(out, " %s%%%d", n ? "" : "sum ", k->part[p].reduce[n]->id);
                }
                fputc('\n', out);
            }
        }
}

static void show_passes(const Compiled *c, FILE *out)
{
    fprintf(out, "==== after spec (with the gradients that it asked for)\n");
    each_graph(c, false, graph_print, out);
    fprintf(out, "\n==== after simplify\n");
    each_graph(c, true, graph_print, out);
    fprintf(out, "\n==== after fuse and schedule\n");
    show_groups(c, out);
}

/* Nodes of an entry's simplified graphs that compute something: what would be kernels of their own without fusion. */
static int computations(const Compiled *c, int entry)
{
    int n = 0;
    for (int g = 0; g < 16 && compiled_graph(c, entry, g, true); g++) {
        const Graph *graph = compiled_graph(c, entry, g, true);
        for (int k = 0; k < graph->nodes; k++) {
            const Node *x = graph->node[k];
            n += x->op == OP_map || x->op == OP_reduce || x->op == OP_random || node_contracts(x);
        }
    }
    return n;
}

static void show_kernels(const Compiled *c, const BurinProgram *p, FILE *out)
{
    for (int e = 0; e < p->entries; e++) {
        const BurinEntry *x = &p->entry[e];
        int main = 0;
        for (int i = 0; i < x->launches; i++) main += x->launch[i].work;
        fprintf(out, "%s%s: %d nodes traced; %d computations left by simplify; %d kernels after fusion\n", e ? "\n" : "", x->name, x->nodes, computations(c, e), main);
        fprintf(out, "%d launches with packing and partial sums, %d barriers, %.1f MFLOP. A | after the number: a barrier follows.\n\n", x->launches, x->barriers, x->flops / 1e6);
        for (int i = 0; i < x->launches; i++) {
            const BurinLaunch *l = &x->launch[i];
            const BurinKernel *k = &p->kernel[l->kernel];
            fprintf(out, "%3d%s %-22s %s\n", i, l->barrier ? "|" : " ", k->op, k->name);
            if (!l->work) continue;
            fprintf(out, "       %s", k->shape);
            if (l->flops >= 1e5) fprintf(out, "  %.1f MFLOP", l->flops / 1e6);
            fprintf(out, "  %s  %d chunk%s", program_bytes(l->bytes), l->chunks, l->chunks > 1 ? "s" : "");
            if (*l->where) fprintf(out, "  %s", l->where);
            fputc('\n', out);
            if (*k->fused) fprintf(out, "       fused: %s\n", k->fused);
        }
    }
}

static void show_memory(const BurinProgram *p, FILE *out)
{
    fprintf(out, "persistent %s, scratch %s, and %s for each thread\n\n", program_bytes((double)p->persistent_bytes), program_bytes((double)p->scratch_bytes), program_bytes((double)p->thread_bytes));
    fprintf(out, "%-10s %12s %12s  %-16s %s\n", "arena", "offset", "bytes", "alive in groups", "what");
    for (int k = 0; k < p->tensors; k++) {
        const BurinTensor *t = &p->tensor[k];
        const char *life = t->persistent ? "always" : mem_print("%d to %d of %s", t->first, t->last, p->entry[t->entry].name);
        fprintf(out, "%-10s %12zu %12zu  %-16s %s\n", t->persistent ? "persistent" : "scratch", t->offset, t->bytes, life, t->name);
    }
}

static int show_source(const BurinProgram *p, const char *name, FILE *out, char *error, size_t size)
{
    if (!name) {
        fputs(p->code, out);
        return 0;
    }
    char *end;
    long number = strtol(name, &end, 10);
    const char *names[1024];
    int n = 0;
    for (int k = 0; k < p->kernels && k < 1024; k++) {
        names[n++] = p->kernel[k].name;
        bool launched = !*end && *name && number >= 0 && number < p->entry[0].launches && p->entry[0].launch[number].kernel == k;
        if (strcmp(p->kernel[k].name, name) != 0 && !launched) continue;
        fputs(p->kernel[k].source, out);
        return 0;
    }
    const char *near = mem_nearest(name, names, n);
    if (near) snprintf(error, size, "there is no kernel \"%s\"; did you mean %s? (`--kernels` lists them)", name, near);
    else snprintf(error, size, "there is no kernel \"%s\"; `--kernels` lists them", name);
    return 1;
}

int compiled_show(const Compiled *c, const char *stage, const char *kernel, FILE *out, char *error, size_t size)
{
    const BurinProgram *p = compiled_program(c);
    if (strcmp(stage, "layers") == 0) show_layers(p, out);
    else if (strcmp(stage, "graph") == 0) each_graph(c, true, graph_print, out);
    else if (strcmp(stage, "dot") == 0) each_graph(c, true, graph_dot, out);
    else if (strcmp(stage, "passes") == 0) show_passes(c, out);
    else if (strcmp(stage, "kernels") == 0) show_kernels(c, p, out);
    else if (strcmp(stage, "memory") == 0) show_memory(p, out);
    else if (strcmp(stage, "source") == 0) return show_source(p, kernel, out, error, size);
    else {
        snprintf(error, size, "there is no stage \"%s\"", stage);
        return 1;
    }
    return 0;
}
