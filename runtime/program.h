/* program.h: what the generator hands to the runtime, and all that either knows of the other.
 *
 * A Program is a compiled spec: the variables with their places in memory, the data that it reads, the entry points
 * with their outputs, the kernels with their source. The generator makes it in memory; `burin emit` prints the same
 * struct as C initialisers. Every pointer is owned by the Program and lives as long as it does; nothing here is
 * changed by the runtime. Sizes and offsets are in bytes, shapes in elements.                                      */
#ifndef BURIN_PROGRAM_H
#define BURIN_PROGRAM_H
#include <stddef.h>
#include <stdint.h>

#define BURIN_VERSION "0.1.0"
enum { BURIN_ABI = 5, BURIN_MAX_RANK = 8 };

typedef enum { BURIN_F32, BURIN_U8 } BurinDtype;

typedef enum {
    BURIN_PARAM,                /* trained; saved in checkpoints */
    BURIN_STATE,                /* persists from step to step (running statistics, moments, EMA); saved */
    BURIN_BATCH                 /* filled by the runtime before each step; not saved */
} BurinVarKind;

typedef enum {
    BURIN_INIT_CONST,           /* a */
    BURIN_INIT_NORMAL,          /* mean a, standard deviation b */
    BURIN_INIT_UNIFORM          /* from a to b */
} BurinInitKind;

/* A variable lives in the persistent arena. In files its axes stand in another order: axis k of the file is axis
 * perm[k] of memory (memory is channels-last, files are in PyTorch's order).                                      */
typedef struct {
    const char *name;           /* "generator.0.weight", unique: the checkpoint's key */
    BurinVarKind kind;
    BurinDtype dtype;
    int rank;
    int64_t shape[BURIN_MAX_RANK];
    int perm[BURIN_MAX_RANK];
    size_t offset, bytes;       /* in the persistent arena; offsets are multiples of 64. CUDA: of a BATCH there is room for two */
    BurinInitKind init;
    double init_a, init_b;
    int source, field;          /* BATCH: index of the source; 0 images, 1 labels. Otherwise -1 */
    const char *where;          /* "models/dcgan_mnist.lua:14" */
} BurinVar;

/* A data set, read in batches: `batch` rows of images (and labels) a step, reshuffled each epoch, and the last partial
 * batch of an epoch dropped.                                                                                       */
typedef struct {
    const char *kind;           /* "mnist", "fashion_mnist", "idx", "images" */
    const char *images, *labels;/* paths of "idx"; of "images" the folder; NULL for the named sets, which the runtime finds */
    int batch;
    int64_t shape[3];           /* H, W, C of one image */
    double lo, hi;              /* what byte 0 and byte 255 become in the spec */
    const char *where;
    int classes;                /* how many labels there are; of "images", the folders that there must be. 0: not known */
} BurinSource;

typedef enum {
    BURIN_REPORT,               /* one number a step: losses, D(x), D(G(z)) */
    BURIN_LOSS,                 /* the same, and training stops when it is not finite */
    BURIN_SAMPLES               /* images (N,H,W,C), lo black and hi white */
} BurinOutputKind;

typedef struct {
    const char *name;           /* "loss_D" */
    BurinOutputKind kind;
    int rank;
    int64_t shape[BURIN_MAX_RANK];
    size_t offset;              /* in the persistent arena; always f32 */
    double lo, hi;              /* SAMPLES only */
} BurinOutput;

/* One kernel, as people read it. */
typedef struct {
    const char *name;           /* "k07_conv_dx_64x14x14x32": its name in the source */
    const char *op;             /* "conv", "conv_dx", "conv_dw", "matmul", "map", "reduce", "random" */
    const char *shape;          /* "14x14x32 -> 7x7x64, k4 s2 p1" */
    const char *fused;          /* "load: mul add leaky_relu; side: sum, sum of squares" or "" */
    const char *where;          /* Lua file:line and layer */
    double flops, bytes;        /* useful floating-point operations, and least traffic, of one launch */
    const char *source;         /* its text */
    const char *choice;         /* where it was not made as usual (runtime/tune.h): "panel 2", or "" */
    const char *tensor;         /* CUDA: what it multiplies on tensor cores: "tf32", "bf16", or "" */
} BurinKernel;

/* CUDA: a kernel's parameters are pointers only. */
typedef enum {
    BURIN_CALL,                 /* to the BurinKey, and behind it for each source, in their order, `batch` numbers (uint32_t) */
    BURIN_PERSISTENT, BURIN_SCRATCH,                /* into that arena */
    BURIN_DATA                  /* offset: index of a BATCH variable: to its data, rows of bytes, of which the numbers behind the key say which
                                   are the batch: of all there are, or of two batches at its place in the persistent arena */
} BurinArena;

typedef struct { BurinArena arena; size_t offset; } BurinArg;

typedef struct { uint64_t seed, step; } BurinKey;   /* what random numbers are keyed by; step counts from 0 */

