/* Contractions on tensor cores (templates/cuda/mma.lua), on the simulated card: against the interpreter, in every form of operands, in
 * sizes that fill tiles and such that do not; gradients; which kernels go that way; errors against double precision.        */
#include "agree.h"
#include "../../runtime/nvrtc.h"

static const Target *card;

/* ---- graphs ---- */

typedef struct { int n, h, w, i, o, k, s, p; } Size;

/* Channels in fours and not; few and many rows; tiles of all sizes */
static const Size sizes[] = {
    {3, 8, 8, 32, 64, 4, 2, 1}, {2, 5, 5, 33, 33, 3, 1, 2}, {1, 17, 17, 3, 17, 3, 1, 1}, {1, 9, 9, 17, 40, 3, 2, 1}, {5, 4, 4, 4, 136, 3, 1, 1}, {16, 3, 3, 20, 8, 3, 1, 1},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* BatchNorm and leaky ReLU: by channel. */
static Node *normalised(Bench *b, Node *x)
{
    int64_t c = x->shape.size[x->shape.rank - 1];
    Node *y = map(b, FN_add, map(b, FN_mul, x, bench_numbers(b, SHAPE(c))), bench_numbers(b, SHAPE(c)));
    return map(b, FN_max, y, map(b, FN_mul, y, number(b, 0.2)));
}

static Node *face(Bench *b, Op op, const Size *s, bool load)
{
    Shape xs = {4, {s->n, s->h, s->w, s->i}}, ws = {4, {s->k, s->k, s->i, s->o}};
    Conv c = {{s->s, s->s}, {s->p, s->p}};
    Shape ys = shape_conv(&xs, &ws, &c);
    Node *x = bench_numbers(b, op == OP_conv_dx ? ys : xs), *y = bench_numbers(b, op == OP_conv_dw ? ys : ws);
    if (load) x = normalised(b, x);
    return op == OP_conv ? node_conv(b->g, x, y, c) : op == OP_conv_dx ? node_conv_dx(b->g, x, y, c, &xs.size[1]) : node_conv_dw(b->g, x, y, c, &ws.size[0]);
}

/* All faces; every second one with a load, an epilogue and sums by channel. */
static void convolutions(Bench *b)
{
    bench_graph(b, "convolutions");
    for (Op op = OP_conv; op <= OP_conv_dw; op++)
        for (int k = 0; k < SIZES; k++) {
            const Size *s = &sizes[k];
            const char *name = mem_print("%s %d of %dx%dx%d to %d k%d s%d", op_name[op], s->n, s->h, s->w, s->i, s->o, s->k, s->s);
            Node *y = face(b, op, s, k % 2);
            if (k % 2) y = map(b, FN_tanh, map(b, FN_add, y, bench_numbers(b, SHAPE(y->shape.size[3]))), NULL);
            bench_output(b, name, y, 0, k % 2 ? 1e-3 : 2e-6);
            if (k % 2) bench_output(b, mem_print("%s: sums", name), node_reduce(b->g, map(b, FN_mul, y, y), 7, false), 0, 1e-3);
        }
}

static void matmuls(Bench *b)
{
    static const int size[][3] = {{17, 33, 33}, {130, 40, 12}, {33, 40, 65}, {4096, 24, 256}, {4096, 33, 128}, {192, 24, 4096}, {13000, 17, 32}, {17, 24, 13000}};
    bench_graph(b, "products");
    for (int k = 0; k < 8; k++)
        for (int flags = k < 3 ? 0 : k % 4; flags < (k < 3 ? 4 : k % 4 + 1); flags++) {
            int64_t m = size[k][0], d = size[k][1], n = size[k][2];
            bool ta = flags & 1, tb = flags >> 1;
            Node *x = bench_numbers(b, ta ? SHAPE(d, m) : SHAPE(m, d)), *y = bench_numbers(b, tb ? SHAPE(n, d) : SHAPE(d, n));
            bench_output(b, mem_print("%s%s x %s%s", shape_text(&x->shape), ta ? "^T" : "", shape_text(&y->shape), tb ? "^T" : ""), node_matmul(b->g, x, y, ta, tb), 0, 2e-6);
            if (k) continue;
            x = bench_numbers(b, ta ? SHAPE(3, d, m) : SHAPE(3, m, d)), y = bench_numbers(b, tb ? SHAPE(n, d) : SHAPE(d, n));
            bench_output(b, mem_print("batched %s%s x %s%s", shape_text(&x->shape), ta ? "^T" : "", shape_text(&y->shape), tb ? "^T" : ""), node_matmul(b->g, x, y, ta, tb), 0, 2e-6);
        }
}

/* Derivatives of a loss of two layers: products of products. */
static void gradients(Bench *b, double tolerance)
{
    Graph *g = bench_graph(b, "gradients");
    Conv c = {{1, 1}, {1, 1}};
    Node *x = bench_numbers(b, SHAPE(2, 5, 5, 8)), *v = bench_numbers(b, SHAPE(3, 3, 8, 16)), *w = bench_numbers(b, SHAPE(3, 3, 16, 24)), *dx[3];
    Node *y = node_conv(g, map(b, FN_tanh, map(b, FN_mul, node_conv(g, x, v, c), number(b, 0.1)), NULL), w, c);
    grad(g, sum_all(b, map(b, FN_mul, y, y)), (Node *[]){x, v, w}, 3, dx);
    for (int k = 0; k < 3; k++) bench_output(b, mem_print("gradient %d", k), dx[k], 0, tolerance);
}

static Bench *rounded(const char *name, Fn rounding)
{
    Bench *b = bench_new(name, 7);
    b->spec.rounding = rounding;
    return b;
}

/* ---- what is tested ---- */

/* How many kernels multiply on tensor cores. */
static int on_tensor_cores(Bench *b, Fn rounding, const char *isa)
{
    char error[8192];
    CompileOptions o = {.home = ".", .target = "cuda", .isa = isa};
    b->spec.rounding = rounding;
    Compiled *c = compile_spec(&b->spec, &o, error, sizeof error);
    if (!test(mem_print("%s, %s: compiles", fn_name[rounding], isa), c, "%s", error)) return -1;
    const BurinProgram *p = compiled_program(c);
    int n = 0;
    for (int k = 0; k < p->kernels; k++) n += !strcmp(p->kernel[k].tensor, fn_name[rounding]);
    return n;
}

/* One product that fills tiles, one with too few columns, one with too few rows. */
static void chosen(Fn rounding, const char *isa, int want)
{
    static const int size[][3] = {{64, 64, 64}, {64, 64, 7}, {15, 64, 64}};
    Bench *b = bench_new("chosen", 1);
    bench_graph(b, "chosen");
    for (int k = 0; k < 3; k++)
        bench_output(b, mem_print("%d", k), node_matmul(b->g, bench_numbers(b, SHAPE(size[k][0], size[k][1])), bench_numbers(b, SHAPE(size[k][1], size[k][2])), false, false), 0, 0);
    int n = on_tensor_cores(b, rounding, isa);
    test(mem_print("%s, %s: products on tensor cores", fn_name[rounding], isa), n == want, "%d, want %d", n, want);
}

/* How far rounding alone moves the outputs of the first graph, in double precision. */
static double moved(const Bench *b, const Graph *exact, const Values *rounded)
{
    double worst = 0;
    Values v = values_of(b, &exact, 1);
    for (int i = 0; i < exact->outputs; i++) {
        int64_t at;
        worst = fmax(worst, values_error(rounded->output[0][i], v.output[0][i], shape_count(&exact->output[i].node->shape), 0, &at));
    }
    return worst;
}

/* Values by the card, and how far those of rounded numbers are from those of exact ones. */
static void agree(Bench *b, double least, double most)
{
    const Graph *exact = b->spec.entry[0].graph[0];
    bench_round(b);
    Values want = values_of(b, (const Graph *const *)b->spec.entry[0].graph, b->spec.entry[0].graphs);
    bench_agree(b, card, &want);
    double off = moved(b, exact, &want);
    printf("%s: rounding moves sums of products by %.2g\n", b->spec.name, off);
    test(mem_print("%s: rounding moves sums by what its bits tell", b->spec.name), off > least && off < most, "by %.3g", off);
}

/* By the real compiler, and its PTX. */
static void by_ptx(Fn rounding)
{
    Error e;
    Nvrtc n;
    unsetenv("BURIN_NVRTC");
    if (nvrtc_find(&n, 13000, &e)) return test_skip(mem_print("%s by PTX", fn_name[rounding]), "there is no NVRTC here");
    setenv("BURIN_PTX", "1", 1);
    Bench *b = rounded(mem_print("%s by PTX", fn_name[rounding]), rounding);
    bench_graph(b, "faces");
    for (Op op = OP_conv; op <= OP_conv_dw; op++) bench_output(b, op_name[op], face(b, op, &sizes[op == OP_conv_dx ? 1 : 0], false), 0, 2e-6);
    agree(b, 0, 1);
    unsetenv("BURIN_PTX");
}

int main(void)
{
    bench_begin();
    for (Fn f = FN_tf32; f <= FN_bf16; f++) chosen(f, "sm_80", 1), chosen(f, "sm_120", 1), chosen(f, "sm_75", 0);
    chosen(FN_copy, "sm_80", 0);
    card = target(CARD);
    const char *missing = target_missing(card);
    if (missing) return test_skip("tensor cores", missing), test_end();
    for (Fn f = FN_tf32; f <= FN_bf16; f++) {
        double unit = f == FN_tf32 ? 0x1p-11 : 0x1p-8;        /* half of what two numbers next to 1 are apart */
        Bench *b = rounded(fn_name[f], f);
        convolutions(b);
        matmuls(b);
        gradients(b, 2 * unit);
        agree(b, unit / 4, unit);
    }
    for (Fn f = FN_tf32; f <= FN_bf16 && !real_card(); f++) by_ptx(f);
    test_folder_end();
    return test_end();
}
