/* loop.c: training: says what will be done, then steps, and at the end of each epoch a line, pictures, a checkpoint. */
#include "loop.h"
#include "aside.h"
#include "events.h"
#include "feed.h"
#include "file.h"
#include "gauges.h"
#include "json.h"
#include "log.h"
#include "page.h"
#include "pictures.h"
#include "plot.h"
#include "report.h"
#include "report_data.h"
#include "watch.h"
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUTS = PROGRESS_SUMS };

typedef struct {
    const BurinProgram *program;
    const Options *options;
    const BurinEntry *step;     /* the program's entry */
    const DeviceType *type;
    DeviceOptions device;
    Session session;
    Feed feed;
    Log log;
    Pictures pictures;
    History history;
    Page page;
    Gauges gauges;
    Watch watch;
    Events events;
    int64_t total;              /* steps to do */
    int64_t epochs;             /* that those are, the last perhaps in part */
    int64_t done;               /* steps done, and their reports taken */
    int64_t launched;           /* steps begun: one more while a card works on one whose reports come later; never across a copy of the variables */
    float value[OUTPUTS];       /* of the last step */
    double sum[OUTPUTS];        /* over the epoch under way */
    int64_t summed;
    uint64_t seed;
    const Resume *resume;       /* what the run goes on from; NULL */
    int64_t begun;              /* steps done when this process began */
    double epoch_begin, bar_time, train_begin;
    int64_t epoch_from;         /* steps done at epoch_begin */
    Path good;                  /* the last checkpoint written; "" none */
    int64_t good_step;          /* steps done when it was */
    Aside aside;                /* what is being written */
} Run;

/* The only state outside main: the signal that asked to stop. Its second coming ends the process as usual. */
static volatile sig_atomic_t stop_signal;

static void on_signal(int number) { stop_signal = number; }

static void catch_signals(void)
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = on_signal;
    a.sa_flags = (int)(SA_RESETHAND | SA_RESTART);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

static void say_resume(Run *r)
{
    const Resume *x = r->resume;
    const char *text = checkpoint_value(&x->checkpoint, "burin.spec");
    if (*x->torn.s) log_say(&r->log, "note     %s is damaged; the one before it is taken", x->torn.s);
    log_say(&r->log, "resume   %s", x->file.s);
    if (r->options->partial) return;
    log_say(&r->log, "         after step %s of %s, epoch %lld of %lld", word_count(r->done).s, word_count(r->total).s,
            (long long)(r->done / r->feed.epoch_steps) + 1, (long long)r->epochs);
    if (x->at.epoch_steps != r->feed.epoch_steps)
        log_say(&r->log, "note     epochs had %s steps then: this one starts from its beginning", word_count(x->at.epoch_steps).s);
    if (text && r->program->spec_text && strcmp(text, r->program->spec_text)) log_say(&r->log, "note     the spec's text has changed since");
    if (r->seed != x->at.seed) log_say(&r->log, "note     the seed was %llu then", (unsigned long long)x->at.seed);
}

static void say_all(Run *r)
{
    const BurinProgram *p = r->program;
    log_say(&r->log, "spec     %s, batch %d, seed %llu", p->spec_path ? p->spec_path : p->name, p->batch, (unsigned long long)r->seed);
    report_device(&r->log, r->type, &r->device, p);
    report_layers(&r->log, p);
    report_work(&r->log, p, entry_find(p, "step"));
    report_memory(&r->log, p, r->device.threads);
    report_data(&r->log, &r->feed, p);
    log_say(&r->log, "plan     %s steps: %lld epoch%s of %s steps", word_count(r->total).s, (long long)r->epochs, r->epochs == 1 ? "" : "s",
            word_count(r->feed.epoch_steps).s);
    if (r->resume) say_resume(r);
}

