/* shuffle.h: the order of an epoch's images: a pure function of (count, seed, epoch), by philox.h. */
#ifndef BURIN_SHUFFLE_H
#define BURIN_SHUFFLE_H
#include <stdint.h>

void data_shuffle(uint32_t *order, int64_t count, uint64_t seed, int64_t epoch);
#endif
