/* cpu_jit.c: the CPU as the device of the `burin` command: the system's compiler makes the kernels at start-up, or the cache has them.
 *
 * OpenMP: the runtime does not link it, the compiled kernels do. So libgomp starts when the first object is loaded, and reads
 * OMP_WAIT_POLICY and the like then, as the user set them.                                                          */
#include "cache.h"
#include "compiler.h"
#include "cpu.h"
#include "dev_cpu.h"
#include "file.h"
#include "origin.h"
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

/* What the object depends on: the text, the flags, the compiler, and the processor. */
static Digest key_of(const BurinProgram *p, const char *flags, const Compiler *c, const Cpu *cpu)
{
    Sha256 s;
    sha256_start(&s);
    sha256_add(&s, (const int[]){BURIN_ABI}, sizeof(int));
    sha256_text(&s, p->code);
    sha256_text(&s, flags);
    for (int i = 0; c->word[i]; i++) sha256_text(&s, c->word[i]);
    sha256_text(&s, c->path.s);
    sha256_text(&s, c->version);
    sha256_add(&s, cpu->identity.byte, sizeof cpu->identity.byte);
    return sha256_end(&s);
}

/* OpenMP's threads outlive the parallel regions: their library must not go when the kernels that brought it do. */
static void keep_openmp(void *library)
{
    struct link_map *m;
    for (m = dlinfo(library, RTLD_DI_LINKMAP, &m) ? NULL : m; m; m = m->l_next)
        if (strstr(m->l_name, "omp.so") || strstr(m->l_name, "omp5.so"))        /* libgomp, libomp; libiomp5 */
            dlopen(m->l_name, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/* libgomp's threads spin at a barrier for about a millisecond before they sleep. When something else runs on the cores,
 * that is time taken from the very thread that they wait for: a busy machine then trains ten times slower. A barrier between
 * kernels takes microseconds, so 20 of them are enough. What the user has set stays.                              */
static void spin_briefly(void)
{
    if (!getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "10000", 0);
}

static int load(Device *d, const BurinProgram *p, const char *object, Error *e)
{
    spin_briefly();
    d->library = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    if (!d->library) return failed(e, "cannot load the compiled kernels: %s", dlerror());
    keep_openmp(d->library);
    for (int i = 0; i < p->entries; i++) {
        *(void **)&d->function[i] = dlsym(d->library, p->entry[i].symbol);
        if (!d->function[i]) bug("the compiled kernels lack %s", p->entry[i].symbol);
    }
    return 0;
}

static int compile_and_load(Device *d, const BurinProgram *p, const Compiler *c, const char *flags, const Cpu *cpu, Word *how, Error *e)
{
    double begin = seconds_now();
    Path folder, workshop;
    if (d->options.cache ? (folder = path_of("%s", d->options.cache), folder_make(folder.s, e)) : cache_folder(&folder, e)) return -1;
    Digest key = key_of(p, flags, c, cpu);
    if (cache_holds(folder.s, &key) && !load(d, p, cache_object(folder.s, &key).s, e)) {
        cache_used(folder.s, &key);
        *how = word_of("from the cache in %s", word_time(seconds_now() - begin).s);
        return 0;
    }
    if (cache_workshop(folder.s, &workshop, e)) return -1;
    Path object = path_of("%s/all.so", workshop.s);
    if (compiler_build(c, p->code, flags, workshop.s, object.s, cpu->processors, e)) return origin_add(e, p, -1), -1;
    if (cache_keep(folder.s, &key, workshop.s, object.s, e)) return -1;
    *how = word_of("compiled in %s", word_time(seconds_now() - begin).s);
    return load(d, p, cache_object(folder.s, &key).s, e);
}

bool dev_cpu_built(const BurinProgram *p)
{
    Cpu cpu;
    Compiler c;
    Path folder;
    Error e;
    cpu_read(&cpu);
    if (!cpu_runs(p->isa) || cache_folder(&folder, &e) || compiler_find(&c, &e)) return false;
    Digest key = key_of(p, compiler_flags(p->cflags).s, &c, &cpu);
    compiler_free(&c);
    return cache_holds(folder.s, &key);
}

static int compile(Device *d, const BurinProgram *p, Word *how, Error *e)
{
    Cpu cpu;
    Compiler c;
    if (p->function) return cpu_use_linked(d, p, how, e);
    if (cpu_check_program(p, e) || compiler_find(&c, e)) return -1;
    cpu_read(&cpu);
    int bad = compile_and_load(d, p, &c, compiler_flags(p->cflags).s, &cpu, how, e);
    compiler_free(&c);
    return bad;
}

const DeviceType dev_cpu = CPU_DEVICE(compile);
