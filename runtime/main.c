/* main.c: the `burin` command: the map of all. A spec becomes a Program (gen/), the Program runs here (runtime/).
 *
 *     new     a kind -> new_spec()                    new.c
 *     check   specs -> compile_check()                gen/
 *     fmt     specs -> format_spec()                  gen/
 *     train   spec -> compile() -> train()            loop.c
 *     sample  checkpoint -> compile() -> a picture    here
 *     show    spec -> compile() -> compiled_show()    gen/
 *     emit    spec -> compile() -> compiled_emit()    gen/
 *     bench   spec -> compile() -> bench()            bench.c
 *     doctor  what training needs                     doctor.c
 *     tune    spec -> compile() many times -> tune()  tune.c                                                        */
#include "../gen/compile.h"
#include "bench.h"
#include "checkpoint.h"
#include "cpu.h"
#include "doctor.h"
#include "file.h"
#include "fit.h"
#include "help.h"
#include "home.h"
#include "image.h"
#include "loop.h"
#include "new.h"
#include "roofline.h"
#include "npy.h"
#include "report.h"
#include "report_data.h"
#include "tune.h"
#include <stdlib.h>
#include <string.h>

static DataPlaces places;           /* for describe() and declared(), which get no context */

static int describe(const BurinSource *s, int64_t shape[3], char *error, size_t size)
{
    Error e = {""};
    int bad = data_describe(s, &places, shape, &e);
    if (bad) snprintf(error, size, "%s", e.text);
    return bad;
}

static void declared(const BurinSource *s) { data_ahead(&places, s); }

/* What is compiled for. */
typedef struct { const char *name; Word isa; } Target;

static int check_isa(const char *isa, Error *e)
{
    int n = 0;
    if (isa_floats(isa)) return 0;
    while (isa_names[n]) n++;
    const char *near = nearest(isa, isa_names, n);
    return failed(e, "--isa %s: no such one; %s%s%s", isa, near ? "did you mean " : "use avx512bf16, avx512, avx2, sse2, neon or c", near ? near : "", near ? "?" : "");
}

/* Of the device that will run it; else (`on` is NULL: show, emit) what the flags say. */
static int find_target(const Options *o, const Chosen *on, Target *t, Error *e)
{
    Cpu cpu;
    if (on) {
        *t = (Target){on->type->name, on->isa};
    } else if (!strcmp(o->target, "cuda")) {
        *t = (Target){o->target, word_of("%s", o->arch)};
        if (strncmp(o->arch, "sm_", 3) || !o->arch[3] || o->arch[3 + strspn(o->arch + 3, "0123456789")])
            return failed(e, "--arch %s: no such one; for instance sm_80", o->arch);
    } else {
        cpu_read(&cpu);
        *t = (Target){o->target, word_of("%s", o->isa ? o->isa : cpu.isa)};
    }
    if (strcmp(t->name, "cpu")) return 0;
    if (o->line_info) return failed(e, "--line-info is of a card's kernels, and these are for the CPU");
    return check_isa(t->isa.s, e);
}

/* The options in a checkpoint, as "name=value". */
static char **options_of(const Checkpoint *c, int *n)
{
    char **list = grow(NULL, ((size_t)c->pairs + 1) * sizeof *list);
    *n = 0;
    for (int i = 0; i < c->pairs; i++)
        if (!strncmp(c->pair[i].key, "option.", 7)) list[(*n)++] = strdup(path_of("%s=%s", c->pair[i].key + 7, c->pair[i].value).s);
    return list;
}

/* What is to be compiled. */
typedef struct {
    const char *spec, *text;    /* path of the spec; what is in it, or NULL: it is read */
    const Checkpoint *of;       /* where options come from that are not given; NULL */
    const Chosen *on;           /* where it will run; NULL: it is only looked at */
    bool reads;                 /* its data will be read after */
    const char *tuned;          /* see CompileOptions; NULL: what burin tune found for this machine */
    int candidate;
} Wish;

