/* page.c: report.html is left out. */
#include "page.h"

void page_start(Page *p, const Session *s, const DeviceOptions *device, const Feed *feed, const History *history, const char *folder)
{
    *p = (Page){.session = s, .device = device, .feed = feed, .history = history, .folder = folder};
}

void page_free(Page *p) { *p = (Page){0}; }

double *page_times(Page *p, int64_t step)
{
    (void)p, (void)step;
    return NULL;
}

int page_due(const Page *p)
{
    (void)p;
    return 0;
}

int page_write(Page *p, const PageNow *now, Error *e)
{
    (void)p, (void)now, (void)e;
    return 0;
}

void page_say(Log *l, const Page *p) { (void)l, (void)p; }
