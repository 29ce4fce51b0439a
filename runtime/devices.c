/* devices.c: the devices of the `burin` command and of its library. */
#include "device.h"

const DeviceType *const devices[] = {&dev_cuda, &dev_cpu, NULL}, *const devices_cpu[] = {&dev_cpu, NULL};
