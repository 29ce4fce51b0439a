/* options.c: the command line. */
#include "options.h"
#include "flag.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(Options, member)
enum { RUNS = TRAIN | STANDALONE | ONE_FILE, COMPILES = TRAIN | SHOW | EMIT | BENCH | TUNE };

const Flag flags[] = {
    {"outdir", "", WORD, "DIR", RUNS | DOCTOR, AT(outdir), "where the run's folder is made (out/runs)"},
    {"data", "", WORD, "DIR", RUNS | SHOW | EMIT | BENCH | TUNE | CHECK | DOCTOR, AT(data), "folder of the data ($BURIN_DATA, else the usual places)"},
    {"epochs", "", COUNT, "N", RUNS, AT(epochs), "epochs to train (what the spec says)"},
    {"steps", "", COUNT, "N", RUNS, AT(steps), "stop after N steps and save, whatever the epochs"},
    {"kind", "", WORD, "gan|classifier|autoencoder", NEW, AT(kind), "what to write (gan)"},
    {"check", "", SWITCH, "", FMT, AT(check), "change nothing; name the files that would change, exit 1"},
    {"batch", "", BATCH, "N", COMPILES | CHECK, 0, "the same as --set batch=N"},
    {"max-mem", "", SIZE, "SIZE", TRAIN, AT(max_mem), "train with the largest batch that fits in 800M, 2G, ..."},
    {"set", "", SET, "NAME=VALUE", COMPILES | CHECK | SAMPLE, 0, "an option that the spec declares; may be repeated"},
    {"seed", "", SEED, "N", RUNS | SAMPLE | BENCH, AT(seed), "of the random numbers: the same seed, the same bits (0)"},
    {"snap", "", COUNT, "N", RUNS, AT(snap), "a checkpoint every N epochs (1), and at the end"},
    {"snap-steps", "", COUNT, "N", RUNS, AT(snap_steps), "a checkpoint every N steps, too"},
    {"keep", "", COUNT, "N", RUNS, AT(keep), "checkpoints to keep, the last ones (5)"},
    {"resume", "", WORD, "WHICH", RUNS, AT(resume), "go on with a run: latest, its folder, or a checkpoint"},
    {"partial", "", SWITCH, "", RUNS, AT(partial), "with --resume: begin anew with the weights that fit"},
    {"tensorboard", "", SWITCH, "", TRAIN | STANDALONE, AT(tensorboard), "write TensorBoard's event files into the run's folder, too"},
    {"dry-run", "n", SWITCH, "", RUNS, AT(dry_run), "say what would be done and how long it takes, and stop"},
    {"count", "n", COUNT, "N", SAMPLE, AT(count), "images to draw (64)"},
    {"out", "o", WORD, "FILE", SAMPLE, AT(out), "a PNG (grid.png), or NAME.npy: the numbers themselves"},
    {"spec", "", WORD, "SPEC", SAMPLE, AT(spec), "the spec, where the file does not hold it"},
    {"layers", "", STAGE, "", SHOW, 0, "the layers of each net (what show does by itself)"},
    {"graph", "", STAGE, "", SHOW, 0, "the graph, one node a line"},
    {"dot", "", STAGE, "", SHOW, 0, "the graph for Graphviz"},
    {"passes", "", STAGE, "", SHOW, 0, "the graph after each pass"},
    {"kernels", "", STAGE, "", SHOW, 0, "the kernels, with what was fused into each"},
    {"memory", "", STAGE, "", SHOW, 0, "the memory map"},
    {"source", "", STAGE, "[K]", SHOW, 0, "the generated text, of kernel K (name or number) or all"},
    {"target", "", WORD, "cpu|cuda", SHOW | EMIT, AT(target), "what the text is for (cpu)"},
    {"arch", "", WORD, "NAME", SHOW | EMIT, AT(arch), "cuda: the architecture that it is for (sm_80)"},
    {"out", "o", WORD, "DIR", EMIT, AT(out), "the folder to write to (out/NAME/TARGET)"},
    {"single-file", "", SWITCH, "", EMIT, AT(single_file), "one file with all of the runtime that it needs, train.cu"},
    {"line-info", "", SWITCH, "", TRAIN | SHOW | EMIT | BENCH, AT(line_info), "cuda: profilers show the lines of the spec"},
    {"tuned", "", SWITCH, "", EMIT, AT(tuned), "with what burin tune found for this machine"},
    {"entry", "", WORD, "step|sample", BENCH, AT(entry), "what is timed (step)"},
    {"seconds", "", SECONDS, "S", BENCH, AT(seconds), "length of each repeat (3)"},
    {"seconds", "", SECONDS, "S", TUNE, AT(seconds), "how long to measure kernels; the step half as long (30)"},
    {"repeats", "", COUNT, "R", BENCH, AT(repeats), "repeats (5)"},
    {"json", "", SWITCH, "", BENCH, AT(json), "print one JSON object"},
    {"threads", "", COUNT, "N", RUNS | SAMPLE | BENCH | TUNE, AT(threads), "threads (one for each core that may be used)"},
    {"device", "", WORD, "DEVICE", RUNS | SAMPLE | BENCH | TUNE, AT(device), "auto, cpu, cuda or cuda:N ($BURIN_DEVICE, else auto)"},
    {"isa", "", WORD, "ISA", COMPILES | SAMPLE, AT(isa), "avx512bf16, avx512, avx2, sse2, neon, c (the best)"},
    {"help", "h", SWITCH, "", -1, AT(help), "this text"},
};
enum { FLAGS = sizeof flags / sizeof *flags };
const int flag_count = FLAGS;

