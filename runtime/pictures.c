/* pictures.c: the pictures of a run. */
#include "pictures.h"
#include <stdlib.h>

enum { GRID = 64, ROW = 10 };                       /* images in a grid, at most; and in a row of progress.png */

static int drawable(int64_t channels) { return channels == 1 || channels == 3; }

int pictures_reals(const Feed *f, Session *s, const char *folder, Error *e)
{
    if (f->sources == 0 || !drawable(s->program->source[0].shape[2])) return 0;
    Data *d = &f->data[0];
    int count = d->count < GRID ? (int)d->count : GRID;
    uint8_t *image = array_of(uint8_t, (size_t)count * d->image_bytes);
    if (data_batch(d, s->seed, 0, 0, count, image, NULL, e)) {
        free(image);
        return -1;
    }
    Picture p = picture_grid_bytes(image, count, s->program->source[0].shape, picture_columns(count));
    free(image);
    int bad = picture_write(&p, path_of("%s/reals.png", folder).s, e);
    picture_free(&p);
    return bad;
}

/* The samples that a run's pictures show: how many in the grid, and in a row of progress.png; NULL: none. */
static const BurinOutput *shown(Session *s, int *count, int *row)
{
    const BurinOutput *o = samples_output(s->program);
    if (!o || o->rank != 4 || !drawable(o->shape[3])) return NULL;
    *count = o->shape[0] < GRID ? (int)o->shape[0] : GRID;
    *row = *count < ROW ? *count : ROW;
    return o;
}

int pictures_draw(Drawn *d, Session *s, Error *e)
{
    *d = (Drawn){0};
    if (!shown(s, &d->count, &d->row)) return 0;
    d->x = session_samples(s, s->seed, d->count, &d->output, e);
    return d->x ? 0 : -1;
}

int pictures_write(Pictures *k, Drawn *d, int64_t epoch, const char *folder, Error *e)
{
    const BurinOutput *o = d->output;
    if (!d->x) return 0;
    Picture grid = picture_grid(d->x, d->count, o->shape + 1, o->lo, o->hi, picture_columns(d->count));
    Picture line = picture_grid(d->x, d->row, o->shape + 1, o->lo, o->hi, d->row);
    free(d->x);
    d->x = NULL;
    picture_append(&k->strip, &line);
    int bad = picture_write(&grid, path_of("%s/fakes_%04lld.png", folder, (long long)epoch).s, e) ||
              picture_write(&k->strip, path_of("%s/progress.png", folder).s, e);
    picture_free(&grid);
    picture_free(&line);
    return bad ? -1 : 0;
}

void pictures_again(Pictures *k, Session *s, int64_t epochs, const char *folder)
{
    int count, row;
    Error e;
    const BurinOutput *o = shown(s, &count, &row);
    if (!o || picture_read(&k->strip, path_of("%s/progress.png", folder).s, o->shape[3], &e)) return;
    if (k->strip.width == picture_width(row, o->shape[2])) picture_cut(&k->strip, (int)epochs + 1, o->shape[1]);
    else picture_free(&k->strip);
}

void pictures_free(Pictures *k) { picture_free(&k->strip); }
