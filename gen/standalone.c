/* standalone.c: `burin emit`: the Program as C files that need neither Lua nor this generator.
 *
 * NAME.c           the kernels, as the JIT compiles them; CUDA: NAME.cu, which also finds a kernel by its name
 * NAME_program.c   the Program as initialisers
 * main.c           hands it to the runtime library
 * Makefile         builds with cc or nvcc; BURIN names the folder of Burin with runtime/ and out/libburin.a         */
#include "pass.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct { FILE *f; const char *path; } File;

static File file_open(const char *dir, const char *name)
{
    File f = {NULL, mem_print("%s/%s", dir, name)};
    f.f = fopen(f.path, "w");
    if (!f.f) fail("%s: %s", f.path, strerror(errno));
    return f;
}

static void file_close(File f)
{
    bool bad = fflush(f.f) != 0 || ferror(f.f);
    int why = errno;
    bad |= fclose(f.f) != 0;
    if (!bad) return;
    remove(f.path);
    fail("%s: %s", f.path, strerror(why));
}

static const char *suffix(const BurinProgram *p) { return strcmp(p->target, "cuda") == 0 ? "cu" : "c"; }
static bool is_cuda(const BurinProgram *p) { return strcmp(p->target, "cuda") == 0; }

/* ---- C initialisers ---- */

static void print_string(FILE *f, const char *s)
{
    if (!s) { fputs("NULL", f); return; }
    fputc('"', f);
    for (; *s; s++) {
        if (*s == '\n') fputs(s[1] ? "\\n\"\n    \"" : "\\n", f);
        else if (*s == '"' || *s == '\\') fprintf(f, "\\%c", *s);
        else if (*s == '?') fputs("\\?", f);
        else if ((unsigned char)*s < 32) fprintf(f, "\\%03o", *s);
        else fputc(*s, f);
    }
    fputc('"', f);
}

static void print_shape(FILE *f, const int64_t *size, int n)
{
    fputc('{', f);
    for (int k = 0; k < n; k++) fprintf(f, "%s%" PRId64, k ? ", " : "", size[k]);
    if (!n) fputc('0', f);
    fputc('}', f);
}

/* `columns`: what stands in a row, for who reads it. */
static void begin_table(FILE *f, const char *columns, const char *type, const char *name)
{
    fprintf(f, "/* %s */\nstatic const %s %s[] = {\n", columns, type, name);
}

static void end_table(FILE *f) { fputs("    {0}\n};\n\n", f); }

static void print_vars(FILE *f, const BurinProgram *p)
{
    static const char *const kinds[] = {"BURIN_PARAM", "BURIN_STATE", "BURIN_BATCH"}, *const types[] = {"BURIN_F32", "BURIN_U8"};
    static const char *const inits[] = {"BURIN_INIT_CONST", "BURIN_INIT_NORMAL", "BURIN_INIT_UNIFORM"};
    begin_table(f, "Variables: name, kind, type, rank, shape, order of the axes in files; offset and bytes in the persistent arena; how they begin;\n"
                   " * of data: its source and field; where in the spec", "BurinVar", "var");
    for (int k = 0; k < p->vars; k++) {
        const BurinVar *v = &p->var[k];
        fputs("    {", f);
        print_string(f, v->name);
        fprintf(f, ", %s, %s, %d, ", kinds[v->kind], types[v->dtype], v->rank);
        print_shape(f, v->shape, v->rank);
        fputs(", {", f);
        for (int i = 0; i < v->rank; i++) fprintf(f, "%s%d", i ? ", " : "", v->perm[i]);
        fprintf(f, "%s}, %zu, %zu, %s, %.17g, %.17g, %d, %d, ", v->rank ? "" : "0", v->offset, v->bytes, inits[v->init], v->init_a, v->init_b, v->source, v->field);
        print_string(f, v->where);
        fputs("},\n", f);
    }
    end_table(f);
}

