/* feed.h: the data of a program's steps: which batch comes when, and into which variable. */
#ifndef BURIN_FEED_H
#define BURIN_FEED_H
#include "data.h"
#include "session.h"

typedef struct {
    Data *data; int sources;    /* one for each source of the program */
    int64_t epoch_steps;        /* steps in an epoch: whole batches of the smallest source */
    uint8_t *room;              /* one batch of images */
    bool *kept;                 /* of each source: all its data are on the device */
} Feed;

enum { EPOCH_WITHOUT_DATA = 1000 };                 /* steps, when a program reads no data */

int feed_open(Feed *, const BurinProgram *, const DataPlaces *, Error *);
int feed_keep(Feed *, Session *, Error *);          /* before the first step: data stay on the device where it takes them */
int feed_step(Feed *, Session *, int64_t step, Error *);         /* the step's batch: into the variables, or its rows of what is kept */
void feed_close(Feed *);
#endif
