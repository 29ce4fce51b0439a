/* options.h: the command line. */
#ifndef BURIN_OPTIONS_H
#define BURIN_OPTIONS_H
#include "command.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct {
    const char *file;           /* SPEC, RUN or FILE, the first of word[]; NULL: none */
    const char **word; int words;       /* what is no flag; malloced; options_free() */
    const char *outdir, *data, *device, *isa, *target, *arch, *out, *entry, *kind;
    const char *stage, *kernel; /* show */
    const char *spec;           /* sample: of a file that burin did not write */
    const char *resume;         /* "latest", a run's folder, a checkpoint; NULL: none */
    int64_t epochs, steps, snap, snap_steps, keep, threads, count, repeats;        /* 0: not given */
    double max_mem;             /* bytes; 0: not given */
    double seconds;             /* bench: of each repeat; tune: in all */
    uint64_t seed;
    bool seed_given, partial, dry_run, tensorboard, json, tuned, single_file, line_info, check, help;
    const char **set; int sets; /* "name=value", malloced; options_free() */
    double begin;               /* seconds_now() at the start of the process */
} Options;

/* Reads the words after the command. Fills in the presets first. */
int options_parse(Options *, int command, int argc, char **argv, Error *);
void options_free(Options *);
void options_help(FILE *, int command);             /* the flags, one a line */
#endif
