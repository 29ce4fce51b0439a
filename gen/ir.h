/* ir.h: the graph.
 *
 * A Graph is one entry point (a training step, or the drawing of samples): nodes in an order in which inputs come before
 * their users, named outputs, and updates (variable, new value) that take place together at its end. Nodes are values:
 * made by a node_* function, which checks shapes, and never changed after. All memory is the arena's (mem.c).        */
#ifndef BURIN_IR_H
#define BURIN_IR_H
#include "../runtime/program.h"
#include "ops.h"
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

typedef enum {
#define OP(name, inputs, meaning) OP_##name,
    OPS(OP)
#undef OP
    OP_COUNT
} Op;

typedef enum {
#define FN(name, ...) FN_##name,
    SCALARS(FN)
#undef FN
    FN_COUNT
} Fn;

extern const char *const op_name[OP_COUNT];
extern const char *const fn_name[FN_COUNT], *const fn_text[FN_COUNT];
extern const int fn_arity[FN_COUNT], fn_cost[FN_COUNT];

enum { MAX_RANK = BURIN_MAX_RANK };

typedef struct { int rank; int64_t size[MAX_RANK]; } Shape;

/* Where a node came from: the user's line, and the layer that was being applied ("conv2d \"d.conv3\"", may be ""). */
typedef struct { const char *file; int line; const char *layer; } Where;

typedef struct {
    const char *name;
    BurinVarKind kind;
    BurinDtype dtype;
    Shape shape;
    int perm[MAX_RANK];         /* order of the axes in files (program.h) */
    BurinInitKind init;
    double init_a, init_b;
    int source, field;          /* BURIN_BATCH only, else -1 */
    Where where;
    int index;                  /* in Spec.var */
} Var;

typedef struct { int64_t stride[2], padding[2]; } Conv;       /* of the height and the width */

typedef struct Node Node;
struct Node {
    int id;                     /* index in Graph.node */
    Op op;
    Shape shape;
    int inputs;
    Node **in;
    union {
        double value;                                   /* const */
        int axis;                                       /* iota, concat */
        Var *var;                                       /* param, state, batch */
        struct { bool normal; uint32_t stream; } random;
        Fn fn;                                          /* map */
        struct { unsigned axes; bool max; } reduce;     /* bit k: axis k */
        struct { bool ta, tb; } matmul;
        Conv conv;                                      /* conv, conv_dx, conv_dw */
        int perm[MAX_RANK];                             /* transpose */
        struct { int64_t start[MAX_RANK], step[MAX_RANK]; } slice;
        struct { int64_t lo[MAX_RANK], hi[MAX_RANK], interior[MAX_RANK]; } pad;
    } u;
    Where where;
};

typedef struct { const char *name; BurinOutputKind kind; Node *node; double lo, hi; } Output;
typedef struct { Var *var; Node *node; } Update;

typedef struct {
    const char *name;
    Node **node;     int nodes;
    Output *output;  int outputs;
    Update *update;  int updates;
} Graph;

/* mem.c: the arena of the run. Nothing is freed before mem_reset(). */
void *mem_new(size_t bytes);                            /* zeroed */
void *mem_more(void *array, int n, size_t size);        /* the array of n elements, with room for one more */
char *mem_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void mem_reset(void);
const char *mem_nearest(const char *word, const char *const *words, int n);     /* the closest word by edits, or NULL */

/* Errors. die() is for faults of ours: it aborts. fail() is for the user's: it leaves by the innermost handler with the
 * message, in front of it the place that graph_where() set ("models/x.lua:14: conv2d \"d.conv3\": ").               */
