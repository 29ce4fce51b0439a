/* ptxas.h: what NVIDIA's assembler says of kernels when it is asked (--ptxas-options=-v). */
#ifndef BURIN_PTXAS_H
#define BURIN_PTXAS_H

typedef struct { char name[128]; int registers, shared, spilled; } PtxasKernel;         /* bytes of shared memory; bytes stored and loaded */

/* Adds the kernels that a log tells of to a list, malloced, of `count`; returns the new count. */
int ptxas_read(const char *log, PtxasKernel **list, int count);
const PtxasKernel *ptxas_find(const PtxasKernel *list, int count, const char *name);     /* NULL: not told of */
#endif
