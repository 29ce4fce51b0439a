/* dev_cpu.h: the CPU as a device. Here for what gives it kernels: dev_cpu.c takes those that are linked in, cpu_jit.c has the system's
 * compiler make them. Nothing else includes this.                                                                     */
#ifndef BURIN_DEV_CPU_H
#define BURIN_DEV_CPU_H
#include "device.h"

enum { CPU_ENTRIES = 8 };

typedef struct { char *at; size_t bytes; void *base; size_t mapped; } Arena;

struct Device {
    DeviceOptions options;
    void *library;
    BurinFunction *function[CPU_ENTRIES];
    Arena persistent, scratch, thread;
};

DeviceState cpu_describe(int index, char *text, size_t size);
Word cpu_isa(int index);
Device *cpu_open(const DeviceOptions *, Error *);
void cpu_close(Device *);
int cpu_alloc(Device *, const BurinProgram *, Error *);
int cpu_put(Device *, size_t offset, const void *, size_t bytes, Error *);
int cpu_get(Device *, size_t offset, void *, size_t bytes, Error *);
int cpu_launch(Device *, int entry, const BurinCall *, Error *);
int cpu_sync(Device *, Error *);
int cpu_peek(Device *, size_t offset, void *, size_t bytes, Error *);

int cpu_check_program(const BurinProgram *, Error *);            /* does it run here? */
int cpu_use_linked(Device *, const BurinProgram *, Word *how, Error *);     /* the kernels that are linked in */

/* A DeviceType with that way to kernels. */
#define CPU_DEVICE(build) \
    {"cpu", cpu_describe, cpu_isa, cpu_open, cpu_close, build, cpu_alloc, cpu_put, cpu_get, cpu_launch, cpu_sync, cpu_peek, \
     NULL, NULL, NULL, NULL}
#endif
