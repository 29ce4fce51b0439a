/* pass.h: what the passes hand on: Spec (traced), Kernels (fused, scheduled), Plan (placed). */
#ifndef BURIN_PASS_H
#define BURIN_PASS_H
#include "compile.h"
#include "ir.h"

/* ---- spec.c: Lua in, graphs out ---- */

typedef struct {
    const char *name;           /* "step", "sample" */
    Graph *graph[16];           /* run one after the other; each sees the variables as the one before left them */
    int graphs;
} Entry;

typedef struct {
    const char *name, *path, *text;
    Var **var;            int vars;
    BurinSource *source;  int sources;
    Entry entry[2];       int entries;
    BurinLayer *layer;    int layers;
    BurinOption *option;  int options;
    int epochs;
    Fn rounding;                /* of what contractions multiply: FN_tf32, FN_bf16; FN_copy: none. See precision.c */
} Spec;

Spec *spec(const CompileOptions *);

/* ---- fuse.c: which values are stored, and by which kernel ---- */

/* A value that a kernel writes: to the variable, or, when that is NULL, to memory of its own. */
typedef struct { Node *node; Var *var; } Store;

/* Work over one domain: at each of its points, values stored and values added to reductions. All reductions of a part
 * go over the same axes.                                                                                            */
typedef struct {
    Shape domain;
    Store *store;  int stores;
    Node **reduce; int reduces;
} Part;

typedef enum { ROOT_GATHER, ROOT_DW, ROOT_MAP, ROOT_REDUCE } Root;

/* gather: conv, conv_dx and matmul, which write each point of their result once; dw: conv_dw and transposed matmul, which
 * add up over all images; map and reduce have no root node. A contraction has one part: its domain is the root's shape,
 * its stores and reductions are the epilogue. A map kernel has any number of parts.                                */
typedef struct Kernel Kernel;
typedef enum { PHASE_PACK, PHASE_MAIN, PHASE_FINISH, PHASES } Phase;
struct Kernel {
    Root kind;
    Node *root;
    Part *part;    int parts;
    int stage;                  /* kernels of one stage are independent of each other */
    int index;                  /* in Fused.kernel */
    /* what the target's template needs, set by emit_size(): pack brings the weights into the order that the kernel reads,
     * finish adds up partial sums in the order of the chunks                                                        */
    int chunks[PHASES];         /* pieces of work of each phase; 0: the phase is missing */
    size_t pack_bytes, partial_bytes, thread_bytes;
    const char *pack_key;       /* kernels of one graph with equal weights and keys share the packed copy */
    /* set by schedule() and plan() */
    Kernel *packed;             /* whose packed copy this kernel reads: itself, or an earlier one */
    bool once, pack_once;       /* its results, its packed weights depend on variables alone, which the graph does not write */
    size_t pack_offset, partial_offset;     /* in the scratch arena */
};

typedef struct {
    Graph *g;
    Kernel **kernel; int kernels;   /* by stage */
    bool *stored;                   /* by node id: has memory of its own, written by home[id] */
    int *home;                      /* by node id: index of the kernel, or -1 */
    int stages;
    size_t *offset;                 /* by node id, of stored nodes and variables: set by plan() */
    bool *persistent;               /* by node id: which arena */
} Fused;

Fused *fuse(Graph *);
Node *fuse_memory(const Fused *, Node *);   /* the node whose memory this one is (through reshape), or NULL: computed where read */
bool fuse_leaf(const Fused *, const Node *);    /* read from memory or made on the spot, not computed from other nodes */

/* ---- schedule.c: the order of launches, and the barriers between them ---- */

typedef struct { Kernel *kernel; Phase phase; int group; } Launch;

/* Launches of one group run side by side; between groups stands a barrier. The first `lead` of them depend on variables alone:
 * what they leave stays in place for the next call. */
typedef struct { Fused *fused; Launch *launch; int launches, groups, lead; } Schedule;

Schedule *schedule(Fused *);

/* ---- plan.c: a place in memory for everything ---- */