typedef struct Catch { jmp_buf jump; char message[4096]; struct Catch *outer; } Catch;
void fail_to(Catch *);                                  /* from here on; then setjmp(c.jump), 0 the first time */
void fail_end(Catch *);                                 /* back to the handler outside; a fail() has done it already */
Catch *fail_handler(void);                              /* the innermost, to be put back by fail_restore() */
void fail_restore(Catch *);
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* shape.c: the law of shapes. Each returns the shape of the result or calls fail() with what would fit. */
int64_t shape_count(const Shape *);
bool shape_equal(const Shape *, const Shape *);
void shape_need_int(const char *what, int64_t v);        /* kernels index with int: fails when v does not fit one */
char *shape_text(const Shape *);                        /* "64x14x14x32"; "scalar" for rank 0 */
Shape shape_broadcast(const char *what, const Shape *a, const Shape *b);
Shape shape_matmul(const Shape *a, const Shape *b, bool ta, bool tb);
Shape shape_conv(const Shape *x, const Shape *w, const Conv *);
Shape shape_conv_dx(const Shape *y, const Shape *w, const Conv *, const int64_t size[2]);    /* size: H and W of x */
Shape shape_conv_dw(const Shape *x, const Shape *y, const Conv *, const int64_t kernel[2]);

/* ir.c: making nodes. `where` of a new node is graph_where's last value. */
Graph *graph_new(const char *name);
void graph_where(Where);
Where graph_where_now(void);
Node *node_const(Graph *, double, Shape);
Node *node_iota(Graph *, Shape, int axis);
Node *node_var(Graph *, Var *);                         /* param, state or batch: one node for each Var in a graph */
Node *node_random(Graph *, Shape, bool normal, uint32_t stream);
Node *node_step(Graph *);
Node *node_map(Graph *, Fn, Node *const *in);           /* fn_arity[fn] inputs */
Node *node_broadcast(Graph *, Node *, Shape);           /* map copy to a larger shape */
Node *node_reduce(Graph *, Node *, unsigned axes, bool max);
Node *node_matmul(Graph *, Node *a, Node *b, bool ta, bool tb);
Node *node_conv(Graph *, Node *x, Node *w, Conv);
Node *node_conv_dx(Graph *, Node *y, Node *w, Conv, const int64_t size[2]);
Node *node_conv_dw(Graph *, Node *x, Node *y, Conv, const int64_t kernel[2]);
Node *node_reshape(Graph *, Node *, Shape);
Node *node_transpose(Graph *, Node *, const int *perm);
Node *node_slice(Graph *, Node *, const int64_t *start, const int64_t *step, const int64_t *size);
Node *node_pad(Graph *, Node *, const int64_t *lo, const int64_t *hi, const int64_t *interior);
Node *node_concat(Graph *, Node *const *in, int inputs, int axis);
Node *node_stop(Graph *, Node *);
Node *node_like(Graph *, const Node *, Node *const *in); /* the same operation on other inputs; shapes are checked again */
Var *node_variable(const Node *);                       /* what a param, state or batch reads; NULL for other nodes */
bool node_contracts(const Node *);                      /* matmul, conv, conv_dx or conv_dw */
size_t var_bytes(const Var *);
void graph_output(Graph *, const char *name, BurinOutputKind, Node *, double lo, double hi);
void graph_update(Graph *, Var *, Node *);
void graph_ends(Graph *, const Graph *old, Node *const *now);  /* the outputs and updates of `old`, whose node k is now[k] */

/* text.c: a graph as text, one node a line, and as Graphviz. */
void graph_print(const Graph *, FILE *);
void graph_dot(const Graph *, FILE *);
const char *where_text(const Where *);                  /* "models/x.lua:14 conv2d \"d.conv3\"" */
const char *conv_text(const Node *);                    /* "k4 s2 p1" */

/* check.c: dies unless the graph is well formed: order, shapes, arity, outputs and updates of the right shape. */
void check(const Graph *, const char *after);

/* ref.c: the reference interpreter, in double precision: the definition of every op. */
double fn_value(Fn, double a, double b, double c);
typedef struct {
    uint64_t seed, step;
    const double *(*read)(void *host, const Var *);     /* the values of a variable */
    void *host;
} RefCall;
double **ref_run(const Graph *, const RefCall *);       /* values of each node by id; malloced: ref_free */
void ref_free(const Graph *, double **);

/* The passes: Graph in, Graph out, printable, checked, runnable by the interpreter. */
void grad(Graph *, Node *y, Node *const *x, int n, Node **dx);  /* d y / d x[i] for a scalar y, added to the graph */
Graph *precision(const Graph *, Fn rounding);                   /* of a spec with precision = "tf32" or "bf16" only */
Graph *simplify(const Graph *);
#endif
