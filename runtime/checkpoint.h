/* checkpoint.h: variables in a file: safetensors, with PyTorch's names, shapes and order of axes, and in its metadata all
 * that it takes to go on: the spec's text, its options, seed, step and epoch. Adam's moments are in it like the weights.   */
#ifndef BURIN_CHECKPOINT_H
#define BURIN_CHECKPOINT_H
#include "session.h"

typedef struct { char *name; int dtype, rank; int64_t shape[BURIN_MAX_RANK]; uint64_t begin, end; } FileTensor;
typedef struct { char *key, *value; } FilePair;

/* A file as read: nothing in it is trusted before it was checked. All malloced; checkpoint_free(). */
typedef struct {
    char *bytes;
    uint64_t size, data;        /* of the file; where the tensors' bytes begin */
    FileTensor *tensor; int tensors;
    FilePair *pair;     int pairs;
} Checkpoint;

enum { PROGRESS_SUMS = 32 };

/* Where a run stands. */
typedef struct {
    uint64_t seed, step;        /* steps done */
    int64_t epoch, epoch_steps; /* whole epochs done; steps of one */
    int64_t summed;             /* of the epoch under way: steps, and the sums of what they reported */
    int sums;
    double sum[PROGRESS_SUMS];
    const char *history;        /* of what the steps reported, as text (plot.h); NULL */
} Progress;

/* Writes all params and states, of a copy as session_variables() gives it. Refuses, with the variable's name, where a value is not
 * finite: such a checkpoint would put itself in the place of a good one.                                              */
int checkpoint_write(const char *path, const BurinProgram *, const char *variables, const Progress *, Error *);

int checkpoint_read(Checkpoint *, const char *path, Error *);
void checkpoint_free(Checkpoint *);
const char *checkpoint_value(const Checkpoint *, const char *key);       /* of the metadata; NULL: not there */
int checkpoint_progress(const Checkpoint *, const char *path, Progress *, Error *);
/* Puts the tensors into the session's variables; each of them must be there, in its shape, and nothing else. With `fitted`, those
 * that fit: then it says how many, and the message, which is no error, names the others; "": none.                     */
int checkpoint_restore(const Checkpoint *, const char *path, Session *, int *fitted, Error *);

/* For drawing, whoever wrote the file: the moments of optimisers may be missing (a moving average of a weight is then the weight), and
 * whole nets, which `absent` names; "": none. checkpoint_draws() says what does not fit, checkpoint_weights() puts what does. */
int checkpoint_draws(const Checkpoint *, const char *path, const BurinProgram *, Path *absent, Error *);
int checkpoint_weights(const Checkpoint *, Session *, Error *);

/* `name`: a checkpoint, or a run's folder, of which the last whole one is read (`torn`: a later one that is not; or ""). */
int checkpoint_open(Checkpoint *, const char *name, Path *file, Path *torn, Error *);
void checkpoint_prune(const char *folder, int64_t keep);         /* removes all but the last `keep` */
#endif
