/* aside.h: what a run leaves in its folder of one moment: pictures, curves, report, checkpoint. On a card a thread writes it while training
 * goes on; all that changes meanwhile is in it as a copy.                                                              */
#ifndef BURIN_ASIDE_H
#define BURIN_ASIDE_H
#include "checkpoint.h"
#include "events.h"
#include "page.h"
#include "pictures.h"
#include "plot.h"
#include <pthread.h>

typedef struct {
    const BurinProgram *program;
    const BurinEntry *step;
    const char *folder;
    int64_t epoch, epoch_steps;
    bool shows;                 /* pictures, curves and report are wanted, of: */
    Drawn drawn;                /* samples, which the writing frees */
    History history;
    PageNow now;
    Pictures *pictures; Page *page; Events *events; /* of the run, which leaves them alone until aside_end() */
    Path checkpoint;            /* its path; "": none is wanted */
    Progress at;                /* without the history, which is above */
    const char *variables;      /* as session_variables() gives them; the run's, which keeps them until aside_end() */
    int64_t keep;               /* checkpoints */
} Moment;

typedef struct {
    Moment moment;
    pthread_t thread;
    bool busy, begun;           /* begun: by a thread */
    int finished;               /* atomic: the thread will do no more */
    int bad;
    bool saved, unsaved;        /* the checkpoint is there; it is why it went bad */
    Error why;
} Aside;

/* Writes the moment that was filled in: in a thread, or (`now`) before it returns. aside_end() must follow, and says how it went. */
void aside_begin(Aside *, bool now);
bool aside_finished(Aside *);                       /* would aside_end() not wait? */
int aside_end(Aside *, Error *);                    /* nothing to do: 0 */
#endif
