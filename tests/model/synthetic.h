/* synthetic.h: the data set that the models are compared with PyTorch on (torch_reference.py makes the same bytes): nothing is
 * stored, all is a formula in whole numbers. 72 images of 28x28, so that ten steps of 16 images go through three epochs and
 * each epoch leaves some images out: a disc of light, its place and size from the image's number, on faint noise.     */
#ifndef SYNTHETIC_H
#define SYNTHETIC_H
#include <stdint.h>
#include <stdio.h>

enum { SYNTHETIC_COUNT = 72, SYNTHETIC_SIZE = 28 };

static inline uint32_t synthetic_hash(uint32_t i, uint32_t y, uint32_t x)
{
    uint32_t h = i * 0x9E3779B1u ^ y * 0x85EBCA77u ^ x * 0xC2B2AE3Du;
    h = (h ^ h >> 15) * 0x2C1B3C6Du;
    return h ^ h >> 12;
}

static inline uint8_t synthetic_label(int i) { return (uint8_t)(i % 10); }

static inline uint8_t synthetic_pixel(int i, int y, int x)
{
    uint32_t place = synthetic_hash((uint32_t)i, 1000, 1000);
    int cy = 9 + (int)(place % 11), cx = 9 + (int)((place >> 8) % 11), r = 4 + synthetic_label(i) / 2;
    int d = (y - cy) * (y - cy) + (x - cx) * (x - cx);
    int light = d < r * r ? 240 - 160 * d / (r * r) : 0;
    return (uint8_t)(light + (int)(synthetic_hash((uint32_t)i, (uint32_t)y, (uint32_t)x) & 15));
}

static inline int synthetic_file(const char *folder, const char *name, const uint8_t *head, size_t head_bytes, const uint8_t *bytes, size_t n)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f) return -1;
    int bad = fwrite(head, 1, head_bytes, f) != head_bytes || fwrite(bytes, 1, n, f) != n;
    return fclose(f) || bad ? -1 : 0;
}

/* Writes the two IDX files into a folder; non-zero, and errno, when that fails. */
static inline int synthetic_write(const char *folder)
{
    static const uint8_t images_head[16] = {0, 0, 8, 3, 0, 0, 0, SYNTHETIC_COUNT, 0, 0, 0, SYNTHETIC_SIZE, 0, 0, 0, SYNTHETIC_SIZE};
    static const uint8_t labels_head[8] = {0, 0, 8, 1, 0, 0, 0, SYNTHETIC_COUNT};
    static uint8_t images[SYNTHETIC_COUNT][SYNTHETIC_SIZE][SYNTHETIC_SIZE], labels[SYNTHETIC_COUNT];
    for (int i = 0; i < SYNTHETIC_COUNT; i++) {
        labels[i] = synthetic_label(i);
        for (int y = 0; y < SYNTHETIC_SIZE; y++)
            for (int x = 0; x < SYNTHETIC_SIZE; x++) images[i][y][x] = synthetic_pixel(i, y, x);
    }
    return synthetic_file(folder, "train-images-idx3-ubyte", images_head, sizeof images_head, &images[0][0][0], sizeof images) ||
           synthetic_file(folder, "train-labels-idx1-ubyte", labels_head, sizeof labels_head, labels, sizeof labels);
}
#endif
