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
    uint8_t *image = grow(NULL, (size_t)count * d->image_bytes);
    data_batch(d, s->seed, 0, 0, count, image, NULL);
    Picture p = picture_grid_bytes(image, count, s->program->source[0].shape, picture_columns(count));
    free(image);
    int bad = picture_write(&p, path_of("%s/reals.png", folder).s, e);
    picture_free(&p);
    return bad;
}

int pictures_fakes(Pictures *k, Session *s, int64_t epoch, const char *folder, Error *e)
{
    const BurinOutput *o = samples_output(s->program);
    if (!o || o->rank != 4 || !drawable(o->shape[3])) return 0;
    int count = o->shape[0] < GRID ? (int)o->shape[0] : GRID, row = count < ROW ? count : ROW;
    float *x = session_samples(s, s->seed, count, &o, e);
    if (!x) return -1;
    Picture grid = picture_grid(x, count, o->shape + 1, o->lo, o->hi, picture_columns(count));
    Picture line = picture_grid(x, row, o->shape + 1, o->lo, o->hi, row);
    free(x);
    picture_append(&k->strip, &line);
    int bad = picture_write(&grid, path_of("%s/fakes_%04lld.png", folder, (long long)epoch).s, e) ||
              picture_write(&k->strip, path_of("%s/progress.png", folder).s, e);
    picture_free(&grid);
    picture_free(&line);
    return bad ? -1 : 0;
}

void pictures_free(Pictures *k) { picture_free(&k->strip); }
