/* inflate.h: a whole gzip file at once. */
#ifndef BURIN_INFLATE_H
#define BURIN_INFLATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if it is as it should be and has `size` bytes inside. */
bool inflate_whole(const char *path, uint8_t *to, size_t size);
#endif
