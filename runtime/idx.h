/* idx.h: an IDX file of bytes, plain or gzip (the format of MNIST: a magic number, dimensions, then the bytes). */
#ifndef BURIN_IDX_H
#define BURIN_IDX_H
#include "text.h"

typedef struct {
    int rank;
    int64_t size[4];            /* N; N,H,W; or N,H,W,C */
    uint8_t *byte;              /* in `file`; NULL when only the header was asked for */
    uint8_t *file;              /* the whole of it, without compression; malloced */
} Idx;

int idx_read(Idx *, const char *path, int header_only, Error *);
void idx_free(Idx *);
#endif
