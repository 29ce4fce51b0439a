/* new.h: `burin new`: a spec to start from. */
#ifndef BURIN_NEW_H
#define BURIN_NEW_H
#include "text.h"

/* Copies HOME/models/new/KIND.lua to NAME.lua, its name put in, and sees to it that editors find the language's types. Says what was
 * written. Nothing that is there is overwritten.                                                                       */
int new_spec(const char *home, const char *kind, const char *name, Error *);
#endif
