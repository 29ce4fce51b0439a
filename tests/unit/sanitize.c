/* CUDA kernels under g++'s sanitizers, on the simulated card's src path: ThreadSanitizer, and AddressSanitizer, with bands between
 * tensors (plan.c), together with UBSan's checks of alignment and of indices. Every kernel of every model, in training and in sampling,
 * is clean: three blocks of each launch. Each tool is shown to catch the faults planted for it, and to say in which line they are.
 *
 * The tools are libraries that must be loaded before all else: the program starts itself anew with them.                */
#include "test.h"
#include "../../gen/compile.h"
#include "../../runtime/cuda_driver.h"
#include "../../runtime/file.h"
#include "../../runtime/nvrtc.h"
#include "../../runtime/session.h"
#include <dlfcn.h>
#include <sys/wait.h>

typedef struct { const char *name, *library[2], *flags, *variable, *options; } Tool;

static const Tool tools[] = {
    {"thread", {"libtsan.so", "libtsan.so"}, "-fsanitize=thread -g1 -Og", "TSAN_OPTIONS", "atexit_sleep_ms=0:exitcode=0"},
    {"address", {"libasan.so", "libubsan.so"}, "-fsanitize=address,alignment,bounds -fsanitize-recover=address -fsanitize-sections=sim_* -g1 -O0", "ASAN_OPTIONS",
     "detect_leaks=0:halt_on_error=0:detect_stack_use_after_return=0"},
};
enum { TOOLS = sizeof tools / sizeof *tools };

/* ---- faults ---- */

/* Each is a kernel of one line of the text, from the first on, for two arrays of 64 floats with bands after them. `says`: what the
 * report must have in it, besides the line; NULL: it must be clean. */
typedef struct { const char *tool, *name, *says, *body; } Fault;

#define SUM_OF_HALVES(barrier) \
    "__shared__ float s[64]; int t = threadIdx.x; s[t] = in[t]; __syncthreads(); for (int n = 32; n; n /= 2) { if (t < n) s[t] += s[t + n]; " barrier " } out[t] = s[0];"
#define NEIGHBOURS(barrier) "__shared__ float s[64]; int t = threadIdx.x; s[t] = in[t]; " barrier " out[t] = s[t ^ 1];"
#define TWO_TILES(n) "__shared__ float s[" #n "][64]; int t = threadIdx.x; float x = 0; for (int k = 0; k < 4; k++) { s[k % " #n "][t] = in[k]; __syncthreads(); x += s[k % " #n "][63 - t]; } out[t] = x;"

static const Fault faults[] = {
    {"thread", "a barrier that is missing", "data race", NEIGHBOURS("")},
    {"thread", "a barrier that is missing in a loop", "data race", SUM_OF_HALVES("")},
    {"thread", "a tile written while others still read it", "data race", TWO_TILES(1)},
    {"thread", "a barrier of the warp only", "data race", "__shared__ float s[64]; int t = threadIdx.x; s[t] = in[t]; __syncwarp(); out[t] = s[63 - t];"},
    {"thread", "two threads write a place", "data race", "out[threadIdx.x / 2] = in[threadIdx.x];"},
    {"thread", "barriers", NULL, SUM_OF_HALVES("__syncthreads();")},
    {"thread", "two tiles in turn", NULL, TWO_TILES(2)},
    {"thread", "neighbours in a warp", NULL, NEIGHBOURS("__syncwarp();")},
    {"thread", "a shuffle", NULL, "out[threadIdx.x] = __shfl_xor_sync(0xffffffffu, in[threadIdx.x], 1);"},
    {"address", "a write one too far", "use-after-poison", "out[threadIdx.x + 1] = in[threadIdx.x];"},
    {"address", "a read one too far", "use-after-poison", "out[threadIdx.x] = in[threadIdx.x + 1];"},
    {"address", "shared memory, one too far", "global-buffer-overflow", "__shared__ float s[64]; float *p = s + blockDim.x; if (threadIdx.x == 5) *p = in[0]; out[5] = p[-59];"},
    {"address", "an index of shared memory", "out of bounds", "__shared__ float s[64]; int t = threadIdx.x; s[t + 1] = in[t]; out[t] = s[t];"},
    {"address", "an index of an array of its own", "out of bounds", "float s[4]; for (int k = 0; k < 4; k++) s[k] = in[k]; out[threadIdx.x] = s[threadIdx.x % 5];"},
    {"address", "a pointer into an array of its own", "stack-buffer-overflow", "float s[4]; for (int k = 0; k < 4; k++) s[k] = in[k]; float *p = s; p += blockDim.x / 16; out[0] = *p;"},
    {"address", "a float4 at a wrong place", "misaligned address", "out[threadIdx.x] = ((const float4 *)(in + 1 + threadIdx.x % 32))->x;"},
    {"address", "all in its place", NULL, "__shared__ float4 s[16]; float a[4]; int t = threadIdx.x; if (t < 16) s[t] = ((const float4 *)in)[t]; __syncthreads(); for (int k = 0; k < 4; k++) a[k] = s[t / 4].y * k; out[t] = a[t % 4];"},
};
enum { BAND = 64, FOUR = 16, FAULTS = sizeof faults / sizeof *faults, N = 64 };

