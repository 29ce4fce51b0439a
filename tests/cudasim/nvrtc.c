/* nvrtc.c: a libnvrtc.so.13 that compiles a kernel's text with g++ under kernel.h, for the simulated card (driver.c).
 *
 * The text stands as it is but for three things that macros cannot do: `extern __shared__ T name[];` becomes a pointer to dynamic
 * shared memory, before each __global__ stands the name of the section for that kernel's own, and a function with assembly in its
 * body is left out: kernel.h has one of its name. After the text comes the table of its kernels. SIM_CXX is the compiler (g++),
 * SIM_CXXFLAGS more flags for it.                                                                                     */
#include "../../runtime/nvrtc.h"
#include "command.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECLARE(name, parameters) nvrtcResult name parameters;
NVRTC(DECLARE)

enum { KERNELS = 512, WORDS = 64 };

struct _nvrtcProgram { char *text, *name, *image, *log; size_t bytes; };

/* What has been read of the text, and the text to compile as far as it is written. */
typedef struct {
    const char *at;
    int line, depth;            /* braces that are open */
    const char *file;
    FILE *out;
    char *kernel[KERNELS];
    int kernels;
} Reader;

static bool in_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

static bool word_at(const char *p, const char *word)
{
    size_t n = strlen(word);
    return !strncmp(p, word, n) && !in_name(p[n]);
}

static const char *skip_space(const char *p)
{
    while (isspace((unsigned char)*p)) p++;
    return p;
}

/* After a comment, a string or one character. */
static const char *next(const char *p)
{
    const char *q;
    if (p[0] == '/' && p[1] == '/') return p + strcspn(p, "\n");
    if (p[0] == '/' && p[1] == '*') return (q = strstr(p + 2, "*/")) ? q + 2 : p + strlen(p);
    if (*p == '"') {
        for (p++; *p && *p != '"'; p++) p += *p == '\\' && p[1];
        return *p ? p + 1 : p;
    }
    if (in_name(*p)) {
        while (in_name(*p)) p++;
        return p;
    }
    return p + 1;
}

static void copy_to(Reader *r, const char *end)
{
    for (; r->at < end; r->at++) {
        fputc(*r->at, r->out);
        r->line += *r->at == '\n';
    }
}

/* Where a function's parameters begin, or what shows that none is declared at p; its name is the last word before. */
static const char *function_name(const char *p, const char **name, int *length)
{
    *name = NULL, *length = 0;
    for (p = skip_space(p); *p && !strchr("(;={", *p); p = skip_space(p)) {
        if (word_at(p, "__launch_bounds__")) p += strcspn(p, ")") + 1;
        else *name = p, p = next(p), *length = (int)(p - *name);
    }
    return p;
}

/* At "__global__". */
static void global(Reader *r)
{
    const char *name;
    int n;
    function_name(r->at + strlen("__global__"), &name, &n);
    if (!name || r->kernels == KERNELS) return;
    r->kernel[r->kernels++] = strndup(name, (size_t)n);
    fprintf(r->out, "\n#undef SIM_SECTION\n#define SIM_SECTION \"sim_%.*s\"\n#line %d \"%s\"\n", n, name, r->line, r->file);
}

/* At "extern": `extern __shared__ [__align__(n)] T name[];` -> `T *name = (T *)SIM_DYNAMIC;` Other uses stay. */
static void external(Reader *r)
{
    const char *p = skip_space(r->at + strlen("extern")), *end = strchr(p, ';'), *name;
    if (!word_at(p, "__shared__") || !end) return;
    p = skip_space(p + strlen("__shared__"));
    if (word_at(p, "__align__")) p = skip_space(p + strcspn(p, ")") + 1);
    const char *bracket = memchr(p, '[', (size_t)(end - p));
    if (!bracket) return;
    for (name = bracket; !in_name(name[-1]); name--) {}
    const char *name_end = name;
    while (in_name(name[-1])) name--;
    int t = (int)(name - p);
    fprintf(r->out, "%.*s *%.*s = (%.*s *)SIM_DYNAMIC;", t, p, (int)(name_end - name), name, t, p);
    for (; r->at <= end; r->at++) r->line += *r->at == '\n';
}

/* After the line of the preprocessor at p, and those on which it goes on. */
static const char *directive_end(const char *p)
{
    while (*p && *p != '\n') p += p[0] == '\\' && p[1] ? 2 : 1;
    return p;
}

/* Where a declaration begins: if it is a function with assembly in its body, leaves it out. What stands there instead fails if
 * kernel.h has no function of its name.                                                                               */
static bool assembly(Reader *r)
{
    bool found = false;
    int n, depth = 0;
    const char *name, *p = function_name(r->at, &name, &n);
    while (*p && *p != ';' && *p != '{') p = next(p);
    if (!name || *p != '{') return false;
    do {
        depth += (*p == '{') - (*p == '}');
        found |= word_at(p, "asm");
        p = next(p);
    } while (*p && depth);
    if (!found) return false;
    fprintf(r->out, "\n#ifndef SIM_HAS_%.*s\n#error \"%.*s() has assembly in it, and the src path needs a function of this name in tests/cudasim/kernel.h\"\n#endif\n", n, name, n, name);
    for (; r->at < p; r->at++) r->line += *r->at == '\n';
    fprintf(r->out, "#line %d \"%s\"\n", r->line, r->file);
    return true;
}