/* A launch: `chunks` independent pieces of one kernel's phase; after it, a barrier if a later launch needs one. On CUDA the
 * chunks are the grid's blocks, and launches between two barriers may run side by side.                             */
typedef struct {
    int kernel;
    const char *symbol;         /* function in the source; a kernel may have several: pack, main, finish */
    const char *where;          /* the Lua line that this launch came from */
    int chunks;
    int barrier;
    int work;                   /* 1: the kernel's work; 0: the packing before it, or the sum of its parts after it */
    double flops, bytes;
    const BurinArg *arg;        int args;           /* from here on CUDA only */
    int block;                  /* threads of a block, a multiple of 32 */
    size_t shared;              /* dynamic shared memory of a block */
} BurinLaunch;

/* An entry point: "step" (a whole training step) or "sample". */
typedef struct {
    const char *name;
    const char *symbol;         /* C function: void symbol(const BurinCall *) */
    const BurinLaunch *launch;  int launches;
    const BurinOutput *output;  int outputs;
    int lead;                   /* that many launches come first whose results depend on variables alone, and stay: a call that follows
                                   one of the same entry may begin behind them, unless a variable was written or another entry run */
    int barriers;
    int nodes;                  /* operations in the graph before fusion */
    double flops;               /* useful, of one call */
    double flops_padded;        /* as frameworks count: with the multiplications by padding */
} BurinEntry;

typedef struct {
    const char *net, *name, *kind;   /* "generator", "g.conv1", "conv_transpose2d 128 k4 s1" */
    const char *shape;               /* output of one image, "4x4x128" */
    int64_t params;
    const char *where;
} BurinLayer;

/* A piece of the memory map: persistent or scratch. */
typedef struct {
    const char *name;
    int persistent;
    size_t offset, bytes;
    int first, last;            /* groups of launches of the first and last use, of the entry `entry`: a barrier ends a group; scratch only */
    int entry;
} BurinTensor;

/* A value of floats that a launch reads or writes; packed weights and partial sums are left out. Of what it writes it is said where
 * in the spec it was computed, as far as that was not stored on the way.                                           */
typedef struct {
    int entry, launch;          /* in the order of these */
    int writes;
    BurinArena arena;
    size_t offset;
    int64_t count;              /* floats */
    const char *name;           /* "generator.0.weight"; "conv 64x7x7x64" */
    const char *where;          /* reads: "models/x.lua:14 ..."; writes: "models/x.lua:13: mul add; models/x.lua:14: log" */
} BurinUse;

typedef struct { const char *name, *value, *preset, *help; } BurinOption;

/* The argument of an entry point. */
typedef struct BurinCall {
    char *persistent, *scratch; /* the two arenas, aligned to 64 bytes */
    char *thread;               /* threads x thread_bytes: each thread's tiles */
    uint64_t seed, step;        /* what random numbers are keyed by; step counts from 0 */
    int32_t threads;
    int32_t first, last;        /* launches to run, first <= i < last: a profiler and NaN search run a part;
                                   0 and INT32_MAX run all */
    double *seconds;            /* if not NULL: the time of each launch is added to seconds[i] */
} BurinCall;

typedef void BurinFunction(const BurinCall *);

/* CUDA: the driver's handle of a kernel that is linked in, by its symbol. Zero, or a cudaError_t. */
typedef int BurinFind(const char *symbol, void **function);

typedef struct BurinProgram {
    int abi;
    const char *name;           /* "dcgan_mnist" */
    const char *spec_path, *spec_text;
    const char *target;         /* "cpu", "cuda" */
    const char *isa;            /* "avx512bf16", "avx512", "avx2", "sse2", "neon", "c"; CUDA: "sm_90", or "" for the card's own */
    const BurinVar *var;        int vars;
    const BurinSource *source;  int sources;
    const BurinEntry *entry;    int entries;
    const BurinKernel *kernel;  int kernels;
    const BurinLayer *layer;    int layers;
    const BurinTensor *tensor;  int tensors;
    const BurinUse *use;        int uses;
    const BurinOption *option;  int options;
    size_t persistent_bytes, scratch_bytes;
    size_t thread_bytes;        /* for each thread */
    int epochs;                 /* what the spec asks for */
    int batch;                  /* images a step: the largest batch of its sources */
    const char *code;           /* the whole C or CUDA text (kernels are extern "C"); NULL in emitted programs */
    const char *const *places;  /* of each line of the code, the line of a template that it came from, "templates/cpu/dw.c:14", or NULL;
                                   NULL in emitted programs */
    const char *cflags;         /* flags that decide its bits: instruction set, floating point; CUDA: NVRTC's options, or "" */
    BurinFunction *const *function;  /* emitted programs: one for each entry, linked in; else NULL */
    BurinFind *find;            /* emitted CUDA programs; else NULL */
} BurinProgram;
#endif
