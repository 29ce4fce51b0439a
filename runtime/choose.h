/* choose.h: which device the command line means. */
#ifndef BURIN_CHOOSE_H
#define BURIN_CHOOSE_H
#include "device.h"
#include "options.h"

typedef struct {
    const DeviceType *type;
    DeviceOptions options;
    Word isa;                   /* what programs for it are compiled for: "avx2", "sm_90" */
} Chosen;

/* `types`: the devices to choose from, as device.h's. What "auto" passed over is said on stderr, so this is called once. */
int choose_device(const Options *, const DeviceType *const *types, Chosen *, Error *);
#endif
