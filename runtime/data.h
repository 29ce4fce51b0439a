/* data.h: images and labels: found, read with real checks, put in an order, handed out in batches. */
#ifndef BURIN_DATA_H
#define BURIN_DATA_H
#include "ahead.h"
#include "decoder.h"
#include "program.h"
#include "text.h"

/* Where to look. */
typedef struct {
    const char *data;           /* --data, else $BURIN_DATA; NULL: the usual places */
    const char *home;           /* folder of the checkout; NULL: only the current folder */
    Ahead *ahead;               /* set by data_ahead(), or NULL */
    int threads;                /* that decode pictures; 0: one for each core */
} DataPlaces;

typedef struct {
    Path images, labels;        /* files; of pictures: images is their folder */
    int64_t count;              /* images */
    size_t image_bytes;
    Idx file[2];                /* of images and labels; rank 0: none, or pictures */
    uint8_t *image, *label;     /* in them, (count, H, W, C) and (count); label is NULL where the program wants none */
    uint32_t *order;            /* the order of the epoch `epoch` */
    int64_t epoch;
    Folder folder;              /* of pictures, with */
    Decoder *decoder;           /* what reads them; NULL: all is in `image` and `label` */
    int64_t skipped;            /* files of the folder that were reported as skipped */
    char note[512];             /* what the user should know of how it was found, or "" */
} Data;

/* Starts to read a source's images, so that data_open() finds them in memory. The first source only: others wait for it. */
void data_ahead(DataPlaces *, const BurinSource *);

/* Reads what source `index` of the program names; the batch must fit in it. */
int data_open(Data *, const BurinProgram *, int index, const DataPlaces *, Error *);
void data_free(Data *);

/* Gathers batch number `index` of an epoch: rows of images (and labels, if not NULL). Epochs in any order; the order is made
 * anew when the epoch changes. Pictures may turn out to be damaged: decoder.h.                              */
int data_batch(Data *, uint64_t seed, int64_t epoch, int64_t index, int batch, uint8_t *images, uint8_t *labels, Error *);

/* The same batch as the numbers of its rows in `image` and `label`; not of pictures. */
const uint32_t *data_rows(Data *, uint64_t seed, int64_t epoch, int64_t index, int batch);

/* Are there labels, though the program may want none? Those of MNIST lie beside its images; a folder's classes are labels. */
bool data_labelled(Data *);

/* The shape of a source's images, from the file's header (CompileOptions.describe); of MNIST also where there is no file. Not of
 * pictures: the spec says it.                                                                                      */
int data_describe(const BurinSource *, const DataPlaces *, int64_t shape[3], Error *);

/* How many images source `index` has, and what reading them takes of memory. */
int data_size(const BurinProgram *, int index, const DataPlaces *, int64_t *images, size_t *bytes, Error *);
bool data_is_folder(const BurinSource *);                        /* of pictures */
int data_folder(Folder *, Path *, const BurinSource *, const DataPlaces *, Error *);     /* what is in it; folder_free() follows */
#endif