Word flag_text(const Flag *f)
{
    return word_of("%s%s%s--%s%s%s", *f->letter ? "-" : "", f->letter, *f->letter ? ", " : "", f->name, *f->argument ? " " : "", f->argument);
}

bool is_choice(const char *argument) { return strchr(argument, '|') && *argument >= 'a' && *argument <= 'z'; }

int choice_check(const char *what, const char *argument, const char *word, Error *e)
{
    Error no;
    error_set(&no, "%s %s: no such one; use ", what, word);
    for (const char *p = argument;; p++) {
        int n = (int)strcspn(p, "|");
        if ((int)strlen(word) == n && !strncmp(word, p, (size_t)n)) return 0;
        failed_more(&no, "%.*s", n, p);
        p += n;
        if (!*p) break;
        failed_more(&no, strchr(p + 1, '|') ? ", " : " or ");
    }
    *e = no;
    return -1;
}

void options_help(FILE *f, int command)
{
    enum { WIDTH = 19 };                            /* of the first column; what is wider has a line of its own */
    for (int i = 0; i < FLAGS; i++) {
        if (!(flags[i].commands & command)) continue;
        Word w = flag_text(&flags[i]);
        if (strlen(w.s) > WIDTH) fprintf(f, "  %s\n  %-*s %s\n", w.s, WIDTH, "", flags[i].help);
        else fprintf(f, "  %-*s %s\n", WIDTH, w.s, flags[i].help);
    }
}

/* The flag that a word names: "--seed", "--seed=3", "-n". */
static const Flag *find_flag(const char *word, int command)
{
    size_t length = strcspn(word, "=");
    for (int i = 0; i < FLAGS; i++) {
        if (!(flags[i].commands & command)) continue;
        if (word[1] != '-' && !strcmp(word + 1, flags[i].letter)) return &flags[i];
        if (word[1] == '-' && strlen(flags[i].name) == length - 2 && !strncmp(word + 2, flags[i].name, length - 2)) return &flags[i];
    }
    return NULL;
}

static int unknown(const char *word, int command, Error *e)
{
    const char *name[FLAGS];
    int n = 0;
    Path bare = path_of("%.*s", (int)strcspn(word, "="), word);
    for (int i = 0; i < FLAGS; i++)
        if (flags[i].commands & command) name[n++] = flags[i].name;
    const char *near = nearest(bare.s + strspn(bare.s, "-"), name, n);
    if (near) return failed(e, "unknown flag %s; did you mean --%s?", bare.s, near);
    return failed(e, "unknown flag %s; --help lists them", bare.s);
}

static void add_set(Options *o, const char *text)
{
    o->set = array_grow(o->set, const char *, o->sets + 1);
    o->set[o->sets++] = text;
}

static int take_integer(const char *value, const Flag *f, uint64_t least, uint64_t most, uint64_t *n, Error *e)
{
    char *end;
    errno = 0;
    *n = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || errno || *n < least || *n > most)
        return failed(e, "--%s %s: a whole number is wanted, from %llu to %llu", f->name, value, (unsigned long long)least, (unsigned long long)most);
    return 0;
}

static int take_size(const char *value, const Flag *f, double *bytes, Error *e)
{
    static const char letter[] = "KMGT";
    char *end;
    *bytes = strtod(value, &end);
    const char *unit = end != value && *end ? strchr(letter, *end & ~32) : NULL;
    for (int i = 0; unit && i <= unit - letter; i++) *bytes *= 1024;
    if (unit && (!strcmp(end + 1, "") || !strcmp(end + 1, "B") || !strcmp(end + 1, "iB")) && *bytes >= 1 && *bytes < 1e18) return 0;
    return failed(e, "--%s %s: a size is wanted, as 800M or 2G", f->name, value);
}

