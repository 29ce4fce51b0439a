/* image.c: pictures: images laid out in a grid, as PNG. */
#include "image.h"
#include "file.h"
#include <png.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2 };

static Picture picture_new(int64_t height, int64_t width, int64_t channels)
{
    Picture p = {height, width, channels, array_of(uint8_t, height * width * channels)};
    memset(p.byte, 0, (size_t)(height * width * channels));
    return p;
}

static uint8_t *cell(const Picture *p, int i, const int64_t shape[3], int columns)
{
    int64_t y = i / columns * (shape[0] + GAP), x = i % columns * (shape[1] + GAP);
    return p->byte + (y * p->width + x) * p->channels;
}

int64_t picture_width(int columns, int64_t width) { return columns * (width + GAP) - GAP; }

static Picture empty_grid(int count, const int64_t shape[3], int columns)
{
    int rows = (count + columns - 1) / columns;
    return picture_new(rows * (shape[0] + GAP) - GAP, picture_width(columns, shape[1]), shape[2]);
}

Picture picture_grid_bytes(const uint8_t *image, int count, const int64_t shape[3], int columns)
{
    Picture p = empty_grid(count, shape, columns);
    size_t row = (size_t)(shape[1] * shape[2]);
    for (int i = 0; i < count; i++)
        for (int64_t y = 0; y < shape[0]; y++, image += row) memcpy(cell(&p, i, shape, columns) + y * p.width * p.channels, image, row);
    return p;
}

Picture picture_grid(const float *image, int count, const int64_t shape[3], double lo, double hi, int columns)
{
    size_t n = (size_t)(count * shape[0] * shape[1] * shape[2]);
    uint8_t *byte = array_of(uint8_t, n);
    for (size_t i = 0; i < n; i++) {
        double x = (image[i] - lo) / (hi - lo) * 255 + 0.5;
        byte[i] = (uint8_t)(x >= 255 ? 255 : x > 0 ? x : 0);     /* a NaN is black */
    }
    Picture p = picture_grid_bytes(byte, count, shape, columns);
    free(byte);
    return p;
}

int picture_columns(int count)
{
    int columns = 1;
    while (columns * columns < count) columns++;
    return columns;
}

void picture_append(Picture *p, const Picture *more)
{
    size_t row = (size_t)(more->width * more->channels), gap = p->byte ? GAP : 0;
    if (p->byte && (p->width != more->width || p->channels != more->channels)) bug("picture_append: %dx%d", (int)p->width, (int)more->width);
    p->byte = array_grow(p->byte, uint8_t, ((size_t)p->height + gap + (size_t)more->height) * row);
    memset(p->byte + (size_t)p->height * row, 0, gap * row);
    memcpy(p->byte + ((size_t)p->height + gap) * row, more->byte, (size_t)more->height * row);
    p->height += (int64_t)gap + more->height;
    p->width = more->width;
    p->channels = more->channels;
}

void picture_cut(Picture *p, int rows, int64_t height)
{
    int64_t kept = rows * (height + GAP) - GAP;
    if (kept < p->height) p->height = kept > 0 ? kept : 0;
}

int picture_read(Picture *p, const char *path, int64_t channels, Error *e)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    int good = png_image_begin_read_from_file(&image, path);
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    if (good) *p = picture_new(image.height, image.width, channels);
    if (good && png_image_finish_read(&image, NULL, p->byte, 0, NULL)) return 0;
    if (good) picture_free(p);
    return failed(e, "cannot read %s: %s", path, image.message);
}

int picture_write(const Picture *p, const char *path, Error *e)
{
    Writer w;
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)p->width, .height = (png_uint_32)p->height,
                       .format = p->channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    if (writer_open(&w, path, e)) return -1;
    int good = png_image_write_to_stdio(&image, w.file, 0, p->byte, 0, NULL);
    if (good || ferror(w.file)) return writer_close(&w, e);
    writer_drop(&w);
    return failed(e, "cannot write %s: %s", path, image.message);
}

void picture_free(Picture *p)
{
    free(p->byte);
    *p = (Picture){0};
}
