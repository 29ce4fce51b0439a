/* decoder.c: the pictures of a folder in batches, decoded ahead.
 *
 * A ring of batches, for the steps from the one that was asked for last: threads take the first image in it that nobody has taken. So
 * which thread decodes what is chance, but what an image of a batch is, is not. All that is shared is behind one lock,
 * but for the bytes of an image, which belong to the thread that took it until it says that it is finished.               */
#include "decoder.h"
#include "shuffle.h"
#include "decode.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LEAST_AHEAD = 3, MOST_AHEAD = 8, ROOM_AHEAD = 64 << 20, KEPT_MIB = 1024, BACKGROUND = 10 };

typedef struct {
    int64_t epoch, index;       /* which batch */
    uint32_t *file;             /* of each of its images */
    uint8_t *image, *label;
    int count, taken, finished; /* images */
} Slot;

typedef enum { UNKNOWN, COPYING, KEPT, DAMAGED } State;

struct Decoder {
    const Folder *folder;
    int64_t shape[3], epoch_steps;
    size_t image_bytes;
    int batch;
    uint32_t *order;            /* of the epoch and seed that were asked for last */
    uint64_t order_seed;
    int64_t order_epoch;
    uint8_t *kept, *state;      /* all images, or NULL; the State of each */
    uint64_t seed;
    Slot slot[MOST_AHEAD], *once;           /* the ring, of this seed; what goes before it, or NULL */
    int slots, first;           /* the oldest: the step under way */
    bool begun, hold, quit;     /* the ring is filled; no new image is to be taken; the threads are to end */
    int busy;                   /* images being decoded */
    int64_t damaged, told;
    Skipped skipped;
    double waited;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_t *thread;
    int threads;
};

static void mark_damaged(Decoder *d, int64_t file, const char *why)
{
    pthread_mutex_lock(&d->lock);
    if (d->state[file] != DAMAGED) skipped_add(&d->skipped, d->folder->file[file], why), d->damaged++;
    d->state[file] = DAMAGED;
    pthread_mutex_unlock(&d->lock);
}

static State state_of(Decoder *d, int64_t file)
{
    pthread_mutex_lock(&d->lock);
    State s = (State)d->state[file];
    pthread_mutex_unlock(&d->lock);
    return s;
}

static void keep(Decoder *d, int64_t file, const uint8_t *image)
{
    pthread_mutex_lock(&d->lock);
    bool mine = d->kept && d->state[file] == UNKNOWN;
    if (mine) d->state[file] = COPYING;
    pthread_mutex_unlock(&d->lock);
    if (!mine) return;
    memcpy(d->kept + (size_t)file * d->image_bytes, image, d->image_bytes);
    pthread_mutex_lock(&d->lock);
    d->state[file] = KEPT;
    pthread_mutex_unlock(&d->lock);
}

/* The image and label of a file, or of the first one after it that is whole; no image if all are damaged. */
static void fetch(Decoder *d, int64_t wanted, uint8_t *image, uint8_t *label)
{
    Error e;
    for (int64_t k = 0; k < d->folder->files; k++) {
        int64_t file = (wanted + k) % d->folder->files;
        State s = state_of(d, file);
        *label = (uint8_t)d->folder->label[file];
        if (s == KEPT) memcpy(image, d->kept + (size_t)file * d->image_bytes, d->image_bytes);
        else if (s == DAMAGED) continue;
        else if (decode(d->folder->file[file], d->shape, image, &e)) {
            mark_damaged(d, file, e.text);
            continue;
        } else keep(d, file, image);
        return;
    }
}

static Slot *slot_with_work(Decoder *d)
{
    if (d->once && d->once->taken < d->once->count) return d->once;
    for (int i = 0; d->begun && !d->hold && i < d->slots; i++) {
        Slot *s = &d->slot[(d->first + i) % d->slots];
        if (s->taken < s->count) return s;
    }
    return NULL;
}

