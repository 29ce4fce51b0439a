/* The interpreter against numbers worked out by hand: it is what everything else is held against. */
#include "agree.h"
#include "../../runtime/philox.h"

static void is(Bench *b, const char *name, Node *n, int count, const double *want)
{
    RefCall call = {b->seed, b->step, values_read, b->value};
    double **v = ref_run(b->g, &call);
    char got[512] = "";
    bool good = shape_count(&n->shape) == count;
    for (int i = 0; i < shape_count(&n->shape) && i < 32; i++) {
        good &= i < count && (v[n->id][i] == want[i] || fabs(v[n->id][i] - want[i]) <= 1e-14 * fabs(want[i]));
        snprintf(got + strlen(got), sizeof got - strlen(got), " %.15g", v[n->id][i]);
    }
    test(mem_print("ref: %s", name), good, "%s:%s", shape_text(&n->shape), got);
    ref_free(b->g, v);
}
#define IS(name, node, ...) is(b, name, node, (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)), (const double[]){__VA_ARGS__})

static Node *count_from(Bench *b, double first, Shape s)
{
    Node *n = bench_numbers(b, s);
    for (int64_t i = 0; i < shape_count(&s); i++) b->value[n->u.var->index][i] = first + (double)i;
    return n;
}

static Node *tf32(Bench *b, double v) { return map(b, FN_tf32, number(b, v), NULL); }
static Node *bf16(Bench *b, double v) { return map(b, FN_bf16, number(b, v), NULL); }