static int write_options(Run *r, Error *e)
{
    const BurinProgram *p = r->program;
    Writer w;
    if (writer_open(&w, path_of("%s/options.json", r->log.folder.s).s, e)) return -1;
    FILE *f = w.file;
    const char *const text[][2] = {{"spec", p->spec_path}, {"name", p->name}, {"target", p->target}, {"isa", p->isa}, {"device", r->type->name},
                                   {"data", r->feed.sources ? r->feed.data[0].images.s : NULL}};
    fputs("{\n", f);
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        fprintf(f, "  \"%s\": ", text[i][0]);
        text[i][1] ? json_string(f, text[i][1]) : (void)fputs("null", f);
        fputs(",\n", f);
    }
    fprintf(f, "  \"seed\": %llu,\n  \"batch\": %d,\n  \"threads\": %d,\n  \"steps\": %lld,\n  \"epochs\": %lld,\n  \"snap\": %lld,\n",
            (unsigned long long)r->seed, p->batch, r->device.threads, (long long)r->total, (long long)r->epochs,
            (long long)r->options->snap);
    fputs("  \"options\": {", f);
    for (int i = 0; i < p->options; i++) {
        fputs(i ? ", " : "", f);
        json_string(f, p->option[i].name);
        fputs(": ", f);
        json_string(f, p->option[i].value);
    }
    fputs("}\n}\n", f);
    return writer_close(&w, e);
}

/* Waits for what is being written aside. */
static int end_aside(Run *r, Error *e)
{
    Aside *a = &r->aside;
    if (!a->busy) return 0;
    int bad = aside_end(a, e);
    if (a->saved) r->good = a->moment.checkpoint, r->good_step = (int64_t)a->moment.at.step;
    if (bad && a->unsaved && *r->good.s) failed_more(e, "; the last good checkpoint is %s", r->good.s);
    return bad;
}

/* To a message: what is not lost. */
static int but_kept(Run *r, Error *e)
{
    Error later;
    end_aside(r, &later);
    if (*r->good.s) failed_more(e, "; the last good checkpoint is %s", r->good.s);
    else failed_more(e, "; no checkpoint had been written yet");
    return -1;
}

/* Adds to the message what is left, and where it began. */
static int not_finite(Run *r, Error *e)
{
    but_kept(r, e);
    log_say(&r->log, "search   not all numbers are finite: some steps are run again to see where it began");
    watch_explain(&r->watch, &r->session, &r->feed, r->done, e);
    return -1;
}

static int check_variables(Run *r, Error *e)
{
    if (end_aside(r, e)) return -1;                 /* it may be writing the copy before */
    int found = watch_take(&r->watch, &r->session, r->done, e);
    return found > 0 ? not_finite(r, e) : found;
}

/* Waits for the step's numbers. A loss that is not finite ends the run. */
static int take_numbers(Run *r, Error *e)
{
    if (session_reports(&r->session, r->session.step, r->value, OUTPUTS, e)) return but_kept(r, e);
    for (int i = 0; i < r->step->outputs && i < OUTPUTS; i++) {
        const BurinOutput *o = &r->step->output[i];
        if (o->kind == BURIN_SAMPLES) continue;
        r->sum[i] += r->value[i];
        if (o->kind != BURIN_LOSS || isfinite(r->value[i])) continue;
        error_set(e, "%s is %s at step %lld (epoch %lld): training stopped", o->name, isnan(r->value[i]) ? "nan" : "inf",
                  (long long)r->done + 1, (long long)(r->done / r->feed.epoch_steps) + 1);
        return not_finite(r, e);
    }
    history_add(&r->history, r->value);
    events_step(&r->events, r->step, r->value, r->history.series, r->done + 1);
    r->summed++;
    return 0;
}

/* "loss_D 0.812 loss_G 1.740": the numbers given, or the epoch's means */
static Path numbers(const Run *r, int digits, bool means)
{
    Path p = path_of("%s", "");
    for (int i = 0; i < r->step->outputs && i < OUTPUTS; i++) {
        if (r->step->output[i].kind == BURIN_SAMPLES) continue;
        double v = means ? r->sum[i] / (double)(r->summed ? r->summed : 1) : r->value[i];
        size_t n = strlen(p.s);
        snprintf(p.s + n, sizeof p.s - n, "%s%s %.*f", n ? " " : "", r->step->output[i].name, digits, v);
    }
    return p;
}

