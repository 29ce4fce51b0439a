/* resume.c: going on with a run. */
#include "resume.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Is it NNNNN-name? Then its number, else -1. */
static int run_number(const char *folder, const char *name)
{
    int n, end = 0;
    if (sscanf(folder, "%d-%n", &n, &end) != 1 || !end || n < 0 || (name && strcmp(folder + end, name))) return -1;
    return n;
}

/* The newest run with a number below `limit`; -1: none. */
static int newest_run(const char *outdir, const char *name, int limit, Path *folder)
{
    DIR *d = opendir(outdir);
    int best = -1;
    for (struct dirent *x; d && (x = readdir(d));) {
        int n = run_number(x->d_name, name);
        if (n <= best || n >= limit) continue;
        best = n;
        *folder = path_of("%s/%s", outdir, x->d_name);
    }
    if (d) closedir(d);
    return best;
}

static int open_latest(Resume *r, const char *outdir, const char *name, Error *e)
{
    for (int n = INT32_MAX; (n = newest_run(outdir, name, n, &r->folder)) >= 0;) {
        if (!checkpoint_open(&r->checkpoint, r->folder.s, &r->file, &r->torn, e)) return 1;
        if (*r->torn.s) return -1;                  /* its only checkpoints are damaged: an older run is not what is meant */
    }
    return 0;
}

int resume_find(Resume *r, const char *which, const char *outdir, const char *name, bool partial, Error *e)
{
    struct stat s;
    memset(r, 0, sizeof *r);
    int found = 1;
    if (!strcmp(which, "latest")) found = open_latest(r, outdir, name, e);
    else if (checkpoint_open(&r->checkpoint, which, &r->file, &r->torn, e)) found = -1;
    else if (!stat(which, &s) && S_ISDIR(s.st_mode)) r->folder = path_of("%s", which);
    if (found > 0 && !partial && checkpoint_progress(&r->checkpoint, r->file.s, &r->at, e)) {
        checkpoint_free(&r->checkpoint);
        found = -1;
    }
    return found;
}

void resume_free(Resume *r) { checkpoint_free(&r->checkpoint); }
