/* events.c: event files for TensorBoard.
 *
 * A file is a row of records: length (8 bytes), its checksum, that many bytes, their checksum; numbers little-endian, checksums CRC-32C
 * and "masked" (TensorFlow, tensorflow/core/lib/io/record_writer.h). The bytes are an Event in protobuf's wire format
 * (tensorflow/core/util/event.proto, framework/summary.proto), of which this writes a handful of fields.             */
#include "events.h"
#include "file.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EVERY = 10, FLUSH = 5 };                     /* steps in an event; seconds */

uint32_t crc32c(const void *bytes, size_t n)
{
    static const uint32_t of_nibble[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                           0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    uint32_t crc = ~0u;
    for (const unsigned char *x = bytes; n--; x++) {
        crc = of_nibble[(crc ^ *x) & 15] ^ crc >> 4;
        crc = of_nibble[(crc ^ *x >> 4) & 15] ^ crc >> 4;
    }
    return ~crc;
}

/* ---- records ---- */

static void little(FILE *f, uint64_t x, int bytes)
{
    while (bytes--) fputc((int)(x & 255), f), x >>= 8;
}

static uint32_t masked(const void *bytes, size_t n)
{
    uint32_t crc = crc32c(bytes, n);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static void record(FILE *f, const void *bytes, size_t n)
{
    unsigned char length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)((uint64_t)n >> 8 * i);
    fwrite(length, 1, 8, f);
    little(f, masked(length, 8), 4);
    fwrite(bytes, 1, n, f);
    little(f, masked(bytes, n), 4);
}

/* ---- protobuf ---- */

enum { VARINT, DOUBLE, BYTES, FLOAT = 5 };          /* wire types */

static void varint(FILE *f, uint64_t x)
{
    for (; x > 127; x >>= 7) fputc((int)(x & 127) | 128, f);
    fputc((int)x, f);
}

static void key(FILE *f, int field, int type) { varint(f, (uint64_t)field << 3 | (uint64_t)type); }

static void put_integer(FILE *f, int field, uint64_t x)
{
    key(f, field, VARINT);
    varint(f, x);
}

static void put_bytes(FILE *f, int field, const void *x, size_t n)
{
    key(f, field, BYTES);
    varint(f, n);
    fwrite(x, 1, n, f);
}

static void put_double(FILE *f, int field, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    key(f, field, DOUBLE);
    little(f, bits, 8);
}

static void put_float(FILE *f, int field, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    key(f, field, FLOAT);
    little(f, bits, 4);
}

/* A message under way, in memory. */
typedef struct { FILE *file; char *bytes; size_t size; } Message;

static Message *message(Message *m)
{
    *m = (Message){0};
    m->file = open_memstream(&m->bytes, &m->size);
    return m;
}

static void put_message(FILE *f, int field, Message *m)
{
    fclose(m->file);
    put_bytes(f, field, m->bytes, m->size);
    free(m->bytes);
}

/* ---- events ---- */

enum { WALL_TIME = 1, STEP, VERSION, SUMMARY = 5, SESSION = 7 };        /* Event */
enum { VALUE = 1, TAG = 1, SIMPLE = 2, IMAGE = 4 };                     /* Summary, Summary.Value */
enum { HEIGHT = 1, WIDTH, COLORSPACE, ENCODED };                        /* Summary.Image */
enum { STATUS = 1, START = 1 };                                         /* SessionLog */

static void event_begin(Message *m, int64_t done)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    put_double(message(m)->file, WALL_TIME, (double)t.tv_sec + 1e-9 * (double)t.tv_nsec);
    put_integer(m->file, STEP, (uint64_t)done);
}

static void event_end(Events *v, Message *m)
{
    fclose(m->file);
    record(v->file, m->bytes, m->size);
    free(m->bytes);
}

/* An event with one value: its tag and what `value` holds of it. */
static void summarise(Events *v, const char *tag, Message *value, int64_t done)
{
    Message event, summary;
    put_bytes(value->file, TAG, tag, strlen(tag));
    put_message(message(&summary)->file, VALUE, value);
    event_begin(&event, done);
    put_message(event.file, SUMMARY, &summary);
    event_end(v, &event);
}

int events_open(Events *v, const char *folder, int64_t done, Error *e)
{
    static const char version[] = "brain.Event:2";
    Message m, session;
    *v = (Events){.path = path_of("%s/events.out.tfevents.%010lld.burin.%ld", folder, (long long)time(NULL), (long)getpid()), .flushed = seconds_now()};
    v->file = fopen(v->path.s, "wb");
    if (!v->file) return failed(e, "cannot write %s: %s", v->path.s, strerror(errno));
    event_begin(&m, 0);
    put_bytes(m.file, VERSION, version, sizeof version - 1);
    event_end(v, &m);
    event_begin(&m, done + 1);                      /* readers forget what older files have of this step and later ones */
    put_integer(message(&session)->file, STATUS, START);
    put_message(m.file, SESSION, &session);
    event_end(v, &m);
    return events_flush(v, e);
}

int events_flush(Events *v, Error *e)
{
    if (!v->file) return 0;
    v->flushed = seconds_now();
    errno = 0;
    return fflush(v->file) || ferror(v->file) ? failed(e, "cannot write %s: %s", v->path.s, errno ? strerror(errno) : "a write failed") : 0;
}

int events_close(Events *v, Error *e)
{
    int bad = events_flush(v, e);
    if (v->file) fclose(v->file);
    *v = (Events){0};
    return bad;
}

void events_scalar(Events *v, const char *tag, double x, int64_t done)
{
    Message value;
    if (!v->file) return;
    put_float(message(&value)->file, SIMPLE, (float)x);
    summarise(v, tag, &value, done);
}

void events_step(Events *v, const BurinEntry *step, const float *value, int series, int64_t done)
{
    if (!v->file) return;
    for (int i = 0; i < series; i++) v->sum[i] += value[i];
    if (++v->summed < EVERY) return;
    for (int i = 0; i < series; i++) {
        events_scalar(v, step->output[i].name, v->sum[i] / (double)v->summed, done);
        v->sum[i] = 0;
    }
    v->summed = 0;
    if (seconds_now() - v->flushed > FLUSH) fflush(v->file), v->flushed = seconds_now();         /* a fault is found at the epoch's end */
}

static uint64_t big(const char *text)
{
    const unsigned char *x = (const unsigned char *)text;
    return (uint64_t)x[0] << 24 | (uint64_t)x[1] << 16 | (uint64_t)x[2] << 8 | x[3];
}

void events_picture(Events *v, const char *tag, const char *png, int64_t done)
{
    enum { AT_WIDTH = 16, AT_HEIGHT = 20, AT_COLOUR = 25, HEAD = 33 };      /* in a PNG: signature, then the chunk IHDR */
    Message value, image;
    char *bytes;
    size_t size;
    Error none;
    if (!v->file || file_read(png, &bytes, &size, &none)) return;
    if (size > HEAD) {
        FILE *f = message(&image)->file;
        put_integer(f, HEIGHT, big(bytes + AT_HEIGHT));
        put_integer(f, WIDTH, big(bytes + AT_WIDTH));
        put_integer(f, COLORSPACE, bytes[AT_COLOUR] ? 3 : 1);
        put_bytes(f, ENCODED, bytes, size);
        put_message(message(&value)->file, IMAGE, &image);
        summarise(v, tag, &value, done);
    }
    free(bytes);
}