static void show_bar(Run *r)
{
    double now = seconds_now(), spent = now - r->epoch_begin;
    int64_t here = r->done - r->epoch_from;
    if (!r->log.terminal || now - r->bar_time < 0.1) return;
    r->bar_time = now;
    double rate = (double)here / spent, left = (double)(r->total - r->done) / rate;
    int64_t in_epoch = (r->done - 1) % r->feed.epoch_steps + 1;
    Word before = word_of("%lld/%lld", (long long)((r->done - 1) / r->feed.epoch_steps) + 1, (long long)r->epochs);
    Path after = path_of("%s/s ETA %s %s", word_count((int64_t)(rate * r->program->batch)).s, word_time(left).s, numbers(r, 2, false).s);
    log_bar(&r->log, (double)in_epoch / (double)r->feed.epoch_steps, before.s, after.s);
}

static int write_stats(Run *r, int64_t epoch, double rate, double spent, const Reading *reading, Error *e)
{
    char *line = NULL;
    size_t size;
    FILE *f = open_memstream(&line, &size);
    fprintf(f, "{\"epoch\":%lld,\"step\":%lld,\"images_per_s\":", (long long)epoch, (long long)r->done);
    json_number(f, rate);
    fputs(",\"seconds\":", f);
    json_number(f, spent);
    for (int i = 0; i < r->step->outputs && i < OUTPUTS; i++) {
        if (r->step->output[i].kind == BURIN_SAMPLES) continue;
        fputc(',', f);
        json_string(f, r->step->output[i].name);
        fputc(':', f);
        json_number(f, r->sum[i] / (double)r->summed);
    }
    gauges_json(f, &r->gauges, reading);
    fputc('}', f);
    fclose(f);
    int bad = log_stats(&r->log, line, e);
    free(line);
    return bad;
}

/* What the epoch was like, and says so. */
static int read_gauges(Run *r, Reading *x, Error *e)
{
    double mean[OUTPUTS];
    for (int i = 0; i < OUTPUTS; i++) mean[i] = r->sum[i] / (double)(r->summed ? r->summed : 1);
    if (gauges_read(&r->gauges, &r->session, &r->history, mean, r->done, x, e)) return -1;
    if (!r->gauges.images) return 0;
    log_say(&r->log, "         %s: %s", verdict_name[x->verdict], x->why.s);
    if (x->verdict > HEALTHY) log_say(&r->log, "         what to try: models/README.md, When a GAN goes wrong");
    return 0;
}

static PageNow now_of(const Run *r, const char *why)
{
    double spent = seconds_now() - r->epoch_begin, rate = spent > 0 ? (double)(r->done - r->epoch_from) / spent : 0;
    PageNow now = {.state = *why ? "failed" : stop_signal ? "stopped" : r->done < r->total ? "running" : "done", .message = why, .done = r->done,
                   .total = r->total, .epochs = r->epochs, .rate = rate * r->program->batch, .left = rate > 0 ? (double)(r->total - r->done) / rate : 0};
    return now;
}

static int write_page(Run *r, const char *why, Error *e)
{
    PageNow now = now_of(r, why);
    return page_write(&r->page, &now, e);
}

/* What TensorBoard shows of an epoch beside the steps' reports and the samples. */
static void add_events(Run *r, double rate, const Reading *x)
{
    events_scalar(&r->events, "images/s", rate, r->done);
    if (!r->gauges.images) return;
    events_scalar(&r->events, "gauges/pairs", x->pairs, r->done);
    events_scalar(&r->events, "gauges/nearest", x->nearest, r->done);
    if (x->classes) events_scalar(&r->events, "gauges/classes", x->number, r->done);
}

static int start_events(Run *r, Error *e)
{
    if (!r->options->tensorboard) return 0;
    if (events_open(&r->events, r->log.folder.s, r->done, e)) return -1;
    events_picture(&r->events, "real images", path_of("%s/reals.png", r->log.folder.s).s, r->done);
    if (!r->done) events_picture(&r->events, "samples", path_of("%s/fakes_0000.png", r->log.folder.s).s, 0);
    return 0;
}

static int64_t epoch_of(const Run *r) { return (r->done + r->feed.epoch_steps - 1) / r->feed.epoch_steps; }

static void begin_epoch(Run *r)
{
    r->epoch_begin = seconds_now();
    r->epoch_from = r->done;
}

