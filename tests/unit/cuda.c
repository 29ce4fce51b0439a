/* The CUDA device on the simulated card (tests/cudasim/): values, graphs, times, the cache, and every message.
 *
 * src: the stand-in NVRTC compiles the kernels' text with g++. ptx: the real NVRTC compiles it, and its PTX runs.      */
#include "test.h"
#include "damage.h"
#include "../../runtime/cache.h"
#include "../../runtime/compiler.h"
#include "../../runtime/file.h"
#include "../../runtime/nvrtc.h"
#include "../../runtime/session.h"
#include <dirent.h>
#include <dlfcn.h>
#include <math.h>
#include <sys/wait.h>

/* A step adds (step + seed + mean of the images) / 100 * (i % 7 + 1) to weight[i] and leaves the sum of all weights as its loss;
 * sampling draws the weights backwards, in rows of 64.                                                               */
enum { N = 1000, BLOCK = 256, BLOCKS = 4, IMAGES = 120, ROW = 64, ROWS = 15, BIG = (5 << 20) + 256, WIDE = 60 << 10 };
enum { WEIGHT = 0, IMAGE = 4096, LOSS = 4352, COUNT = 4356, SAMPLES = 4608, BIG_AT = 8704, PERSISTENT = BIG_AT + BIG };
enum { MEAN = 0, PARTS = 256, SCRATCH = 512 };

static const char code[] =
    "typedef struct { unsigned long long seed, step; } Key;\n"
    "enum { N = 1000, IMAGES = 120 };\n"
    "static __device__ float sum_of_warp(float x)\n{\n"
    "    for (int by = 16; by; by >>= 1) x += __shfl_down_sync(0xffffffffu, x, by);\n"
    "    return x;\n}\n"
    UNIT_LINE "\n"
    "extern \"C\" __global__ void __launch_bounds__(128) mean(const unsigned char *__restrict__ image, const unsigned *order, float *out)\n{\n"
    "    __shared__ float x[128];\n"
    "    int t = threadIdx.x;\n"
    "    x[t] = t < IMAGES ? image[order[0] * IMAGES + t] : 0.f;\n"
    "    __syncthreads();\n"
    "    for (int n = 64; n; n >>= 1) {\n"
    "        if (t < n) x[t] += x[t + n];\n"
    "        BARRIER\n"
    "    }\n"
    "    if (t == 0) *out = x[0] / IMAGES / 255;\n}\n"
    UNIT_LINE "\n"
    "extern \"C\" __global__ void __launch_bounds__(256) add(const Key *key, const float *mean, float *weight)\n{\n"
    "    int i = blockIdx.x * 256 + threadIdx.x;\n"
    "    if (i < N) weight[i] += ((float)key->step + (float)key->seed + *mean) / 100 * (i % 7 + 1);\n}\n"
    "extern \"C\" __global__ void __launch_bounds__(256) sum(const float4 *weight, float *parts)\n{\n"
    "    __shared__ float warp[8];\n"
    "    int i = (blockIdx.x * 256 + threadIdx.x), t = threadIdx.x;\n"
    "    float4 v = i < N / 4 ? weight[i] : make_float4(0, 0, 0, 0);\n"
    "    float s = sum_of_warp(v.x + v.y + v.z + v.w);\n"
    "    if (t % 32 == 0) warp[t / 32] = s;\n"
    "    __syncthreads();\n"
    "    if (t < 32) s = sum_of_warp(t < 8 ? warp[t] : 0.f);\n"
    "    if (t == 0) parts[blockIdx.x] = s;\n}\n"
    "extern \"C\" __global__ void finish(const float *parts, float *loss, float *count)\n{\n"
    "    if (threadIdx.x) return;\n"
    "    float s = 0;\n"
    "    for (int i = 0; i < 4; i++) s += parts[i];\n"
    "    *loss = s;\n"
    "    *count += 1;\n}\n"
    "extern \"C\" __global__ void flip(const float *weight, float *out)\n{\n"
    "    extern __shared__ __align__(16) float row[];\n"
    "    int t = threadIdx.x, i = blockIdx.x * 64 + t;\n"
    "    row[t] = weight[i];\n"
    "    __syncthreads();\n"
    "    out[i] = row[63 - t];\n}\n"
    "extern \"C\" __global__ void outside(float *out) { out[1 << 28] = 1; }\n"
    "extern \"C\" __global__ void stuck(float *out)\n{\n"
    "    if (threadIdx.x < 32) {\n        __syncthreads();\n        out[0] = 1;\n    } else {\n        __syncthreads();\n        out[1] = 2;\n    }\n}\n";

