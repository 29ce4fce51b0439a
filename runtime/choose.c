/* choose.c: which device the command line means. */
#include "choose.h"
#include "cpu.h"
#include <stdio.h>
#include <string.h>

int choose_device(const Options *o, const DeviceType *const *types, Chosen *c, Error *e)
{
    Cpu cpu;
    Error note;
    cpu_read(&cpu);
    const char *name = o->isa && !strcmp(o->device, "auto") ? "cpu" : o->device;        /* what --isa names is of the CPU */
    *c = (Chosen){.options = {.threads = o->threads ? (int)o->threads : cpu.cores}};
    c->type = device_find(types, name, &c->options.index, &note, e);
    if (!c->type) return -1;
    if (*note.text) fprintf(stderr, "burin: note: %s\n", note.text);
    if (o->isa && strcmp(c->type->name, "cpu")) return failed(e, "--isa %s: that is of the CPU, and --device is %s", o->isa, o->device);
    c->isa = o->isa ? word_of("%s", o->isa) : c->type->isa(c->options.index);
    return 0;
}