/* A spec as a Program; NULL with a message. */
static Compiled *compile_spec(Wish w, const Options *o, Error *e)
{
    static Path home;
    Target t;
    if (find_target(o, w.on, &t, e) || find_home(&home, e)) return NULL;
    places = (DataPlaces){.data = o->data, .home = home.s, .threads = (int)o->threads};
    int presets = 0;
    char **preset = w.of ? options_of(w.of, &presets) : NULL, *found = w.tuned ? NULL : tuned_read(t.isa.s);
    CompileOptions c = {.spec = w.spec, .text = w.text, .home = home.s, .set = o->set, .sets = o->sets, .preset = (const char *const *)preset,
                        .presets = presets, .target = t.name, .isa = t.isa.s, .line_info = o->line_info, .describe = describe, .declared = w.reads ? declared : NULL,
                        .tuned = found ? found : w.tuned, .candidate = w.candidate};
    Compiled *compiled = compile(&c, e->text, sizeof e->text);
    while (presets) free(preset[--presets]);
    free(preset);
    free(found);
    return compiled;
}

static Compiled *compile_file(Wish w, const Options *o, int command, Error *e)
{
    const char *candidate = getenv("BURIN_CANDIDATE");          /* tests: a choice of each kernel other than usual */
    w.spec = o->file;
    w.candidate = candidate ? atoi(candidate) : 0;
    if (o->file) return compile_spec(w, o, e);
    command_needs(command, "spec", e);
    return NULL;
}

/* A message as editors parse it: one that names the spec but no line of it is about line 1. */
static void say_line(const char *spec, Error *e)
{
    Error was = *e;
    size_t n = strlen(spec);
    if (!strncmp(was.text, spec, n) && was.text[n] == ':' && was.text[n + 1] == ' ') error_set(e, "%s:1%s", spec, was.text + n);
}

static int check_spec(const char *spec, const Options *o, Error *e)
{
    static Path home;
    Facts f;
    if (find_home(&home, e)) return -1;
    places = (DataPlaces){.data = o->data, .home = home.s};
    CompileOptions c = {.spec = spec, .home = home.s, .set = o->set, .sets = o->sets, .describe = describe};
    if (compile_check(&c, &f, e->text, sizeof e->text)) return say_line(spec, e), -1;
    printf("%s: ok: %d layers, %s parameters, %s operations\n", spec, f.layers, word_count(f.parameters).s, word_count(f.nodes).s);
    return 0;
}

/* Puts the better text in the file's place ("-": prints it); with --check only says that it is another. */
static int format_put(const char *spec, const char *text, const char *better, const Options *o, Error *e)
{
    if (!strcmp(spec, "-") && !o->check) return fputs(better, stdout), 0;
    if (!strcmp(text, better)) return 0;
    if (o->check) return failed(e, "%s:1: burin fmt would change it", spec);
    if (file_replace(spec, better, strlen(better), e)) return -1;
    printf("%s: laid out anew\n", spec);
    return 0;
}

static int format_file(const char *spec, const Options *o, Error *e)
{
    char *text, *better = NULL;
    size_t size;
    if (file_read(strcmp(spec, "-") ? spec : "/dev/stdin", &text, &size, e)) return -1;
    if (strlen(text) < size) error_set(e, "%s:1: is not a text file", spec);
    else better = format_spec(spec, text, e->text, sizeof e->text);
    int bad = !better || format_put(spec, text, better, o, e);
    free(text);
    free(better);
    return bad;
}

/* The spec in a checkpoint. */
static Compiled *compile_checkpoint(const Checkpoint *c, const char *path, const Options *o, const Chosen *on, bool reads, Error *e)
{
    const char *text = checkpoint_value(c, "burin.spec"), *spec = checkpoint_value(c, "burin.spec_path");
    if (o->spec) spec = o->spec, text = NULL;
    if (spec && (text || o->spec)) return compile_spec((Wish){.spec = spec, .text = text, .of = c, .on = on, .reads = reads}, o, e);
    error_set(e, "%s was not written by burin: its metadata hold no spec; name it with --spec", path);
    return NULL;
}

/* The spec's name, as its program has it: models/dcgan mnist.lua -> dcgan_mnist. */
static Path name_of(const char *spec)
{
    Path name = path_of("%s", path_name(spec));
    char *end = strrchr(name.s, '.');
    if (end && end != name.s) *end = 0;
    for (char *c = name.s; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c)) *c = '_';
    return name;
}

static void print_error(const char *text);

/* The same for each of the specs that are named. All errors are printed, but the last, which main prints. */
static int each_spec(int (*act)(const char *, const Options *, Error *), int command, const Options *o, Error *e)
{
    int bad = 0;
    Error one;
    if (!o->words) return -command_needs(command, "spec", e);
    for (int i = 0; i < o->words; i++) {
        if (!act(o->word[i], o, &one)) continue;
        if (bad++) print_error(e->text);
        *e = one;
    }
    return bad ? 1 : 0;
}