#define P(at) {BURIN_PERSISTENT, at}
#define S(at) {BURIN_SCRATCH, at}
static const BurinArg mean_arg[] = {{BURIN_DATA, 2}, {BURIN_CALL, sizeof(BurinKey)}, S(MEAN)}, add_arg[] = {{BURIN_CALL, 0}, S(MEAN), P(WEIGHT)}, sum_arg[] = {P(WEIGHT), S(PARTS)},
                      finish_arg[] = {S(PARTS), P(LOSS), P(COUNT)}, flip_arg[] = {P(WEIGHT), P(SAMPLES)}, out_arg[] = {S(0)};

enum { STEP, SAMPLE, BAD, ENTRIES };

static char text[8192];
static BurinLaunch bad_launch = {0, "outside", "fake.lua:9", 1, 1, 1, 0, 0, out_arg, 1, 64, 0};

static BurinProgram *program(void)
{
    static const BurinVar var[] = {
        {"net.weight", BURIN_PARAM, BURIN_F32, 1, {N}, {0}, WEIGHT, 4 * N, BURIN_INIT_NORMAL, 0, 1, -1, -1, "fake.lua:1"},
        {"net.count", BURIN_STATE, BURIN_F32, 0, {0}, {0}, COUNT, 4, BURIN_INIT_CONST, 0, 0, -1, -1, "fake.lua:2"},
        {"images", BURIN_BATCH, BURIN_U8, 2, {1, IMAGES}, {0, 1}, IMAGE, IMAGES, BURIN_INIT_CONST, 0, 0, 0, 0, "fake.lua:3"},
        {"net.big", BURIN_PARAM, BURIN_F32, 1, {BIG / 4}, {0}, BIG_AT, BIG, BURIN_INIT_CONST, 0.5, 0, -1, -1, "fake.lua:4"},
    };
    static const BurinSource source = {.kind = "idx", .batch = 1};
    static const BurinOutput loss = {"loss", BURIN_LOSS, 0, {0}, LOSS, 0, 0},
                             samples = {"samples", BURIN_SAMPLES, 4, {ROWS, 8, 8, 1}, SAMPLES, -1, 1};
    static const BurinKernel kernel[] = {{"fake", "map", "", "", "fake.lua:1", 0, 0, "", "", ""}};
    static const BurinLaunch step[] = {
        {0, "mean", "fake.lua:1", 1, 1, 1, 0, 0, mean_arg, 3, 128, 0},
        {0, "add", "fake.lua:2", BLOCKS, 1, 1, 0, 0, add_arg, 3, BLOCK, 0},
        {0, "sum", "fake.lua:3", BLOCKS, 1, 1, 0, 0, sum_arg, 2, BLOCK, 0},
        {0, "finish", "fake.lua:4", 1, 0, 1, 0, 0, finish_arg, 3, 32, 0},
    };
    static const BurinLaunch sample[] = {{0, "flip", "fake.lua:5", ROWS, 0, 1, 0, 0, flip_arg, 2, ROW, WIDE}};
    static const BurinEntry entry[] = {
        [STEP] = {"step", "", step, 4, &loss, 1, 0, 3, 4, 0, 0},
        [SAMPLE] = {"sample", "", sample, 1, &samples, 1, 0, 0, 1, 0, 0},
        [BAD] = {"bad", "", &bad_launch, 1, &loss, 0, 0, 0, 1, 0, 0},
    };
    static BurinProgram p;
    snprintf(text, sizeof text, "#define BARRIER __syncthreads();\n%s", code);
    p = (BurinProgram){.abi = BURIN_ABI, .name = "fake", .target = "cuda", .isa = "", .var = var, .vars = 4, .source = &source, .sources = 1, .entry = entry, .entries = ENTRIES,
                       .kernel = kernel, .kernels = 1, .persistent_bytes = PERSISTENT, .scratch_bytes = SCRATCH, .epochs = 1, .batch = 1,
                       .code = text, .cflags = ""};
    return &p;
}

/* ---- helpers ---- */

static const char *path;                            /* "src", "ptx" */
static Path cache;

