/* roofline.h: a CUDA program's kernels on paper, with no card: what the compiler made of them, how full they make a multiprocessor, and
 * how long they take at least.                                                                                          */
#ifndef BURIN_ROOFLINE_H
#define BURIN_ROOFLINE_H
#include "program.h"
#include "text.h"
#include <stdio.h>

/* Compiles for the program's architecture and prints. Without NVRTC, what needs no compiler, and a line that says what is missing. */
int roofline_show(const BurinProgram *, FILE *, Error *);
#endif
