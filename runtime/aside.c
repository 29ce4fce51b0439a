/* aside.c: what a run leaves in its folder of one moment. */
#include "aside.h"
#include <stdlib.h>

static int write_plot(const Moment *m, Error *e)
{
    return plot_write(&m->history, m->step, m->epoch_steps, m->program->name, path_of("%s/losses.svg", m->folder).s, e);
}

static int write_report(const Moment *m, Error *e)
{
    const History *of_the_run = m->page->history;
    m->page->history = &m->history;
    int bad = page_write(m->page, &m->now, e);
    m->page->history = of_the_run;
    return bad;
}

static int write_samples_event(const Moment *m, Error *e)
{
    events_picture(m->events, "samples", path_of("%s/fakes_%04lld.png", m->folder, (long long)m->epoch).s, (int64_t)m->at.step);
    return events_flush(m->events, e);
}

static int write_checkpoint(Moment *m, Error *e)
{
    char *history = history_text(&m->history);
    m->at.history = history;
    int bad = checkpoint_write(m->checkpoint.s, m->program, m->variables, &m->at, e);
    free(history);
    if (!bad) checkpoint_prune(m->folder, m->keep);
    return bad;
}

/* The checkpoint comes last: who goes on from one finds all before it written. But where the rest cannot be written, it is tried all
 * the same.                                                                                                          */
static void *write_all(void *aside)
{
    Aside *a = (Aside *)aside;
    Moment *m = &a->moment;
    Error second;
    if (m->shows)
        a->bad = pictures_write(m->pictures, &m->drawn, m->epoch, m->folder, &a->why) || write_plot(m, &a->why) || write_report(m, &a->why) ||
                 write_samples_event(m, &a->why);
    if (*m->checkpoint.s) a->saved = !write_checkpoint(m, a->bad ? &second : &a->why);
    a->unsaved = *m->checkpoint.s && !a->saved && !a->bad;
    a->bad |= a->unsaved;
    __atomic_store_n(&a->finished, 1, __ATOMIC_RELEASE);
    return NULL;
}

void aside_begin(Aside *a, bool now)
{
    if (a->busy) bug("two moments at once");
    a->busy = true;
    a->bad = a->finished = 0;
    a->saved = a->unsaved = false;
    a->begun = !now && !pthread_create(&a->thread, NULL, write_all, a);
    if (!a->begun) write_all(a);
}

bool aside_finished(Aside *a) { return !a->busy || __atomic_load_n(&a->finished, __ATOMIC_ACQUIRE); }

int aside_end(Aside *a, Error *e)
{
    if (!a->busy) return 0;
    if (a->begun) pthread_join(a->thread, NULL);
    a->busy = false;
    if (a->bad) *e = a->why;
    return a->bad ? -1 : 0;
}