static const char *named(const char *name)
{
    static Word w;
    w = word_of("cuda, %s: %s", path, name);
    return w.s;
}

static bool opens(Session *s, const BurinProgram *p, Error *e)
{
    DeviceOptions o = {.threads = 1};
    e->text[0] = 0;
    return !session_open(s, p, &dev_cuda, &o, 3, e);
}

/* Opens and builds; how, without the time, or the message. */
static const char *build(const BurinProgram *p)
{
    static Word how;
    static Error e;
    Session s;
    if (!opens(&s, p, &e)) return e.text;
    how = s.built;
    session_close(&s);
    *strrchr(how.s, ' ') = 0, *strrchr(how.s, ' ') = 0;
    return how.s;
}

/* The entry of the cache that is not `but`. */
static Path entry_but(const char *but)
{
    Path one = path_of("none");
    DIR *d = opendir(cache.s);
    for (struct dirent *x; d && (x = readdir(d));)
        if (strstr(x->d_name, ".bin") && strcmp(x->d_name, path_name(but))) one = path_of("%s/%s", cache.s, x->d_name);
    if (d) closedir(d);
    return one;
}

static void begins(const char *name, const char *got, const char *want)
{
    test(name, !strncmp(got, want, strlen(want)), "got \"%s\", want \"%s...\"", got, want);
}

static void has(const char *name, const char *got, const char *want) { test(name, strstr(got, want), "got \"%s\", want \"...%s...\"", got, want); }

/* ---- what runs right ---- */

typedef struct { float weight[N], loss, count, sample[ROWS * ROW]; } Result;

/* Two steps through graphs, one timed, then samples. */
static int run(Session *s, Result *r, double *seconds, Error *e)
{
    unsigned char image[IMAGES];
    const BurinProgram *p = s->program;
    const BurinOutput *o;
    if (session_init(s, e)) return -1;
    for (int step = 0; step < 3; step++) {
        for (int i = 0; i < IMAGES; i++) image[i] = (unsigned char)(i * 2 + step);
        if (session_put(s, &p->var[2], image, e)) return -1;
        memset(image, 0, sizeof image);             /* what was put must have been taken */
        if (step == 1 ? session_timed(s, STEP, 1, seconds, e) : session_run(s, STEP, (uint64_t)step, e)) return -1;
    }
    float *x = session_samples(s, 3, ROWS, &o, e);
    if (!x) return -1;
    memcpy(r->sample, x, sizeof r->sample);
    free(x);
    return session_get(s, &p->var[0], r->weight, e) || session_get(s, &p->var[1], &r->count, e) || session_number(s, &p->entry[STEP].output[0], &r->loss, e);
}

static bool run_program(const BurinProgram *p, Result *r, double *seconds, Error *e)
{
    Session s;
    if (!opens(&s, p, e)) return false;
    int bad = run(&s, r, seconds, e);
    session_close(&s);
    return !bad;
}

/* How far the weights are from what the steps above should have made of `begin`. */
static double error_of(const float *begin, const Result *r)
{
    double worst = 0;
    for (int i = 0; i < N; i++) {
        double w = begin[i];
        for (int step = 0; step < 3; step++) w += (step + 3 + (IMAGES - 1. + step) / 255) / 100 * (i % 7 + 1);
        worst = fmax(worst, fabs(w - r->weight[i]));
        if (isnan(r->weight[i])) return 1;
    }
    return worst;
}

static void test_values(void)
{
    static Result r, again;
    static float begin[N], big[BIG / 4], back[BIG / 4];
    double seconds[4] = {0}, sum = 0, flipped = 0;
    const BurinProgram *p = program();
    Error e;
    Session s;
    if (!test(named("opens"), opens(&s, p, &e), "%s", e.text)) return;
    bool good = !session_init(&s, &e) && !session_get(&s, &p->var[0], begin, &e) && !run(&s, &r, seconds, &e);
    if (!test(named("runs"), good, "%s", e.text)) return;
    test(named("weights"), error_of(begin, &r) < 1e-5, "off by %g", error_of(begin, &r));
    for (int i = 0; i < N; i++) sum += r.weight[i];
    test(named("a sum"), fabs(r.loss - sum) < 1e-3, "%g, want %g", r.loss, sum);
    test(named("steps"), r.count == 3, "%g", r.count);
    for (int i = 0; i < ROWS * ROW; i++) flipped = fmax(flipped, fabs(r.sample[i] - r.weight[i / ROW * ROW + ROW - 1 - i % ROW]));
    test(named("dynamic shared memory"), flipped == 0, "off by %g", flipped);
    test(named("times"), seconds[0] > 0 && seconds[1] > 0 && seconds[2] > 0 && seconds[3] > 0, "%g %g %g %g", seconds[0], seconds[1], seconds[2], seconds[3]);
    for (int i = 0; i < BIG / 4; i++) big[i] = (float)(i ^ 0x5555);
    good = !session_put(&s, &p->var[3], big, &e) && !session_get(&s, &p->var[3], back, &e);
    test(named("more bytes than the staging has"), good && !memcmp(big, back, BIG), "%s", e.text);
    session_close(&s);
    test(named("the same bits again"), run_program(p, &again, seconds, &e) && !memcmp(&r, &again, sizeof r), "%s", e.text);
}

