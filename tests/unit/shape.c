/* The law of shapes: what fits, and word for word what is said of what does not. */
#include "agree.h"

#define SAYS(name, expression, want) do { \
    Catch c; \
    const char *volatile got = "no error"; \
    fail_to(&c); \
    if (setjmp(c.jump)) got = c.message; \
    else { (void)(expression); fail_end(&c); } \
    test_text(name, got, want); \
} while (0)

static void is(const char *name, Shape got, const char *want) { test_text(name, shape_text(&got), want); }

static Shape broadcast(Shape a, Shape b) { return shape_broadcast("add", &a, &b); }
static Shape matmul(Shape a, Shape b, bool ta, bool tb) { return shape_matmul(&a, &b, ta, tb); }

static Shape conv(Shape x, Shape w, int64_t sh, int64_t sw, int64_t ph, int64_t pw)
{
    return shape_conv(&x, &w, &(Conv){{sh, sw}, {ph, pw}});
}

static Shape conv_dx(Shape y, Shape w, int64_t s, int64_t p, int64_t h, int64_t wide)
{
    return shape_conv_dx(&y, &w, &(Conv){{s, s}, {p, p}}, (int64_t[]){h, wide});
}

static Shape conv_dw(Shape x, Shape y, int64_t s, int64_t p, int64_t k)
{
    return shape_conv_dw(&x, &y, &(Conv){{s, s}, {p, p}}, (int64_t[]){k, k});
}

static void laws(void)
{
    is("text of a scalar", SCALAR, "scalar");
    is("text", SHAPE(64, 14, 14, 32), "64x14x14x32");
    is("broadcast: scalar", broadcast(SCALAR, SHAPE(3, 5)), "3x5");
    is("broadcast: aligned right", broadcast(SHAPE(5), SHAPE(3, 1)), "3x5");
    is("broadcast: both ways", broadcast(SHAPE(4, 1, 2), SHAPE(3, 1)), "4x3x2");
    is("matmul", matmul(SHAPE(2, 3), SHAPE(3, 5), false, false), "2x5");
    is("matmul, both transposed", matmul(SHAPE(3, 2), SHAPE(5, 3), true, true), "2x5");
    is("matmul, batches broadcast", matmul(SHAPE(7, 1, 2, 3), SHAPE(4, 3, 5), false, false), "7x4x2x5");
    is("conv", conv(SHAPE(2, 28, 28, 1), SHAPE(4, 4, 1, 64), 2, 2, 1, 1), "2x14x14x64");
    is("conv that leaves a rest", conv(SHAPE(2, 8, 9, 1), SHAPE(3, 3, 1, 4), 3, 2, 0, 0), "2x2x4x4");
    is("conv_dx, the smallest", conv_dx(SHAPE(2, 7, 7, 8), SHAPE(4, 4, 3, 8), 2, 1, 14, 14), "2x14x14x3");
    is("conv_dx, with a rest", conv_dx(SHAPE(2, 7, 7, 8), SHAPE(4, 4, 3, 8), 2, 1, 15, 14), "2x15x14x3");
    is("conv_dw", conv_dw(SHAPE(2, 8, 8, 3), SHAPE(2, 4, 4, 5), 2, 1, 4), "4x4x3x5");
}

static void refusals(void)
{
    Shape x = SHAPE(64, 3, 3, 16);
    SAYS("broadcast refused", broadcast(SHAPE(3, 5), SHAPE(4, 5)), "add: shapes 3x5 and 4x5 do not fit: 3 and 4 at axis -2; the sizes must be equal, or one of them 1");
    SAYS("matmul refused", matmul(SHAPE(2, 3), SHAPE(4, 5), false, false), "matmul: 2x3 x 4x5 do not fit: 3 columns against 4 rows");
    SAYS("matmul refused, transposed", matmul(SHAPE(2, 3), SHAPE(4, 5), true, true), "matmul: 2x3 transposed x 4x5 transposed do not fit: 2 columns against 5 rows");
    SAYS("matmul of a vector", matmul(SHAPE(3), SHAPE(3, 5), false, false), "matmul: 3 x 3x5: each side needs at least 2 axes");
    SAYS("conv: rank", conv(SHAPE(3, 5), SHAPE(3, 3, 1, 1), 1, 1, 0, 0), "conv: the input must have 4 axes (N,H,W,C), but its shape is 3x5");
    SAYS("conv: rank of the weights", conv(x, SHAPE(3, 5), 1, 1, 0, 0), "conv: the weights must have 4 axes (KH,KW,I,O), but their shape is 3x5");
    SAYS("conv: channels", conv(x, SHAPE(3, 3, 8, 1), 1, 1, 0, 0), "the weights 3x3x8x1 expect 8 channels, but the input 64x3x3x16 has 16");
    SAYS("conv: kernel", conv(x, SHAPE(4, 4, 16, 1), 2, 2, 0, 0), "kernel 4 does not fit input 3x3 (padding 0); use kernel ≤ 3 or padding ≥ 1");
    SAYS("conv: kernel, not square", conv(x, SHAPE(3, 8, 16, 1), 1, 1, 0, 1), "kernel 3x8 does not fit input 3x3 (padding 0x1); use kernel ≤ 5 or padding ≥ 3");
    SAYS("conv: padding too large", conv(x, SHAPE(2, 2, 16, 1), 1, 1, 0, INT64_MAX), "padding 9223372036854775807 is too large; at most 2147483647 is possible");
    SAYS("conv: stride too large", conv(x, SHAPE(2, 2, 16, 1), INT64_MAX, 1, 0, 0), "stride 9223372036854775807 is too large; at most 2147483647 is possible");
    SAYS("conv_dx: stride too large", conv_dx(SHAPE(2, 7, 7, 8), SHAPE(4, 4, 3, 8), INT64_MAX, 1, 14, 14), "stride 9223372036854775807 is too large; at most 2147483647 is possible");
    SAYS("conv_dx: size", conv_dx(SHAPE(2, 7, 7, 8), SHAPE(4, 4, 3, 8), 2, 1, 16, 14), "kernel 4, stride 2, padding 1 turn 7x7 into 14 to 15 along axis 2, not 16");
    SAYS("conv_dx: channels", conv_dx(SHAPE(2, 7, 7, 3), SHAPE(4, 4, 3, 8), 2, 1, 14, 14), "the weights 4x4x3x8 expect 8 channels, but the input 2x7x7x3 has 3");
    SAYS("conv_dw: images", conv_dw(SHAPE(2, 8, 8, 3), SHAPE(3, 4, 4, 5), 2, 1, 4), "conv_dw: 2x8x8x3 and 3x4x4x5 do not have the same number of images");
    SAYS("conv_dw: size", conv_dw(SHAPE(2, 8, 8, 3), SHAPE(2, 5, 5, 5), 2, 1, 4), "conv_dw: a convolution of 2x8x8x3 with this kernel gives 2x4x4x5, not 2x5x5x5");
}

