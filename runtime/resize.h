/* resize.h: an image of any size, row by row, into one of a given shape: cut at its middle, then made smaller or larger.
 *
 * Of the image the largest part with the proportions of the result is taken, around its middle. Each pixel of the result is a mean of
 * the pixels around its centre, with weights that fall in a straight line to 0 at one pixel of the result or of the image, whichever is
 * larger: bilinear where it grows, free of aliases where it shrinks (as Pillow's BILINEAR; torchvision's Resize). An image
 * that has the shape already is not changed.                                                                         */
#ifndef BURIN_RESIZE_H
#define BURIN_RESIZE_H
#include <stdint.h>

/* What goes into one pixel of the result, along one axis. */
typedef struct { int64_t first, count; float *weight; } Taps;

typedef struct {
    int64_t shape[3];           /* H, W, C of the result; C 1 or 3 */
    Taps *down, *across;        /* for each row, each column of the result */
    float *row, *sum;           /* (W, C) a row, resized; (H, W, C) the result so far */
    uint8_t *pixels;            /* one row of the image in C channels */
    int64_t y, width, begin, end;       /* rows so far; of the image: pixels in a row, and which are used */
} Resize;

void resize_start(Resize *, int64_t height, int64_t width, const int64_t shape[3]);
/* The next row of the image: channels 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGB, alpha). What is transparent becomes white. */
void resize_row(Resize *, const uint8_t *row, int channels);
void resize_end(Resize *, uint8_t *image);          /* the result (H, W, C), if it is not NULL; gives the memory back */

/* How much of an image of these sizes falls on one pixel of the result. */
double resize_scale(int64_t height, int64_t width, const int64_t shape[3]);
#endif