/* This moment, as far as it is there anyway. */
static Moment *take_moment(Run *r, int64_t epoch)
{
    Moment *m = &r->aside.moment;
    *m = (Moment){.program = r->program, .step = r->step, .folder = r->log.folder.s, .epoch = epoch, .epoch_steps = r->feed.epoch_steps,
                  .pictures = &r->pictures, .page = &r->page, .events = &r->events, .variables = r->watch.copy, .keep = r->options->keep};
    m->history = r->history;
    m->at = (Progress){.seed = r->seed, .step = (uint64_t)r->done, .epoch = r->done / r->feed.epoch_steps, .epoch_steps = r->feed.epoch_steps};
    if (r->done % r->feed.epoch_steps == 0) return m;
    m->at.summed = r->summed;
    m->at.sums = r->step->outputs < OUTPUTS ? r->step->outputs : OUTPUTS;
    memcpy(m->at.sum, r->sum, sizeof m->at.sum);
    return m;
}

static void want_checkpoint(Moment *m) { m->checkpoint = path_of("%s/snapshot_%04lld.safetensors", m->folder, (long long)m->epoch); }

/* Where a card works meanwhile, a thread writes the moment; events must come in the order of steps. */
static int write_moment(Run *r, Error *e)
{
    bool now = !session_ahead(&r->session, r->session.step) || r->options->tensorboard;
    aside_begin(&r->aside, now);
    return now ? end_aside(r, e) : 0;
}

static int save(Run *r, int64_t epoch, Error *e)
{
    if (check_variables(r, e)) return -1;
    want_checkpoint(take_moment(r, epoch));
    return write_moment(r, e);
}

/* The end of an epoch, or of the run within one. Where the rest cannot be done, the checkpoint is tried all the same. */
static int end_epoch(Run *r, Error *e)
{
    if (check_variables(r, e)) return -1;
    int64_t epoch = epoch_of(r);
    double spent = seconds_now() - r->epoch_begin, rate = spent > 0 ? (double)((r->done - r->epoch_from) * r->program->batch) / spent : 0;
    int width = (int)strlen(word_of("%lld", (long long)r->epochs).s);
    bool keep = r->done == r->total || stop_signal || epoch % r->options->snap == 0;
    log_say(&r->log, "epoch %*lld/%lld %s %s images/s", width, (long long)epoch, (long long)r->epochs, numbers(r, 3, true).s,
            word_count((int64_t)(rate + 0.5)).s);
    Reading reading;
    Moment *m = take_moment(r, epoch);
    int bad = read_gauges(r, &reading, e) || write_stats(r, epoch, rate, spent, &reading, e) || pictures_draw(&m->drawn, &r->session, e);
    m->shows = !bad;
    m->now = now_of(r, "");
    if (!bad) add_events(r, rate, &reading);
    if (keep) want_checkpoint(m);
    Error second;
    if (write_moment(r, bad ? &second : e) || bad) return -1;
    memset(r->sum, 0, sizeof r->sum);
    r->summed = 0;
    begin_epoch(r);
    return 0;
}

static int begin_step(Run *r, Error *e)
{
    Session *s = &r->session;
    int64_t step = r->launched;
    double *times = r->aside.busy ? NULL : page_times(&r->page, step - r->begun);
    if (feed_step(&r->feed, s, step, e)) return -1;
    if (session_begin(s, s->step, (uint64_t)step, times, e)) return but_kept(r, e);
    r->launched++;
    return 0;
}

/* Do the variables have to be read after that many steps, before the next? */
static bool is_boundary(const Run *r, int64_t step)
{
    int64_t often = r->options->snap_steps;
    return step >= r->total || step % r->feed.epoch_steps == 0 || (often && step % often == 0) || watch_due(&r->watch, step);
}

/* On a card the next step is begun before the reports of this one are waited for. */
static int one_step(Run *r, Error *e)
{
    if (r->launched == r->done && begin_step(r, e)) return -1;
    bool more = session_ahead(&r->session, r->session.step) && !stop_signal && !is_boundary(r, r->launched);
    if (more && begin_step(r, e)) return -1;
    if (take_numbers(r, e)) return -1;
    report_damaged(&r->log, &r->feed);
    if (++r->done == r->begun + 1) log_say(&r->log, "start    first step done %s after the start", word_time(seconds_now() - r->options->begin).s);
    return 0;
}

