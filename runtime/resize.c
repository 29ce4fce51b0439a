/* resize.c: an image, row by row, into one of a given shape. Nothing as large as the image is kept. */
#include "resize.h"
#include "text.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

double resize_scale(int64_t height, int64_t width, const int64_t shape[3])
{
    double down = (double)height / (double)shape[0], across = (double)width / (double)shape[1];
    return down < across ? down : across;
}

/* The weights of pixels along an axis of `size`, of which `scale` x `n` in the middle become n. */
static Taps *taps_new(int64_t size, double scale, int64_t n)
{
    Taps *taps = array_of(Taps, n);
    double from = ((double)size - scale * (double)n) / 2, reach = scale > 1 ? scale : 1;
    int64_t least = (int64_t)floor(from + 1e-9), most = (int64_t)ceil((double)size - from - 1e-9);
    for (int64_t i = 0; i < n; i++) {
        double centre = from + ((double)i + 0.5) * scale, total = 0;
        int64_t first = (int64_t)floor(centre - reach), end = (int64_t)ceil(centre + reach);
        if (first < least) first = least;
        if (end > most) end = most;
        float *weight = array_of(float, end - first);
        for (int pass = 0; pass < 2; pass++)        /* first their total, then their shares */
            for (int64_t k = first; k < end; k++) {
                double w = 1 - fabs((double)k + 0.5 - centre) / reach;
                if (w < 0) w = 0;
                if (pass) weight[k - first] = (float)(w / total);
                else total += w;
            }
        taps[i] = (Taps){first, end - first, weight};
    }
    return taps;
}

static void taps_free(Taps *taps, int64_t n)
{
    for (int64_t i = 0; i < n; i++) free(taps[i].weight);
    free(taps);
}

void resize_start(Resize *r, int64_t height, int64_t width, const int64_t shape[3])
{
    double scale = resize_scale(height, width, shape);
    size_t row = (size_t)(shape[1] * shape[2]);
    *r = (Resize){.shape = {shape[0], shape[1], shape[2]}, .width = width};
    r->down = taps_new(height, scale, shape[0]);
    r->across = taps_new(width, scale, shape[1]);
    r->begin = r->across[0].first;
    r->end = r->across[shape[1] - 1].first + r->across[shape[1] - 1].count;
    r->row = array_of(float, row);
    r->sum = array_of(float, (size_t)shape[0] * row);
    r->pixels = array_of(uint8_t, width * shape[2]);
    memset(r->sum, 0, (size_t)shape[0] * row * sizeof *r->sum);
}

static uint8_t on_white(int x, int alpha) { return (uint8_t)((x * alpha + 255 * (255 - alpha) + 127) / 255); }

/* The pixels that are used, in the channels of the result. Gray is ITU-R BT.601's sum, as in JPEG. */
static void convert(Resize *r, const uint8_t *from, int channels)
{
    int color = channels > 2, alpha = channels % 2 == 0;
    int64_t wanted = r->shape[2];
    for (int64_t x = r->begin; x < r->end; x++) {
        const uint8_t *p = from + x * channels;
        uint8_t c[3];
        for (int k = 0; k < 3; k++) c[k] = alpha ? on_white(p[color ? k : 0], p[channels - 1]) : p[color ? k : 0];
        if (wanted == 3) memcpy(r->pixels + 3 * x, c, 3);
        else r->pixels[x] = color ? (uint8_t)((299 * c[0] + 587 * c[1] + 114 * c[2] + 500) / 1000) : c[0];
    }
}

static void resize_across(Resize *r)
{
    int64_t channels = r->shape[2];
    for (int64_t i = 0; i < r->shape[1]; i++)
        for (int64_t c = 0; c < channels; c++) {
            const Taps *t = &r->across[i];
            const uint8_t *p = r->pixels + t->first * channels + c;
            float sum = 0;
            for (int64_t k = 0; k < t->count; k++) sum += t->weight[k] * (float)p[k * channels];
            r->row[i * channels + c] = sum;
        }
}

void resize_row(Resize *r, const uint8_t *row, int channels)
{
    int64_t y = r->y++, wide = r->shape[1] * r->shape[2];
    bool ready = false;
    for (int64_t j = 0; j < r->shape[0]; j++) {
        const Taps *t = &r->down[j];
        if (y < t->first || y >= t->first + t->count) continue;
        if (!ready) convert(r, row, channels), resize_across(r), ready = true;
        float *sum = r->sum + j * wide, weight = t->weight[y - t->first];
        for (int64_t i = 0; i < wide; i++) sum[i] += weight * r->row[i];
    }
}

void resize_end(Resize *r, uint8_t *image)
{
    int64_t n = r->shape[0] * r->shape[1] * r->shape[2];
    for (int64_t i = 0; image && i < n; i++) {
        float x = r->sum[i] + 0.5f;
        image[i] = (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
    }
    taps_free(r->down, r->shape[0]);
    taps_free(r->across, r->shape[1]);
    free(r->row);
    free(r->sum);
    free(r->pixels);
}
