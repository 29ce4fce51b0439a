/* nvrtc.c: NVRTC found, opened, run. */
#include "nvrtc.h"
#include "file.h"
#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NEWEST = 14, OLDEST = 12, WORDS = 32 };      /* versions that are looked for by name */

/* Loads `file`, asks for its version; true when it is one and a driver for CUDA `most` runs its code. A driver runs what any
 * NVRTC of its major version makes.                                                                                 */
static bool take(Nvrtc *n, const char *file, int most, int *too_new)
{
    struct link_map *m;
    bool all = true;
    *n = (Nvrtc){.library = dlopen(file, RTLD_NOW | RTLD_LOCAL)};
    if (!n->library) return false;
#define FIND(name, parameters) all &= (*(void **)&n->name = dlsym(n->library, #name)) != NULL;
    NVRTC(FIND)
    if (!all || n->nvrtcVersion(&n->major, &n->minor)) return false;
    n->path = path_of("%s", dlinfo(n->library, RTLD_DI_LINKMAP, &m) ? file : m->l_name);
    if (n->major > most / 1000) *too_new = n->major;
    return n->major <= most / 1000;
}

/* "FOLDER/libnvrtc.so.13" and so on; folder "": the linker's. */
static bool take_from(Nvrtc *n, const char *folder, int most, int *too_new)
{
    for (int major = most / 1000 < NEWEST ? most / 1000 : NEWEST; major >= OLDEST; major--)
        if (take(n, path_of("%slibnvrtc.so.%d", folder, major).s, most, too_new)) return true;
    return take(n, path_of("%slibnvrtc.so", folder).s, most, too_new) ||
           take(n, path_of("%slibnvrtc.so.%d", folder, most / 1000 + 1).s, most, too_new);       /* for the message */
}

static bool take_usual(Nvrtc *n, int most, int *too_new)
{
    const char *const root[] = {getenv("CUDA_HOME"), getenv("CUDA_PATH"), "/usr/local/cuda", "/opt/cuda"};
    if (take_from(n, "", most, too_new)) return true;
    for (unsigned i = 0; i < sizeof root / sizeof *root; i++)
        if (root[i] && *root[i] && take_from(n, path_of("%s/lib64/", root[i]).s, most, too_new)) return true;
    return false;
}

int nvrtc_find(Nvrtc *n, int most, Error *e)
{
    const char *own = getenv("BURIN_NVRTC");
    int too_new = 0;
    if (own && *own ? take(n, own, most, &too_new) || take_from(n, path_of("%s/", own).s, most, &too_new) : take_usual(n, most, &too_new)) return 0;
    *n = (Nvrtc){0};
    if (too_new)
        return failed(e, "NVIDIA's driver is too old for the NVRTC here: it runs CUDA %d.%d, and NVRTC is %d; update the driver, or "
                         "pip install nvidia-cuda-nvrtc-cu%d and set BURIN_NVRTC to its folder", most / 1000, most % 1000 / 10, too_new, most / 1000);
    if (own && *own) return failed(e, "BURIN_NVRTC, %s, holds no NVRTC (libnvrtc.so.%d or older)", own, most / 1000);
    return failed(e, "no NVRTC, which compiles the kernels: install NVIDIA's CUDA toolkit, or pip install nvidia-cuda-nvrtc%s and set "
                     "BURIN_NVRTC to the folder with libnvrtc.so.%d", most / 1000 == 12 ? "-cu12" : "", most / 1000);
}

void nvrtc_range(const Nvrtc *n, int *least, int *most)
{
    int count = 0, *arch;
    *least = *most = 0;
    if (n->nvrtcGetNumSupportedArchs(&count) || count < 1) return;
    arch = grow(NULL, (size_t)count * sizeof *arch);
    if (!n->nvrtcGetSupportedArchs(arch)) *least = arch[0], *most = arch[count - 1];      /* they ascend */
    free(arch);
}

/* NVRTC's log, malloced. */
static char *read_log(const Nvrtc *n, nvrtcProgram p)
{
    size_t size = 0;
    if (n->nvrtcGetProgramLogSize(p, &size)) size = 0;
    char *log = grow(NULL, size + 1);
    *log = log[size] = 0;
    if (size && n->nvrtcGetProgramLog(p, log)) *log = 0;
    return log;
}

/* Its first lines. */
static void add_log(const Nvrtc *n, nvrtcProgram p, Error *e)
{
    char *rest = NULL, *log = read_log(n, p);
    char *line = strtok_r(log, "\n", &rest);
    for (int i = 0; line && i < 20; i++, line = strtok_r(NULL, "\n", &rest)) failed_more(e, "\n  %.300s", line);
    free(log);
}

static int compile(const Nvrtc *n, nvrtcProgram p, const char *arch, const char *options, Error *e)
{
    char *words = strdup(options), *rest = NULL;
    Word target = word_of("--gpu-architecture=%s", arch);
    const char *word[WORDS] = {target.s};
    int count = 1;
    for (char *w = strtok_r(words, " ", &rest); w && count < WORDS; w = strtok_r(NULL, " ", &rest)) word[count++] = w;
    int bad = n->nvrtcCompileProgram(p, count, word);
    free(words);
    if (!bad) return 0;
    error_set(e, "NVRTC %d.%d failed (%s %s):", n->major, n->minor, target.s, options);
    add_log(n, p, e);
    return -1;
}

static int take_image(const Nvrtc *n, nvrtcProgram p, bool ptx, char **image, size_t *size, Error *e)
{
    int bad = ptx ? n->nvrtcGetPTXSize(p, size) : n->nvrtcGetCUBINSize(p, size);
    *image = grow(NULL, bad || !*size ? 1 : *size);
    if (!bad) bad = ptx ? n->nvrtcGetPTX(p, *image) : n->nvrtcGetCUBIN(p, *image);
    if (!bad && *size) return 0;
    free(*image);
    return failed(e, "NVRTC %d.%d (%s) gives no code after it has compiled", n->major, n->minor, n->path.s);
}

int nvrtc_compile(const Nvrtc *n, const char *code, const char *name, const char *arch, const char *options, char **image, size_t *size, char **said, Error *e)
{
    nvrtcProgram p;
    if (n->nvrtcCreateProgram(&p, code, name, 0, NULL, NULL)) return failed(e, "NVRTC %d.%d (%s) does not start", n->major, n->minor, n->path.s);
    int bad = compile(n, p, arch, options, e) || take_image(n, p, !strncmp(arch, "compute_", 8), image, size, e);
    if (said) *said = bad ? NULL : read_log(n, p);
    n->nvrtcDestroyProgram(&p);
    return bad ? -1 : 0;
}
