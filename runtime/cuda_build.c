/* cuda_build.c: a program's CUDA text into images for a card: units looked up in the cache, the others compiled side by side. */
#include "cuda_build.h"
#include "cache.h"
#include "compiler.h"
#include "cpu.h"
#include "file.h"
#include "origin.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 64 };

typedef struct {
    char *code, *image, *said;
    size_t size;
    Digest key;
    int bad;
    Error error;
} Unit;

/* Units that threads take one after another. */
typedef struct {
    const BurinProgram *program;
    const Nvrtc *nvrtc;
    const char *arch;
    Unit *unit;
    int units;
    atomic_int next;
} Work;

/* What an image depends on. */
static Digest key_of(const Work *w, const char *code)
{
    Sha256 s;
    sha256_start(&s);
    sha256_text(&s, "cuda");
    sha256_add(&s, (const int[]){BURIN_ABI, w->nvrtc->major, w->nvrtc->minor}, 3 * sizeof(int));
    sha256_text(&s, w->nvrtc->path.s);
    sha256_text(&s, code);
    sha256_text(&s, w->program->cflags);
    sha256_text(&s, w->arch);
    return sha256_end(&s);
}

static void *compile_some(void *work)
{
    Work *w = work;
    for (int i; (i = atomic_fetch_add(&w->next, 1)) < w->units;) {
        Unit *u = &w->unit[i];
        if (u->image) continue;
        u->bad = nvrtc_compile(w->nvrtc, u->code, word_of("%.30s.cu", w->program->name).s, w->arch, w->program->cflags, &u->image, &u->size, &u->said, &u->error);
        if (u->bad) u->image = NULL;
    }
    return NULL;
}

static void compile_all(Work *w, int missing)
{
    pthread_t thread[THREADS];
    Cpu cpu;
    int threads = 0;
    cpu_read(&cpu);
    while (threads + 1 < missing && threads + 1 < cpu.processors && threads < THREADS && !pthread_create(&thread[threads], NULL, compile_some, w)) threads++;
    compile_some(w);
    while (threads) pthread_join(thread[--threads], NULL);
}

/* What NVRTC was given stays for the user to look at. */
static int unit_failed(const Work *w, const Unit *u, const char *folder, Error *e)
{
    const BurinProgram *p = w->program;
    Path workshop;
    Error unsaid;
    *e = u->error;
    origin_add(e, p, (int)(u - w->unit));
    if (cache_workshop(folder, &workshop, &unsaid)) return -1;
    Path code = path_of("%s/%s.cu", workshop.s, p->name);
    if (!file_write(code.s, u->code, strlen(u->code), &unsaid)) failed_more(e, "\nwhat it was given is %s", code.s);
    return -1;
}

static int build(Work *w, const char *folder, bool anew, CudaImages *out, Error *e)
{
    int missing = 0;
    for (char *code; (code = unit_text(w->program->code, w->units)); w->units++) {
        w->unit = grow(w->unit, ((size_t)w->units + 1) * sizeof *w->unit);
        Unit *u = &w->unit[w->units];
        *u = (Unit){.code = code, .key = key_of(w, code)};
        if (anew || !cache_read(folder, &u->key, &u->image, &u->size)) u->image = NULL, missing++;
        else cache_used(folder, &u->key);
    }
    if (missing) compile_all(w, missing);
    out->compiled = missing > 0;
    out->image = grow(NULL, ((size_t)w->units + 1) * sizeof *out->image);
    out->said = grow(NULL, ((size_t)w->units + 1) * sizeof *out->said);
    int bad = 0;
    for (int i = 0; i < w->units; i++) {
        Unit *u = &w->unit[i];
        if (u->bad && !bad) bad = unit_failed(w, u, folder, e);
        if (u->image && missing && !bad) bad = cache_write(folder, &u->key, u->image, u->size, e);
        if (u->image) out->said[out->images] = u->said, out->image[out->images++] = u->image;
        free(u->code);
    }
    free(w->unit);
    return bad;
}

int cuda_build(CudaImages *out, const BurinProgram *p, const Nvrtc *n, const char *arch, const char *folder, bool anew, Error *e)
{
    Work w = {.program = p, .nvrtc = n, .arch = arch};
    *out = (CudaImages){0};
    return build(&w, folder, anew, out, e);
}

void cuda_images_free(CudaImages *x)
{
    while (x->images) free(x->said[--x->images]), free(x->image[x->images]);
    free(x->image);
    free(x->said);
    *x = (CudaImages){0};
}
