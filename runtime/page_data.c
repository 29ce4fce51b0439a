/* page_data.c: parts of report.html's data, as JSON: layers, memory, kernels, samples. */
#include "page.h"
#include "file.h"
#include "json.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FRAMES = 60, ROOM = 8 << 20 };               /* pictures of samples, at most: so many, so many bytes */

static void strings(FILE *f, const char *const *text, int n)
{
    for (int i = 0; i < n; i++) {
        fputc(i ? ',' : '[', f);
        json_string(f, text[i] ? text[i] : "");
    }
}

static void layers(FILE *f, const BurinProgram *p)
{
    fputs("\"layers\":[", f);
    for (int i = 0; i < p->layers; i++) {
        const BurinLayer *y = &p->layer[i];
        fputs(i ? ",\n" : "\n", f);
        strings(f, (const char *const[]){y->net, y->name, y->kind, y->shape, y->where}, 5);
        fprintf(f, ",%lld]", (long long)y->params);
    }
    fputs("],\n", f);
}

/* What persists, by kind: 0 weights, 1 other states, 2 data, 3 outputs. */
static int kind_of(const BurinProgram *p, const BurinTensor *t)
{
    for (int i = 0; i < p->vars; i++)
        if (p->var[i].offset == t->offset) return p->var[i].kind;
    return 3;
}

/* Tensors as [name, offset, bytes, first, last]; those that persist have their kind in the place of `first`. */
static void memory(FILE *f, const BurinProgram *p, int threads)
{
    int step = entry_find(p, "step");
    for (int persistent = 1; persistent >= 0; persistent--) {
        fputs(persistent ? "\"memory\":{\"persistent\":[" : "],\n\"scratch\":[", f);
        for (int i = 0, n = 0; i < p->tensors; i++) {
            const BurinTensor *t = &p->tensor[i];
            if (t->persistent != persistent || (!persistent && t->entry != step)) continue;
            fputs(n++ ? ",\n[" : "\n[", f);
            json_string(f, t->name);
            fprintf(f, ",%zu,%zu,%d,%d]", t->offset, t->bytes, persistent ? kind_of(p, t) : t->first, t->last);
        }
    }
    fprintf(f, "],\n\"bytes\":[%zu,%zu,%zu],\"groups\":%d}", p->persistent_bytes, p->scratch_bytes, (size_t)threads * p->thread_bytes, p->entry[step].barriers);
}

void page_program(FILE *f, const BurinProgram *p, int threads)
{
    layers(f, p);
    memory(f, p, threads);
}

/* Kernels as [op, shape, fused, where, symbol, launches, FLOPs, bytes, seconds]: of all its launches in one step; in the order of
 * their first launches.                                                                                              */
void page_kernels(FILE *f, const BurinProgram *p, const BurinEntry *entry, const double *seconds, int timed)
{
    fprintf(f, "\"timed\":%d,\"kernels\":[", timed);
    for (int k = 0, n = 0; k < p->kernels; k++) {
        const BurinKernel *kernel = &p->kernel[k];
        int launches = 0;
        double flops = 0, bytes = 0, spent = 0;
        for (int i = 0; i < entry->launches; i++) {
            const BurinLaunch *l = &entry->launch[i];
            if (l->kernel != k) continue;
            launches++, flops += l->flops, bytes += l->bytes, spent += seconds[i];
        }
        if (!launches) continue;
        fputs(n++ ? ",\n" : "\n", f);
        strings(f, (const char *const[]){kernel->op, kernel->shape, kernel->fused, kernel->where, kernel->name}, 5);
        fprintf(f, ",%d,%.0f,%.0f,%.4g]", launches, flops, bytes, timed ? spent / timed : 0);
    }
    fputc(']', f);
}

static void base64(FILE *f, const unsigned char *x, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)x[i] << 16 | (i + 1 < n ? x[i + 1] : 0u) << 8 | (i + 2 < n ? x[i + 2] : 0u);
        char four[] = {digit[v >> 18], digit[v >> 12 & 63], i + 1 < n ? digit[v >> 6 & 63] : '=', i + 2 < n ? digit[v & 63] : '='};
        fwrite(four, 1, 4, f);
    }
}

/* A picture as a data: URI, quoted; null where there is none. */
static void picture(FILE *f, const char *path)
{
    char *bytes;
    size_t size;
    Error e;
    if (file_read(path, &bytes, &size, &e)) {
        fputs("null", f);
        return;
    }
    fputs("\"data:image/png;base64,", f);
    base64(f, (unsigned char *)bytes, size);
    fputc('"', f);
    free(bytes);
}

static Path frame(const char *folder, int64_t epoch) { return path_of("%s/fakes_%04lld.png", folder, (long long)epoch); }

/* Every how many epochs one is shown, so that they have room. */
static int64_t spacing(const char *folder, int64_t last)
{
    int64_t bytes = 0, each = 1;
    struct stat s;
    for (int64_t i = 0; i <= last; i++)
        if (!stat(frame(folder, i).s, &s)) bytes += s.st_size;
    while (last / each + 1 > FRAMES || bytes / each > ROOM) each++;
    return each;
}

void page_samples(FILE *f, const char *folder, int64_t last)
{
    int64_t each = spacing(folder, last);
    fputs("\"samples\":{\"reals\":", f);
    picture(f, path_of("%s/reals.png", folder).s);
    fprintf(f, ",\"each\":%lld,\"frames\":[", (long long)each);
    const char *between = "\n[";
    for (int64_t i = 0; i <= last; i++) {
        if ((i % each && i != last) || !file_exists(frame(folder, i).s)) continue;
        fprintf(f, "%s%lld,", between, (long long)i);
        picture(f, frame(folder, i).s);
        fputc(']', f);
        between = ",\n[";
    }
    fputs("]}", f);
}