/* The kernels of the faults, a line each. */
static char *faults_text(void)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    for (int i = 0; i < FAULTS; i++) fprintf(f, "extern \"C\" __global__ void fault_%d(const float *in, float *out) { %s }\n", i, faults[i].body);
    fclose(f);
    return text;
}

/* ---- in a program with a tool ---- */

void __asan_poison_memory_region(const volatile void *, size_t) __attribute__((weak));
void __asan_unpoison_memory_region(const volatile void *, size_t) __attribute__((weak));

/* What is said from here on is about this. */
static void about(const char *what) { fprintf(stderr, "\nABOUT %s\n", what); }

static int run_faults(const char *tool)
{
    static CudaDriver cu;
    static Nvrtc nvrtc;
    Error e = {""};
    CUcontext context;
    CUstream stream;
    CUdeviceptr in, out;
    CUmodule module;
    CUfunction f;
    char *image;
    size_t size;
    if (cuda_driver_open(&cu, &e) != DEVICE_READY || nvrtc_find(&nvrtc, cu.version, &e)) return fprintf(stderr, "%s\n", e.text), 1;
    if (cu.cuDevicePrimaryCtxRetain(&context, 0) || cu.cuStreamCreate(&stream, 0) || cu.cuMemAlloc(&in, 4096) || cu.cuMemAlloc(&out, 4096)) return 1;
    if (__asan_poison_memory_region)
        __asan_poison_memory_region((void *)(in + N * 4), BAND), __asan_poison_memory_region((void *)(out + N * 4), BAND);
    if (nvrtc_compile(&nvrtc, faults_text(), "faults.cu", "sm_80", "", &image, &size, NULL, &e)) return fprintf(stderr, "%s\n", e.text), 1;
    if (cu.cuModuleLoadDataEx(&module, image, 0, NULL, NULL)) return 1;
    for (int i = 0; i < FAULTS; i++) {
        void *argument[] = {&in, &out};
        if (strcmp(faults[i].tool, tool)) continue;
        about(faults[i].name);
        if (cu.cuModuleGetFunction(&f, module, word_of("fault_%d", i).s) || cu.cuMemsetD8Async(in, 0, N * 4, stream) ||
            cu.cuLaunchKernel(f, 1, 1, 1, N, 1, 1, 0, stream, argument, NULL) || cu.cuStreamSynchronize(stream))
            return fprintf(stderr, "it did not run\n"), 1;
    }
    return 0;
}
typedef struct { const char *spec, *set[5]; } Model;

