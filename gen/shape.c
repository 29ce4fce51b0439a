/* shape.c: the law of shapes: what each operation makes of the shapes of its inputs, and what to say when it cannot. */
#include "ir.h"
#include <inttypes.h>

int64_t shape_count(const Shape *s)
{
    int64_t n = 1;
    for (int k = 0; k < s->rank; k++) n *= s->size[k];
    return n;
}

void shape_need_int(const char *what, int64_t v)
{
    if (v > INT32_MAX) fail("%s %" PRId64 " is too large; at most %d is possible", what, v, INT32_MAX);
}

bool shape_equal(const Shape *a, const Shape *b)
{
    if (a->rank != b->rank) return false;
    for (int k = 0; k < a->rank; k++) if (a->size[k] != b->size[k]) return false;
    return true;
}

char *shape_text(const Shape *s)
{
    char text[MAX_RANK * 21 + 1] = "scalar", *end = text;      /* 21: an x, and the longest int64_t */
    for (int k = 0; k < s->rank; k++) end += sprintf(end, "%s%" PRId64, k ? "x" : "", s->size[k]);
    return mem_print("%s", text);
}

Shape shape_broadcast(const char *what, const Shape *a, const Shape *b)
{
    Shape s = {.rank = a->rank > b->rank ? a->rank : b->rank};
    for (int k = 1; k <= s.rank; k++) {
        int64_t x = k <= a->rank ? a->size[a->rank - k] : 1, y = k <= b->rank ? b->size[b->rank - k] : 1;
        if (x != y && x != 1 && y != 1)
            fail("%s: shapes %s and %s do not fit: %" PRId64 " and %" PRId64 " at axis -%d; the sizes must be equal, or one of them 1",
                 what, shape_text(a), shape_text(b), x, y, k);
        s.size[s.rank - k] = x == 1 ? y : x;
    }
    return s;
}

Shape shape_matmul(const Shape *a, const Shape *b, bool ta, bool tb)
{
    if (a->rank < 2 || b->rank < 2) fail("matmul: %s x %s: each side needs at least 2 axes", shape_text(a), shape_text(b));
    int64_t m = a->size[a->rank - (ta ? 1 : 2)], k = a->size[a->rank - (ta ? 2 : 1)];
    int64_t l = b->size[b->rank - (tb ? 1 : 2)], n = b->size[b->rank - (tb ? 2 : 1)];
    if (k != l)
        fail("matmul: %s%s x %s%s do not fit: %" PRId64 " columns against %" PRId64 " rows", shape_text(a), ta ? " transposed" : "",
             shape_text(b), tb ? " transposed" : "", k, l);
    Shape x = *a, y = *b;
    x.rank -= 2;
    y.rank -= 2;
    Shape s = shape_broadcast("matmul", &x, &y);
    if (s.rank + 2 > MAX_RANK) fail("matmul: more than %d axes", MAX_RANK);
    s.size[s.rank++] = m;
    s.size[s.rank++] = n;
    return s;
}

static void need_images(const char *op, const char *what, const Shape *s)
{
    if (s->rank != 4) fail("%s: the %s must have 4 axes (N,H,W,C), but its shape is %s", op, what, shape_text(s));
}

/* So that no product below overflows. */
static void need_ints(const Conv *c)
{
    for (int k = 0; k < 2; k++) {
        shape_need_int("stride", c->stride[k]);
        shape_need_int("padding", c->padding[k]);
    }
}

static const char *size_text(int64_t h, int64_t w) { return h == w ? mem_print("%" PRId64, h) : mem_print("%" PRId64 "x%" PRId64, h, w); }

Shape shape_conv(const Shape *x, const Shape *w, const Conv *c)
{
    need_images("conv", "input", x);
    need_ints(c);
    if (w->rank != 4) fail("conv: the weights must have 4 axes (KH,KW,I,O), but their shape is %s", shape_text(w));
    if (x->size[3] != w->size[2])
        fail("the weights %s expect %" PRId64 " channels, but the input %s has %" PRId64, shape_text(w), w->size[2], shape_text(x), x->size[3]);
    Shape y = {4, {x->size[0], 0, 0, w->size[3]}};
    for (int k = 0; k < 2; k++) {
        int64_t room = x->size[1 + k] + 2 * c->padding[k], kernel = w->size[k];
        if (kernel > room) {
            int64_t needed = (kernel - x->size[1 + k] + 1) / 2;
            fail("kernel %s does not fit input %" PRId64 "x%" PRId64 " (padding %s); use kernel ≤ %" PRId64 " or padding ≥ %" PRId64,
                 size_text(w->size[0], w->size[1]), x->size[1], x->size[2], size_text(c->padding[0], c->padding[1]), room, needed);
        }
        y.size[1 + k] = (room - kernel) / c->stride[k] + 1;
    }
    return y;
}

Shape shape_conv_dx(const Shape *y, const Shape *w, const Conv *c, const int64_t size[2])
{
    need_images("conv_dx", "input", y);
    need_ints(c);
    if (w->rank != 4) fail("conv_dx: the weights must have 4 axes (KH,KW,I,O), but their shape is %s", shape_text(w));
    if (y->size[3] != w->size[3])
        fail("the weights %s expect %" PRId64 " channels, but the input %s has %" PRId64, shape_text(w), w->size[3], shape_text(y), y->size[3]);
    Shape x = {4, {y->size[0], size[0], size[1], w->size[2]}};
    for (int k = 0; k < 2; k++) {
        int64_t low = (y->size[1 + k] - 1) * c->stride[k] + w->size[k] - 2 * c->padding[k];
        if (size[k] < 1 || size[k] < low || size[k] >= low + c->stride[k])
            fail("kernel %s, stride %s, padding %s turn %" PRId64 "x%" PRId64 " into %" PRId64 " to %" PRId64 " along axis %d, not %" PRId64,
                 size_text(w->size[0], w->size[1]), size_text(c->stride[0], c->stride[1]), size_text(c->padding[0], c->padding[1]),
                 y->size[1], y->size[2], low, low + c->stride[k] - 1, k + 2, size[k]);
    }
    return x;
}

Shape shape_conv_dw(const Shape *x, const Shape *y, const Conv *c, const int64_t kernel[2])
{
    need_images("conv_dw", "input", x);
    need_images("conv_dw", "output", y);
    if (x->size[0] != y->size[0]) fail("conv_dw: %s and %s do not have the same number of images", shape_text(x), shape_text(y));
    Shape w = {4, {kernel[0], kernel[1], x->size[3], y->size[3]}};
    Shape expected = shape_conv(x, &w, c);
    if (!shape_equal(&expected, y)) fail("conv_dw: a convolution of %s with this kernel gives %s, not %s", shape_text(x), shape_text(&expected), shape_text(y));
    return w;
}
