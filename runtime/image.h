/* image.h: pictures: images laid out in a grid, as PNG. */
#ifndef BURIN_IMAGE_H
#define BURIN_IMAGE_H
#include "text.h"

/* Bytes, rows from the top, 1 (gray) or 3 (RGB) channels. */
typedef struct { int64_t height, width, channels; uint8_t *byte; } Picture;

/* `count` images of shape (H, W, C), C 1 or 3, floats where lo is black and hi is white, in rows of `columns`, 2 pixels of
 * black between them. picture_free() follows.                                                                       */
Picture picture_grid(const float *image, int count, const int64_t shape[3], double lo, double hi, int columns);
Picture picture_grid_bytes(const uint8_t *image, int count, const int64_t shape[3], int columns);
int64_t picture_width(int columns, int64_t width);              /* of a grid of images so wide */
int picture_columns(int count);                     /* the grid nearest to a square: 64 -> 8 */
/* Puts the rows of `more` below those of `p` (of the same width; an empty `p` takes any), with the same gap. */
void picture_append(Picture *p, const Picture *more);
void picture_cut(Picture *, int rows, int64_t height);          /* keeps the first rows of pictures that are so high */
int picture_write(const Picture *, const char *path, Error *);
int picture_read(Picture *, const char *path, int64_t channels, Error *);
void picture_free(Picture *);
#endif