static const Model models[] = {
    {"models/dcgan_mnist.lua", {0}}, {"models/mlp_gan.lua", {0}}, {"models/wgan_gp.lua", {"critic=1"}}, {"models/autoencoder.lua", {0}}, {"models/classifier.lua", {0}},
    {"models/dcgan64.lua", {"batch=8", "ngf=16", "ndf=16"}}, {"tests/model/zoo.lua", {0}},
};
enum { MODELS = sizeof models / sizeof *models };

/* Bytes of a batch: any images, labels below 10. */
static int put_batch(Session *s, Error *e)
{
    for (int i = 0; i < s->program->vars; i++) {
        const BurinVar *v = &s->program->var[i];
        if (v->kind != BURIN_BATCH) continue;
        unsigned char *x = grow(NULL, v->bytes + 1);
        for (size_t k = 0; k < v->bytes; k++) x[k] = (unsigned char)(v->dtype == BURIN_U8 ? v->field == 1 ? k % 10 : k * 37 % 251 : 0);
        int bad = session_put(s, v, x, e);
        free(x);
        if (bad) return bad;
    }
    return 0;
}

/* Between tensors nothing may be touched from here on (but to the end of the last four floats: maps load them at once, and the plan has
 * room behind each buffer for that); or all may again, since memory that is given back is used for other things. */
static void bands(const BurinProgram *p, bool closed)
{
    char *(*block)(size_t) = dlsym(RTLD_DEFAULT, "sim_block");
    if (!__asan_poison_memory_region || !block) return;
    char *arena[] = {block(p->scratch_bytes), block(p->persistent_bytes)};
    (closed ? __asan_poison_memory_region : __asan_unpoison_memory_region)(arena[0], p->scratch_bytes);
    (closed ? __asan_poison_memory_region : __asan_unpoison_memory_region)(arena[1], p->persistent_bytes);
    for (int i = 0; i < p->tensors; i++) {
        const BurinTensor *t = &p->tensor[i];
        __asan_unpoison_memory_region(arena[t->persistent] + t->offset, (t->bytes + FOUR - 1) / FOUR * FOUR);
    }
}

/* Two steps and a draw of samples. */
static int run_model(const Model *m, Error *e)
{
    Session s;
    CompileOptions o = {.spec = m->spec, .home = ".", .set = m->set, .target = "cuda", .isa = "sm_80", .band = BAND};
    while (o.sets < 5 && m->set[o.sets]) o.sets++;
    about(m->spec);
    Compiled *c = compile(&o, e->text, sizeof e->text);
    if (!c) return -1;
    const BurinProgram *p = compiled_program(c);
    if (session_open(&s, p, &dev_cuda, &(DeviceOptions){.threads = 1}, 1, e)) return -1;
    bands(p, true);
    int bad = session_init(&s, e) || put_batch(&s, e) || session_run(&s, s.step, 0, e) ||
              (s.sample >= 0 && session_run(&s, s.sample, 0, e));
    bands(p, false);
    session_close(&s);
    compiled_free(c);
    if (!bad) fprintf(stderr, "DONE\n");
    return bad;
}

static int run_models(void)
{
    Error e = {""};
    for (int i = 0; i < MODELS; i++)
        if (run_model(&models[i], &e)) return fprintf(stderr, "%s\n", e.text), 1;
    return 0;
}

/* ---- and from outside ---- */

/* Where g++ has a library; "" where it has none. */
static Path library(const char *name)
{
    Path p = {""};
    FILE *f = popen(path_of("g++ -print-file-name=%s 2>/dev/null", name).s, "r");
    if (f && fgets(p.s, sizeof p.s, f)) p.s[strcspn(p.s, "\n")] = 0;
    if (f) pclose(f);
    if (*p.s != '/') *p.s = 0;
    return p;
}

