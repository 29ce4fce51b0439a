/* origin.h: where a line of generated code came from. */
#ifndef BURIN_ORIGIN_H
#define BURIN_ORIGIN_H
#include "program.h"
#include "text.h"

/* The Error has what a compiler said of unit `unit` of the program's code (compiler.h), or, below 0, of the unit that it names,
 * "unit3.c". Adds a line about the first error: which function it is in, which line of the spec that kernel is for, and which line of
 * a template made it. Adds nothing where the compiler names no line of the code.                              */
void origin_add(Error *, const BurinProgram *, int unit);
#endif
