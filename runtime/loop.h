/* loop.h: training, from a Program and the command line to the run's folder. */
#ifndef BURIN_LOOP_H
#define BURIN_LOOP_H
#include "choose.h"
#include "data.h"
#include "resume.h"

/* What --resume says: 1 and `resume` filled in; 0 when it is not given, or is "latest" and there is none; -1 with a message. `name`: of
 * the spec; NULL: any.                                                                                                 */
int find_resume(Resume *, const Options *, const char *name, Error *);

/* Trains; with `resume` (or NULL) from where that run was. Returns the exit status: 0; 1 with a message; 130 when the user stopped it by Ctrl-C (143: SIGTERM), in which case
 * the step was finished and a checkpoint saved.                                          */
int train(const BurinProgram *, const Options *, const Chosen *, const DataPlaces *, const Resume *, Error *);
#endif
