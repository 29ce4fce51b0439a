/* decoder.h: the pictures of a folder in batches, decoded by threads ahead of the steps that need them. */
#ifndef BURIN_DECODER_H
#define BURIN_DECODER_H
#include "folder.h"

typedef struct Decoder Decoder;

/* `batch` pictures a step; they become images of `shape`, decoded by `threads` threads. If all images together take at most
 * $BURIN_IMAGES MiB (1,024), each is decoded once and kept. The folder must outlive the decoder.              */
Decoder *decoder_open(const Folder *, const int64_t shape[3], int batch, int threads);
void decoder_close(Decoder *);

/* As data_batch(): a pure function of the files, the seed and the place; the place after the last one is ready soonest. Where a
 * file turns out damaged, the next one in the folder's order that is not takes its place, with its label. Fails if none is whole. */
int decoder_batch(Decoder *, uint64_t seed, int64_t epoch, int64_t index, int batch, uint8_t *images, uint8_t *labels, Error *);

bool decoder_keeps(const Decoder *);                /* all images, rather than batches ahead */
size_t decoder_bytes(const Decoder *);              /* that it takes when all is decoded */
/* The same beforehand; `slots` (or NULL): batches in the ring. */
size_t decoder_room(int64_t files, size_t image_bytes, int batch, int *slots);
double decoder_waited(const Decoder *);             /* seconds that decoder_batch() spent waiting */
const char *decoder_skipped(Decoder *);             /* the next damaged file, with the reason, that was not told yet; NULL */
#endif