static void print_sources(FILE *f, const BurinProgram *p)
{
    begin_table(f, "Data: kind, paths; images a step, their height, width and channels; what byte 0 and byte 255 become; where in the spec; classes",
                "BurinSource", "source");
    for (int k = 0; k < p->sources; k++) {
        const BurinSource *s = &p->source[k];
        fputs("    {", f);
        print_string(f, s->kind);
        fputs(", ", f);
        print_string(f, s->images);
        fputs(", ", f);
        print_string(f, s->labels);
        fprintf(f, ", %d, ", s->batch);
        print_shape(f, s->shape, 3);
        fprintf(f, ", %.17g, %.17g, ", s->lo, s->hi);
        print_string(f, s->where);
        fprintf(f, ", %d},\n", s->classes);
    }
    end_table(f);
}

static void print_kernel_table(FILE *f, const BurinProgram *p)
{
    begin_table(f, "Kernels: name, operation, shapes, what was fused, where in the spec; useful FLOPs, and least traffic in bytes", "BurinKernel", "kernel");
    for (int k = 0; k < p->kernels; k++) {
        const BurinKernel *x = &p->kernel[k];
        const char *const texts[] = {x->name, x->op, x->shape, x->fused, x->where};
        fputs("    {", f);
        for (int i = 0; i < 5; i++) { print_string(f, texts[i]); fputs(", ", f); }
        fprintf(f, "%.17g, %.17g, \"\", \"\", \"%s\"},\n", x->flops, x->bytes, x->tensor);
    }
    end_table(f);
}

/* What a CUDA launch hands to its kernel. */
static void print_arguments(FILE *f, const BurinEntry *e, int index)
{
    static const char *const arenas[] = {"BURIN_CALL", "BURIN_PERSISTENT", "BURIN_SCRATCH", "BURIN_DATA"};
    for (int i = 0; i < e->launches; i++) {
        const BurinLaunch *l = &e->launch[i];
        if (!l->args) continue;
        fprintf(f, "static const BurinArg argument%d_%d[] = {", index, i);
        for (int k = 0; k < l->args; k++) fprintf(f, "%s{%s, %zu}", k ? ", " : "", arenas[l->arg[k].arena], l->arg[k].offset);
        fputs("};\n", f);
    }
}

static void print_entry(FILE *f, const BurinEntry *e, int index)
{
    static const char *const kinds[] = {"BURIN_REPORT", "BURIN_LOSS", "BURIN_SAMPLES"};
    print_arguments(f, e, index);
    begin_table(f, mem_print("Launches of \"%s\": kernel and function, where in the spec; blocks, whether a barrier follows, whether it is the kernel's work;\n"
                             " * FLOPs, bytes; on a card: addresses, threads of a block, its shared memory", e->name), "BurinLaunch", mem_print("launch%d", index));
    for (int i = 0; i < e->launches; i++) {
        const BurinLaunch *l = &e->launch[i];
        fprintf(f, "    {%d, \"%s\", ", l->kernel, l->symbol);
        print_string(f, l->where);
        const char *arguments = l->args ? mem_print("argument%d_%d", index, i) : "NULL";
        fprintf(f, ", %d, %d, %d, %.17g, %.17g, %s, %d, %d, %zu},\n", l->chunks, l->barrier, l->work, l->flops, l->bytes, arguments, l->args, l->block, l->shared);
    }
    end_table(f);
    begin_table(f, "What it reports or draws: name, kind, shape, offset in the persistent arena, black and white", "BurinOutput", mem_print("output%d", index));
    for (int i = 0; i < e->outputs; i++) {
        const BurinOutput *o = &e->output[i];
        fputs("    {", f);
        print_string(f, o->name);
        fprintf(f, ", %s, %d, ", kinds[o->kind], o->rank);
        print_shape(f, o->shape, o->rank);
        fprintf(f, ", %zu, %.17g, %.17g},\n", o->offset, o->lo, o->hi);
    }
    end_table(f);
}

