/* log.h: what a run says, on the terminal and in its folder: OUTDIR/00000-name/ with log.txt and stats.jsonl. */
#ifndef BURIN_LOG_H
#define BURIN_LOG_H
#include "text.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct {
    Path folder;                /* of the run; "" before log_folder() */
    FILE *text, *stats;
    char *early;                /* what was said before there was a folder */
    size_t early_size;
    FILE *early_stream;
    bool terminal, color;       /* what stdout is */
    bool bar;                   /* a progress bar is on the last line */
    int columns;
} Log;

void log_start(Log *);
/* Makes the run's folder, the next free number: two runs that start at once get one each. Opens its files. */
int log_folder(Log *, const char *outdir, const char *name, Error *);
/* Or the folder of a run that goes on from an epoch that begins after `step` steps: what stats.jsonl says of later ones is taken back. Refuses a folder in
 * which another process trains.                                                                                      */
int log_again(Log *, const char *folder, int64_t step, Error *);
void log_end(Log *);

/* A line or lines, to stdout and log.txt. */
void log_say(Log *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_write(Log *, const char *line);             /* to log.txt alone */
/* Appends one line to stats.jsonl, and sees to it that both files are on the disk; a line that does not fit is taken back. */
int log_stats(Log *, const char *line, Error *);

/* The bar: words (ASCII), a bar as long as the line has room for, `done` of 1; words that are cut at the line's end. Nothing
 * when stdout is no terminal.                                                                                      */
void log_bar(Log *, double done, const char *before, const char *after);
void log_bar_clear(Log *);
#endif
