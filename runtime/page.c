/* page.c: report.html: page.html, page.css and page.js, which `make` puts into the program as text, and between them the run's
 * data as JSON. Numbers of the epochs come from stats.jsonl and samples from the folder's pictures, so that a run that goes on
 * shows all of its history.                                                                                          */
#include "page.h"
#include "compiler.h"
#include "cpu.h"
#include "file.h"
#include "json.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { TIMED_FROM = 20, TIMED = 10, OFTEN = 10, EPOCHS = 1000 };

extern const char page_html[], page_css[], page_js[];           /* out/obj/page_text.c */

static void fact(FILE *f, const char *name, const char *value)
{
    if (!value || !*value) return;
    fputs(ftell(f) > 1 ? ",[" : "[", f);
    json_string(f, name);
    fputc(',', f);
    json_string(f, value);
    fputc(']', f);
}

static void fact_compiler(FILE *f, const Page *p)
{
    Compiler c;
    Error e;
    if (p->session->program->function || strcmp(p->session->type->name, "cpu") || compiler_find(&c, &e)) return;
    fact(f, "compiler", c.version);
    compiler_free(&c);
}

/* [["device","..."],...] */
static char *facts_of(const Page *p)
{
    const BurinProgram *g = p->session->program;
    char *text = NULL, device[512] = "";
    size_t size, tiles = g->thread_bytes * (size_t)p->device->threads;
    FILE *f = open_memstream(&text, &size);
    fputc('[', f);
    p->session->type->describe(p->device->index, device, sizeof device);
    fact(f, "device", path_of("%s: %s", p->session->type->name, device).s);
    fact(f, "kernels", path_of("%d threads, for %s, %s", p->device->threads, strcmp(g->target, "cpu") ? g->isa : isa_title(g->isa),
                               p->session->built.s).s);
    fact_compiler(f, p);
    fact(f, "memory", path_of("%s: %s persistent, %s scratch, %s for tiles", word_bytes((double)(g->persistent_bytes + g->scratch_bytes + tiles)).s,
                              word_bytes((double)g->persistent_bytes).s, word_bytes((double)g->scratch_bytes).s, word_bytes((double)tiles).s).s);
    for (int i = 0; i < p->feed->sources; i++) {
        const Data *d = &p->feed->data[i];
        fact(f, "data", path_of("%s images, %s, from %s", word_count(d->count).s, word_bytes((double)(d->count * (int64_t)d->image_bytes)).s, d->images.s).s);
    }
    fact(f, "spec", g->spec_path ? g->spec_path : g->name);
    for (int i = 0; i < g->options; i++) {
        const BurinOption *o = &g->option[i];
        fact(f, path_of("  %s", o->name).s, path_of(strcmp(o->value, o->preset) ? "%s (preset %s)" : "%s", o->value, o->preset).s);
    }
    fact(f, "seed", word_of("%llu", (unsigned long long)p->session->seed).s);
    fact(f, "folder", p->folder);
    fact(f, "burin", BURIN_VERSION);
    fputc(']', f);
    fclose(f);
    return text;
}

void page_start(Page *p, const Session *s, const DeviceOptions *device, const Feed *feed, const History *history, const char *folder)
{
    size_t launches = (size_t)s->program->entry[s->step].launches;
    *p = (Page){.session = s, .device = device, .feed = feed, .history = history, .folder = folder};
    p->seconds = grow(NULL, launches * sizeof *p->seconds);
    memset(p->seconds, 0, launches * sizeof *p->seconds);
}

void page_free(Page *p)
{
    free(p->facts);
    free(p->seconds);
    *p = (Page){0};
}

double *page_times(Page *p, int64_t step)
{
    if (step < TIMED_FROM || p->timed == TIMED) return NULL;
    p->timed++;
    return p->seconds;
}

int page_due(const Page *p)
{
    double since = seconds_now() - p->written;
    return since > OFTEN && since > 1000 * p->cost;
}

