/* npy.h: numbers in a file that NumPy reads. */
#ifndef BURIN_NPY_H
#define BURIN_NPY_H
#include "text.h"

/* `count` images of shape (H, W, C), floats: an array (count, H, W, C). */
int npy_write(const char *path, const float *images, int64_t count, const int64_t shape[3], Error *);
#endif
