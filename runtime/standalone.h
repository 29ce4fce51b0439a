/* standalone.h: the command line of an emitted program, which trains. */
#ifndef BURIN_STANDALONE_H
#define BURIN_STANDALONE_H
#include "device.h"

/* A whole main(): reads the flags that belong to `command` (command.h) and trains on one of the devices. Returns the exit status. */
int standalone_main(const BurinProgram *, const DeviceType *const *devices, int command, int argc, char **argv);
#endif
