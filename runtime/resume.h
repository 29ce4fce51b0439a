/* resume.h: going on with a run: from which checkpoint, in which folder. */
#ifndef BURIN_RESUME_H
#define BURIN_RESUME_H
#include "checkpoint.h"
#include <stdbool.h>

typedef struct {
    Checkpoint checkpoint;
    Progress at;
    Path file;                  /* the checkpoint's */
    Path folder;                /* of the run that goes on in it; "": a new run begins from the checkpoint */
    Path torn;                  /* a later checkpoint that is damaged; "" */
} Resume;

/* `which`: "latest", the newest run under `outdir` that has a checkpoint, of a spec with this name (NULL: of any); or a run's folder;
 * or a checkpoint, from which a run of its own begins. With `partial` the file need not say where its run stood. Returns 1; 0 when there is no latest; -1 with a message.        */
int resume_find(Resume *, const char *which, const char *outdir, const char *name, bool partial, Error *);
void resume_free(Resume *);
#endif
