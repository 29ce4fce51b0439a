/* help.h: the tables of commands and flags as people, man and shells read them. */
#ifndef BURIN_HELP_H
#define BURIN_HELP_H
#include "command.h"
#include <stdio.h>

void help_all(FILE *);                              /* burin --help */
void help_command(FILE *, const Command *);         /* burin COMMAND --help */
void manual(FILE *);                                /* burin.1, for man */

/* A script for "bash", "zsh" or "fish" (completion.c). Returns non-zero with a message for another. */
int completion(FILE *, const char *shell, Error *);
#endif
