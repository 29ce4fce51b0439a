/* burin.h: the runtime as a library, for programs that `burin emit` writes.
 *
 *     cc ... main.c NAME.c NAME_program.c out/libburin.a -lpng -ljpeg -lz -ldeflate -ldl -lm -fopenmp   */
#ifndef BURIN_H
#define BURIN_H
#include "program.h"

/* A whole main(): reads the flags of `burin train` (--help lists them) and trains. Returns the exit status. */
int burin_main(const BurinProgram *, int argc, char **argv);
#endif
