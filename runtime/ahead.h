/* ahead.h: a file of images that a thread reads meanwhile. */
#ifndef BURIN_AHEAD_H
#define BURIN_AHEAD_H
#include "idx.h"

typedef struct Ahead Ahead;

Ahead *ahead_start(const char *path);
int ahead_read(Ahead *, Idx *, const char *path, Error *);      /* idx_read(), or what the thread read if that is this file */
#endif
