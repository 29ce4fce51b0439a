/* The gauges of a GAN's health: sets of images made for each verdict, and what runs that were broken on purpose have shown. */
#include "test.h"
#include "../../runtime/gauges.h"
#include "../../runtime/philox.h"
#include <math.h>

enum { N = 64, SIDE = 28, SIZE = SIDE * SIDE };

static double uniform(uint32_t stream, int i) { return philox_uniform(philox(7, stream, 0, (uint32_t)i).w[0]); }

/* N pictures of `kinds` kinds (0: each is one of its own): bars of many places and sizes, faint where `ink` is small. Each pixel is off by up to `noise`. */
static Variety bars(uint32_t stream, int kinds, float ink, float noise)
{
    static float x[N * SIZE];
    for (int i = 0; i < N; i++) {
        int of = kinds ? i % kinds : i;
        double left = 14 * uniform(stream, 4 * of), top = 14 * uniform(stream, 4 * of + 1), wide = 3 + 10 * uniform(stream, 4 * of + 2), high = 3 + 10 * uniform(stream, 4 * of + 3);
        for (int k = 0; k < SIZE; k++) {
            int w = k % SIDE, h = k / SIDE;
            x[i * SIZE + k] = (w >= left && w < left + wide && h >= top && h < top + high ? ink : 0) + noise * (float)uniform(stream + 1, i * SIZE + k);
        }
    }
    return gauge_variety(x, N, SIZE);
}

static Reading gauge(Variety v, bool judged, double real, double fake, int64_t steps)
{
    Variety of_real = bars(1, 0, 1, 0);
    Reading r = {.judged = judged, .real = real, .fake = fake, .pairs = v.pairs / of_real.pairs, .nearest = v.nearest / of_real.nearest, .steps = steps};
    gauge_judge(&r);
    return r;
}

static void test_variety(void)
{
    const float x[] = {0, 0, 0, 1, 1, 1, 0, 1, 0};      /* distances: 1, sqrt(1/3), sqrt(2/3) */
    Variety v = gauge_variety(x, 3, 3);
    test("variety: of all pairs", v.pairs > 0.797948 && v.pairs < 0.797950, "%.9f", v.pairs);
    test("variety: of the nearest", v.nearest > 0.657065 && v.nearest < 0.657067, "%.9f", v.nearest);
}

static void expect(const char *name, Reading r, Verdict want)
{
    test(name, r.verdict == want, "%s (%s), pairs %.2f, nearest %.2f", verdict_name[r.verdict], r.why.s, r.pairs, r.nearest);
}

/* Four classes, each a bar at a place of its own; a fifth label that no image has. */
static void test_classes(void)
{
    enum { IMAGES = 40, LONG = 16 };
    static uint8_t byte[IMAGES * LONG], label[IMAGES];
    Data d = {.count = IMAGES, .image_bytes = LONG, .image = byte, .label = label, .order = grow(NULL, IMAGES * sizeof(uint32_t)), .epoch = -1};
    Error e = {""};
    Classes c;
    int count[CLASSES];
    for (int i = 0; i < IMAGES; i++) {
        label[i] = (uint8_t)(i % 4 + (i % 4 == 3));
        for (int k = 0; k < 4; k++) byte[i * LONG + 4 * (i % 4) + k] = (uint8_t)(200 + i);
    }
    if (!test("classes: learnt", !classes_learn(&c, &d, 1, &e) && c.classes == 5, "%s, %d", e.text, c.classes)) return;
    const float x[3][LONG] = {{[4] = 1, [5] = 0.7f}, {[12] = 0.8f, [13] = 0.9f, [14] = 1}, {[5] = 0.9f, [6] = 0.9f, [0] = 0.3f}};
    classes_count(&c, x[0], 3, count);
    test("classes: the nearest mean", count[0] == 0 && count[1] == 2 && count[2] == 0 && count[3] == 0 && count[4] == 1, "%d %d %d %d %d", count[0], count[1], count[2], count[3], count[4]);
    test("classes: even counts amount to their number", fabs(classes_number((const int[]){7, 7, 0, 7, 7}, 5) - 4) < 1e-9, "not 4");
    test("classes: one", fabs(classes_number((const int[]){0, 9}, 2) - 1) < 1e-9, "not 1");
    classes_free(&c);
    free(d.order);
    Reading r = {.judged = true, .real = 0.9, .fake = 0.1, .pairs = 0.7, .nearest = 0.6, .classes = 10, .number = 2.1, .real_number = 9.6, .steps = 5000};
    gauge_judge(&r);
    test("collapsed: two classes of ten", r.verdict == COLLAPSED && strstr(r.why.s, "samples look like 2.1 classes, real images like 9.6"), "%s: %s", verdict_name[r.verdict], r.why.s);
}

int main(void)
{
    Variety like = bars(10, 0, 1, 0), same = bars(10, 1, 1, 0.02f), eight = bars(10, 8, 1, 0.05f), faint = bars(10, 0, 0.2f, 0.1f);
    Variety dust = bars(10, 0, 0, 1);
    test_variety();
    test_classes();
    expect("healthy: other images of the same sort", gauge(like, true, 0.85, 0.15, 5000), HEALTHY);
    expect("healthy: where D cannot tell", gauge(like, true, 0.5, 0.5, 5000), HEALTHY);
    expect("healthy: a critic's scores are not judged", gauge(like, false, 0, 0, 5000), HEALTHY);
    expect("collapsed: one image", gauge(same, true, 0.9, 0.1, 5000), COLLAPSED);
    expect("collapsed: eight images, over and over", gauge(eight, true, 0.9, 0.1, 5000), COLLAPSED);
    expect("collapsed: without a D", gauge(eight, false, 0, 0, 5000), COLLAPSED);
    expect("collapsed: hardly any contrast", gauge(faint, true, 0.9, 0.1, 5000), COLLAPSED);
    expect("collapsed: all the same, to the bit", gauge((Variety){0, 0}, true, 0.9, 0.1, 5000), COLLAPSED);
    expect("D wins: G with a learning rate of 0", gauge(same, true, 0.9996, 0.0004, 5000), D_WINS);
    expect("D wins: learning rates 100 times as large", gauge(like, true, 0.993, 0.014, 5000), D_WINS);
    expect("G wins: D takes samples for real", gauge(like, true, 0.3, 0.7, 5000), G_WINS);
    expect("not yet known: early", gauge(same, true, 0.9996, 0.0004, 999), NOT_KNOWN);
    expect("not yet known: noise", gauge(dust, true, 0.9, 0.1, 5000), NOT_KNOWN);
    return test_end();
}
