/* flag.h: the table of flags (options.c): it makes the parser and its suggestions, --help, the manual page, what shells complete. */
#ifndef BURIN_FLAG_H
#define BURIN_FLAG_H
#include "command.h"
#include <stdbool.h>

typedef enum {
    WORD,                       /* const char * */
    COUNT,                      /* int64_t, at least 1 */
    SECONDS,                    /* double, more than 0 */
    SIZE,                       /* double, bytes: "800M", "2G" */
    SEED,                       /* uint64_t */
    SWITCH,                     /* bool */
    SET,                        /* name=value, may be repeated */
    BATCH,                      /* --batch N is --set batch=N */
    STAGE                       /* one of show's; "--source" may have a kernel after it */
} FlagKind;

typedef struct {
    const char *name, *letter;  /* "outdir"; "n" for -n, or "" */
    FlagKind kind;
    const char *argument;       /* what help calls it; "a|b": one of these words; DIR, FILE, ISA, DEVICE: shells complete it */
    int commands;
    size_t at;                  /* in Options */
    const char *help;
} Flag;

extern const Flag flags[];
extern const int flag_count;

Word flag_text(const Flag *);                       /* "-n, --count N" */
bool is_choice(const char *argument);               /* "step|sample", one of whose words is wanted; "RUN|FILE" is none */
int choice_check(const char *what, const char *argument, const char *word, Error *);
#endif