/* A range of launches: 1 and 2 are left out, so the loss is what the first whole step made it. */
static void test_range(void)
{
    Session s;
    Error e;
    float loss[3] = {0}, count = 0;
    const BurinProgram *p = program();
    if (!opens(&s, p, &e) || session_init(&s, &e) || session_run(&s, STEP, 0, &e) || session_number(&s, p->entry[STEP].output, &loss[0], &e)) puts(e.text);
    BurinCall head = {.seed = 3, .first = 0, .last = 1}, tail = {.seed = 3, .first = 3, .last = 9};
    int bad = 0;
    for (int i = 1; i < 3; i++)
        bad |= dev_cuda.launch(s.device, STEP, &head, &e) || dev_cuda.launch(s.device, STEP, &tail, &e) || session_number(&s, p->entry[STEP].output, &loss[i], &e);
    bad |= session_get(&s, &p->var[1], &count, &e);
    float part[4] = {0};
    bad |= dev_cuda.peek(s.device, PARTS, part, sizeof part, &e);
    test(named("a look into the scratch arena"), !bad && part[0] != 0 && part[0] + part[1] + part[2] + part[3] == loss[0], "%g", part[0]);
    test(named("a range of launches"), !bad && loss[0] == loss[1] && loss[0] == loss[2] && count == 3, "%g %g %g, %g", loss[0], loss[1], loss[2], count);
    session_close(&s);
}

/* ---- batches and reports ---- */

/* The same steps, all begun before the reports of the first are waited for. `kept`: the data are on the card. */
static bool run_ahead(const BurinProgram *p, bool kept, Result *r, float *loss, Error *e)
{
    static unsigned char image[3][IMAGES];
    static const uint32_t row[] = {2, 0, 1};        /* of each step */
    const uint8_t *const field[2] = {image[0], NULL};
    Session s;
    for (int step = 0; step < 3; step++)
        for (int i = 0; i < IMAGES; i++) image[row[step]][i] = (unsigned char)(i * 2 + step);
    if (!opens(&s, p, e)) return false;
    int bad = session_init(&s, e) || (kept && dev_cuda.keep(s.device, 0, field, 3, e) != 1);
    for (int step = 0; !bad && step < 3; step++) {
        if (kept) dev_cuda.rows(s.device, 0, &row[step]);
        else bad = session_put(&s, &p->var[2], image[row[step]], e);
        bad = bad || session_begin(&s, STEP, (uint64_t)step, NULL, e);
    }
    for (int step = 0; !bad && step < 3; step++) bad = session_reports(&s, STEP, &loss[step], 1, e);
    bad = bad || session_get(&s, &p->var[0], r->weight, e) || session_get(&s, &p->var[1], &r->count, e);
    session_close(&s);
    return !bad;
}

static bool same_steps(const Result *a, const Result *b) { return !memcmp(a->weight, b->weight, sizeof a->weight) && a->count == b->count; }

