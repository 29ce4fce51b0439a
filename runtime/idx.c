/* idx.c: reads IDX files, plain or gzip. Every way in which a file can be wrong has its own message.
 *
 * zlib reads the header, so that it costs little to ask for it, and plain files. A whole gzip file inflate.c does faster; where that finds
 * anything unusual, zlib goes over the file again and says what it is.                                               */
#include "idx.h"
#include "inflate.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

static int gz_failed(gzFile f, const char *path, Error *e)
{
    int code;
    const char *why = gzerror(f, &code);
    if (code == Z_ERRNO) why = strerror(errno);
    else if (code == Z_BUF_ERROR) return failed(e, "%s is cut short: the compressed data end too early; get it again (make data)", path);
    return failed(e, "%s is damaged: %s; get it again (make data)", path, why);
}

static int cut_short(const char *path, int64_t want, int64_t got, Error *e)
{
    return failed(e, "%s is cut short: %s bytes where its header promises %s; get it again (make data)", path, word_count(got).s,
                  word_count(want).s);
}

/* Reads exactly `bytes`, of a file that has `before` bytes ahead of them. */
static int take_bytes(gzFile f, const char *path, uint8_t *to, int64_t bytes, int64_t before, Error *e)
{
    for (int64_t done = 0; done < bytes;) {
        unsigned part = bytes - done < 1 << 24 ? (unsigned)(bytes - done) : 1u << 24;
        int got = gzread(f, to + done, part);
        if (got < 0) return gz_failed(f, path, e);
        if (got == 0) {
            int code;
            gzerror(f, &code);
            return code == Z_OK || code == Z_STREAM_END ? cut_short(path, before + bytes, before + done, e) : gz_failed(f, path, e);
        }
        done += got;
    }
    return 0;
}

static int read_header(Idx *x, gzFile f, const char *path, Error *e)
{
    uint8_t h[4 + 16];
    if (take_bytes(f, path, h, 4, 0, e)) return -1;
    x->rank = h[3];
    if (h[0] || h[1] || h[2] != 8 || (x->rank != 1 && x->rank != 3 && x->rank != 4))
        return failed(e, "%s is no IDX file of images or labels: it starts with %02x%02x%02x%02x; 00000803 are images, 00000801 labels", path,
                      h[0], h[1], h[2], h[3]);
    if (take_bytes(f, path, h + 4, 4 * x->rank, 4, e)) return -1;
    int64_t total = 1;
    for (int i = 0; i < x->rank; i++) {
        const uint8_t *p = h + 4 + 4 * i;
        x->size[i] = (int64_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
        if (x->size[i] == 0) return failed(e, "%s is empty: dimension %d is 0", path, i);
        if (total > ((int64_t)1 << 40) / x->size[i]) return failed(e, "%s is damaged: its header promises more than a terabyte", path);
        total *= x->size[i];
    }
    return 0;
}

/* malloc(); for much, on huge pages where the system has them: MNIST is read a seventh faster. */
static uint8_t *room_for(size_t bytes)
{
    enum { HUGE_PAGE = 2 << 20 };
    if (bytes < 4 * HUGE_PAGE) return (uint8_t *)malloc(bytes);
    size_t whole = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uint8_t *p = (uint8_t *)aligned_alloc(HUGE_PAGE, whole);
    if (p) madvise(p, whole, MADV_HUGEPAGE);
    return p;
}

static int read_body(Idx *x, gzFile f, const char *path, Error *e)
{
    int64_t total = 1, header = 4 + 4 * x->rank;
    for (int i = 0; i < x->rank; i++) total *= x->size[i];
    x->file = room_for((size_t)(header + total));
    if (!x->file) return failed(e, "%s: no memory for its %s", path, word_bytes((double)total).s);
    x->byte = x->file + header;
    if (!gzdirect(f) && inflate_whole(path, x->file, (size_t)(header + total))) return 0;
    if (take_bytes(f, path, x->byte, total, header, e)) return -1;
    char extra;
    int more = gzread(f, &extra, 1);
    if (more < 0) return gz_failed(f, path, e);
    if (more) return failed(e, "%s is damaged: bytes follow the %s that its header promises", path, word_count(header + total).s);
    return gzeof(f) ? 0 : gz_failed(f, path, e);
}

int idx_read(Idx *x, const char *path, int header_only, Error *e)
{
    struct stat s;
    memset(x, 0, sizeof *x);
    gzFile f = NULL;
    if (!stat(path, &s) && S_ISDIR(s.st_mode)) errno = EISDIR;
    else f = gzopen(path, "rb");
    if (!f) return failed(e, "cannot read %s: %s", path, strerror(errno));
    gzbuffer(f, 1 << 17);
    int bad = read_header(x, f, path, e) || (!header_only && read_body(x, f, path, e));
    gzclose(f);
    if (bad) idx_free(x);
    return bad ? -1 : 0;
}

void idx_free(Idx *x)
{
    free(x->file);
    x->file = x->byte = NULL;
}
