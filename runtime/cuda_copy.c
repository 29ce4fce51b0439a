/* cuda_copy.c: all that travels between a card and this side: variables, batches, reports.
 *
 * Copies go through pinned memory and need not be waited for: what put() was given may be changed at once. They share the stream of the
 * launches, in order, but for batches: of these there is room for two, and while a step reads one of them the next is uploaded by a
 * second stream, to the other place. Events keep the two apart: an upload waits for the last step that read its place, and the next
 * step for the upload. A source whose data fit on the card is not uploaded at all: a step gets the numbers of its rows.   */
#include "cuda_copy.h"
#include <stdlib.h>
#include <string.h>

enum { STAGING = 4 << 20, ALIGNMENT = 256, LEFT_FREE = 16 };     /* of the card's memory 1/16 is left when data are kept there */

int cuda_copies_open(Device *d, Error *e)
{
    return cuda_check(d, d->cu.cuStreamCreate(&d->second, CU_STREAM_NON_BLOCKING), "a stream", e) ||
           cuda_check(d, d->cu.cuMemHostAlloc((void **)&d->staging, STAGING, 0), "pinned memory for copies", e) ||
           cuda_check(d, d->cu.cuMemHostAlloc((void **)&d->fetched, CUDA_FETCHES * DEVICE_FETCH, 0), "pinned memory for copies", e) ? -1 : 0;
}

int cuda_copies_alloc(Device *d, const BurinProgram *p, Error *e)
{
    d->fed = array_of(CudaFed, p->vars + 1);
    d->source = array_of(CudaSource, p->sources + 1);
    memset(d->fed, 0, (size_t)p->vars * sizeof *d->fed);
    memset(d->source, 0, (size_t)p->sources * sizeof *d->source);
    d->call_bytes = sizeof(BurinKey);
    for (int i = 0; i < p->sources; i++) d->call_bytes += (size_t)p->source[i].batch * sizeof(uint32_t);
    d->call = array_of(char, d->call_bytes);
    memset(d->call, 0, d->call_bytes);
    char *at = d->call + sizeof(BurinKey);
    for (int i = 0; i < p->sources; at += (size_t)p->source[i++].batch * sizeof(uint32_t)) d->source[i].row = (uint32_t *)at;
    return cuda_check(d, d->cu.cuMemAlloc(&d->call_at, d->call_bytes), "taking memory for a step's numbers", e);
}

static void close_event(Device *d, CUevent event)
{
    if (event) d->cu.cuEventDestroy(event);
}

void cuda_copies_close(Device *d)
{
    for (int i = 0; d->fed && i < d->program->vars; i++) {
        if (d->fed[i].kept) d->cu.cuMemFree(d->fed[i].kept);
        if (d->fed[i].pinned) d->cu.cuMemFreeHost(d->fed[i].pinned);
        for (int k = 0; k < 2; k++) close_event(d, d->fed[i].uploaded[k]);
    }
    for (int i = 0; d->source && i < d->program->sources; i++)
        for (int k = 0; k < 2; k++) close_event(d, d->source[i].done[k]);
    for (int i = 0; i < CUDA_FETCHES; i++) close_event(d, d->arrived[i]);
    if (d->call_at) d->cu.cuMemFree(d->call_at);
    if (d->fetched) d->cu.cuMemFreeHost(d->fetched);
    if (d->staging) d->cu.cuMemFreeHost(d->staging);
    if (d->second) d->cu.cuStreamDestroy(d->second);
    free(d->fed);
    free(d->source);
    free(d->call);
}

/* ---- copies in the order of launches ---- */

int cuda_sync(Device *d, Error *e)
{
    d->used = 0;
    return cuda_check(d, d->cu.cuStreamSynchronize(d->stream), "a step", e);
}

/* Room for a copy's bytes in pinned memory; when it is full, the copies begun are waited for. */
static char *stage(Device *d, size_t bytes, Error *e)
{
    size_t room = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (d->used + room > STAGING && cuda_sync(d, e)) return NULL;
    char *at = d->staging + d->used;
    d->used += room;
    return at;
}

static int upload(Device *d, CUdeviceptr to, const void *from, size_t bytes, Error *e)
{
    char *at = stage(d, bytes, e);
    if (!at) return -1;
    memcpy(at, from, bytes);
    return cuda_check(d, d->cu.cuMemcpyHtoDAsync(to, at, bytes, d->stream), "copying to the card", e);
}

static int download(Device *d, void *to, CUdeviceptr from, size_t bytes, Error *e)
{
    char *at = stage(d, bytes, e);
    if (!at || cuda_check(d, d->cu.cuMemcpyDtoHAsync(at, from, bytes, d->stream), "copying from the card", e) || cuda_sync(d, e)) return -1;
    memcpy(to, at, bytes);
    return 0;
}