static void print_entries(FILE *f, const BurinProgram *p)
{
    for (int e = 0; e < p->entries; e++) print_entry(f, &p->entry[e], e);
    begin_table(f, "Entry points: name, function, launches, outputs; launches to begin with that need not come again; barriers, operations before fusion, FLOPs",
                "BurinEntry", "entry");
    for (int e = 0; e < p->entries; e++) {
        const BurinEntry *x = &p->entry[e];
        fprintf(f, "    {\"%s\", \"%s\", launch%d, %d, output%d, %d, %d, %d, %d, %.17g, %.17g},\n", x->name, x->symbol, e, x->launches, e, x->outputs, x->lead, x->barriers,
                x->nodes, x->flops, x->flops_padded);
    }
    end_table(f);
    if (is_cuda(p)) {
        fprintf(f, "BurinFind %s_find;\n\n", p->name);
        return;
    }
    for (int e = 0; e < p->entries; e++) fprintf(f, "void %s(const BurinCall *);\n", p->entry[e].symbol);
    fputs("static BurinFunction *const function[] = {", f);
    for (int e = 0; e < p->entries; e++) fprintf(f, "%s, ", p->entry[e].symbol);
    fputs("NULL};\n\n", f);
}

static void print_tables(FILE *f, const BurinProgram *p)
{
    begin_table(f, "Layers: net, name, kind, shape of one image, parameters, where in the spec", "BurinLayer", "layer");
    for (int k = 0; k < p->layers; k++) {
        const BurinLayer *l = &p->layer[k];
        const char *const texts[] = {l->net, l->name, l->kind, l->shape};
        fputs("    {", f);
        for (int i = 0; i < 4; i++) { print_string(f, texts[i]); fputs(", ", f); }
        fprintf(f, "%" PRId64 ", ", l->params);
        print_string(f, l->where);
        fputs("},\n", f);
    }
    end_table(f);
    begin_table(f, "The memory map: value, persistent or scratch, offset, bytes; groups of launches from its first use to its last, and of which entry", "BurinTensor", "tensor");
    for (int k = 0; k < p->tensors; k++) {
        const BurinTensor *t = &p->tensor[k];
        fputs("    {", f);
        print_string(f, t->name);
        fprintf(f, ", %d, %zu, %zu, %d, %d, %d},\n", t->persistent, t->offset, t->bytes, t->first, t->last, t->entry);
    }
    end_table(f);
    begin_table(f, "What launches read (0) and write (1), to say where a number that is not finite came from: entry, launch, which; place, floats; value", "BurinUse", "use");
    for (int k = 0; k < p->uses; k++) {
        const BurinUse *u = &p->use[k];
        fprintf(f, "    {%d, %d, %d, %s, %zu, %" PRId64 ", ", u->entry, u->launch, u->writes, u->arena == BURIN_PERSISTENT ? "BURIN_PERSISTENT" : "BURIN_SCRATCH", u->offset, u->count);
        print_string(f, u->name);
        fputs(", ", f);
        print_string(f, u->where);
        fputs("},\n", f);
    }
    end_table(f);
    begin_table(f, "Options of the spec: name, value, preset, help", "BurinOption", "option");
    for (int k = 0; k < p->options; k++) {
        const BurinOption *o = &p->option[k];
        const char *const texts[] = {o->name, o->value, o->preset, o->help};
        fputs("    {", f);
        for (int i = 0; i < 4; i++) { print_string(f, texts[i]); fputs(i < 3 ? ", " : "},\n", f); }
    }
    end_table(f);
}