/* What the program says with a tool, malloced. */
static char *said_with(const Tool *t, const char *what)
{
    char *said = NULL;
    size_t size;
    Error e;
    int status;
    Path log = path_of("%s/%s-%s.log", test_folder(), t->name, what);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setenv("LD_PRELOAD", path_of("%s %s", library(t->library[0]).s, library(t->library[1]).s).s, 1);
        setenv("SIM_CXXFLAGS", t->flags, 1);
        setenv(t->variable, t->options, 1);
        setenv("BURIN_CACHE", path_of("%s/%s", test_folder(), t->name).s, 1);       /* caches do not know the flags */
        if (!freopen(log.s, "w", stderr)) _exit(1);
        execl("/proc/self/exe", "sanitize", t->name, what, (char *)NULL);
        _exit(1);
    }
    if (waitpid(child, &status, 0) < 0 || file_read(log.s, &said, &size, &e)) return strdup("");
    return said;
}

/* What was said about something, malloced; NULL when nothing was begun about it. */
static char *said_about(const char *said, const char *what)
{
    Path head = path_of("\nABOUT %s\n", what);
    const char *from = strstr(said, head.s), *to;
    if (!from) return NULL;
    from += strlen(head.s);
    to = strstr(from, "\nABOUT ");
    return strndup(from, to ? (size_t)(to - from) : strlen(from));
}

/* A line that has both words, or NULL. */
static const char *line_with(char *text, const char *one, const char *other)
{
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strstr(line, one) && strstr(line, other)) return line;
    return NULL;
}

static const char *first_report(char *text)
{
    char *report = strstr(text, "SUMMARY: ");
    if (!report) report = strstr(text, "runtime error: ");
    if (report) report[strcspn(report, "\n")] = 0;
    return report;
}

static void compare_fault(const Tool *t, const char *said, int i)
{
    const Fault *f = &faults[i];
    Path name = path_of("sanitize %s: %s", t->name, f->name), line = path_of("faults.cu:%d", i + 1);
    char *mine = said_about(said, f->name);
    if (!mine) test(name.s, false, "it did not run: %s", said);
    else if (f->says) test(name.s, line_with(mine, f->says, line.s), "no line has \"%s\" and %s", f->says, line.s);
    else test(name.s, !first_report(mine), "%s", first_report(mine));
    free(mine);
}

static void run_tool(const Tool *t)
{
    char *said = said_with(t, "faults");
    for (int i = 0; i < FAULTS; i++)
        if (!strcmp(faults[i].tool, t->name)) compare_fault(t, said, i);
    free(said);
    said = said_with(t, "models");
    for (int i = 0; i < MODELS; i++) {
        char *mine = said_about(said, models[i].spec);
        const char *report = mine ? first_report(mine) : NULL;
        bool whole = mine && strstr(mine, "DONE");
        test(path_of("sanitize %s: %s", t->name, models[i].spec).s, whole && !report, "%s", report ? report : whole ? "" : mine ? mine : said);
        free(mine);
    }
    free(said);
}

int main(int argc, char **argv)
{
    Path here = path_of("%s/out/cudasim", getenv("PWD") ? getenv("PWD") : ".");
    void *card = dlopen(path_of("%s/libcuda.so.1", here.s).s, RTLD_NOW | RTLD_GLOBAL);
    if (argc == 3) {
        unsetenv("LD_PRELOAD");                         /* the compilers that are started do without */
        return strcmp(argv[2], "models") ? run_faults(argv[1]) : run_models();
    }
    if (!card) return test_skip("sanitize", "no simulated card on this machine (it needs x86-64)"), 0;
    setenv("BURIN_NVRTC", path_of("%s/src", here.s).s, 1);
    setenv("SIM_BLOCKS", "3", 1);
    setenv("SIM_MEMORY", "4000000000", 1);
    unsetenv("BURIN_PTX");
    for (int i = 0; i < TOOLS; i++)
        if (*library(tools[i].library[0]).s && *library(tools[i].library[1]).s) run_tool(&tools[i]);
        else test_skip(path_of("sanitize %s", tools[i].name).s, "g++ has no library for it here (Debian: libtsan, libasan, libubsan, with gcc)");
    test_folder_end();
    return test_end();
}
