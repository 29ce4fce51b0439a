/* loop.h: training, from a Program and the command line to the run's folder. */
#ifndef BURIN_LOOP_H
#define BURIN_LOOP_H
#include "data.h"
#include "device.h"
#include "options.h"

/* What the command line and the machine say of the device. */
int choose_device(const Options *, const DeviceType **, DeviceOptions *, Error *);

/* Trains. Returns the exit status: 0; 1 with a message; 130 when the user stopped it by Ctrl-C (143: SIGTERM), in which case
 * the step was finished and a checkpoint saved.                                          */
int train(const BurinProgram *, const Options *, const DataPlaces *, Error *);
#endif