void print_program(FILE *f, const BurinProgram *p)
{
    print_vars(f, p);
    print_sources(f, p);
    print_kernel_table(f, p);
    print_entries(f, p);
    print_tables(f, p);
    fprintf(f, "const BurinProgram %s_program = {\n    .abi = %d, .name = \"%s\", .spec_path = ", p->name, p->abi, p->name);
    print_string(f, p->spec_path);
    fputs(",\n    .spec_text =\n    ", f);
    print_string(f, p->spec_text);
    fprintf(f, ",\n    .target = \"%s\", .isa = \"%s\"", p->target, p->isa);
    fprintf(f, ",\n    .var = var, .vars = %d, .source = source, .sources = %d, .entry = entry, .entries = %d, .kernel = kernel, .kernels = %d,\n", p->vars, p->sources, p->entries, p->kernels);
    fprintf(f, "    .layer = layer, .layers = %d, .tensor = tensor, .tensors = %d, .use = use, .uses = %d, .option = option, .options = %d,\n", p->layers, p->tensors, p->uses, p->options);
    fprintf(f, "    .persistent_bytes = %zu, .scratch_bytes = %zu, .thread_bytes = %zu, .epochs = %d, .batch = %d, %s};\n",
            p->persistent_bytes, p->scratch_bytes, p->thread_bytes, p->epochs, p->batch, is_cuda(p) ? mem_print(".find = %s_find", p->name) : ".function = function");
}

static void write_program(const char *dir, const BurinProgram *p)
{
    File o = file_open(dir, mem_print("%s_program.c", p->name));
    fprintf(o.f, "/* %s_program.c: what the runtime needs to know of the kernels in %s.%s. Generated by Burin from %s. */\n#include \"program.h\"\n\n", p->name, p->name, suffix(p), p->spec_path);
    print_program(o.f, p);
    file_close(o);
}

/* ---- code and Makefile ---- */

/* The kernels by name: nvcc's runtime knows the driver's handle of each. */
static void print_find(FILE *f, const BurinProgram *p)
{
    fputs("\n/* ---- for the runtime: the driver's handle of a kernel ---- */\n\n#include <string.h>\n\n"
          "static const struct { const char *name; const void *kernel; } kernels[] = {\n", f);
    for (int k = 0; k < p->kernels; k++) fprintf(f, "    {\"%s\", (const void *)%s},\n", p->kernel[k].name, p->kernel[k].name);
    fprintf(f, "};\n\nextern \"C\" int %s_find(const char *symbol, void **function)\n{\n"
            "    for (const auto &k : kernels)\n"
            "        if (strcmp(k.name, symbol) == 0) return (int)cudaGetFuncBySymbol((cudaFunction_t *)function, k.kernel);\n"
            "    return (int)cudaErrorSymbolNotFound;\n}\n", p->name);
}

/* Without the lines that divide it for compilers that run side by side at start-up. */
void print_kernels(FILE *f, const BurinProgram *p)
{
    static const char unit[] = "/*---- unit ----*/\n";
    const char *from = p->code;
    for (const char *at; (at = strstr(from, unit)); from = at + sizeof unit - 1) fwrite(from, 1, (size_t)(at - from), f);
    fputs(from, f);
    if (is_cuda(p)) print_find(f, p);
}

static void write_code(const char *dir, const BurinProgram *p)
{
    File o = file_open(dir, mem_print("%s.%s", p->name, suffix(p)));
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    print_kernels(f, p);
    fclose(f);
    const char *name = mem_print("%s.%s", p->name, suffix(p));
    fputs(lines_put(text, name, name), o.f);
    free(text);
    file_close(o);
    o = file_open(dir, "main.c");
    fprintf(o.f, "/* main.c: trains %s: the same flags as `burin train`; --help lists them. */\n#include \"burin.h\"\n\nextern const BurinProgram %s_program;\n\n"
            "int main(int argc, char **argv) { return burin_main(&%s_program, argc, argv); }\n", p->name, p->name, p->name);
    file_close(o);
}

