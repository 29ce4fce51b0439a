/* gauges.h: is this GAN well? Of each epoch: what D makes of real and of drawn images, and how much the samples vary, as a verdict in
 * plain words. models/README.md says what to try.                                                                    */
#ifndef BURIN_GAUGES_H
#define BURIN_GAUGES_H
#include "classes.h"
#include "feed.h"
#include "plot.h"
#include <stdbool.h>
#include <stdio.h>

enum { GAUGE_IMAGES = 128 };                        /* compared with each other, at most */

/* How far images are from each other: the root mean square of the differences of their pixels, black 0 and white 1. */
typedef struct {
    double pairs;               /* mean over all pairs */
    double nearest;             /* mean over all images of the distance to the nearest other */
} Variety;

/* Of `count` images of `size` numbers, at least two. */
Variety gauge_variety(const float *image, int count, int64_t size);

typedef enum { NOT_KNOWN, HEALTHY, D_WINS, G_WINS, COLLAPSED } Verdict;

/* An epoch's gauges. */
typedef struct {
    bool judged;                /* the step reports "D(x)" and "D(G(z))", both from 0 to 1: means of the epoch, and between which values */
    double real, real_lo, real_hi;                  /* nine tenths of it lay, as far as the history of the run is fine enough to tell */
    double fake, fake_lo, fake_hi;
    double pairs, nearest;      /* of the samples, as shares of the real images' */
    int classes, count[CLASSES];/* which the samples look like; 0: the data have no labels */
    double number, real_number; /* to how many classes of the same size that amounts, for samples and for real images */
    int64_t steps;              /* done in all */
    Verdict verdict;
    Path why;
} Reading;

extern const char *const verdict_name[];            /* "not yet known", "healthy", "D wins", "G wins", "collapsed" */
void gauge_judge(Reading *);                        /* sets verdict and why from the rest */

/* Of a run. `images` is 0 where there is nothing to gauge: no samples, or no images like them among the data. */
typedef struct {
    const Feed *feed;
    int images;
    int64_t size;               /* numbers in an image */
    Variety real;               /* of as many real images, as what follows; found out when the first samples are gauged */
    Classes classes;
    double number;
} Gauges;

void gauges_start(Gauges *, const Feed *, const Session *);
void gauges_free(Gauges *);
/* Draws samples, as the pictures do. `mean`: what each output of the step was on average in the epoch, the last steps done being the
 * history's. Does nothing when images is 0.                                                                          */
int gauges_read(Gauges *, Session *, const History *, const double *mean, int64_t done, Reading *, Error *);
void gauges_json(FILE *, const Gauges *, const Reading *);       /* ,"pairs":0.9,...,"verdict":"healthy",...: members of an object */
#endif