static int run_check(const Options *o, Error *e) { return each_spec(check_spec, CHECK, o, e); }
static int run_fmt(const Options *o, Error *e) { return each_spec(format_file, FMT, o, e); }

static int run_new(const Options *o, Error *e)
{
    Path home;
    if (!o->file) return -command_needs(NEW, "name", e);
    return find_home(&home, e) || new_spec(home.s, o->kind, o->file, e) ? 1 : 0;
}

/* For fit_batch(): the same command with another batch. */
typedef struct { Options options; const Chosen *on; Compiled *compiled; Word set; } Fitting;

static const BurinProgram *make_batch(void *context, int batch, Error *e)
{
    Fitting *f = context;
    if (f->compiled) compiled_free(f->compiled);
    f->set = word_of("batch=%d", batch);
    f->options.set[f->options.sets - 1] = f->set.s;
    f->compiled = compile_file((Wish){.on = f->on}, &f->options, TRAIN, e);
    return f->compiled ? compiled_program(f->compiled) : NULL;
}

static bool gives_batch(const Options *o)
{
    for (int i = 0; i < o->sets; i++)
        if (!strncmp(o->set[i], "batch=", 6)) return true;
    return false;
}

/* --max-mem: sets the batch in the options. */
static int find_batch(Options *o, const Chosen *on, Error *e)
{
    Fitting f = {.options = *o, .on = on};
    Memory memory;
    int batch;
    if (o->resume) return failed(e, "--max-mem and --resume: a run that goes on keeps its batch");
    if (gives_batch(o)) return failed(e, "--max-mem and --batch: give one of them");
    f.options.set = grow(NULL, (size_t)(o->sets + 1) * sizeof *o->set);
    if (o->sets) memcpy(f.options.set, o->set, (size_t)o->sets * sizeof *o->set);
    f.options.sets++;
    int bad = fit_batch(&batch, &memory, o->max_mem, make_batch, &f, on->type, on->options.threads, &places, e);
    if (f.compiled) compiled_free(f.compiled);
    free(f.options.set);
    if (bad) return -1;
    o->set = grow(o->set, (size_t)(o->sets + 1) * sizeof *o->set);
    o->set[o->sets++] = strdup(word_of("batch=%d", batch).s);
    printf("batch    %d: the largest that fits in %s (%s)\n", batch, word_bytes(o->max_mem).s, memory_words(&memory).s);
    return 0;
}

static int run_train(const Options *o, Error *e)
{
    Resume resume;
    Chosen on;
    if (!o->file && !o->resume) return -command_needs(TRAIN, "spec", e);
    if (choose_device(o, devices, &on, e)) return 1;
    if (o->max_mem > 0 && find_batch((Options *)o, &on, e)) return 1;
    int found = find_resume(&resume, o, o->file ? name_of(o->file).s : NULL, e);
    if (found < 0) return 1;
    Compiled *c = found && !o->file ? compile_checkpoint(&resume.checkpoint, resume.file.s, o, &on, true, e)
                                    : compile_file((Wish){.on = &on, .reads = true, .of = found ? &resume.checkpoint : NULL}, o, TRAIN, e);
    int status = c ? train(compiled_program(c), o, &on, &places, found ? &resume : NULL, e) : 1;
    if (c) compiled_free(c);
    if (found) resume_free(&resume);
    return status;
}

static int run_bench(const Options *o, Error *e)
{
    Chosen on;
    if (!o->file) return -command_needs(BENCH, "spec", e);
    if (choose_device(o, devices, &on, e)) return 1;
    Compiled *c = compile_file((Wish){.on = &on, .reads = !strcmp(o->entry, "step")}, o, BENCH, e);
    if (!c) return 1;
    int bad = bench(compiled_program(c), o, &on, &places, seconds_now() - o->begin, e);
    compiled_free(c);
    return bad ? 1 : 0;
}

/* What make_tuned() makes programs from. */
typedef struct { const Options *options; Chosen on; } Tuning;

static const BurinProgram *make_tuned(void *tuning, const char *tuned, int candidate, Error *e)
{
    const Tuning *t = tuning;
    Compiled *c = compile_spec((Wish){.spec = t->options->file, .on = &t->on, .tuned = tuned, .candidate = candidate}, t->options, e);
    return c ? compiled_program(c) : NULL;
}