static void write_now(FILE *f, const Page *p, const PageNow *now)
{
    const BurinProgram *g = p->session->program;
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    const char *const text[][2] = {{"name", g->name}, {"state", now->state}, {"message", now->message}};
    for (int i = 0; i < 3; i++) {
        fprintf(f, "\"%s\":", text[i][0]);
        json_string(f, text[i][1]);
        fputc(',', f);
    }
    fprintf(f, "\"written\":%lld,\"done\":%lld,\"total\":%lld,\"epochs\":%lld,\"epoch_steps\":%lld,\"resident\":%lld,\n\"rate\":", (long long)time(NULL),
            (long long)now->done, (long long)now->total, (long long)now->epochs, (long long)p->feed->epoch_steps, (long long)use.ru_maxrss * 1024);
    json_number(f, now->rate);
    fputs(",\"left\":", f);
    json_number(f, now->left);
    fprintf(f, ",\"flops\":%.0f,\"images\":%d,\n", g->entry[p->session->step].flops, entry_images(g, p->session->step));
}

static void write_curves(FILE *f, const Page *p)
{
    const History *h = p->history;
    const BurinEntry *step = &p->session->program->entry[p->session->step];
    fprintf(f, "\"stretch\":%lld,\"curves\":[", (long long)h->stretch);
    for (int s = 0; s < h->series; s++) {
        fprintf(f, "%s\n{\"loss\":%d,\"name\":", s ? "," : "", step->output[s].kind == BURIN_LOSS);
        json_string(f, step->output[s].name);
        fputs(",\"value\":[", f);
        for (int i = 0; i < h->points; i++) fprintf(f, h->value[s][i] - h->value[s][i] == 0 ? "%s%.4g" : "%snull", i ? "," : "", (double)h->value[s][i]);
        fputs("]}", f);
    }
    fputs("],\n", f);
}

/* The lines of stats.jsonl, the last ones. */
static void write_epochs(FILE *f, const Page *p)
{
    char *text = NULL, *at;
    size_t size;
    Error e;
    int lines = 0;
    fputs("\"stats\":[", f);
    if (file_read(path_of("%s/stats.jsonl", p->folder).s, &text, &size, &e)) text = NULL;
    for (at = text; at && (at = strchr(at, '\n')); at++) lines++;
    at = text;
    for (int i = 0; i < lines; i++) {
        char *end = strchr(at, '\n');
        if (i >= lines - EPOCHS) fprintf(f, "%.*s%s", (int)(end - at), at, i + 1 < lines ? ",\n" : "");
        at = end + 1;
    }
    free(text);
    fputs("],\n", f);
}

/* Text inside a script element: nothing in it may look like its end. In JSON a < stands in strings only. */
static void write_json(FILE *f, const char *text)
{
    for (; *text; text++) *text == '<' ? (void)fputs("\\u003c", f) : (void)fputc(*text, f);
}

static char *data_of(const Page *p, const PageNow *now)
{
    const BurinProgram *g = p->session->program;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    fputc('{', f);
    write_now(f, p, now);
    write_curves(f, p);
    write_epochs(f, p);
    page_samples(f, p->folder, (now->done + p->feed->epoch_steps - 1) / p->feed->epoch_steps);
    fputs(",\n", f);
    page_program(f, g, p->device->threads);
    fputs(",\n", f);
    page_kernels(f, g, &g->entry[p->session->step], p->seconds, p->timed);
    fprintf(f, ",\n\"facts\":%s}\n", p->facts);
    fclose(f);
    return text;
}

int page_write(Page *p, const PageNow *now, Error *e)
{
    double begin = seconds_now();
    Writer w;
    if (!p->facts) p->facts = facts_of(p);          /* not earlier: the first step does not wait for it */
    if (writer_open(&w, path_of("%s/report.html", p->folder).s, e)) return -1;
    char *data = data_of(p, now);
    const char *at = page_html;
    const struct { const char *mark, *text; } part[] = {{"@CSS@", page_css}, {"@DATA@", data}, {"@JS@", page_js}};
    for (int i = 0; i < 3; i++) {
        const char *mark = strstr(at, part[i].mark);
        fwrite(at, 1, (size_t)(mark - at), w.file);
        part[i].text == data ? write_json(w.file, data) : (void)fputs(part[i].text, w.file);
        at = mark + strlen(part[i].mark);
    }
    fputs(at, w.file);
    free(data);
    int bad = writer_close(&w, e);
    p->written = seconds_now();
    p->cost = p->written - begin;
    return bad;
}

void page_say(Log *l, const Page *p) { log_say(l, "report   %s/report.html", p->folder); }
