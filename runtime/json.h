/* json.h: just enough JSON: what stats, options and safetensors need. */
#ifndef BURIN_JSON_H
#define BURIN_JSON_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Writing. */
void json_string(FILE *, const char *);             /* quoted and escaped; bytes that are no UTF-8 become U+FFFD */
void json_number(FILE *, double);                   /* shortest that reads back as the same float; null if not finite */

/* Reading: a cursor over text that need not end in 0. Each function skips white space first, returns false at what it does
 * not expect and stays where it was.                                                                               */
typedef struct { const char *at, *end; } Json;

bool json_take(Json *, char c);
bool json_take_string(Json *, char **text);         /* malloced, unescaped; a \u0000 is refused */
bool json_take_uint(Json *, uint64_t *);            /* no sign, fraction or exponent */
bool json_at_end(Json *);
#endif