int main(void)
{
    Bench *b = bench_new("ref", 1);
    Graph *g = b->g = graph_new("ref");
    Conv c = {{2, 1}, {1, 0}};
    Node *x = count_from(b, 1, SHAPE(2, 3)), *row = count_from(b, 10, SHAPE(3)), *column = count_from(b, 100, SHAPE(2, 1));
    IS("const", node_const(g, 0.1, SHAPE(2)), 0.1, 0.1);
    IS("iota", node_iota(g, SHAPE(2, 3), 0), 0, 0, 0, 1, 1, 1);
    IS("iota, other axis", node_iota(g, SHAPE(2, 3), 1), 0, 1, 2, 0, 1, 2);
    IS("step", node_step(g), 5);
    IS("map", map(b, FN_sub, x, row), -9, -9, -9, -6, -6, -6);
    IS("map, both broadcast", map(b, FN_add, column, row), 110, 111, 112, 111, 112, 113);
    IS("where", node_map(g, FN_where, (Node *[]){map(b, FN_le, x, number(b, 2)), x, row}), 1, 2, 12, 10, 11, 12);
    IS("where: any condition but 0", node_map(g, FN_where, (Node *[]){count_from(b, -1, SHAPE(3)), number(b, 7), number(b, 8)}), 7, 8, 7);
    IS("sign", map(b, FN_sign, count_from(b, -1, SHAPE(3)), NULL), -1, 0, 1);
    IS("floor", map(b, FN_floor, count_from(b, -1.5, SHAPE(3)), NULL), -2, -1, 0);
    IS("eq", map(b, FN_eq, x, number(b, 2)), 0, 1, 0, 0, 0, 0);
    IS("softplus", map(b, FN_softplus, number(b, 800), NULL), 800);
    IS("pow", map(b, FN_pow, number(b, -2), number(b, 3)), -8);
    double tie = 0x1p-8, most = 0x1.fep127, least = 0x1p-133;
    IS("bf16: the nearest", bf16(b, 1 + tie * 0.999), 1);
    IS("bf16: the nearest above", bf16(b, -1 - tie * 1.001), -1 - 2 * tie);
    IS("bf16: ties to even, down", bf16(b, 1 + tie), 1);
    IS("bf16: ties to even, up", bf16(b, -1 - 3 * tie), -1 - 4 * tie);
    IS("bf16: a tie to the next power of 2", bf16(b, 2 - tie), 2);
    IS("bf16: the largest", bf16(b, most * (1 + 0.999 * tie / 2)), most);
    IS("bf16: too large", bf16(b, -most * (1 + tie)), -INFINITY);
    IS("bf16: small ones", bf16(b, 0x1p-126 + 0.6 * least), 0x1p-126 + least);
    IS("bf16: the least", bf16(b, 0.501 * least), least);
    IS("bf16: less than the least", bf16(b, 0.5 * least), 0);
    IS("tf32: the nearest", tf32(b, 1 + 0x0.ffp-11), 1);
    IS("tf32: ties away from zero", tf32(b, 1 + 0x1p-11), 1 + 0x1p-10);
    IS("tf32: ties away from zero, negative", tf32(b, -1 - 0x1p-11), -1 - 0x1p-10);
    IS("tf32: a tie to the next power of 2", tf32(b, 2 - 0x1p-11), 2);
    IS("tf32: too large", tf32(b, -0x1.ffep127), -INFINITY);
    IS("tf32: the least", tf32(b, 0x1p-137), 0x1p-136);
    IS("tf32: less than the least", tf32(b, 0x0.ffp-137), 0);
    IS("sum", node_reduce(g, x, 1, false), 5, 7, 9);
    IS("sum, other axis", node_reduce(g, x, 2, false), 6, 15);
    IS("max", node_reduce(g, map(b, FN_neg, x, NULL), 3, true), -1);
    IS("matmul", node_matmul(g, x, count_from(b, 1, SHAPE(3, 2)), false, false), 22, 28, 49, 64);
    IS("matmul, a transposed", node_matmul(g, x, count_from(b, 1, SHAPE(2, 1)), true, false), 9, 12, 15);
    IS("matmul, b transposed", node_matmul(g, x, count_from(b, 1, SHAPE(1, 3)), false, true), 14, 32);
    IS("matmul, batched", node_matmul(g, count_from(b, 1, SHAPE(2, 1, 2)), count_from(b, 1, SHAPE(2, 1)), false, false), 5, 11);
    /* a column 1 2 3, kernel 1 2 3 down, stride 2, one row of padding: (0 1 2), (2 3 0) */
    Node *image = count_from(b, 1, SHAPE(1, 3, 1, 1)), *kernel = count_from(b, 1, SHAPE(3, 1, 1, 1)), *out = count_from(b, 1, SHAPE(1, 2, 1, 1));
    IS("conv", node_conv(g, image, kernel, c), 0 * 1 + 1 * 2 + 2 * 3, 2 * 1 + 3 * 2 + 0 * 3);
    IS("conv_dx", node_conv_dx(g, out, kernel, c, (int64_t[]){3, 1}), 2, 3 * 1 + 1 * 2, 2 * 2);
    IS("conv_dw", node_conv_dw(g, image, out, c, (int64_t[]){3, 1}), 0 * 1 + 2 * 2, 1 * 1 + 3 * 2, 2 * 1 + 0 * 2);
    IS("conv, channels", node_conv(g, count_from(b, 1, SHAPE(1, 1, 1, 2)), count_from(b, 1, SHAPE(1, 1, 2, 2)), (Conv){{1, 1}, {0, 0}}), 7, 10);
    IS("reshape", node_reshape(g, x, SHAPE(3, 2)), 1, 2, 3, 4, 5, 6);
    IS("transpose", node_transpose(g, x, (int[]){1, 0}), 1, 4, 2, 5, 3, 6);
    IS("slice", node_slice(g, x, (int64_t[]){1, 0}, (int64_t[]){1, 2}, (int64_t[]){1, 2}), 4, 6);
    IS("pad", node_pad(g, row, (int64_t[]){1}, (int64_t[]){2}, (int64_t[]){1}), 0, 10, 0, 11, 0, 12, 0, 0);
    IS("concat", node_concat(g, (Node *[]){x, column}, 2, 1), 1, 2, 3, 100, 4, 5, 6, 101);
    IS("stop", node_stop(g, row), 10, 11, 12);
    /* Philox4x32-10: the seed and the step are the bench's */
    Philox p = philox(b->seed, 3, b->step, 1);
    IS("random", node_slice(g, node_random(g, SHAPE(2), false, 3), (int64_t[]){1}, (int64_t[]){1}, (int64_t[]){1}), philox_uniform(p.w[0]));
    IS("random, normal", node_slice(g, node_random(g, SHAPE(2), true, 3), (int64_t[]){1}, (int64_t[]){1}, (int64_t[]){1}), philox_normal(p));
    return test_end();
}