static int run_tune(const Options *o, Error *e)
{
    Tuning t = {.options = o};
    if (!o->file) return -command_needs(TUNE, "spec", e);
    if (choose_device(o, !strcmp(o->device, "auto") ? devices_cpu : devices, &t.on, e)) return 1;
    if (strcmp(t.on.type->name, "cpu")) return -failed(e, "--device %s: burin tune measures the kernels of the CPU only, so far", o->device);
    return tune(make_tuned, &t, o, &t.on, &places, e) ? 1 : 0;       /* its programs stay in memory until the end */
}

static void show_data(const BurinProgram *p)
{
    Log log;
    log_start(&log);
    for (int i = 0; i < p->sources; i++) report_source(&log, &p->source[i], &places);
    log_end(&log);
}

static int run_show(const Options *o, Error *e)
{
    Compiled *c = compile_file((Wish){0}, o, SHOW, e);
    if (!c) return 1;
    int bad = compiled_show(c, o->stage ? o->stage : "layers", o->kernel, stdout, e->text, sizeof e->text);
    if (!bad && !o->stage) show_data(compiled_program(c));
    if (!bad && o->stage && !strcmp(o->stage, "kernels") && !strcmp(o->target, "cuda")) {
        putchar('\n');
        bad = roofline_show(compiled_program(c), stdout, e);
    }
    compiled_free(c);
    return bad ? 1 : 0;
}

static bool ends_in(const char *path, const char *suffix)
{
    const char *end = strrchr(path_name(path), '.');
    return end && !strcmp(end, suffix);
}

/* -o names the folder of train.cu, or the file itself. */
static int emit_single(const Compiled *c, const BurinProgram *p, const Options *o, Error *e)
{
    Path home;
    Error command;
    const char *suffix = strcmp(p->target, "cuda") ? ".c" : ".cu", *out = o->out;
    if (out && ends_in(out, suffix[2] ? ".c" : ".cu")) return failed(e, "-o %s: what is for %s is named NAME%s", out, p->target, suffix);
    Path file = out && ends_in(out, suffix) ? path_of("%s", out) : out ? path_of("%s/train%s", out, suffix) : path_of("out/%s/%s/train%s", p->name, p->target, suffix);
    if (find_home(&home, e) || folder_make(path_folder(file.s).s, e) || compiled_emit_single(c, home.s, file.s, command.text, e->text, sizeof e->text)) return -1;
    printf("%s: written; build it there with %s\n", file.s, command.text);
    return 0;
}

static int emit_parts(const Compiled *c, const BurinProgram *p, const Options *o, Error *e)
{
    if (o->out && (ends_in(o->out, ".c") || ends_in(o->out, ".cu"))) return failed(e, "-o %s: a folder is wanted; with --single-file it may be a file", o->out);
    Path dir = o->out ? path_of("%s", o->out) : path_of("out/%s/%s", p->name, p->target);
    if (folder_make(dir.s, e) || compiled_emit(c, dir.s, e->text, sizeof e->text)) return -1;
    printf("%s: written; build it with make -C %s\n", dir.s, dir.s);
    return 0;
}

static int run_emit(const Options *o, Error *e)
{
    Compiled *c = compile_file((Wish){.tuned = o->tuned ? NULL : ""}, o, EMIT, e);
    if (!c) return 1;
    int bad = (o->single_file ? emit_single : emit_parts)(c, compiled_program(c), o, e);
    compiled_free(c);
    return bad ? 1 : 0;
}

/* As a picture; or, in a file that is named .npy, as the numbers that they are. */
static int write_samples(const float *x, const BurinOutput *output, int count, const char *path, Error *e)
{
    const char *end = strrchr(path, '.');
    if (end && !strcmp(end, ".npy")) return npy_write(path, x, count, output->shape + 1, e);
    if (output->shape[3] != 1 && output->shape[3] != 3)
        return failed(e, "samples of %lld channels make no picture (1 or 3 do)", (long long)output->shape[3]);
    Picture g = picture_grid(x, count, output->shape + 1, output->lo, output->hi, picture_columns(count));
    int bad = picture_write(&g, path, e);
    picture_free(&g);
    return bad;
}

