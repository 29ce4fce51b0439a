/* device.c: the choice of a device. */
#include "device.h"
#include <stdio.h>
#include <string.h>

/* "cuda:1" is `kind` "cuda", number 1; "cuda" is number 0. */
static int is_named(const char *name, const char *kind, int *index)
{
    size_t n = strlen(kind);
    int end = 0;
    *index = 0;
    if (strncmp(name, kind, n)) return 0;
    return !name[n] || (sscanf(name + n, ":%9d%n", index, &end) == 1 && !name[n + (size_t)end] && *index >= 0);
}

static const DeviceType *find_best(const DeviceType *const *types, Error *note, Error *e)
{
    char text[1024];
    for (int i = 0; types[i]; i++) {
        DeviceState state = types[i]->describe(0, text, sizeof text);
        if (state == DEVICE_READY) return types[i];
        error_set(e, "no device to run on: %s: %s", types[i]->name, text);
        if (state == DEVICE_UNUSABLE && !*note->text) error_set(note, "%s is not used: %s", types[i]->name, text);
    }
    return NULL;
}

const DeviceType *device_find(const DeviceType *const *types, const char *name, int *index, Error *note, Error *e)
{
    char text[1024];
    *index = 0;
    note->text[0] = 0;
    if (!strcmp(name, "auto")) return find_best(types, note, e);
    for (int i = 0; types[i]; i++) {
        if (!is_named(name, types[i]->name, index)) continue;
        if (types[i]->describe(*index, text, sizeof text) == DEVICE_READY) return types[i];
        error_set(e, "--device %s: %s", name, text);
        return NULL;
    }
    error_set(e, "--device %s: no such device; use auto", name);
    for (int i = 0; types[i]; i++) failed_more(e, "%s%s", types[i + 1] ? ", " : " or ", types[i]->name);
    return NULL;
}
