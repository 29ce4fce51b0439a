/* estimate.c: how long a step will take is left out. */
#include "estimate.h"

int estimate_step(Estimate *x, const BurinProgram *p, int entry, const DeviceType *type, const DeviceOptions *o, Feed *feed, Error *e)
{
    (void)x, (void)p, (void)entry, (void)o, (void)feed;
    return failed(e, "the limits of %s are not measured", type->name);
}
