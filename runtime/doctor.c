/* doctor.c: `burin doctor`: looks at all that training needs, tries what can be tried, and says what would help. */
#include "doctor.h"
#include "cache.h"
#include "compiler.h"
#include "cpu.h"
#include "device.h"
#include "file.h"
#include "home.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { WIDTH = 80, INDENT = 16 };
static const double LITTLE_DISK = 256 << 20, LITTLE_MEMORY = 256 << 20;         /* bytes */

typedef enum { GOOD, NOTE, BAD } State;                 /* NOTE: training works without */

/* "compiler  ok    gcc ...", broken into lines between words. */
static void say(const char *what, State state, const char *text)
{
    static const char *const word[] = {"ok", "note", "BAD"};
    int at = printf("%-10s%-6s", what, word[state]);
    while (*text) {
        int n = (int)strcspn(text, " \n");
        if (at > INDENT && at + n + 1 > WIDTH) at = printf("\n%*s", INDENT, "") - 1;
        at += printf("%s%.*s", at > INDENT ? " " : "", n, text);
        text += n + strspn(text + n, " \n");
    }
    putchar('\n');
}

/* What a folder's disk has left, or -1. */
static double disk_free(const char *folder)
{
    struct statvfs s;
    return statvfs(folder, &s) ? -1 : (double)s.f_bavail * (double)s.f_frsize;
}

static State home(DataPlaces *p)
{
    static Path folder;
    Error e;
    if (find_home(&folder, &e)) return say("burin", BAD, e.text), BAD;
    p->home = folder.s;
    say("burin", GOOD, path_of("models and templates in %s", folder.s).s);
    return GOOD;
}

static State processor(void)
{
    Cpu c;
    cpu_read(&c);
    long all = sysconf(_SC_NPROCESSORS_ONLN);
    say("processor", GOOD, path_of("%s: %s", c.model, isa_title(c.isa)).s);
    Path text = path_of("%d: one for each core that may be used", c.cores);
    if (c.processors < all) text = path_of("%s, with %d of %ld processors (taskset or a container leaves out the others)", text.s, c.processors, all);
    else if (c.cores < c.processors) text = path_of("%s, of %d processors (cores have several, or a quota leaves less)", text.s, c.processors);
    say("threads", GOOD, text.s);
    return GOOD;
}

static State memory(void)
{
    double bytes = memory_free();
    if (bytes < 0) return say("memory", NOTE, "how much is free cannot be read"), NOTE;
    bool little = bytes < LITTLE_MEMORY;
    say("memory", little ? NOTE : GOOD, path_of("%s free%s", word_bytes(bytes).s, little ? ": little; a smaller batch needs less (--batch)" : "").s);
    return little ? NOTE : GOOD;
}

