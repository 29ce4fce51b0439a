/* Convolutions that the CPU computes by Winograd's algorithm: that they are, against the interpreter, and that images give the same
 * bits whatever their number.                                                                                      */
#include "agree.h"

typedef struct { int n, h, w, i, o, ph, pw; } Size;

/* With each padding; tiles that come out even and that do not; channels that fill vectors and that do not; rows and columns at the end
 * that no output reads; the layers of models/dcgan_mnist.lua and one of models/dcgan64.lua.                           */
static const Size sizes[] = {
    {16, 14, 14, 32, 64, 1, 1}, {5, 24, 21, 24, 64, 1, 1}, {8, 25, 28, 33, 40, 0, 0}, {4, 34, 31, 40, 33, 2, 2}, {6, 34, 37, 17, 65, 3, 3},
    {9, 16, 13, 33, 48, 0, 1}, {3, 20, 20, 64, 96, 1, 1}, {1, 39, 38, 65, 96, 3, 2},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* For the weight gradients, which need more positions: one image, which is cut by its channels; channels that are cut too; many images,
 * in several lots and chunks; register tiles of one pixel's channels and of all four's.                              */
static const Size dw_sizes[] = {
    {64, 14, 14, 32, 64, 1, 1}, {3, 32, 34, 33, 33, 1, 1}, {3, 36, 41, 33, 40, 0, 0}, {1, 64, 61, 40, 48, 2, 2}, {2, 66, 69, 17, 40, 3, 3},
    {64, 16, 13, 17, 33, 1, 1}, {3, 36, 36, 32, 64, 1, 0}, {16, 12, 12, 64, 65, 1, 1}, {3, 47, 48, 24, 48, 1, 3}, {3, 64, 64, 12, 33, 1, 1},
};
enum { DW_SIZES = sizeof dw_sizes / sizeof *dw_sizes };

static int sizes_of(Op op, const Size **s)
{
    *s = op == OP_conv_dw ? dw_sizes : sizes;
    return op == OP_conv_dw ? DW_SIZES : SIZES;
}

static const char *size_name(Op op, const Size *s)
{
    return mem_print("%s %d of %dx%dx%d and %d p%dx%d", op_name[op], s->n, s->h, s->w, s->i, s->o, s->ph, s->pw);
}

static Node *leaky(Bench *b, Node *x)
{
    Node *y = map(b, FN_add, map(b, FN_mul, x, bench_numbers(b, SHAPE(x->shape.size[3]))), bench_numbers(b, SHAPE(x->shape.size[3])));
    return map(b, FN_max, y, map(b, FN_mul, y, number(b, 0.2)));
}

static Node *face(Bench *b, Op op, const Size *s, bool load)
{
    Conv c = {{2, 2}, {s->ph, s->pw}};
    Shape xs = {4, {s->n, s->h, s->w, s->i}}, ws = SHAPE(4, 4, s->i, s->o), ys = shape_conv(&xs, &ws, &c);
    Node *in = bench_numbers(b, op == OP_conv ? xs : ys), *w = bench_numbers(b, op == OP_conv_dw ? xs : ws);
    if (load) in = leaky(b, in);
    if (op == OP_conv_dw) return node_conv_dw(b->g, load ? leaky(b, w) : w, in, c, &ws.size[0]);
    return op == OP_conv ? node_conv(b->g, in, w, c) : node_conv_dx(b->g, in, w, c, &xs.size[1]);
}

/* As they are; with a load; with a store, and sums by channel. */
static void agree(Op op)
{
    Bench *b = bench_new("winograd", 3);
    bench_graph(b, op_name[op]);
    const Size *size;
    for (int k = 0, n = sizes_of(op, &size); k < n; k++) {
        const char *name = size_name(op, &size[k]);
        Node *y = face(b, op, &size[k], k % 2);
        if (k % 3 == 0) y = map(b, FN_mul, map(b, FN_add, y, bench_numbers(b, SHAPE(y->shape.size[3]))), bench_numbers(b, y->shape));
        bench_output(b, name, y, 0, 1e-6);
        if (k % 3 == 1 || op == OP_conv_dw) continue;
        bench_output(b, mem_print("%s: sums", name), node_reduce(b->g, y, 7, false), 0, 0);
        bench_output(b, mem_print("%s: sums of squares", name), node_reduce(b->g, map(b, FN_mul, y, y), 7, false), 0, 0);
    }
    bench_all(b);
}

/* ---- which kernels are made, and what they give ---- */

static const BurinProgram *compiled_for(Bench *b, const char *isa)
{
    char error[8192];
    CompileOptions o = {.home = ".", .isa = isa};
    Compiled *c = compile_spec(&b->spec, &o, error, sizeof error);
    if (!c) die("%s", error);
    return compiled_program(c);
}

static int winograds(const BurinProgram *p)
{
    int n = 0;
    for (int k = 0; k < p->kernels; k++) n += !strncmp(p->kernel[k].name, "winograd_", 9);
    return n;
}

static void chosen(Op op, const Size *s, Fn rounding, bool want)
{
    static const char *const isa[] = {"avx512", "avx2", "sse2", "neon", "c"};
    for (int k = 0; k < 5; k++) {
        Bench *b = bench_new("chosen", 1);
        b->spec.rounding = rounding;
        bench_graph(b, "chosen");
        bench_output(b, "y", face(b, op, s, false), 0, 0);
        bench_round(b);
        int n = winograds(compiled_for(b, isa[k]));
        test(mem_print("%s %s%s: %s", isa[k], size_name(op, s), rounding == FN_copy ? "" : mem_print(", %s", fn_name[rounding]), want ? "by Winograd's algorithm" : "as it is"), n == want, "%d such kernels", n);
    }
}

static const float *output(const BurinProgram *p, const char *arena, int k) { return (const float *)(arena + p->entry[0].output[k].offset); }

/* The first images of many, by themselves: in blocks of other sizes. */
static void same_bits(const char *isa)
{
    Error e = {""};
    Bench *b = bench_new("blocks", 5);
    bench_graph(b, "blocks");
    Size s = {37, 14, 14, 32, 64, 1, 1};
    Conv c = {{2, 2}, {1, 1}};
    Node *x = bench_numbers(b, SHAPE(s.n, 14, 14, 32)), *w = bench_numbers(b, SHAPE(4, 4, 32, 64)), *y = bench_numbers(b, SHAPE(s.n, 7, 7, 64));
    int64_t from[4] = {0}, by[4] = {1, 1, 1, 1}, few[2][4] = {{14, 14, 14, 32}, {14, 7, 7, 64}};
    bench_output(b, "all", node_conv(b->g, x, w, c), 0, 0);
    bench_output(b, "few", node_conv(b->g, node_slice(b->g, x, from, by, few[0]), w, c), 0, 0);
    bench_output(b, "all dx", node_conv_dx(b->g, y, w, c, &x->shape.size[1]), 0, 0);
    bench_output(b, "few dx", node_conv_dx(b->g, node_slice(b->g, y, from, by, few[1]), w, c, &x->shape.size[1]), 0, 0);
    const BurinProgram *p = compiled_for(b, isa);
    const char *arena = bench_arena(b, p, &dev_cpu, 2, NULL, &e);
    test(mem_print("%s: few images and many, all by Winograd's algorithm", isa), arena && winograds(p) == 4, "%d of 4 %s", winograds(p), e.text);
    if (!arena) return;
    test(mem_print("%s: an image's bits are the same among few and many", isa), !memcmp(output(p, arena, 0), output(p, arena, 1), 14 * 7 * 7 * 64 * sizeof(float)), "not of conv");
    test(mem_print("%s: and of the gradient", isa), !memcmp(output(p, arena, 2), output(p, arena, 3), 14 * 14 * 14 * 32 * sizeof(float)), "not of conv_dx");
}

/* By a kernel of four taps, or one of five with the same result, which is not computed by Winograd's algorithm: the fifth is zero, no
 * output reads as far as that, or its gradient is left out.                                                          */
static Node *four_taps(Bench *b, Op op, Node *in, Node *w, bool five)
{
    Conv c = {{2, 2}, {1, 1}};
    int64_t size[2] = {15, 15}, taps[2] = {4 + five, 4 + five}, from[4] = {0}, by[4] = {1, 1, 1, 1};
    if (op == OP_conv_dw) return node_slice(b->g, node_conv_dw(b->g, w, in, c, taps), from, by, (int64_t[]){4, 4, 64, 64});
    if (five) w = node_pad(b->g, w, (int64_t[4]){0}, (int64_t[4]){1, 1}, (int64_t[4]){0});
    return op == OP_conv ? node_conv(b->g, in, w, c) : node_conv_dx(b->g, in, w, c, size);
}

/* Its error against double precision, beside the direct kernel's.                                                       */
static void error(Op op, const char *isa)
{
    Error e = {""};
    Bench *b = bench_new("error", 7);
    bench_graph(b, "error");
    Node *in = bench_numbers(b, op == OP_conv ? SHAPE(16, 15, 15, 64) : SHAPE(16, 7, 7, 64));
    Node *w = bench_numbers(b, op == OP_conv_dw ? SHAPE(16, 15, 15, 64) : SHAPE(4, 4, 64, 64));
    for (int k = 0; k < 2; k++) bench_output(b, k ? "direct" : "winograd", four_taps(b, op, in, w, k), 0, 0);
    const BurinProgram *p = compiled_for(b, isa);
    Values want = values_of(b, (const Graph *const *)b->spec.entry[0].graph, 1);
    const char *arena = bench_arena(b, p, &dev_cpu, 1, NULL, &e);
    if (!test(mem_print("%s %s: one kernel by Winograd's algorithm, one direct", isa, op_name[op]), arena && winograds(p) == 1, "%d %s", winograds(p), e.text)) return;
    double far[2];
    for (int k = 0; k < 2; k++) {
        int64_t n = shape_count(&b->g->output[k].node->shape), at;
        far[k] = values_error(values_from(arena, p->entry[0].output[k].offset, n), want.output[0][k], n, 0, &at);
    }
    printf("%s %s of 64 channels: error %.2e by Winograd's algorithm, %.2e direct, %.2f times\n", isa, op_name[op], far[0], far[1], far[0] / far[1]);
    test(mem_print("%s %s: its error is not twice the direct kernel's", isa, op_name[op]), far[0] > 0 && far[0] < 2 * far[1], "%.3g, direct %.3g", far[0], far[1]);
}

int main(void)
{
    const Size none[] = {{64, 28, 28, 1, 32, 1, 1}, {1, 8, 8, 64, 64, 1, 1}, {64, 4, 4, 32, 64, 1, 1}}, *size;
    const char *only = getenv("TEST_ISA");
    bench_begin();
    for (Op op = OP_conv; op <= OP_conv_dw; op++) {
        for (int k = 0, n = sizes_of(op, &size); k < n; k++) chosen(op, &size[k], FN_copy, true);
        for (int k = 0; k < 3; k++) chosen(op, &none[k], FN_copy, false);
        chosen(op, &size[0], FN_tf32, true);
        chosen(op, &size[0], FN_bf16, false);
        agree(op);
        for (size_t k = 0; k < TARGETS; k++) {
            const Target *t = &targets[k];
            if (t->device != &dev_cpu || (only && strcmp(only, t->isa)) || target_missing(t)) continue;
            error(op, t->isa);
            if (op == OP_conv) same_bits(t->isa);
        }
    }
    test_folder_end();
    return test_end();
}