static size_t piece(size_t left) { return left < STAGING ? left : STAGING; }

static int upload_all(Device *d, CUdeviceptr to, const void *from, size_t bytes, Error *e)
{
    for (size_t done = 0; done < bytes; done += piece(bytes - done))
        if (upload(d, to + done, (const char *)from + done, piece(bytes - done), e)) return -1;
    return 0;
}

static int download_all(Device *d, void *to, CUdeviceptr from, size_t bytes, Error *e)
{
    for (size_t done = 0; done < bytes; done += piece(bytes - done))
        if (download(d, (char *)to + done, from + done, piece(bytes - done), e)) return -1;
    return 0;
}

static void check_place(const Device *d, size_t offset, size_t bytes)
{
    size_t arena = d->program ? d->program->persistent_bytes : 0;
    if (offset > arena || bytes > arena - offset) bug("a copy outside the arena: %zu+%zu", offset, bytes);
}

int cuda_get(Device *d, size_t offset, void *to, size_t bytes, Error *e)
{
    check_place(d, offset, bytes);
    return download_all(d, to, d->persistent + offset, bytes, e);
}

int cuda_peek(Device *d, size_t offset, void *to, size_t bytes, Error *e)
{
    if (offset > d->program->scratch_bytes || bytes > d->program->scratch_bytes - offset) bug("a look outside the scratch arena: %zu+%zu", offset, bytes);
    return download_all(d, to, d->scratch + offset, bytes, e);
}

/* ---- batches ---- */

static bool is_fed(const BurinVar *v) { return v->kind == BURIN_BATCH && v->source >= 0; }

/* What is needed for uploads, at the first one. */
static int open_fed(Device *d, CudaFed *f, CudaSource *s, size_t bytes, Error *e)
{
    int bad = cuda_check(d, d->cu.cuMemHostAlloc((void **)&f->pinned, 2 * bytes, 0), "pinned memory for batches", e);
    for (int k = 0; k < 2 && !bad; k++) {
        bad = cuda_check(d, d->cu.cuEventCreate(&f->uploaded[k], CU_EVENT_DISABLE_TIMING), "an event", e);
        if (!bad && !s->done[k]) bad = cuda_check(d, d->cu.cuEventCreate(&s->done[k], CU_EVENT_DISABLE_TIMING), "an event", e);
    }
    return bad;
}

/* By the second stream, to the place that the last launch does not read; the next launch reads it from there. */
static int upload_batch(Device *d, int var, const void *from, Error *e)
{
    const BurinVar *v = &d->program->var[var];
    CudaFed *f = &d->fed[var];
    CudaSource *s = &d->source[v->source];
    uint32_t batch = (uint32_t)d->program->source[v->source].batch;
    if (f->kept) bug("a batch for %s, whose data are on the card", v->name);
    if (!f->pinned && open_fed(d, f, s, v->bytes, e)) return -1;
    if (s->read) s->place ^= 1, s->read = false;
    int k = s->place;
    size_t at = (size_t)k * v->bytes;
    if (cuda_check(d, d->cu.cuEventSynchronize(f->uploaded[k]), "copying to the card", e)) return -1;
    memcpy(f->pinned + at, from, v->bytes);
    for (uint32_t i = 0; i < batch; i++) s->row[i] = (uint32_t)k * batch + i;
    return cuda_check(d, d->cu.cuStreamWaitEvent(d->second, s->done[k], 0), "an event", e) ||
           cuda_check(d, d->cu.cuMemcpyHtoDAsync(d->persistent + v->offset + at, f->pinned + at, v->bytes, d->second), "copying to the card", e) ||
           cuda_check(d, d->cu.cuEventRecord(f->uploaded[k], d->second), "an event", e) ||
           cuda_check(d, d->cu.cuStreamWaitEvent(d->stream, f->uploaded[k], 0), "an event", e) ? -1 : 0;
}

int cuda_put(Device *d, size_t offset, const void *from, size_t bytes, Error *e)
{
    check_place(d, offset, bytes);
    for (int i = 0; i < d->program->vars; i++) {
        const BurinVar *v = &d->program->var[i];
        if (is_fed(v) && v->offset == offset && v->bytes == bytes) return upload_batch(d, i, from, e);
    }
    return upload_all(d, d->persistent + offset, from, bytes, e);
}

static size_t row_bytes(const Device *d, const BurinVar *v) { return v->bytes / (size_t)d->program->source[v->source].batch; }

