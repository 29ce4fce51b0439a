/* report_data.c: what is said of a run's data: before it, of files that turn out damaged, and at its end. */
#include "report_data.h"
#include <string.h>

enum { NAMED_FILES = 10 };            /* files named on the terminal; log.txt has all */

static void say_files(Log *l, const Data *d, const int64_t shape[3])
{
    log_say(l, "data     %s", d->images.s);
    log_say(l, "         %s images of %lldx%lldx%lld (%s in memory)", word_count(d->count).s, (long long)shape[0], (long long)shape[1],
            (long long)shape[2], word_bytes((double)(d->count * (int64_t)d->image_bytes)).s);
}

static Path classes_of(const Folder *f)
{
    Path p = path_of("%d class%s (", f->classes, f->classes == 1 ? "" : "es");
    for (int i = 0; i < f->classes && i < NAMED_FILES; i++) p = path_of("%.2000s%s%.100s", p.s, i ? ", " : "", path_shown(f->name[i]).s);
    return path_of("%.2000s%s)", p.s, f->classes > NAMED_FILES ? ", ..." : "");
}

static void report_folder(Log *l, const Folder *f, const char *path)
{
    log_say(l, "data     %s", path_shown(path).s);
    log_say(l, "         %s picture%s%s%s", word_count(f->files).s, f->files == 1 ? "" : "s", f->classes ? " in " : "", f->classes ? classes_of(f).s : "");
    if (f->classes && f->loose) log_say(l, "         %s of them in no class", word_count(f->loose).s);
    if (f->others) log_say(l, "         %s other file%s, not read (%s)", word_count(f->others).s, f->others == 1 ? "" : "s", f->other.s);
}

static void report_skipped(Log *l, const char *line, int64_t number)
{
    if (number <= NAMED_FILES) log_say(l, "skipped  %s", line);
    else log_write(l, path_of("skipped  %s", line).s);
}

static void say_pictures(Log *l, Data *d, const int64_t shape[3])
{
    const Folder *f = &d->folder;
    report_folder(l, f, d->images.s);
    log_say(l, "         as images of %lldx%lldx%lld, decoded ahead%s (%s of memory)", (long long)shape[0], (long long)shape[1], (long long)shape[2],
            decoder_keeps(d->decoder) ? " and kept" : "", word_bytes((double)decoder_bytes(d->decoder)).s);
    for (int64_t i = 0; i < f->skipped.count; i++) report_skipped(l, f->skipped.line[i], ++d->skipped);
    if (d->skipped) log_say(l, "         %s file%s skipped", word_count(d->skipped).s, d->skipped == 1 ? " is" : "s are");
}

void report_data(Log *l, Feed *f, const BurinProgram *p)
{
    for (int i = 0; i < f->sources; i++) {
        Data *d = &f->data[i];
        int64_t used = f->epoch_steps * p->source[i].batch;
        if (*d->note) log_say(l, "note     %s", d->note);
        d->decoder ? say_pictures(l, d, p->source[i].shape) : say_files(l, d, p->source[i].shape);
        if (used < d->count)
            log_say(l, "         the %s that do not fill a batch are left out of an epoch (drop_last)", word_count(d->count - used).s);
    }
}

void report_feed(Log *l, const Feed *f, const BurinProgram *p)
{
    for (int i = 0; i < f->sources; i++) {
        const Data *d = &f->data[i];
        Word size = word_bytes((double)(d->count * ((int64_t)d->image_bytes + (d->label ? 1 : 0))));
        if (f->kept[i]) log_say(l, "data     on the card: %s images, %s; a step gets the numbers of %d rows", word_count(d->count).s, size.s, p->source[i].batch);
        else if (d->decoder) log_say(l, "data     pictures go to the card in batches, while the step before runs");
        else log_say(l, "data     too large for the card (%s): they go there in batches, while the step before runs", size.s);
    }
}

void report_damaged(Log *l, Feed *f)
{
    for (int i = 0; i < f->sources; i++) {
        Data *d = &f->data[i];
        for (const char *line; d->decoder && (line = decoder_skipped(d->decoder));) report_skipped(l, line, ++d->skipped);
    }
}

void report_data_end(Log *l, const Feed *f, double seconds)
{
    for (int i = 0; i < f->sources; i++) {
        const Data *d = &f->data[i];
        if (!d->decoder) continue;
        log_say(l, "data     waited for pictures %.1f%% of the time", seconds > 0 ? 100 * decoder_waited(d->decoder) / seconds : 0);
        if (d->skipped) log_say(l, "         %s damaged file%s skipped, the next one in its place (log.txt names %s)", word_count(d->skipped).s,
                                d->skipped == 1 ? "" : "s", d->skipped == 1 ? "it" : "them");
    }
}

void report_source(Log *l, const BurinSource *s, const DataPlaces *places)
{
    Folder f;
    Path path;
    Error e;
    if (!data_is_folder(s)) return;
    if (data_folder(&f, &path, s, places, &e)) {
        log_say(l, "data     %s", e.text);
        return;
    }
    report_folder(l, &f, path.s);
    if (f.skipped.count) log_say(l, "         %s skipped, for instance: %s", word_count(f.skipped.count).s, f.skipped.line[0]);
    folder_free(&f);
}
