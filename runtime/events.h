/* events.h: event files for TensorBoard: scalars and pictures of samples (--tensorboard). */
#ifndef BURIN_EVENTS_H
#define BURIN_EVENTS_H
#include "plot.h"
#include <stdio.h>

/* An event file under way; file is NULL where none is wanted, and then the functions below do nothing. */
typedef struct {
    FILE *file;
    Path path;
    double sum[SERIES];         /* of what the steps since the last event reported */
    int64_t summed;
    double flushed;
} Events;

/* A new file in the folder. `done`: the steps that were done before; what older files say of later steps is taken back.   */
int events_open(Events *, const char *folder, int64_t done, Error *);
int events_close(Events *, Error *);

/* After a step: each tenth one writes the means of ten. `done` counts it. */
void events_step(Events *, const BurinEntry *, const float *value, int series, int64_t done);

void events_scalar(Events *, const char *tag, double, int64_t done);
void events_picture(Events *, const char *tag, const char *png, int64_t done);      /* a file; nothing where there is none */
int events_flush(Events *, Error *);

uint32_t crc32c(const void *, size_t);
#endif
