/* page.h: report.html in a run's folder: curves, samples, layers, memory, kernels in one file that needs nothing else. */
#ifndef BURIN_PAGE_H
#define BURIN_PAGE_H
#include "feed.h"
#include "log.h"
#include "plot.h"
#include <stdio.h>

/* What is shown of a run, all of it borrowed but the last four. */
typedef struct {
    const Session *session;
    const DeviceOptions *device;
    const Feed *feed;
    const History *history;
    const char *folder;
    char *facts;                /* JSON, made once: what it runs on; NULL */
    double *seconds;            /* of each launch, over `timed` steps; malloced */
    int timed;
    double written, cost;       /* when the page was written last, and how long that took; seconds */
} Page;

/* Where the run stands. */
typedef struct {
    const char *state;          /* "running", "done", "stopped", "failed" */
    const char *message;        /* why it failed; "" */
    int64_t done, total, epochs;/* steps done, to do; epochs that those are */
    double rate;                /* images/s */
    double left;                /* seconds to the end */
} PageNow;

void page_start(Page *, const Session *, const DeviceOptions *, const Feed *, const History *, const char *folder);
void page_free(Page *);

/* Where the times of this step's launches go, the step being number `step` of this process, from 0: some early ones are
 * timed, as they are run. NULL: not of this one.                                                                    */
double *page_times(Page *, int64_t step);

/* Is it time to write it again? Every ten seconds, or less often where that would take more than a thousandth of the time. */
int page_due(const Page *);
int page_write(Page *, const PageNow *, Error *);
void page_say(Log *, const Page *);                  /* where it is */

/* page_data.c: parts of the page's data, as JSON. */
void page_program(FILE *, const BurinProgram *, int threads);    /* "layers":[...],"memory":{...} */
void page_kernels(FILE *, const BurinProgram *, const BurinEntry *, const double *seconds, int timed);    /* "kernels":[...] */
void page_samples(FILE *, const char *folder, int64_t last);     /* "samples":{...}: the pictures up to this epoch, as data: URIs */
#endif