static int draw(const Checkpoint *c, const char *path, const BurinProgram *p, const Options *o, const Chosen *on, Error *e)
{
    Session s = {0};
    Path absent;
    const BurinOutput *output;
    const char *seed = checkpoint_value(c, "burin.seed"), *step = checkpoint_value(c, "burin.step"), *out = o->out ? o->out : "grid.png";
    uint64_t from = o->seed_given ? o->seed : seed ? strtoull(seed, NULL, 10) : 0;
    float *x = NULL;
    if (!checkpoint_draws(c, path, p, &absent, e) && !session_open(&s, p, on->type, &on->options, from, e) && !checkpoint_weights(c, &s, e))
        x = session_samples(&s, from, (int)o->count, &output, e);
    int bad = !x || write_samples(x, output, (int)o->count, out, e);
    if (!bad && *absent.s) printf("note: the file has nothing of %s\n", absent.s);
    if (!bad)
        printf("%s: %lld images of %lldx%lld from %s (step %s), seed %llu\n", out, (long long)o->count, (long long)output->shape[1],
               (long long)output->shape[2], path, step ? step : "unknown", (unsigned long long)from);
    free(x);
    session_close(&s);
    return bad;
}

static int run_sample(const Options *o, Error *e)
{
    Path path, torn;
    Checkpoint c;
    Chosen on;
    if (!o->file) return -command_needs(SAMPLE, "run", e);
    if (checkpoint_open(&c, o->file, &path, &torn, e)) return 1;
    if (*torn.s) printf("%s is damaged; the one before it is taken\n", torn.s);
    Compiled *compiled = choose_device(o, devices, &on, e) ? NULL : compile_checkpoint(&c, path.s, o, &on, false, e);
    int bad = !compiled || draw(&c, path.s, compiled_program(compiled), o, &on, e);
    if (compiled) compiled_free(compiled);
    checkpoint_free(&c);
    return bad ? 1 : 0;
}

static int run_devices(const Options *o, Error *e)
{
    (void)o, (void)e;
    char text[1024];
    const char *best = NULL;
    for (int i = 0; devices[i]; i++) {
        DeviceState state = devices[i]->describe(0, text, sizeof text);
        printf("%s: %s\n", devices[i]->name, text);
        if (state == DEVICE_READY && !best) best = devices[i]->name;
        for (int n = 1; state == DEVICE_READY && devices[i]->describe(n, text, sizeof text) == DEVICE_READY; n++)
            printf("%s:%d: %s\n", devices[i]->name, n, text);
    }
    printf("--device auto takes %s\n", best ? best : "none");
    return 0;
}

static int run_doctor(const Options *o, Error *e) { return doctor((DataPlaces){.data = o->data}, o->outdir, e) ? 1 : 0; }

static int run_version(const Options *o, Error *e)
{
    (void)o, (void)e;
    puts("burin " BURIN_VERSION);
    return 0;
}

static int run_help(const Options *o, Error *e)
{
    const Command *c = o->file ? command_find(o->file, e) : NULL;
    if (o->file && !c) return 1;
    if (c) help_command(stdout, c);
    else help_all(stdout);
    return 0;
}

static int run_manual(const Options *o, Error *e)
{
    (void)o, (void)e;
    manual(stdout);
    return 0;
}

static int run_completion(const Options *o, Error *e)
{
    if (!o->file) return -command_needs(COMPLETION, "shell", e);
    return completion(stdout, o->file, e) ? 1 : 0;
}

/* What each command does; it returns the exit status. 1: with a message. */
#define RUN(name, ...) run_##name,
static int (*const run[])(const Options *, Error *) = {COMMANDS(RUN)};

/* "models/x.lua:14: ..." stands as it is, so that editors find the place; what names no place says who speaks. */
static void print_error(const char *text)
{
    size_t n = strcspn(text, ":");
    bool lua = n > 4 && !strncmp(text + n - 4, ".lua", 4), line = text[n] == ':' && text[n + 1] >= '0' && text[n + 1] <= '9';
    bool place = lua ? line || strcspn(text, " ") > n : line && strcspn(text, " ") > n;
    fprintf(stderr, "%s%s\n", place ? "" : "burin: ", text);
}

int main(int argc, char **argv)
{
    Options o = {.begin = seconds_now()};
    Error e = {""};
    const char *word = argc > 1 ? argv[1] : "help";
    if (!strcmp(word, "--help") || !strcmp(word, "-h")) word = "help";
    if (!strcmp(word, "--version")) word = "version";
    const Command *c = command_find(word, &e);
    int status = 1;
    if (c && !options_parse(&o, c->bit, argc - 2, argv + 2, &e)) {
        if (o.help) help_command(stdout, c), status = 0;
        else status = run[c - commands](&o, &e);
    }
    if (fflush(stdout) && !status) error_set(&e, "cannot write to the standard output"), status = 1;
    if (status == 1) print_error(e.text);
    options_free(&o);
    return status;
}