/* The text for g++, malloced. */
static char *rewrite(const char *text, const char *file)
{
    char *made;
    size_t size;
    Reader r = {.at = text, .line = 1, .file = file, .out = open_memstream(&made, &size)};
    fprintf(r.out, "#include \"kernel.h\"\n#line 1 \"%s\"\n", file);
    for (bool begins = true; *r.at;) {
        if (begins && in_name(*r.at) && assembly(&r)) continue;
        r.depth += (*r.at == '{') - (*r.at == '}');
        begins = (begins && !in_name(*r.at)) || (!r.depth && strchr(";}", *r.at));
        if (word_at(r.at, "__global__")) global(&r);
        else if (word_at(r.at, "extern")) external(&r);
        copy_to(&r, *r.at == '#' ? directive_end(r.at) : next(r.at));
    }
    fputc('\n', r.out);
    for (int i = 0; i < r.kernels; i++) fprintf(r.out, "SIM_KERNEL(%s)\n", r.kernel[i]);
    fputs("extern \"C\" { extern const SimKernel sim_kernels[]; const SimKernel sim_kernels[] = {\n", r.out);
    for (int i = 0; i < r.kernels; i++) fprintf(r.out, "    SIM_ROW(%s)\n", r.kernel[i]);
    fputs("    {0} }; }\n", r.out);
    fclose(r.out);
    while (r.kernels) free(r.kernel[--r.kernels]);
    return made;
}

nvrtcResult nvrtcVersion(int *major, int *minor) { return *major = 13, *minor = 0, NVRTC_SUCCESS; }
nvrtcResult nvrtcGetNumSupportedArchs(int *count) { return *count = 2, NVRTC_SUCCESS; }
nvrtcResult nvrtcGetSupportedArchs(int *arch) { return arch[0] = 75, arch[1] = 121, NVRTC_SUCCESS; }

nvrtcResult nvrtcCreateProgram(nvrtcProgram *p, const char *text, const char *name, int headers, const char *const *header, const char *const *header_name)
{
    (void)headers, (void)header, (void)header_name;
    *p = calloc(1, sizeof **p);
    (*p)->text = strdup(text);
    (*p)->name = strdup(name ? name : "default_program");
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcDestroyProgram(nvrtcProgram *p)
{
    free((*p)->text);
    free((*p)->name);
    free((*p)->image);
    free((*p)->log);
    free(*p);
    *p = NULL;
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcCompileProgram(nvrtcProgram p, int options, const char *const *option)
{
    const char *compiler = getenv("SIM_CXX"), *more = getenv("SIM_CXXFLAGS"), *contract = "-ffp-contract=fast";
    char *flags = strdup(more ? more : ""), *rest = NULL, *made;
    for (int i = 0; i < options; i++)
        if (!strcmp(option[i], "--fmad=false")) contract = "-ffp-contract=off";
    const char *word[WORDS] = {compiler ? compiler : "g++", "-std=c++17", "-O2", "-march=native", contract, "-fwrapv", "-fno-strict-aliasing", "-w", "-fPIC",
                               "-shared", "-fvisibility-inlines-hidden", "-I" SIM_FOLDER, "kernel.cpp", "-o", "out.so"};
    int n = 15;
    for (char *w = strtok_r(flags, " ", &rest); w && n < WORDS - 1; w = strtok_r(NULL, " ", &rest)) word[n++] = w;
    char *text = rewrite(p->text, p->name);
    int bad = command_build(word, "kernel.cpp", text, &made, &p->bytes);
    free(text);
    free(flags);
    if (bad) p->log = made;
    else p->image = made;
    return bad ? NVRTC_ERROR_COMPILATION : NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetCUBINSize(nvrtcProgram p, size_t *size) { return *size = p->bytes, p->image ? NVRTC_SUCCESS : NVRTC_ERROR_INTERNAL_ERROR; }
nvrtcResult nvrtcGetPTXSize(nvrtcProgram p, size_t *size) { return nvrtcGetCUBINSize(p, size); }

nvrtcResult nvrtcGetCUBIN(nvrtcProgram p, char *image)
{
    if (!p->image) return NVRTC_ERROR_INTERNAL_ERROR;
    memcpy(image, p->image, p->bytes);
    return NVRTC_SUCCESS;
}
nvrtcResult nvrtcGetPTX(nvrtcProgram p, char *image) { return nvrtcGetCUBIN(p, image); }

nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram p, size_t *size) { return *size = (p->log ? strlen(p->log) : 0) + 1, NVRTC_SUCCESS; }
nvrtcResult nvrtcGetProgramLog(nvrtcProgram p, char *log) { return strcpy(log, p->log ? p->log : ""), NVRTC_SUCCESS; }
