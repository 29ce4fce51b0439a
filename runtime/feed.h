/* feed.h: the data of a program's steps: which batch comes when, and into which variable. */
#ifndef BURIN_FEED_H
#define BURIN_FEED_H
#include "data.h"
#include "session.h"

typedef struct {
    Data *data; int sources;    /* one for each source of the program */
    int64_t epoch_steps;        /* steps in an epoch: whole batches of the smallest source */
    uint8_t *room;              /* one batch of images */
} Feed;

enum { EPOCH_WITHOUT_DATA = 1000 };                 /* steps, when a program reads no data */

int feed_open(Feed *, const BurinProgram *, const DataPlaces *, Error *);
int feed_step(Feed *, Session *, int64_t step, Error *);         /* puts the step's batch into the variables */
void feed_close(Feed *);
#endif
