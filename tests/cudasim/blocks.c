/* blocks.c: who touched which word of global memory in the launch at hand.
 *
 * Nothing orders the blocks of a launch: what one writes, no other may read or write. Words have four bytes; atomics are not told. */
#include "blocks.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORD = 4, PAGE_WORDS = 1024, SLOTS = 1 << 14, MANY = -1 };

/* Of the launch whose number it has: the block that wrote, and the one that read, or MANY; each counted from 1, 0: none. */
typedef struct { unsigned launch; int writer, reader; } Word;
typedef struct Page { uintptr_t number; struct Page *next; Word word[PAGE_WORDS]; } Page;

static Page *slot[SLOTS], *last;
static unsigned launch;

void blocks_launch(void) { launch++; }

static Page *page_of(uintptr_t number)
{
    if (last && last->number == number) return last;
    Page **p = &slot[number % SLOTS];
    while (*p && (*p)->number != number) p = &(*p)->next;
    if (!*p) {
        *p = calloc(1, sizeof **p);
        if (!*p) perror("cudasim"), abort();
        (*p)->number = number;
    }
    return last = *p;
}

static const char *conflict(Word *w, int writes, int me)
{
    if (w->launch != launch) *w = (Word){.launch = launch};
    if (w->writer && w->writer != me) return writes ? "it writes what block %d has written" : "it reads what block %d has written";
    if (writes && w->reader && w->reader != me) return w->reader == MANY ? "it writes what other blocks have read" : "it writes what block %d has read";
    if (writes) w->writer = me;
    else w->reader = !w->reader || w->reader == me ? me : MANY;
    return NULL;
}

const char *blocks_touch(const void *at, int bytes, int writes, unsigned block)
{
    static char said[128];
    uintptr_t first = (uintptr_t)at / WORD, end = ((uintptr_t)at + (uintptr_t)bytes - 1) / WORD;
    for (uintptr_t i = first; i <= end; i++) {
        Word *w = &page_of(i / PAGE_WORDS)->word[i % PAGE_WORDS];
        const char *why = conflict(w, writes, (int)block + 1);
        if (!why) continue;
        snprintf(said, sizeof said, why, (w->writer ? w->writer : w->reader) - 1);
        return said;
    }
    return NULL;
}
