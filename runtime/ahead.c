/* ahead.c: reads a file of images in a thread, while the generator works: to inflate MNIST takes longer than to compile a spec.
 *
 * What the thread finds, a fault too, comes out where the file would else be read: in ahead_read(). A process that fails
 * before that does not wait for it.                                                                                */
#include "ahead.h"
#include <pthread.h>
#include <string.h>

struct Ahead {
    pthread_t thread;
    Path path;                  /* "" when the file has been taken */
    Idx idx;
    int bad;
    Error error;
};

static void *read_it(void *ahead)
{
    Ahead *a = (Ahead *)ahead;
    a->bad = idx_read(&a->idx, a->path.s, 0, &a->error);
    return NULL;
}

Ahead *ahead_start(const char *path)
{
    Ahead *a = array_of(Ahead, 1);
    *a = (Ahead){.path = path_of("%s", path)};
    if (pthread_create(&a->thread, NULL, read_it, a)) a->path.s[0] = 0;
    return a;
}

int ahead_read(Ahead *a, Idx *x, const char *path, Error *e)
{
    if (!a || strcmp(a->path.s, path)) return idx_read(x, path, 0, e);
    pthread_join(a->thread, NULL);
    a->path.s[0] = 0;
    *x = a->idx;
    if (a->bad) *e = a->error;
    return a->bad;
}
