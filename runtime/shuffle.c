/* shuffle.c: the order of an epoch's images. */
#include "shuffle.h"
#include "philox.h"

void data_shuffle(uint32_t *order, int64_t count, uint64_t seed, int64_t epoch)
{
    for (int64_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    for (int64_t i = count - 1; i > 0; i--) {
        Philox r = philox(seed, PHILOX_SHUFFLE, (uint64_t)epoch, (uint32_t)i);
        int64_t j = (int64_t)(philox_uniform(r.w[0]) * (double)(i + 1));
        uint32_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