/* HEADERS and RUNTIME, of a checkout or installed; `threads` is what the compiler calls its flag. */
static void print_runtime(FILE *f, const char *threads)
{
    fprintf(f, "ifneq ($(BURIN),)\nHEADERS := -I\"$(BURIN)/runtime\"\nRUNTIME := \"$(BURIN)/out/libburin.a\" -lpng -ljpeg -lz -ldeflate -ldl -lm %s\n"
            "else\nHEADERS := $(shell pkg-config --cflags burin)\nRUNTIME := $(patsubst -pthread,%s,$(shell pkg-config --libs burin))\n"
            "ifeq ($(RUNTIME)$(filter clean,$(MAKECMDGOALS)),)\n"
            "$(error no runtime of Burin: name a checkout where make was run, make BURIN=FOLDER, or install it, make install)\nendif\nendif\n\n",
            threads, threads);
}

static void print_c_rules(FILE *f, const BurinProgram *p)
{
    fputs("CC ?= cc\nCFLAGS ?= -O3 -g\nFLAGS := -std=gnu11 -fopenmp -Wall -Wextra -Werror $(CFLAGS)\n", f);
    print_runtime(f, "-pthread");
    fprintf(f, "%s: %s.c %s_program.c main.c\n"
            "\t$(CC) $(FLAGS) %s -c %s.c -o %s.o\n"
            "\t$(CC) $(FLAGS) $(HEADERS) %s_program.c main.c %s.o $(RUNTIME) -o $@\n\n",
            p->name, p->name, p->name, p->cflags, p->name, p->name, p->name, p->name);
}

/* GPU: what the kernels are compiled for; cards that came later run them too. */
static void print_cuda_rules(FILE *f, const BurinProgram *p)
{
    fprintf(f, "NVCC ?= nvcc\nGPU ?= -arch=%s\nNVCCFLAGS ?= -O3 -lineinfo\n", p->isa);
    print_runtime(f, "-lpthread");
    fprintf(f, "%s: %s.cu %s_program.c main.c\n\t$(NVCC) $(GPU) -std=c++17 -Werror all-warnings $(NVCCFLAGS) $(HEADERS) $^ $(RUNTIME) -o $@\n\n", p->name, p->name, p->name);
}

static void write_makefile(const char *dir, const BurinProgram *p)
{
    File o = file_open(dir, "Makefile");
    fprintf(o.f, "# Builds %s, a program that trains the net%s. Burin's runtime is that of a checkout, make BURIN=FOLDER (built there by make), or\n"
            "# else the installed one, which pkg-config finds.\n"
            "BURIN ?= $(if $(wildcard ../../../out/libburin.a),../../..)\n", p->name, is_cuda(p) ? " on an NVIDIA card, with nvcc" : "");
    (is_cuda(p) ? print_cuda_rules : print_c_rules)(o.f, p);
    fprintf(o.f, "clean:\n\trm -f %s *.o\n\n.PHONY: clean\n", p->name);
    file_close(o);
}

int compiled_emit(const Compiled *c, const char *dir, char *error, size_t size)
{
    Catch catch;
    fail_to(&catch);
    if (setjmp(catch.jump) != 0) {
        if (size) snprintf(error, size, "%s", catch.message);
        return 1;
    }
    write_code(dir, compiled_program(c));
    write_makefile(dir, compiled_program(c));
    write_program(dir, compiled_program(c));
    fail_end(&catch);
    return 0;
}

int compiled_emit_single(const Compiled *c, const char *home, const char *path, char *command, char *error, size_t size)
{
    Catch catch;
    fail_to(&catch);
    if (setjmp(catch.jump) != 0) {
        if (size) snprintf(error, size, "%s", catch.message);
        return 1;
    }
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *line, *text = single(compiled_program(c), home, name, &line);
    File o = file_open(slash ? mem_print("%.*s", (int)(slash - path), path) : ".", name);
    fputs(text, o.f);
    snprintf(command, size, "%s", line);
    file_close(o);
    fail_end(&catch);
    return 0;
}
