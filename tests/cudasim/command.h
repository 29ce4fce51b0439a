/* command.h: a compiler, run in a folder of its own in /tmp: text in, shared object out. Both stand-ins need it. */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H
#include <stddef.h>

/* Runs `word` (ended by NULL) on `text`, which it finds as file NAME in the folder where it runs; it is to write out.so there.
 * The object is malloced. On failure returns non-zero and a malloced text of what the compiler said, the command before it. */
int command_build(const char *const *word, const char *name, const char *text, char **object, size_t *bytes);
#endif
