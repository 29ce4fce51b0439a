/* ptx.h: PTX, as NVRTC makes it, turned into x86-64 code (ptx.c). */
#ifndef SIM_PTX_H
#define SIM_PTX_H
#include <stddef.h>

/* A shared object as machine.h wants it, malloced. Returns non-zero with what is wrong in `said`. */
int ptx_compile(const char *ptx, char **object, size_t *bytes, char *said, size_t room);
#endif
