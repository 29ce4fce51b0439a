/* classes.c: which class an image looks like. */
#include "classes.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEARN = 1000 };                              /* images that the means are made of, at most */

static void add_up(Classes *c, const uint8_t *byte, const uint8_t *label, int images)
{
    int count[CLASSES] = {0};
    for (int i = 0; i < images; i++) {
        float *to = c->mean + label[i] * c->size;
        for (int64_t k = 0; k < c->size; k++) to[k] += (float)byte[i * c->size + k];
        count[label[i]]++;
    }
    for (int i = 0; i < c->classes; i++) {
        c->seen[i] = count[i] > 0;
        for (int64_t k = 0; count[i] && k < c->size; k++) c->mean[i * c->size + k] /= 255 * (float)count[i];
    }
}

int classes_learn(Classes *c, Data *d, uint64_t seed, Error *e)
{
    *c = (Classes){.size = (int64_t)d->image_bytes};
    if (!data_labelled(d)) return 0;
    int images = d->count < LEARN ? (int)d->count : LEARN;
    uint8_t *byte = array_of(uint8_t, (size_t)images * d->image_bytes), *label = array_of(uint8_t, images);
    int bad = data_batch(d, seed, 0, 0, images, byte, label, e);
    for (int i = 0; !bad && i < images; i++)
        if (label[i] >= c->classes) c->classes = label[i] + 1;
    if (c->classes < 2) c->classes = 0;
    if (c->classes) {
        size_t numbers = (size_t)(c->classes * c->size);
        c->mean = array_of(float, numbers);
        memset(c->mean, 0, numbers * sizeof *c->mean);
        c->seen = array_of(bool, c->classes);
        add_up(c, byte, label, images);
    }
    free(byte);
    free(label);
    return bad;
}

void classes_free(Classes *c)
{
    free(c->mean);
    free(c->seen);
    *c = (Classes){0};
}

static int nearest_mean(const Classes *c, const float *x)
{
    int best = 0;
    float least = INFINITY;
    for (int i = 0; i < c->classes; i++) {
        const float *mean = c->mean + i * c->size;
        float sum = 0;
        for (int64_t k = 0; c->seen[i] && k < c->size; k++) sum += (x[k] - mean[k]) * (x[k] - mean[k]);
        if (c->seen[i] && sum < least) least = sum, best = i;
    }
    return best;
}

void classes_count(const Classes *c, const float *image, int images, int *count)
{
    memset(count, 0, (size_t)c->classes * sizeof *count);
    for (int i = 0; i < images; i++) count[nearest_mean(c, image + i * c->size)]++;
}

double classes_number(const int *count, int classes)
{
    double all = 0, entropy = 0;
    for (int i = 0; i < classes; i++) all += count[i];
    for (int i = 0; i < classes; i++)
        if (count[i]) entropy -= count[i] / all * log2(count[i] / all);
    return all > 0 ? exp2(entropy) : 0;
}
