/* compile.c: the passes, in their order. Reading down is how a spec becomes a Program. */
#include "pass.h"
#include <string.h>

struct Compiled {
    Spec *spec;
    Graph *traced[2][16], *simple[2][16];       /* by entry and graph: before and after simplify() */
    Schedule *part[2][16];
    Plan *plan;
    BurinProgram *program;
};

static void passes(Compiled *c, const CompileOptions *o, Emitter *e)
{
    for (int i = 0; i < c->spec->entries; i++)
        for (int g = 0; g < c->spec->entry[i].graphs; g++) {
            Graph *graph = c->traced[i][g] = c->spec->entry[i].graph[g];
            check(graph, "spec");
            if (c->spec->rounding != FN_copy) check(graph = precision(graph, c->spec->rounding), "precision");
            graph = c->simple[i][g] = simplify(graph);
            check(graph, "simplify");
            Fused *fused = fuse(graph);
            check(graph, "fuse");
            emit_size(e, fused);
            c->part[i][g] = schedule(fused);
        }
    c->plan = plan(c->spec, c->part, emit_batches(e), o->band);
    c->program = program(e, c->plan, o);
}

/* Of the spec that is given, or of the options' file. */
static Compiled *compile_given(Spec *given, const CompileOptions *o, char *error, size_t size)
{
    Compiled *c;
    Emitter *volatile e = NULL;             /* set after setjmp() */
    Catch catch;
    fail_to(&catch);
    if (setjmp(catch.jump) != 0) {
        if (e) emit_close(e);
        if (size) snprintf(error, size, "%s", catch.message);
        return NULL;
    }
    c = mem_new(sizeof *c);
    c->spec = given ? given : spec(o);      /* first: it declares the data, which can be read from then on */
    e = emit_open(o);
    passes(c, o, e);
    emit_close(e);
    fail_end(&catch);
    return c;
}

Compiled *compile(const CompileOptions *o, char *error, size_t size) { return compile_given(NULL, o, error, size); }
Compiled *compile_spec(Spec *s, const CompileOptions *o, char *error, size_t size) { return compile_given(s, o, error, size); }

int compile_check(const CompileOptions *o, Facts *f, char *error, size_t size)
{
    Catch catch;
    *f = (Facts){0};
    fail_to(&catch);
    if (setjmp(catch.jump) != 0) {
        if (size) snprintf(error, size, "%s", catch.message);
        mem_reset();
        return 1;
    }
    Spec *s = spec(o);
    for (int i = 0; i < s->entries; i++)
        for (int g = 0; g < s->entry[i].graphs; g++) {
            check(s->entry[i].graph[g], "spec");
            f->nodes += s->entry[i].graph[g]->nodes;
        }
    for (int i = 0; i < s->vars; i++)
        if (s->var[i]->kind == BURIN_PARAM) f->parameters += shape_count(&s->var[i]->shape);
    f->layers = s->layers;
    fail_end(&catch);
    mem_reset();
    return 0;
}

const BurinProgram *compiled_program(const Compiled *c) { return c->program; }
const Graph *compiled_graph(const Compiled *c, int entry, int graph, bool simplified)
{
    if (entry >= c->spec->entries || graph >= c->spec->entry[entry].graphs) return NULL;
    return simplified ? c->simple[entry][graph] : c->traced[entry][graph];
}
const Schedule *compiled_schedule(const Compiled *c, int entry, int graph) { return c->part[entry][graph]; }

void compiled_free(Compiled *c)
{
    if (c) mem_reset();
}
