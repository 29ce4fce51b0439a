/* compiler.h: the system's C compiler. */
#ifndef BURIN_COMPILER_H
#define BURIN_COMPILER_H
#include "text.h"

typedef struct {
    char *word[16];             /* $CC in words, then NULL; malloced */
    Path path;                  /* what word[0] is on the PATH */
    char version[128];          /* the first line that it prints of itself */
} Compiler;

int compiler_find(Compiler *, Error *);             /* $CC, else cc, gcc, clang; compiler_free() follows */
void compiler_free(Compiler *);

/* Compiles `code` with `flags` to the shared object `object`; works in the existing empty folder `folder`. A line that is
 * exactly UNIT_LINE splits the code: what stands before the first is put in front of each of the other parts, and the parts
 * are compiled side by side, `side` at a time. On failure the message has the command and what the compiler said.     */
#define UNIT_LINE "/*---- unit ----*/"
char *unit_text(const char *code, int i);           /* what is compiled as part i, malloced; NULL: there are fewer */
Path compiler_flags(const char *flags);             /* those that all kernels are compiled with, these, and $BURIN_CFLAGS */
int compiler_build(const Compiler *, const char *code, const char *flags, const char *folder, const char *object, int side, Error *);
#endif
