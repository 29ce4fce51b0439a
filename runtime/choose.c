/* choose.c: which device the command line means. */
#include "choose.h"
#include "cpu.h"
#include <stdio.h>
#include <string.h>

enum { TYPES = 8 };

/* The devices that run programs for a target: those of its name. */
static void types_for(const char *target, const DeviceType **types)
{
    int n = 0;
    for (int i = 0; devices[i] && n < TYPES - 1; i++)
        if (!target || !strcmp(devices[i]->name, target)) types[n++] = devices[i];
    types[n] = NULL;
}

int choose_device(const Options *o, const char *target, Chosen *c, Error *e)
{
    Cpu cpu;
    Error note;
    const DeviceType *types[TYPES];
    cpu_read(&cpu);
    *c = (Chosen){.options.threads = o->threads ? (int)o->threads : cpu.cores};
    types_for(o->isa && !strcmp(o->device, "auto") ? "cpu" : target, types);        /* --isa is of the CPU's */
    c->type = device_find(types, o->device, &c->options.index, &note, e);
    if (!c->type) return -1;
    if (*note.text) fprintf(stderr, "burin: note: %s\n", note.text);
    if (o->isa && strcmp(c->type->name, "cpu")) return failed(e, "--isa %s: that is of the CPU, and --device is %s", o->isa, o->device);
    c->isa = o->isa ? word_of("%s", o->isa) : c->type->isa(c->options.index);
    return 0;
}
