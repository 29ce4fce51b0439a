/* inflate.c: a whole gzip file at once, by libdeflate: in less than half the time that zlib takes. */
#include "inflate.h"
#include "file.h"
#include <libdeflate.h>
#include <stdlib.h>

bool inflate_whole(const char *path, uint8_t *to, size_t size)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    char *packed = NULL;
    size_t n, read, got;
    Error e;
    bool whole = d && !file_read(path, &packed, &n, &e) && libdeflate_gzip_decompress_ex(d, packed, n, to, size, &read, &got) == LIBDEFLATE_SUCCESS &&
                 read == n && got == size;
    free(packed);
    libdeflate_free_decompressor(d);
    return whole;
}