static void *decode_ahead(void *decoder)
{
    Decoder *d = (Decoder *)decoder;
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), BACKGROUND);           /* the step goes first; on Linux this is the thread's own */
    pthread_mutex_lock(&d->lock);
    while (!d->quit) {
        Slot *s = slot_with_work(d);
        if (!s) {
            pthread_cond_wait(&d->work, &d->lock);
            continue;
        }
        int i = s->taken++;
        d->busy++;
        pthread_mutex_unlock(&d->lock);
        fetch(d, s->file[i], s->image + (size_t)i * d->image_bytes, &s->label[i]);
        pthread_mutex_lock(&d->lock);
        d->busy--;
        if (++s->finished == s->count || d->hold) pthread_cond_signal(&d->done);
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

static uint32_t *files_of(Decoder *d, uint64_t seed, int64_t epoch, int64_t first)
{
    if (d->order_epoch != epoch || d->order_seed != seed) data_shuffle(d->order, d->folder->files, seed, epoch);
    d->order_seed = seed, d->order_epoch = epoch;
    return d->order + first;
}

static void assign(Decoder *d, Slot *s, int64_t epoch, int64_t index)
{
    s->epoch = epoch, s->index = index;
    s->taken = s->finished = 0;
    memcpy(s->file, files_of(d, d->seed, epoch, index * d->batch), (size_t)d->batch * sizeof *s->file);
}

/* Gives the slot the batch after that of the slot before it. */
static void assign_next(Decoder *d, int slot)
{
    const Slot *before = &d->slot[(slot + d->slots - 1) % d->slots];
    bool last = before->index + 1 == d->epoch_steps;
    assign(d, &d->slot[slot], before->epoch + last, last ? 0 : before->index + 1);
}

/* Fills the ring from this batch on, when no thread is at work in it. */
static void begin_at(Decoder *d, uint64_t seed, int64_t epoch, int64_t index)
{
    d->hold = true;
    while (d->busy) pthread_cond_wait(&d->done, &d->lock);
    d->hold = false;
    d->seed = seed;
    d->begun = true;
    d->first = 0;
    assign(d, &d->slot[0], epoch, index);
    for (int i = 1; i < d->slots; i++) assign_next(d, i);
}

static bool holds(const Decoder *d, int slot, uint64_t seed, int64_t epoch, int64_t index)
{
    const Slot *s = &d->slot[slot];
    return d->begun && d->seed == seed && s->epoch == epoch && s->index == index;
}

static void wait_for(Decoder *d, const Slot *s)
{
    pthread_cond_broadcast(&d->work);
    while (s->finished < s->count) pthread_cond_wait(&d->done, &d->lock);
}

/* Sees to it that the first slot has this batch, and waits until it is whole. */
static const Slot *ready(Decoder *d, uint64_t seed, int64_t epoch, int64_t index)
{
    if (holds(d, (d->first + 1) % d->slots, seed, epoch, index)) {
        assign_next(d, d->first);
        d->first = (d->first + 1) % d->slots;
    } else if (!holds(d, d->first, seed, epoch, index)) begin_at(d, seed, epoch, index);
    const Slot *s = &d->slot[d->first];
    double begin = seconds_now();
    wait_for(d, s);
    d->waited += seconds_now() - begin;
    return s;
}

/* A batch of another size, which will not be asked for again. */
static void fetch_once(Decoder *d, uint64_t seed, int64_t epoch, int64_t first, int count, uint8_t *images, uint8_t *labels)
{
    size_t bytes = (size_t)count * d->image_bytes;
    uint8_t *room = array_of(uint8_t, bytes + (size_t)count);
    Slot s = {.file = files_of(d, seed, epoch, first), .image = room, .label = room + bytes, .count = count};
    d->once = &s;
    wait_for(d, &s);
    d->once = NULL;
    if (images) memcpy(images, s.image, bytes);
    if (labels) memcpy(labels, s.label, (size_t)count);
    free(room);
}

int decoder_batch(Decoder *d, uint64_t seed, int64_t epoch, int64_t index, int batch, uint8_t *images, uint8_t *labels, Error *e)
{
    pthread_mutex_lock(&d->lock);
    if (batch != d->batch) fetch_once(d, seed, epoch, index * batch, batch, images, labels);
    else {
        const Slot *s = ready(d, seed, epoch, index);
        if (images) memcpy(images, s->image, (size_t)batch * d->image_bytes);
        if (labels) memcpy(labels, s->label, (size_t)batch);
    }
    bool none = d->damaged == d->folder->files;
    pthread_mutex_unlock(&d->lock);
    return none ? failed(e, "not one of the %s pictures can be read, for instance: %s", word_count(d->folder->files).s, d->skipped.line[0]) : 0;
}

static bool is_kept(int64_t files, size_t image_bytes)
{
    const char *limit = getenv("BURIN_IMAGES");
    return (double)files * (double)image_bytes <= (limit ? atof(limit) : KEPT_MIB) * 1048576;
}

size_t decoder_room(int64_t files, size_t image_bytes, int batch, int *slots)
{
    size_t bytes = (size_t)batch * image_bytes, fit = ROOM_AHEAD / bytes;
    fit = fit < LEAST_AHEAD ? LEAST_AHEAD : fit > MOST_AHEAD ? MOST_AHEAD : fit;
    if (slots) *slots = (int)fit;
    return fit * bytes + (is_kept(files, image_bytes) ? (size_t)files * image_bytes : 0);
}

static void make_ring(Decoder *d)
{
    size_t bytes = (size_t)d->batch * d->image_bytes;
    for (int i = 0; i < d->slots; i++) {
        Slot *s = &d->slot[i];
        s->count = d->batch;
        s->file = array_of(uint32_t, d->batch);
        s->image = array_of(uint8_t, bytes);
        s->label = array_of(uint8_t, d->batch);
    }
}

Decoder *decoder_open(const Folder *folder, const int64_t shape[3], int batch, int threads)
{
    Decoder *d = array_of(Decoder, 1);
    *d = (Decoder){.folder = folder, .shape = {shape[0], shape[1], shape[2]}, .epoch_steps = folder->files / batch,
                   .image_bytes = (size_t)(shape[0] * shape[1] * shape[2]), .batch = batch, .order_epoch = -1, .lock = PTHREAD_MUTEX_INITIALIZER,
                   .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
    size_t files = (size_t)folder->files;
    d->order = array_of(uint32_t, files);
    d->state = array_of(uint8_t, files);
    memset(d->state, UNKNOWN, files);
    if (is_kept(folder->files, d->image_bytes)) d->kept = array_of(uint8_t, files * d->image_bytes);
    decoder_room(folder->files, d->image_bytes, batch, &d->slots);
    make_ring(d);
    d->thread = array_of(pthread_t, threads);
    while (d->threads < threads && !pthread_create(&d->thread[d->threads], NULL, decode_ahead, d)) d->threads++;
    if (!d->threads) bug("no thread to decode pictures");
    return d;
}

void decoder_close(Decoder *d)
{
    pthread_mutex_lock(&d->lock);
    d->quit = true;
    pthread_cond_broadcast(&d->work);
    pthread_mutex_unlock(&d->lock);
    while (d->threads) pthread_join(d->thread[--d->threads], NULL);
    for (int i = 0; i < d->slots; i++) free(d->slot[i].file), free(d->slot[i].image), free(d->slot[i].label);
    free(d->thread);
    free(d->order);
    free(d->state);
    free(d->kept);
    skipped_free(&d->skipped);
    free(d);
}

bool decoder_keeps(const Decoder *d) { return d->kept; }

size_t decoder_bytes(const Decoder *d) { return decoder_room(d->folder->files, d->image_bytes, d->batch, NULL); }

double decoder_waited(const Decoder *d) { return d->waited; }

const char *decoder_skipped(Decoder *d)
{
    pthread_mutex_lock(&d->lock);
    const char *line = d->told < d->skipped.count ? d->skipped.line[d->told++] : NULL;
    pthread_mutex_unlock(&d->lock);
    return line;
}