/* Batches come to the same, however they travel; and where a wait is missing they do not. */
static void test_batches(void)
{
    static const char *const second[] = {"late", "eager"};
    static Result want, got;
    double seconds[4] = {0};
    float loss[3], kept[3];
    const BurinProgram *p = program();
    Error e = {""};
    bool good = run_program(p, &want, seconds, &e);
    test(named("data on the card"), good && run_ahead(p, true, &got, kept, &e) && same_steps(&want, &got), "%s", e.text);
    test(named("reports come later"), kept[2] == want.loss && kept[0] < kept[1] && kept[1] < kept[2], "%g %g %g, want %g", kept[0], kept[1], kept[2], want.loss);
    for (int i = 0; i < 2; i++) {
        setenv("SIM_SECOND", second[i], 1);
        bool right = run_ahead(p, false, &got, loss, &e) && same_steps(&want, &got) && !memcmp(loss, kept, sizeof loss);
        test(named(word_of("batches are uploaded, %s", second[i]).s), right, "%g %g %g %s", loss[0], loss[1], loss[2], e.text);
        setenv("SIM_FAULT", "stream-waits", 1);
        right = run_ahead(p, false, &got, loss, &e) && same_steps(&want, &got);
        test(named(word_of("a missing wait shows, %s", second[i]).s), !right, "the same");
        unsetenv("SIM_FAULT");
    }
    unsetenv("SIM_SECOND");
    setenv("SIM_FAULT", "host-waits", 1);
    test(named("reports not waited for show"), run_ahead(p, true, &got, loss, &e) && isnan(loss[0]), "%g %s", loss[0], e.text);
    unsetenv("SIM_FAULT");
}

/* No room: batches are uploaded. */
static void test_no_room(void)
{
    const uint8_t *const field[2] = {(const uint8_t *)text, NULL};
    Session s;
    Error e = {""};
    setenv("SIM_MEMORY", word_of("%d", PERSISTENT + SCRATCH + (1 << 20)).s, 1);
    if (!opens(&s, program(), &e)) puts(e.text);
    int large = dev_cuda.keep(s.device, 0, field, (1 << 20) / IMAGES, &e), fits = dev_cuda.keep(s.device, 0, field, 8, &e);
    test(named("data that do not fit"), large == 0 && fits == 1, "%d %d %s", large, fits, e.text);
    session_close(&s);
    unsetenv("SIM_MEMORY");
}

/* Whatever the order of threads and blocks, the bits are the same; and where a barrier is missing they are not. */
static void test_orders(void)
{
    static const char *const order[] = {"reverse", "random:1", "random:2"};
    static Result forward, other;
    double seconds[4] = {0};
    BurinProgram *p = program();
    Error e;
    int same = 0, wrong = 0;
    bool good = run_program(p, &forward, seconds, &e);
    for (int i = 0; i < 3; i++) {
        setenv("SIM_ORDER", order[i], 1);
        good = good && run_program(p, &other, seconds, &e);
        same += !memcmp(&forward, &other, sizeof other);
    }
    test(named("the same bits in every order"), good && same == 3, "%d of 3 %s", same, e.text);
    snprintf(text, sizeof text, "#define BARRIER\n%s", code);
    for (int i = 0; i < 3; i++) {
        setenv("SIM_ORDER", order[i], 1);
        run_program(p, &other, seconds, &e);
        wrong += memcmp(&forward, &other, sizeof other) != 0;
    }
    test(named("a missing barrier shows"), wrong > 0, "all orders agree");
    unsetenv("SIM_ORDER");
}

/* ---- the cache ---- */

static void test_cache(void)
{
    BurinProgram *p = program();
    cache = path_of("%s/cuda-%s", test_folder(), path);
    setenv("BURIN_CACHE", cache.s, 1);
    test_text(named("the first time"), build(p), "compiled in");
    setenv("SIM_CXX", "/bin/false", 1);
    test_text(named("the second time, with no compiler"), build(p), "from the cache in");
    unsetenv("SIM_CXX");
    Path first = entry_but("");
    damage(first.s, false);
    test_text(named("a damaged entry is built anew"), build(p), "compiled in");
    damage(first.s, true);
    test_text(named("an entry cut short is built anew"), build(p), "compiled in");
    char *foreign;
    size_t size;
    Error e;
    if (file_read(first.s, &foreign, &size, &e)) return;
    p->cflags = "--fmad=false";
    test_text(named("other options, another entry"), build(p), "compiled in");
    for (Path old; strcmp((old = entry_but("")).s, "none");) unlink(old.s);
    build(p);
    test(named("a foreign entry is put there"), !file_write(entry_but("").s, foreign, size, &e), "%s", e.text);
    free(foreign);
    test_text(named("and is built anew"), build(p), "compiled in");
    p->cflags = "";
    setenv("BURIN_CACHE", path_of("%s/cuda-race-%s", test_folder(), path).s, 1);
    int good = 0, status;
    fflush(stdout);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) _exit(strcmp(build(p), "compiled in") && strcmp(build(p), "from the cache in"));
    for (int i = 0; i < 2; i++) good += wait(&status) > 0 && status == 0;
    test(named("two starts at once"), good == 2, "%d of 2 were good", good);
    setenv("BURIN_CACHE", cache.s, 1);
}