typedef struct {
    Spec *spec;
    Schedule *part[2][16];          /* by entry and graph */
    size_t persistent_bytes, scratch_bytes, thread_bytes, band;
    size_t *var_offset;             /* by Var.index */
    BurinTensor *tensor; int tensors;
} Plan;

/* batches: that a batch variable has room for; band: bytes behind each buffer, for tests */
Plan *plan(Spec *, Schedule *part[2][16], int batches, size_t band);
size_t plan_bytes(const Node *);    /* of a node's values: float, or bytes for a batch */

/* ---- expr.c: the text of a value ---- */

/* One place in emitted code where values are computed: statements pile up in `code`, values that are equal share a name. */
typedef struct Expr Expr;
typedef const char *(*ExprName)(void *host, Node *memory);      /* the C name of a node's memory */

Expr *expr_new(const Fused *, ExprName, void *host, int *temporaries);
void expr_given(Expr *, Node *, const char *text);              /* the node's value is in this variable, wherever */
void expr_here(Expr *, Node *);                                 /* compute the stored node from its inputs: it is being made */
void expr_flat(Expr *, const Shape *);                          /* the one index runs over all elements of this shape */
void expr_ordered(Expr *);                                      /* batches are rows of their data, by the numbers in order0, order1, ... */
const char *expr_value(Expr *, Node *, const char *const *index);
const char *expr_index(const Shape *, const char *const *index);        /* of an element of a tensor in memory */
const char *expr_code(const Expr *);

/* ---- emit.c: text ---- */

typedef struct Emitter Emitter;
Emitter *emit_open(const CompileOptions *);
void emit_close(Emitter *);
int emit_batches(const Emitter *);                              /* that the target wants room for */
void emit_size(Emitter *, Fused *);                             /* sets what the template decides in each Kernel */
/* A function; how to launch it where an entry point is not a function: see BurinLaunch. */
typedef struct {
    const char *symbol, *source, *choice, *tensor;
    const BurinArg *arg; int args;
    int block;
    size_t shared;
} Rendered;
/* The next launch of the entry; `about` is what people should read above the function, some lines. */
Rendered emit_launch(Emitter *, const Plan *, const Fused *, const Kernel *, Phase, bool barrier, const char *about);
double emit_bytes(Emitter *, const Fused *, const Kernel *);    /* least traffic of its main phase: all that it reads and writes, once */
void emit_entry(Emitter *, const char *symbol, const char *comment);             /* ends the entry */
const char *emit_code(Emitter *, const char *comment, const char *const **places);     /* the whole text; BurinProgram.places */
const char *emit_flags(Emitter *);                              /* of the text's compiler, those that decide the bits */

/* ---- uses.c ---- */

const BurinUse *uses(const Plan *, int *count);     /* what each launch reads and writes */

/* ---- lines.c: lines of the spec for profilers ---- */

void lines_mark(BurinProgram *);    /* changes code and places */
const char *lines_put(const char *code, const char *name, const char *as);       /* the code in a file `as`: #line N "name" says its lines */

/* ---- standalone.c, single.c: what `burin emit` writes ---- */

void print_kernels(FILE *, const BurinProgram *);   /* the text */
void print_program(FILE *, const BurinProgram *);   /* the rest as C initialisers, to NAME_program */
/* All with the runtime, as the text of one file of that name; with it the command that compiles it. */
const char *single(const BurinProgram *, const char *home, const char *file, const char **command);

/* ---- program.c ---- */

BurinProgram *program(Emitter *, Plan *, const CompileOptions *);
const char *program_op(const Kernel *), *program_shape(const Kernel *);        /* in words: BurinKernel.op, .shape */
const char *program_bytes(double);      /* "512 B", "27.7 KB", "1.25 MB" */

/* ---- compile.c: the stages of a compilation, for show.c and tests ---- */

Compiled *compile_spec(Spec *, const CompileOptions *, char *error, size_t size);   /* of a spec made by hand; see compile() */
const Graph *compiled_graph(const Compiled *, int entry, int graph, bool simplified);  /* NULL past the last */
const Schedule *compiled_schedule(const Compiled *, int entry, int graph);
#endif
