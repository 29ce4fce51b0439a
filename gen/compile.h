/* compile.h: the generator as its callers see it: a spec goes in, a Program comes out.
 *
 * Errors: a function that can fail on what the user wrote returns NULL or non-zero and leaves one message of one or
 * more lines in `error` ("models/x.lua:14: conv2d \"d.conv3\": kernel 4 does not fit ..."), without a newline at its end. */
#ifndef BURIN_COMPILE_H
#define BURIN_COMPILE_H
#include "../runtime/program.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct {
    const char *spec;           /* path of the Lua file */
    const char *text;           /* what is in it; NULL: it is read */
    const char *home;           /* the folder that holds models/lib and templates */
    const char *const *set;     /* "name=value" for options that the spec declares */
    int sets;
    const char *const *preset;  /* the same, weaker than `set`: what a run to go on with had. One that is not declared is passed over */
    int presets;
    const char *target;         /* "cpu", "cuda": a folder of templates; NULL: "cpu" */
    bool line_info;             /* cuda: profilers are to show lines of the spec (lines.c) */
    const char *isa;            /* "avx512bf16", "avx512", "avx2", "sse2", "neon", "c"; cuda: "sm_80" and so on */
    /* Where a template has a choice that makes no difference to the bits (choose() in templates): what was measured to be the
     * fastest here, as lines "KERNEL: NAME NUMBER" (runtime/tune.h), or NULL; with a candidate above 0, instead, of each
     * kernel the candidate of this place, if there are so many.                                                     */
    const char *tuned;
    int candidate;
    size_t band;                /* tests: bytes behind each buffer that nobody may touch (plan.c) */
    /* What shape (H,W,C) the images of a source have, where the spec does not say: reads the file. Returns 0, or
     * non-zero with a message. May be NULL: then the spec must say.                                              */
    int (*describe)(const BurinSource *, int64_t shape[3], char *error, size_t size);
    /* Told of each source as the spec declares it, so that its file can be read meanwhile. May be NULL. */
    void (*declared)(const BurinSource *);
} CompileOptions;

typedef struct Compiled Compiled;       /* owns all that its program points to */

Compiled *compile(const CompileOptions *, char *error, size_t size);
const BurinProgram *compiled_program(const Compiled *);
void compiled_free(Compiled *);

/* `burin check`: runs the spec and makes its graphs, no kernels: a few milliseconds. Returns 0 and what it found, or 1 with a message. */
typedef struct { int layers, nodes; int64_t parameters; } Facts;
int compile_check(const CompileOptions *, Facts *, char *error, size_t size);

/* `burin fmt`: a spec's text with its lines indented as the models' are; see format.c. Malloced; NULL with a message. */
char *format_spec(const char *path, const char *text, char *error, size_t size);

/* `burin show`: stage is "layers", "graph", "dot", "passes", "kernels", "memory" or "source"; `kernel` is the name or
 * number of one kernel ("source" only; NULL prints all). Returns 0, or 1 with a message.                          */
int compiled_show(const Compiled *, const char *stage, const char *kernel, FILE *out, char *error, size_t size);

/* `burin emit`: writes NAME.c or NAME.cu (kernels), NAME_program.c (the Program as initialisers), main.c and a Makefile into the
 * existing folder `dir`. Returns 0, or 1 with a message.                                                          */
int compiled_emit(const Compiled *, const char *dir, char *error, size_t size);

/* `burin emit --single-file`: writes the file `path`, the kernels with all of the runtime that they need, which stands in home/runtime.
 * `command` (`size` bytes, as `error`) gets the line that compiles it. Returns 0, or 1 with a message.               */
int compiled_emit_single(const Compiled *, const char *home, const char *path, char *command, char *error, size_t size);
#endif