/* Memory for all rows of a variable's data. 1: taken; 0: there is none; -1 with a message. */
static int take_rows(Device *d, int var, int64_t rows, Error *e)
{
    CUresult r = d->cu.cuMemAlloc(&d->fed[var].kept, (size_t)rows * row_bytes(d, &d->program->var[var]));
    if (r == CUDA_ERROR_OUT_OF_MEMORY) return d->fed[var].kept = 0, 0;
    return cuda_check(d, r, "taking memory for the data", e) ? -1 : 1;
}

static void give_rows_back(Device *d, int source)
{
    for (int i = 0; i < d->program->vars; i++) {
        if (d->program->var[i].source != source || !d->fed[i].kept) continue;
        d->cu.cuMemFree(d->fed[i].kept);
        d->fed[i].kept = 0;
    }
}

/* Is there room for so many rows, with some to spare? */
static int have_room(Device *d, int source, int64_t rows, bool *room, Error *e)
{
    size_t unused = 0, total = 0, need = 0;
    if (cuda_check(d, d->cu.cuMemGetInfo(&unused, &total), "asking for its memory", e)) return -1;
    for (int i = 0; i < d->program->vars; i++)
        if (is_fed(&d->program->var[i]) && d->program->var[i].source == source) need += (size_t)rows * row_bytes(d, &d->program->var[i]);
    *room = need + total / LEFT_FREE <= unused;
    return 0;
}

int cuda_keep(Device *d, int source, const uint8_t *const field[2], int64_t rows, Error *e)
{
    bool room;
    if (d->graphs) bug("data come after the first launch");
    if (have_room(d, source, rows, &room, e)) return -1;
    if (!room) return 0;
    for (int i = 0; i < d->program->vars; i++) {
        const BurinVar *v = &d->program->var[i];
        if (!is_fed(v) || v->source != source) continue;
        int taken = take_rows(d, i, rows, e);
        if (taken <= 0) {
            give_rows_back(d, source);
            return taken;
        }
        if (upload_all(d, d->fed[i].kept, field[v->field], (size_t)rows * row_bytes(d, v), e)) return -1;
    }
    return 1;
}

void cuda_rows(Device *d, int source, const uint32_t *row)
{
    memcpy(d->source[source].row, row, (size_t)d->program->source[source].batch * sizeof *row);
}

/* ---- launches ---- */

CUdeviceptr cuda_argument(const Device *d, const BurinArg *a)
{
    switch (a->arena) {
    case BURIN_CALL: return d->call_at + a->offset;
    case BURIN_PERSISTENT: return d->persistent + a->offset;
    case BURIN_SCRATCH: return d->scratch + a->offset;
    case BURIN_DATA: return d->fed[a->offset].kept ? d->fed[a->offset].kept : d->persistent + d->program->var[a->offset].offset;
    }
    bug("an argument in arena %d", (int)a->arena);
}

int cuda_before_launch(Device *d, BurinKey key, Error *e)
{
    memcpy(d->call, &key, sizeof key);
    return upload(d, d->call_at, d->call, d->call_bytes, e);
}

int cuda_after_launch(Device *d, Error *e)
{
    for (int i = 0; i < d->program->sources; i++) {
        CudaSource *s = &d->source[i];
        if (!s->done[s->place]) continue;
        if (cuda_check(d, d->cu.cuEventRecord(s->done[s->place], d->stream), "an event", e)) return -1;
        s->read = true;
    }
    return 0;
}

/* ---- reports ---- */

int cuda_fetch(Device *d, size_t offset, size_t bytes, Error *e)
{
    check_place(d, offset, bytes);
    if (bytes > DEVICE_FETCH || d->fetches == CUDA_FETCHES) bug("fetch %d of %zu bytes", d->fetches, bytes);
    int k = (d->oldest + d->fetches++) % CUDA_FETCHES;
    if (!d->arrived[k] && cuda_check(d, d->cu.cuEventCreate(&d->arrived[k], CU_EVENT_DISABLE_TIMING), "an event", e)) return -1;
    return cuda_check(d, d->cu.cuMemcpyDtoHAsync(d->fetched + k * DEVICE_FETCH, d->persistent + offset, bytes, d->stream), "copying from the card", e) ||
           cuda_check(d, d->cu.cuEventRecord(d->arrived[k], d->stream), "an event", e) ? -1 : 0;
}

int cuda_fetched(Device *d, void *to, size_t bytes, Error *e)
{
    if (!d->fetches) bug("nothing was fetched");
    int k = d->oldest;
    d->oldest = (k + 1) % CUDA_FETCHES;
    d->fetches--;
    if (cuda_check(d, d->cu.cuEventSynchronize(d->arrived[k]), "a step", e)) return -1;
    memcpy(to, d->fetched + k * DEVICE_FETCH, bytes);
    return 0;
}