static void nodes(void)
{
    Graph *g = graph_new("nodes");
    Node *x = node_const(g, 0, SHAPE(3, 5)), *y = node_const(g, 0, SHAPE(5, 3)), *z = node_const(g, 0, SHAPE(3, 5, 1));
    SAYS("broadcast to less", node_broadcast(g, x, SHAPE(5)), "broadcast: 3x5 does not become 5");
    SAYS("reshape", node_reshape(g, x, SHAPE(4, 4)), "reshape: 3x5 has 15 elements, 4x4 has 16");
    SAYS("transpose", node_transpose(g, x, (int[]){1, 1}), "transpose: each of the 2 axes must be named once");
    SAYS("slice", node_slice(g, x, (int64_t[]){0, 2}, (int64_t[]){1, 2}, (int64_t[]){3, 3}), "slice: 3 elements from 3 by 2 do not lie in axis 2 of 3x5");
    SAYS("pad", node_pad(g, x, (int64_t[]){0, -1}, (int64_t[]){0, 0}, (int64_t[]){0, 0}), "pad: the sizes cannot be negative");
    SAYS("concat", node_concat(g, (Node *[]){x, y}, 2, 0), "concat: 3x5 and 5x3 differ along axis 2, not only along axis 1");
    SAYS("concat: rank", node_concat(g, (Node *[]){x, z}, 2, 0), "concat: 3x5 and 3x5x1 differ in rank");
    SAYS("reshape to more than there can be", node_reshape(g, x, SHAPE((int64_t)1 << 32, (int64_t)1 << 32)), "a tensor of 4294967296x4294967296 has 1.84e+19 elements; at most 2147483647 are possible");
    SAYS("slice: a start far outside", node_slice(g, x, (int64_t[]){0, INT64_MAX}, (int64_t[]){1, 1}, (int64_t[]){3, 2}), "slice: start 9223372036854775807 is too large; at most 2147483647 is possible");
    SAYS("slice: a step too large", node_slice(g, x, (int64_t[]){0, 0}, (int64_t[]){1, INT64_MAX}, (int64_t[]){3, 1}), "slice: step 9223372036854775807 is too large; at most 2147483647 is possible");
    SAYS("slice: more than there is", node_slice(g, x, (int64_t[]){0, 0}, (int64_t[]){1, 4}, (int64_t[]){3, ((int64_t)1 << 62) + 1}), "slice: 4611686018427387905 elements from 1 by 4 do not lie in axis 2 of 3x5");
    SAYS("pad: before, too large", node_pad(g, x, (int64_t[]){INT64_MAX, 0}, (int64_t[]){0, 0}, (int64_t[]){0, 0}), "pad: size 9223372036854775807 is too large; at most 2147483647 is possible");
    SAYS("pad: after, too large", node_pad(g, x, (int64_t[]){0, 0}, (int64_t[]){INT64_MAX, 0}, (int64_t[]){0, 0}), "pad: size 9223372036854775807 is too large; at most 2147483647 is possible");
    SAYS("pad: between, too large", node_pad(g, x, (int64_t[]){0, 0}, (int64_t[]){0, 0}, (int64_t[]){0, 6148914691236517205}), "pad: size 6148914691236517205 is too large; at most 2147483647 is possible");
    graph_where((Where){"models/x.lua", 14, "conv2d \"d.conv3\""});
    SAYS("the place in front", conv(SHAPE(64, 3, 3, 16), SHAPE(4, 4, 16, 1), 2, 2, 0, 0), "models/x.lua:14: conv2d \"d.conv3\": kernel 4 does not fit input 3x3 (padding 0); use kernel ≤ 3 or padding ≥ 1");
    graph_where((Where){"models/x.lua", 15, ""});
    SAYS("the place without a layer", node_reshape(g, x, SHAPE(2)), "models/x.lua:15: reshape: 3x5 has 15 elements, 2 has 2");
    graph_where((Where){0});
}

int main(void)
{
    laws();
    refusals();
    nodes();
    return test_end();
}
