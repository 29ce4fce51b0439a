/* text.c: errors as values, and words as people read them. */
#include "text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void error_set(Error *e, const char *format, ...)
{
    va_list a;
    va_start(a, format);
    vsnprintf(e->text, sizeof e->text, format, a);
    va_end(a);
}

void failed_more(Error *e, const char *format, ...)
{
    size_t used = strlen(e->text);
    va_list a;
    va_start(a, format);
    vsnprintf(e->text + used, sizeof e->text - used, format, a);
    va_end(a);
}

void bug(const char *format, ...)
{
    va_list a;
    va_start(a, format);
    fputs("burin: a fault of burin itself: ", stderr);
    vfprintf(stderr, format, a);
    fputc('\n', stderr);
    va_end(a);
    abort();
}

void *grow(void *p, size_t bytes)
{
    void *q = realloc(p, bytes ? bytes : 1);
    if (!q) {
        fprintf(stderr, "burin: out of memory: %zu bytes were wanted\n", bytes);
        exit(1);
    }
    return q;
}

Path path_of(const char *format, ...)
{
    Path p;
    va_list a;
    va_start(a, format);
    vsnprintf(p.s, sizeof p.s, format, a);
    va_end(a);
    return p;
}

Path path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return path_of(".");
    return slash == path ? path_of("/") : path_of("%.*s", (int)(slash - path), path);
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

Path path_shown(const char *path)
{
    Path p = {""};
    size_t n = 0;
    for (; *path && n + 5 < sizeof p.s; path++) {
        unsigned char c = (unsigned char)*path;
        if (c >= 32 && c != 127) p.s[n++] = *path;
        else n += (size_t)snprintf(p.s + n, sizeof p.s - n, "\\x%02x", c);
    }
    p.s[n] = 0;
    return p;
}

Word word_of(const char *format, ...)
{
    Word w;
    va_list a;
    va_start(a, format);
    vsnprintf(w.s, sizeof w.s, format, a);
    va_end(a);
    return w;
}

Word word_count(int64_t n)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)(n < 0 ? -n : n)), out = 0;
    Word w;
    if (n < 0) w.s[out++] = '-';
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) w.s[out++] = ',';
        w.s[out++] = digits[i];
    }
    w.s[out] = 0;
    return w;
}

/* 3 digits that count and a unit out of `unit`, each `base` times the one before */
static Word scaled(double x, double base, const char *const *unit, int units)
{
    int u = 0;
    while (u < units - 1 && x >= base) x /= base, u++;
    return u == 0 ? word_of("%.0f %s", x, unit[u]) : word_of("%.*f %s", x < 10 ? 2 : x < 100 ? 1 : 0, x, unit[u]);
}

Word word_bytes(double bytes)
{
    static const char *const unit[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    return scaled(bytes, 1024, unit, 5);
}

Word word_flops(double flops)
{
    static const char *const unit[] = {"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"};
    return scaled(flops, 1000, unit, 5);
}

Word word_time(double s)
{
    if (s < 10) return word_of("%.2f s", s);
    if (s < 60) return word_of("%.1f s", s);
    long n = (long)(s + 0.5);
    if (n < 3600) return word_of("%ld:%02ld", n / 60, n % 60);
    return word_of("%ld:%02ld:%02ld", n / 3600, n / 60 % 60, n % 60);
}

/* Levenshtein's distance, with a swap of neighbours as one change; words longer than 63 are cut. */
static int distance(const char *a, const char *b)
{
    enum { LONG = 63 };
    int row[3][LONG + 1], la = (int)strnlen(a, LONG), lb = (int)strnlen(b, LONG);
    int *before = row[0], *last = row[1], *here = row[2];
    for (int j = 0; j <= lb; j++) last[j] = j, before[j] = 0;
    for (int i = 1; i <= la; i++) {
        here[0] = i;
        for (int j = 1; j <= lb; j++) {
            int d = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < d) d = last[j] + 1;
            if (here[j - 1] + 1 < d) d = here[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < d) d = before[j - 2] + 1;
            here[j] = d;
        }
        int *t = before;
        before = last, last = here, here = t;
    }
    return last[lb];
}

const char *nearest(const char *word, const char *const *name, int names)
{
    int limit = 1 + (int)strlen(word) / 3, best = limit + 1;
    const char *found = NULL;
    for (int i = 0; i < names; i++) {
        int d = distance(word, name[i]);
        if (strlen(word) >= 3 && !strncmp(word, name[i], strlen(word)) && d > 1) d = 1;     /* a name begun */
        if (d < best) best = d, found = name[i];
    }
    return found;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sort_numbers(double *x, int n) { qsort(x, (size_t)n, sizeof *x, by_size); }

double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
