/* decoder.c: folders of pictures are left out, as this program reads none. */
#include "decoder.h"

Decoder *decoder_open(const Folder *f, const int64_t shape[3], int batch, int threads)
{
    (void)f, (void)shape, (void)batch, (void)threads;
    return NULL;
}

void decoder_close(Decoder *d) { (void)d; }

int decoder_batch(Decoder *d, uint64_t seed, int64_t epoch, int64_t index, int batch, uint8_t *images, uint8_t *labels, Error *e)
{
    (void)d, (void)seed, (void)epoch, (void)index, (void)batch, (void)images, (void)labels;
    return failed(e, "this program reads no pictures");
}

bool decoder_keeps(const Decoder *d) { return d != NULL; }
size_t decoder_bytes(const Decoder *d) { return d != NULL; }

size_t decoder_room(int64_t files, size_t image_bytes, int batch, int *slots)
{
    (void)files, (void)image_bytes, (void)batch, (void)slots;
    return 0;
}

double decoder_waited(const Decoder *d) { return d != NULL; }

const char *decoder_skipped(Decoder *d)
{
    (void)d;
    return NULL;
}