/* Compiles a function as kernels are compiled, and calls it: how many threads OpenMP gave it, or -1. */
static int try_compiler(const Compiler *c, const char *folder, Error *e)
{
    static const char code[] = "int threads(void)\n{\n    int n = 0;\n#pragma omp parallel reduction(+ : n)\n    n++;\n    return n;\n}\n";
    Cpu cpu;
    Path workshop;
    cpu_read(&cpu);
    if (cache_workshop(folder, &workshop, e)) return -1;
    Path object = path_of("%s/all.so", workshop.s), flags = compiler_flags(isa_flags(cpu.isa));
    if (compiler_build(c, code, flags.s, workshop.s, object.s, 1, e)) return -1;
    void *library = dlopen(object.s, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    int (*threads)(void) = NULL;
    if (library) *(void **)&threads = dlsym(library, "threads");
    int n = threads ? threads() : failed(e, "what it compiles cannot be loaded: %s", dlerror());
    folder_remove(workshop.s);
    return n;
}

static State compiler(void)
{
    Compiler c;
    Path folder;
    Error e;
    double begin = seconds_now();
    if (compiler_find(&c, &e)) return say("compiler", BAD, e.text), BAD;
    if (cache_folder(&folder, &e)) return say("compiler", NOTE, path_of("%s: not tried, there is no cache to compile in", c.version).s), compiler_free(&c), NOTE;
    int threads = try_compiler(&c, folder.s, &e);
    if (threads < 0) say("compiler", BAD, e.text);
    else say("compiler", GOOD, path_of("%s (%s): compiled and ran with OpenMP in %s", c.version, c.path.s, word_time(seconds_now() - begin).s).s);
    compiler_free(&c);
    return threads < 0 ? BAD : GOOD;
}

static State cuda(void)
{
    char text[1024];
    DeviceState state = dev_cuda.describe(0, text, sizeof text);
    say("cuda", state == DEVICE_READY ? GOOD : NOTE, path_of("%s%s", text, state == DEVICE_READY ? "" : "; training uses the CPU").s);
    return state == DEVICE_READY ? GOOD : NOTE;
}

/* Reads MNIST as training would. */
static State mnist(const DataPlaces *places)
{
    const BurinSource source = {.kind = "mnist", .batch = 1, .shape = {28, 28, 1}, .where = "burin doctor"};
    const BurinVar labels = {.kind = BURIN_BATCH, .field = 1};
    const BurinProgram program = {.source = &source, .sources = 1, .var = &labels, .vars = 1};
    Data d;
    Error e;
    if (data_open(&d, &program, 0, places, &e)) return say("data", NOTE, path_of("%s; specs with data of their own do not need it", e.text).s), NOTE;
    State state = *d.note ? NOTE : GOOD;
    say("data", state, path_of("%s%s%s images in %s", d.note, *d.note ? ": " : "", word_count(d.count).s, path_folder(d.images.s).s).s);
    data_free(&d);
    return state;
}

static State cache(void)
{
    Path folder;
    Error e;
    double bytes = 0;
    int objects = 0;
    if (cache_folder(&folder, &e)) return say("cache", BAD, e.text), BAD;
    DIR *dir = opendir(folder.s);
    for (struct dirent *x; dir && (x = readdir(dir));) {
        struct stat s;
        size_t n = strlen(x->d_name);
        if (n < 4 || strcmp(x->d_name + n - 4, ".bin") || stat(path_of("%s/%s", folder.s, x->d_name).s, &s)) continue;
        objects++, bytes += (double)s.st_size;
    }
    if (dir) closedir(dir);
    double left = disk_free(folder.s);
    bool little = left >= 0 && left < LITTLE_DISK;
    say("cache", little ? NOTE : GOOD, path_of("%s: %d program%s, %s; %s free%s", folder.s, objects, objects == 1 ? "" : "s", word_bytes(bytes).s, word_bytes(left).s,
        little ? ": little; delete what is in there, it is made anew when needed, or set BURIN_CACHE" : "").s);
    return little ? NOTE : GOOD;
}

static State runs(const char *outdir)
{
    Path there = path_of("%s", outdir);
    while (!file_exists(there.s) && strcmp(there.s, ".") && strcmp(there.s, "/")) there = path_folder(there.s);
    if (access(there.s, W_OK | X_OK))
        return say("runs", BAD, path_of("%s cannot be written (%s): %s; train with --outdir DIR", outdir, there.s, strerror(errno)).s), BAD;
    double left = disk_free(there.s);
    bool little = left >= 0 && left < LITTLE_DISK;
    say("runs", little ? NOTE : GOOD, path_of("%s: %s free%s", outdir, word_bytes(left).s, little ? ": little; train with --outdir DIR, or --keep fewer checkpoints" : "").s);
    return little ? NOTE : GOOD;
}

int doctor(DataPlaces places, const char *outdir, Error *e)
{
    int bad = 0;
    bad += home(&places) == BAD;
    bad += processor() == BAD;
    bad += memory() == BAD;
    bad += compiler() == BAD;
    bad += cache() == BAD;
    bad += cuda() == BAD;
    bad += mnist(&places) == BAD;
    bad += runs(outdir) == BAD;
    if (!bad) return puts("\nthis machine can train"), 0;
    return failed(e, "this machine cannot train yet: see what is BAD above");
}
