/* mem.c: the arena of a run, texts, and how errors leave.
 *
 * The generator allocates from one arena that only grows; mem_reset() gives all of it back.                          */
#include "ir.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 20 };

typedef struct Block { struct Block *next; size_t size, used; _Alignas(16) char data[]; } Block;

static Block *blocks;           /* the arena: the one thing that lives as long as a compilation */
static Catch *handler;

void *mem_new(size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    if (!blocks || blocks->used + bytes > blocks->size) {
        size_t size = bytes > BLOCK ? bytes : BLOCK;
        Block *b = calloc(1, sizeof *b + size);
        if (!b) fail("out of memory: the generator needs %zu more bytes", size);
        b->size = size;
        b->next = blocks;
        blocks = b;
    }
    void *p = blocks->data + blocks->used;
    blocks->used += bytes;
    return p;
}

/* An array that grew by this function is full when n is 0 or a power of two: no count of its room is kept. */
void *mem_more(void *array, int n, size_t size)
{
    if (n & (n - 1)) return array;
    void *more = mem_new((n ? 2 * (size_t)n : 1) * size);
    if (n) memcpy(more, array, (size_t)n * size);
    return more;
}

void mem_reset(void)
{
    while (blocks) {
        Block *b = blocks;
        blocks = b->next;
        free(b);
    }
}

char *mem_print(const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    char start[128];            /* most texts are short: they are printed once */
    int n = vsnprintf(start, sizeof start, format, list);
    va_end(list);
    char *s = mem_new((size_t)n + 1);
    if ((size_t)n < sizeof start) memcpy(s, start, (size_t)n + 1);
    else vsnprintf(s, (size_t)n + 1, format, again);
    va_end(again);
    return s;
}

/* Edits (insert, delete, replace) that turn a into b; Wagner and Fischer, "The String-to-String Correction Problem", 1974. */
static int distance(const char *a, const char *b)
{
    int n = (int)strlen(b), *row = mem_new((n + 1) * sizeof *row);
    for (int k = 0; k <= n; k++) row[k] = k;
    for (; *a; a++) {
        int corner = row[0]++;
        for (int k = 0; k < n; k++) {
            int best = corner + (*a != b[k]);
            if (row[k] + 1 < best) best = row[k] + 1;
            corner = row[k + 1];
            row[k + 1] = corner + 1 < best ? corner + 1 : best;
        }
    }
    return row[n];
}

const char *mem_nearest(const char *word, const char *const *words, int n)
{
    const char *best = NULL;
    int least = (int)strlen(word) / 3 + 2;
    for (int k = 0; k < n; k++) {
        int d = distance(word, words[k]);
        if (d < least) { least = d; best = words[k]; }
    }
    return best;
}

void fail_to(Catch *c)
{
    c->outer = handler;
    c->message[0] = 0;
    handler = c;
}

void fail_end(Catch *c) { handler = c->outer; }
Catch *fail_handler(void) { return handler; }
void fail_restore(Catch *c) { handler = c; }

void die(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("burin: internal error: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    abort();
}

void fail(const char *format, ...)
{
    Catch *c = handler;
    Where w = graph_where_now();
    va_list list;
    if (!c) die("fail without a handler: %s", format);
    size_t n = 0;
    if (w.file && w.line > 0) n = (size_t)snprintf(c->message, sizeof c->message, w.layer && *w.layer ? "%s:%d: %s: " : "%s:%d: ", w.file, w.line, w.layer);
    else if (w.file) n = (size_t)snprintf(c->message, sizeof c->message, "%s: ", w.file);
    if (n >= sizeof c->message) n = sizeof c->message - 1;
    va_start(list, format);
    vsnprintf(c->message + n, sizeof c->message - n, format, list);
    va_end(list);
    handler = c->outer;
    longjmp(c->jump, 1);
}