static int steps(Run *r, Error *e)
{
    int64_t often = r->options->snap_steps;
    r->train_begin = seconds_now();
    begin_epoch(r);
    while ((r->done < r->total && !stop_signal) || r->launched > r->done) {
        if (r->launched == r->done && (!r->watch.copy || watch_due(&r->watch, r->done)) && check_variables(r, e)) return -1;
        if (one_step(r, e)) return -1;
        show_bar(r);
        Error later;                                /* what keeps the page from being written is said at the epoch's end */
        if (aside_finished(&r->aside) && end_aside(r, e)) return -1;
        if (!r->aside.busy && page_due(&r->page)) write_page(r, "", &later);
        if (r->done % r->feed.epoch_steps == 0 ? end_epoch(r, e) : often && r->done % often == 0 && save(r, epoch_of(r), e)) return -1;
    }
    if ((r->done > r->epoch_from && end_epoch(r, e)) || end_aside(r, e)) return -1;
    bool lost = r->done > r->good_step;             /* Ctrl-C came just after an epoch's end that saved nothing */
    return (lost && save(r, epoch_of(r), e)) || end_aside(r, e) ? -1 : 0;
}

static void say_end(Run *r)
{
    if (stop_signal) log_say(&r->log, "stopped  by %s after step %s", stop_signal == SIGINT ? "Ctrl-C" : "SIGTERM", word_count(r->done).s);
    if (*r->good.s) log_say(&r->log, "saved    %s", r->good.s);
    report_data_end(&r->log, &r->feed, seconds_now() - r->train_begin);
    report_peak(&r->log);
    log_say(&r->log, "pictures %s: fakes_*.png, progress.png, losses.svg", r->log.folder.s);
    page_say(&r->log, &r->page);
}

/* The variables as the spec says, or from the checkpoint. */
static int start_variables(Run *r, Error *e)
{
    const Resume *x = r->resume;
    int fitted;
    if (!x || r->options->partial)
        if (session_init(&r->session, e)) return -1;
    if (!x) return 0;
    if (checkpoint_restore(&x->checkpoint, x->file.s, &r->session, r->options->partial ? &fitted : NULL, e)) {
        if (!r->options->partial) failed_more(e, "\n--partial begins a new run with what fits");
        return -1;
    }
    if (r->options->partial) log_say(&r->log, "partial  %d of its tensors fit the spec%s", fitted, *e->text ? strchr(e->text, '\n') : "");
    else r->good = x->file, r->good_step = (int64_t)x->at.step;
    return 0;
}

/* In the folder of the run that it goes on with? */
static bool goes_on(const Run *r) { return r->resume && *r->resume->folder.s && !r->options->partial; }

static int start_pictures(Run *r, Error *e)
{
    int64_t epochs = r->done / r->feed.epoch_steps;
    Drawn drawn;
    if (!goes_on(r)) return pictures_draw(&drawn, &r->session, e) || pictures_write(&r->pictures, &drawn, epochs, r->log.folder.s, e);
    pictures_again(&r->pictures, &r->session, epochs, r->log.folder.s);
    return 0;
}

/* A run of its own, or the one that it goes on with. */
static int start_folder(Run *r, Error *e)
{
    float gap[OUTPUTS];                             /* what is not known of the steps before leaves a gap in the curves */
    for (int i = 0; i < OUTPUTS; i++) gap[i] = NAN;
    bool on = goes_on(r);
    if (on ? log_again(&r->log, r->resume->folder.s, r->done - r->done % r->feed.epoch_steps, e) : log_folder(&r->log, r->options->outdir, r->program->name, e)) return -1;
    log_say(&r->log, "run      %s", r->log.folder.s);
    const char *before = r->resume ? r->resume->at.history : NULL;
    if (!before || history_take(&r->history, before, r->done))
        for (int64_t i = 0; i < r->done; i++) history_add(&r->history, gap);
    return 0;
}