static int take_value(Options *o, const Flag *f, const char *value, Error *e)
{
    char *at = (char *)o + f->at, *end;
    uint64_t n;
    switch (f->kind) {
    case WORD:
        *(const char **)at = value;
        if (is_choice(f->argument)) return choice_check(path_of("--%s", f->name).s, f->argument, value, e);
        return *value ? 0 : failed(e, "--%s: %s is missing", f->name, f->argument);
    case COUNT:
        if (take_integer(value, f, 1, f->at == AT(threads) ? 1024 : 1000000000, &n, e)) return -1;
        *(int64_t *)at = (int64_t)n;
        return 0;
    case SEED:
        if (take_integer(value, f, 0, UINT64_MAX, &n, e)) return -1;
        o->seed = n, o->seed_given = true;
        return 0;
    case BATCH:
        if (take_integer(value, f, 1, 1000000, &n, e)) return -1;
        add_set(o, strdup(word_of("batch=%llu", (unsigned long long)n).s));
        return 0;
    case SECONDS:
        o->seconds = strtod(value, &end);
        return end != value && !*end && o->seconds > 0 && o->seconds < 1e6 ? 0 : failed(e, "--%s %s: a number of seconds is wanted", f->name, value);
    case SIZE:
        return take_size(value, f, (double *)at, e);
    case SET:
        if (!strchr(value, '=') || *value == '=') return failed(e, "--set %s: NAME=VALUE is wanted", value);
        add_set(o, strdup(value));
        return 0;
    case SWITCH: case STAGE: break;
    }
    bug("flag --%s takes no value", f->name);
}

static bool takes_value(const Flag *f) { return f->kind != SWITCH && f->kind != STAGE; }

/* Reads the flag at argv[i]. Returns the index of the next word, or -1. */
static int take_flag(Options *o, int command, int argc, char **argv, int i, Error *e)
{
    const Flag *f = find_flag(argv[i], command);
    if (!f) return unknown(argv[i], command, e);
    const char *value = argv[i][1] == '-' ? strchr(argv[i], '=') : NULL;
    if (value) value++;
    if (takes_value(f)) {
        if (!value && ++i == argc) return failed(e, "--%s: %s is missing after it", f->name, f->argument);
        return take_value(o, f, value ? value : argv[i], e) ? -1 : i + 1;
    }
    if (f->kind == SWITCH) {
        if (value) return failed(e, "--%s takes no value", f->name);
        *(bool *)((char *)o + f->at) = true;
        return i + 1;
    }
    if (o->stage && strcmp(o->stage, f->name)) return failed(e, "--%s and --%s: one stage at a time", o->stage, f->name);
    o->stage = f->name;
    if (!*f->argument) return value ? failed(e, "--%s takes no value", f->name) : i + 1;
    if (!value && o->file && i + 1 < argc && *argv[i + 1] != '-') value = argv[++i];
    o->kernel = value;
    return i + 1;
}

/* How many words the command takes besides flags. */
static int most_words(int command)
{
    const Command *c = command_of(command);
    if (!c || !*c->argument) return 0;
    return strstr(c->argument, "...") ? INT_MAX : 1;
}

int options_parse(Options *o, int command, int argc, char **argv, Error *e)
{
    double begin = o->begin;
    const char *own = getenv("BURIN_DEVICE");
    *o = (Options){.outdir = "out/runs", .device = own && *own ? own : "auto", .target = "cpu", .arch = "sm_80", .entry = "step", .kind = "gan", .snap = 1, .keep = 5, .count = 64,
                   .repeats = 5, .seconds = command == TUNE ? 30.0 : 3.0, .begin = begin};
    for (int i = 0; i < argc;) {
        if (argv[i][0] == '-' && argv[i][1]) {
            i = take_flag(o, command, argc, argv, i, e);
            if (i < 0) return -1;
        } else if (o->words >= most_words(command)) {
            return failed(e, "%s: one word too many", argv[i]);
        } else {
            o->word = array_grow(o->word, const char *, o->words + 1);
            o->word[o->words++] = argv[i++];
            o->file = o->word[0];
        }
    }
    return 0;
}

void options_free(Options *o)
{
    for (int i = 0; i < o->sets; i++) free((char *)o->set[i]);
    free(o->set);
    free(o->word);
    o->set = o->word = NULL;
    o->sets = o->words = 0;
}