/* ---- what goes wrong ---- */

static void test_build_errors(void)
{
    BurinProgram *p = program();
    size_t n = strlen(text);
    snprintf(text + n, sizeof text - n, "extern \"C\" __global__ void broken() { nothing = 1; }\n");
    const char *said = build(p);
    begins(named("a fault in the code"), said, "NVRTC ");
    has(named("a fault in the code, its name"), said, "nothing");
    has(named("a fault in the code, kept"), said, "/fake.cu");
    p = program();
    bad_launch.symbol = "absent";
    test_text(named("a kernel that is not there"), build(p), "cuda:0: absent: CUDA_ERROR_NOT_FOUND, named symbol not found (no kernel absent)");
    bad_launch.symbol = "outside", bad_launch.shared = 200 << 10;
    test_text(named("more shared memory than there is"), build(p), "outside (fake.lua:9) needs 200 KiB of shared memory, and cuda:0 has 163 KiB");
    bad_launch.shared = 0;
    p->isa = "sm_90";
    test_text(named("a program for another card"), build(p), "this program is for sm_90, and cuda:0 is sm_80; emit it for that");
}

/* What the bad entry says. */
static const char *run_bad(const char *symbol)
{
    static Error e;
    Session s;
    bad_launch.symbol = symbol;
    if (!opens(&s, program(), &e)) return e.text;
    if (!session_run(&s, BAD, 0, &e)) error_set(&e, "nothing");
    session_close(&s);
    bad_launch.symbol = "outside";
    return e.text;
}

static void test_kernel_errors(void)
{
    begins(named("a kernel outside its memory"), run_bad("outside"), "cuda:0: a step: CUDA_ERROR_LAUNCH_FAILED, unspecified launch failure (outside, block (0,0,0), thread (0,0,0): an illegal address, 0x");
    if (!strcmp(path, "src")) has(named("a barrier that not all reach"), run_bad("stuck"), "threads of a block wait at different barriers, line ");
}

/* What a run says with a fault planted. */
static const char *fault(const char *what)
{
    static Error e;
    static Result r;
    double seconds[4] = {0};
    setenv("SIM_FAULT", what, 1);
    if (run_program(program(), &r, seconds, &e)) error_set(&e, "nothing");
    unsetenv("SIM_FAULT");
    return e.text;
}

static void test_faults(void)
{
    test_text("cuda: out of memory at an allocation", fault("alloc:2"),
              "cuda:0: taking 512 bytes of memory: CUDA_ERROR_OUT_OF_MEMORY, out of memory; close what else uses the card (nvidia-smi lists it), or try a smaller batch");
    test_text("cuda: a launch that fails", fault("launch:3"),
              "cuda:0: a step: CUDA_ERROR_LAUNCH_FAILED, unspecified launch failure (SIM_FAULT); a kernel failed: a fault in burin or the card; dmesg | grep NVRM says more");
    test_text("cuda: a card that is lost", fault("lost:6"),
              "cuda:0: a step: CUDA_ERROR_UNKNOWN, unknown error (SIM_FAULT); the card or its driver was lost; dmesg | grep NVRM says more, and nvidia-smi whether it is back");
    test_text("cuda: no card", fault("no-card"),
              "NVIDIA's driver is here, but sees no card: CUDA_ERROR_NO_DEVICE, no CUDA-capable device is detected; nvidia-smi says what the driver sees; "
              "a container needs --gpus all, and CUDA_VISIBLE_DEVICES may hide cards");
    test_text("cuda: a driver that does not start", fault("init"),
              "NVIDIA's driver does not start: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, system has unsupported display driver / cuda driver combination; "
              "the driver was updated while it ran: start the machine anew");
    setenv("SIM_MEMORY", "1000000", 1);
    test_text("cuda: more memory than the card has", build(program()),
              "fake needs 5.01 MiB of the card's memory (5.01 MiB persistent, 512 bytes scratch), and 977 KiB of its 977 KiB are free; try a smaller batch");
    unsetenv("SIM_MEMORY");
    test_text("cuda: after all that it runs", fault("none"), "nothing");
}

