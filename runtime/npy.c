/* npy.c: the format .npy, version 1.0 (NumPy's documentation, numpy.lib.format): a magic number, a header as Python text that ends at a
 * multiple of 64 bytes, the numbers.                                                                               */
#include "npy.h"
#include "file.h"
#include <string.h>

int npy_write(const char *path, const float *images, int64_t count, const int64_t shape[3], Error *e)
{
    const uint16_t one = 1;
    char head[128] = "\x93NUMPY\x01\x00\x76\x00";         /* 118 bytes follow these ten */
    memset(head + 10, ' ', 117);
    head[127] = '\n';
    Path text = path_of("{'descr': '%cf4', 'fortran_order': False, 'shape': (%lld, %lld, %lld, %lld), }", *(const char *)&one ? '<' : '>', (long long)count,
                        (long long)shape[0], (long long)shape[1], (long long)shape[2]);
    memcpy(head + 10, text.s, strlen(text.s));
    Writer w;
    if (writer_open(&w, path, e)) return -1;
    fwrite(head, 1, sizeof head, w.file);
    fwrite(images, sizeof *images, (size_t)(count * shape[0] * shape[1] * shape[2]), w.file);
    return writer_close(&w, e);
}
