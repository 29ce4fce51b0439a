/* feed.c: the data of a program's steps. Batch i of epoch e is a pure function of the seed: so a run can be taken up at any
 * step. What does not fill a batch at the end of an epoch is dropped; the next epoch's order brings it again.       */
#include "feed.h"
#include <stdlib.h>
#include <string.h>

int feed_open(Feed *f, const BurinProgram *p, const DataPlaces *places, Error *e)
{
    *f = (Feed){.epoch_steps = p->sources ? INT64_MAX : EPOCH_WITHOUT_DATA};
    f->data = array_of(Data, p->sources);
    f->kept = array_of(bool, p->sources);
    size_t room = 0;
    for (int i = 0; i < p->sources; i++) {
        Data *d = &f->data[i];
        f->kept[i] = false;
        if (data_open(d, p, i, places, e)) {
            feed_close(f);
            return -1;
        }
        f->sources++;
        int64_t steps = d->count / p->source[i].batch;
        if (steps < f->epoch_steps) f->epoch_steps = steps;
        size_t batch = (size_t)p->source[i].batch * d->image_bytes;
        if (batch > room) room = batch;
    }
    f->room = array_of(uint8_t, room);
    return 0;
}

/* Pictures are not all decoded when training begins. */
int feed_keep(Feed *f, Session *s, Error *e)
{
    for (int i = 0; s->type->keep && i < f->sources; i++) {
        const Data *d = &f->data[i];
        const uint8_t *const field[2] = {d->image, d->label};
        int kept = d->decoder ? 0 : s->type->keep(s->device, i, field, d->count, e);
        if (kept < 0) return -1;
        f->kept[i] = kept > 0;
    }
    return 0;
}

int feed_step(Feed *f, Session *s, int64_t step, Error *e)
{
    int64_t epoch = step / f->epoch_steps, index = step % f->epoch_steps;
    for (int i = 0; i < f->sources; i++)
        if (f->kept[i]) s->type->rows(s->device, i, data_rows(&f->data[i], s->seed, epoch, index, s->program->source[i].batch));
    for (int i = 0; i < s->program->vars; i++) {
        const BurinVar *v = &s->program->var[i];
        if (v->kind != BURIN_BATCH || f->kept[v->source]) continue;
        int batch = s->program->source[v->source].batch;
        if (data_batch(&f->data[v->source], s->seed, epoch, index, batch, v->field ? NULL : f->room, v->field ? f->room : NULL, e) ||
            session_put(s, v, f->room, e))
            return -1;
    }
    return 0;
}

void feed_close(Feed *f)
{
    for (int i = 0; i < f->sources; i++) data_free(&f->data[i]);
    free(f->data);
    free(f->kept);
    free(f->room);
    *f = (Feed){0};
}
