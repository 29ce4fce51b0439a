/* decode.h: PNG and JPEG files, of any size and kind, as images of one shape. */
#ifndef BURIN_DECODE_H
#define BURIN_DECODE_H
#include "text.h"

/* Reads a picture as an image of shape (H, W, C), C 1 or 3 (resize.h says how it gets there); `image` is written only if all is well.
 * The message says what is wrong with the file, without its name: "is cut short". A function of the file's bytes alone.     */
int decode(const char *path, const int64_t shape[3], uint8_t *image, Error *);

/* Whether decode() could, as far as the first bytes tell. */
int decode_probe(const char *path, Error *);
#endif