static int run_in_folder(Run *r, Error *e)
{
    const char *folder = r->log.folder.s;
    page_start(&r->page, &r->session, &r->device, &r->feed, &r->history, folder);
    gauges_start(&r->gauges, &r->feed, &r->session);
    if (write_options(r, e) || start_variables(r, e) || pictures_reals(&r->feed, &r->session, folder, e) || start_pictures(r, e) ||
        start_events(r, e) || steps(r, e) || events_close(&r->events, e)) return -1;
    say_end(r);
    fflush(r->log.text);
    return ferror(r->log.text) ? failed(e, "cannot write %s/log.txt", folder) : 0;
}

static int prepare(Run *r, const DataPlaces *places, Error *e)
{
    const BurinProgram *p = r->program;
    int entry = entry_find(p, "step");
    if (entry < 0) return failed(e, "%s: the spec has no training step (steps = {...} in what it returns)", p->spec_path);
    r->step = &p->entry[entry];
    if (feed_open(&r->feed, p, places, e)) return -1;
    const Progress *at = r->resume && !r->options->partial ? &r->resume->at : NULL;
    r->seed = at && !r->options->seed_given ? at->seed : r->options->seed;
    if (at && at->epoch_steps == r->feed.epoch_steps) {
        r->done = (int64_t)at->step;
        r->summed = at->summed;
        memcpy(r->sum, at->sum, sizeof r->sum);
    } else if (at) r->done = at->epoch * r->feed.epoch_steps;
    r->begun = r->launched = r->done;
    int64_t epochs = r->options->epochs ? r->options->epochs : p->epochs > 0 ? p->epochs : 1;
    r->total = r->options->steps ? r->options->steps : epochs * r->feed.epoch_steps;
    r->epochs = (r->total + r->feed.epoch_steps - 1) / r->feed.epoch_steps;
    history_start(&r->history, r->step->outputs);
    return 0;
}

static int run_all(Run *r, const DataPlaces *places, Error *e)
{
    if (prepare(r, places, e)) return -1;
    say_all(r);
    if (r->options->dry_run) {
        report_time(&r->log, r->program, r->type, &r->device, &r->feed, r->total - r->done);
        log_say(&r->log, "dry run  nothing was trained or written");
        return 0;
    }
    if (r->done >= r->total) {
        log_say(&r->log, "done     nothing is left to do; --epochs N trains on, to N in all");
        return 0;
    }
    if (session_open(&r->session, r->program, r->type, &r->device, r->seed, e)) return -1;
    log_say(&r->log, "kernels  %s", r->session.built.s);
    if (feed_keep(&r->feed, &r->session, e)) return -1;
    if (r->type->keep) report_feed(&r->log, &r->feed, r->program);
    return stop_signal ? 0 : start_folder(r, e) || run_in_folder(r, e) ? -1 : 0;
}

int find_resume(Resume *resume, const Options *o, const char *name, Error *e)
{
    if (!o->resume) return o->partial ? failed(e, "--partial: of what? Give --resume too") : 0;
    int found = resume_find(resume, o->resume, o->outdir, name, o->partial, e);
    if (!found) printf("resume   no run%s%s in %s has a checkpoint: a new one begins\n", name ? " of " : "", name ? name : "", o->outdir);
    return found;
}

int train(const BurinProgram *p, const Options *o, const Chosen *on, const DataPlaces *places, const Resume *resume, Error *e)
{
    Run *r = array_of(Run, 1);
    memset(r, 0, sizeof *r);
    r->program = p;
    r->options = o;
    r->type = on->type;
    r->device = on->options;
    r->resume = resume;
    stop_signal = 0;
    catch_signals();
    log_start(&r->log);
    int bad = run_all(r, places, e);
    if (bad && stop_signal && !r->session.device) bad = 0;       /* a compiler that Ctrl-C ended is no fault */
    if (bad && r->log.text) fprintf(r->log.text, "burin: %s\n", e->text);
    Error second;
    end_aside(r, &second);
    if (bad && r->page.session) write_page(r, e->text, &second);
    log_end(&r->log);
    pictures_free(&r->pictures);
    page_free(&r->page);
    watch_free(&r->watch);
    gauges_free(&r->gauges);
    events_close(&r->events, &second);
    feed_close(&r->feed);
    session_close(&r->session);
    free(r);
    return bad ? 1 : stop_signal ? 128 + stop_signal : 0;
}