static void test_missing(const char *src)
{
    Error e, note;
    int index;
    static const DeviceType *const types[] = {&dev_cuda, &dev_cpu, NULL};
    char said[512];
    setenv("SIM_DRIVER", "11040", 1);
    test_text("cuda: an old driver", build(program()), "NVIDIA's driver is too old: it knows CUDA 11.4; update it to 525 or later (CUDA 12)");
    test("cuda: auto passes over a driver that is too old", device_find(types, "auto", &index, &note, &e) == &dev_cpu, "%s", note.text);
    test_text("cuda: and says why", note.text, "cuda is not used: NVIDIA's driver is too old: it knows CUDA 11.4; update it to 525 or later (CUDA 12)");
    setenv("SIM_DRIVER", "12040", 1);
    has("cuda: a driver too old for NVRTC", build(program()), "NVIDIA's driver is too old for the NVRTC here: it runs CUDA 12.4, and NVRTC is 13; update the driver, or pip install nvidia-cuda-nvrtc-cu12");
    unsetenv("SIM_DRIVER");
    setenv("SIM_ARCH", "61", 1);
    has("cuda: a card too old for NVRTC", build(program()), "makes no code for cuda:0: it begins with sm_75, and the card is sm_61; ");
    unsetenv("SIM_ARCH");
    setenv("BURIN_NVRTC", "/nowhere", 1);
    test_text("cuda: no NVRTC", build(program()), "BURIN_NVRTC, /nowhere, holds no NVRTC (libnvrtc.so.13 or older)");
    setenv("BURIN_NVRTC", src, 1);
    test("cuda: described", dev_cuda.describe(0, said, sizeof said) == DEVICE_READY, "%s", said);
    test_text("cuda: in words", said, "Simulated card, compute capability 8.0, 1.00 GiB, driver for CUDA 13.0, NVRTC 13.0");
    test("cuda: auto takes it", device_find(types, "auto", &index, &note, &e) == &dev_cuda && !*note.text, "%s", note.text);
    test("cuda: by number", device_find(types, "cuda:0", &index, &note, &e) == &dev_cuda && index == 0, "%s", e.text);
    test("cuda: a number too many", !device_find(types, "cuda:1", &index, &note, &e), "found");
    test_text("cuda: a number too many, in words", e.text, "--device cuda:1: no card 1: there is 1, cuda:0");
    test("cuda: a name that is none", !device_find(types, "cuda:x", &index, &note, &e), "found");
    test_text("cuda: a name that is none, in words", e.text, "--device cuda:x: no such device; use auto, cuda or cpu");
}

static void test_path(const char *name)
{
    path = name;
    test_cache();
    test_values();
    test_range();
    test_batches();
    test_no_room();
    test_orders();
    test_build_errors();
    test_kernel_errors();
}

int main(void)
{
    Error e;
    Nvrtc n;
    Path here = path_of("%s", getenv("PWD") ? getenv("PWD") : "."), src = path_of("%s/out/cudasim/src", here.s);
    if (!strcmp(getenv("TEST_CARD") ? getenv("TEST_CARD") : "", "real")) return path = "card", test_values(), test_range(), test_folder_end(), test_end();
    if (system("g++ --version >/dev/null 2>&1")) return test_skip("cuda", "no g++, which the simulated card needs"), 0;
    if (access("out/cudasim/libcuda.so.1", F_OK)) return test_skip("cuda", "no simulated card on this machine (it needs x86-64)"), 0;
    if (!dlopen(path_of("%s/out/cudasim/libcuda.so.1", here.s).s, RTLD_NOW)) return test("cuda", false, "%s", dlerror()), 1;
    unsetenv("BURIN_NVRTC");
    setenv("BURIN_PTX", "1", 1);
    if (nvrtc_find(&n, 13000, &e)) test_skip("cuda, ptx", "no NVRTC here; NVIDIA's CUDA toolkit has it, and PyPI's nvidia-cuda-nvrtc with BURIN_NVRTC set");
    else test_path("ptx");
    unsetenv("BURIN_PTX");
    setenv("BURIN_NVRTC", src.s, 1);                /* after the real one: what is loaded is found by its soname */
    test_path("src");
    test_faults();
    test_missing(src.s);
    test_folder_end();
    return test_end();
}
