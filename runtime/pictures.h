/* pictures.h: the pictures of a run: what the data look like, and what the net draws from one fixed noise, epoch by epoch. */
#ifndef BURIN_PICTURES_H
#define BURIN_PICTURES_H
#include "feed.h"
#include "image.h"

typedef struct { Picture strip; } Pictures;         /* progress.png so far */

int pictures_reals(const Feed *, Session *, const char *folder, Error *);            /* reals.png */

/* Samples as the pictures show them: how many in the grid, and in a row of progress.png. */
typedef struct { float *x; int count, row; const BurinOutput *output; } Drawn;

int pictures_draw(Drawn *, Session *, Error *);     /* x is NULL when the spec draws no samples */
int pictures_write(Pictures *, Drawn *, int64_t epoch, const char *folder, Error *);    /* fakes_%04d.png, and a row more in progress.png; frees what was drawn */
/* For a run that goes on: takes up progress.png, with the rows that it had after `epochs` epochs. A file that is not there, or is
 * no such picture, is begun anew.                                                                                      */
void pictures_again(Pictures *, Session *, int64_t epochs, const char *folder);
void pictures_free(Pictures *);
#endif
