/* device.c: the devices of this build, and the choice of one. */
#include "device.h"
#include <string.h>

const DeviceType *const devices[] = {&dev_cpu, NULL};

const DeviceType *device_find(const char *name, Error *e)
{
    char text[256];
    for (int i = 0; devices[i]; i++) {
        if (strcmp(name, "auto") && strcmp(name, devices[i]->name)) continue;
        if (!devices[i]->describe(text, sizeof text)) return devices[i];
    }
    if (!strcmp(name, "cuda")) error_set(e, "--device cuda: this build has no CUDA target yet; use --device cpu");
    else error_set(e, "--device %s: no such device; use auto or cpu", name);
    return NULL;
}
