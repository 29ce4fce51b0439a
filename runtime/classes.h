/* classes.h: which class an image looks like: the one whose mean image is nearest. A weak judge (it names about four of five of MNIST's
 * digits rightly), good enough to see that a GAN leaves classes out.                                                  */
#ifndef BURIN_CLASSES_H
#define BURIN_CLASSES_H
#include "data.h"

enum { CLASSES = 256 };

typedef struct {
    int classes;                /* 0: the data have no labels */
    int64_t size;               /* numbers in an image */
    float *mean;                /* (classes, size), black 0 and white 1; malloced */
    bool *seen;                 /* has the class a mean? */
} Classes;

/* From the first images of the run, if they have labels. */
int classes_learn(Classes *, Data *, uint64_t seed, Error *);
void classes_free(Classes *);

/* How many of the images look like each class, into count[classes]. */
void classes_count(const Classes *, const float *image, int images, int *count);

/* To how many classes of the same size that amounts: 2 to the power of the entropy. */
double classes_number(const int *count, int classes);
#endif
