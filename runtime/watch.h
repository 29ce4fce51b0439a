/* watch.h: which kernel made the first number that is not finite. Training keeps a copy of the last good variables in memory; when a
 * loss or a variable is not finite, the steps since then are run again (the same bits) and the first bad one kernel by kernel. */
#ifndef BURIN_WATCH_H
#define BURIN_WATCH_H
#include "feed.h"

typedef struct {
    char *copy;                 /* variables one after the other, malloced; NULL: none yet */
    int64_t step;               /* steps done when they were copied */
    double taken, cost;         /* when, and how long it took; seconds */
} Watch;

/* Is it time for another copy? At least 100 steps after the last one, and so that copying takes less than a thousandth of the time. */
int watch_due(const Watch *, int64_t step);

/* Copies the variables, if that step's are not there yet. Returns 1 where one is not finite, says which, and keeps the copy before; -1
 * with a message when the device failed.                                                                             */
int watch_take(Watch *, Session *, int64_t step, Error *);

/* After a failure within the first `done` + 1 steps: adds to the message which kernel of which step it began in, from which line of the
 * spec, and what that kernel read. Leaves the variables as they are then: nothing may be saved after this.          */
void watch_explain(Watch *, Session *, Feed *, int64_t done, Error *);
void watch_free(Watch *);
#endif
