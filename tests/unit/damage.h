/* damage.h: a file as a bad disk leaves it. */
#ifndef TEST_DAMAGE_H
#define TEST_DAMAGE_H
#include "../../runtime/file.h"
#include <stdlib.h>

/* A bit in its middle is another one; with `cut` its last byte is missing too. */
static inline void damage(const char *path, bool cut)
{
    char *bytes;
    size_t size;
    Error e;
    if (file_read(path, &bytes, &size, &e)) puts(e.text), exit(1);
    bytes[size / 2] ^= 1;
    if (file_write(path, bytes, cut ? size - 1 : size, &e)) puts(e.text);
    free(bytes);
}
#endif
