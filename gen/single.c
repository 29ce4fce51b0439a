/* single.c: `burin emit --single-file`: the kernels, the Program and the part of the runtime that training needs, in one file.
 *
 * The runtime's files are folded in as they are, each header before its source and both after what they include; only their
 * #includes go, those of the system to the top. What an emitted program of one file leaves out has a stand-in of the same name in
 * runtime/single/. So the runtime is written in what C11 and C++17 have in common (nvcc reads C++), and no two of
 * its files may give one name to two static functions; tests/cli/emit_single.sh compiles the result.                    */
#include "pass.h"
#include "spec.h"
#include <stdlib.h>
#include <string.h>

enum { FILES = 128 };

/* A chapter, for its table of contents. */
typedef struct { int line; const char *name, *about; } Chapter;

typedef struct {
    const BurinProgram *program;
    const char *home;
    const char *module[FILES]; int modules;         /* that are in, or under way */
    bool done[FILES];                               /* of each: it is in */
    const char *system[FILES]; int systems;         /* "math.h": of the system */
    Chapter chapter[FILES]; int chapters;
    char *text; size_t size;
    FILE *f;                                        /* into text */
} Single;

static bool is_cuda(const BurinProgram *p) { return !strcmp(p->target, "cuda"); }

static bool reads_pictures(const BurinProgram *p)
{
    for (int i = 0; i < p->sources; i++)
        if (!strcmp(p->source[i].kind, "images")) return true;
    return false;
}

/* ---- files of the runtime ---- */

static bool exists(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f) fclose(f);
    return f != NULL;
}

/* NULL: there is no such file. */
static const char *file_text(const Single *s, const char *room, const char *name)
{
    const char *path = mem_print("%s/%s/%s", s->home, room, name);
    return exists(path) ? sandbox_read(path) : NULL;
}

/* What stands in for a module that is left out, or NULL. Folders of pictures are left out where the program reads none. */
static const char *stand_in(const Single *s, const char *module)
{
    bool pictures = !strcmp(module, "folder") || !strcmp(module, "decoder");
    return pictures && reads_pictures(s->program) ? NULL : file_text(s, "runtime/single", mem_print("%s.c", module));
}

static void add_system(Single *s, const char *name)
{
    for (int i = 0; i < s->systems; i++)
        if (!strcmp(s->system[i], name)) return;
    if (s->systems == FILES) die("single: more than %d headers", FILES);
    s->system[s->systems++] = name;
}

/* #include "NAME.h" or <NAME>, at the line's begin: what it names, and in `close` how that ends; else NULL. */
static const char *included(const char *line, char *close)
{
    static const char word[] = "#include ";
    size_t n = sizeof word - 1;
    if (strncmp(line, word, n) || !(line[n] == '"' || line[n] == '<')) return NULL;
    *close = line[n] == '<' ? '>' : '"';
    return mem_print("%.*s", (int)(strchr(line + n + 1, *close) - (line + n + 1)), line + n + 1);
}

static void fold(Single *s, const char *module);

/* What the text of a module includes. */
static void fold_included(Single *s, const char *module, const char *text)
{
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        char close;
        const char *name = included(line, &close);
        if (!name) continue;
        if (close == '>') add_system(s, name);
        else if (strcmp(name, mem_print("%s.h", module)) != 0) fold(s, mem_print("%.*s", (int)strlen(name) - 2, name));
    }
}

/* Without what includes are guarded by, which stands once at either end of a header, and without them. */
static void print_file(Single *s, const char *text, bool header)
{
    const char *last = header ? strstr(text, "\n#endif\n") : NULL;
    for (const char *next; last && (next = strstr(last + 1, "\n#endif\n"));) last = next;
    int guard = header ? 2 : 0, blank = 0;
    char close;
    for (const char *line = text, *end; *line && line - 1 != last; line = end + 1) {
        end = strchr(line, '\n');
        if (guard && (!strncmp(line, "#ifndef BURIN_", 14) || !strncmp(line, "#define BURIN_", 14))) guard--;
        else if (line == end) blank = 1;
        else if (!included(line, &close)) fprintf(s->f, "%s%.*s\n", blank ? "\n" : "", (int)(end - line), line), blank = 0;
    }
    fputc('\n', s->f);
}

static int lines_now(Single *s)
{
    int n = 1;
    fflush(s->f);
    for (const char *c = s->text; c < s->text + s->size; c++) n += *c == '\n';
    return n;
}

static void begin_chapter(Single *s, const char *name, const char *about)
{
    static const char rule[] = "--------------------------------------------------------------------------------------------------------------------";
    if (s->chapters == FILES) die("single: more than %d chapters", FILES);
    s->chapter[s->chapters++] = (Chapter){lines_now(s), name, about};
    fprintf(s->f, "/* ---- %s %s */\n\n", name, rule + strlen(name));
}

/* Of a file that begins "NAME: what it is. More ..." or "NAME: what it is (more) ...": what it is. */
static const char *about_of(const char *text)
{
    const char *begin = strstr(text, ": ") + 2, *end = begin;
    while (*end != '\n' && strncmp(end, " (", 2) && strncmp(end, " */", 3) && !(strchr(".:?", *end) && strchr(" \n", end[1]))) end++;
    return mem_print("%.*s%s", (int)(end - begin), begin, *end == '?' ? "?" : "");
}

static void fold(Single *s, const char *module)
{
    int at = 0;
    while (at < s->modules && strcmp(s->module[at], module) != 0) at++;
    if (at < s->modules && !s->done[at]) die("single: runtime/%s and a file that it includes include each other", module);
    if (at < s->modules) return;
    if (at == FILES) die("single: more than %d modules", FILES);
    s->module[s->modules++] = module;
    const char *header = file_text(s, "runtime", mem_print("%s.h", module)), *left_out = stand_in(s, module);
    const char *source = left_out ? left_out : file_text(s, "runtime", mem_print("%s.c", module));
    if (!header) fail("%s/runtime/%s.h is not here, and --single-file folds it in: run burin from its checkout, or make install", s->home, module);
    fold_included(s, module, header);
    if (source) fold_included(s, module, source);
    begin_chapter(s, module, about_of(left_out ? left_out : header));
    print_file(s, header, true);
    if (source) print_file(s, source, false);
    s->done[at] = true;
}

/* ---- the whole ---- */

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Libraries by their headers, which stand after those of the system: jpeglib.h needs them. */
static const struct { const char *header, *library; } libraries[] = {{"png.h", "-lpng"}, {"jpeglib.h", "-ljpeg"}, {"jerror.h", ""}, {"zlib.h", "-lz"}};
enum { LIBRARIES = sizeof libraries / sizeof *libraries };

static int library_of(const char *header)
{
    for (int i = 0; i < LIBRARIES; i++)
        if (!strcmp(libraries[i].header, header)) return i;
    return -1;
}

static bool takes(const Single *s, int library)
{
    for (int i = 0; i < s->systems; i++)
        if (library_of(s->system[i]) == library) return true;
    return false;
}

static void print_includes(const Single *s, FILE *f)
{
    const char *all[FILES];
    int n = 0;
    for (int i = 0; i < s->systems; i++)
        if (library_of(s->system[i]) < 0) all[n++] = s->system[i];
    qsort(all, (size_t)n, sizeof *all, by_name);
    for (int i = 0; i < n; i++) fprintf(f, "#include <%s>\n", all[i]);
    for (int i = 0; i < LIBRARIES; i++)
        if (takes(s, i)) fprintf(f, "#include <%s>\n", libraries[i].header);
}

/* "nvcc -O3 -arch=sm_90 train.cu -o train -lpng -lz" */
static const char *command_of(const Single *s, const char *file)
{
    const BurinProgram *p = s->program;
    const char *line = is_cuda(p) ? mem_print("nvcc -O3 -arch=%s %s%s%s -o train", p->isa, p->cflags, *p->cflags ? " " : "", file)
                                  : mem_print("cc -O3 -fopenmp %s %s -o train", p->cflags, file);
    for (int i = 0; i < LIBRARIES; i++)
        if (takes(s, i) && *libraries[i].library) line = mem_print("%s %s", line, libraries[i].library);
    return is_cuda(p) ? line : mem_print("%s -lm", line);
}

/* The head and the table of contents: `lines` long, which moves all that follows it down. */
static void print_head(const Single *s, FILE *f, const char *file, int lines)
{
    const BurinProgram *p = s->program;
    fprintf(f, "/* %s: trains %s %s. Burin " BURIN_VERSION " wrote it, from %s.\n *\n *     %s\n *     ./train --help\n *\n"
               " * Nothing of Burin is needed beside it: below are\n *\n", file, p->name, is_cuda(p) ? mem_print("on an NVIDIA card, %s or later", p->isa) : "on the CPU",
            p->spec_path, command_of(s, file));
    for (int i = 0; i < s->chapters; i++) fprintf(f, " *   line %5d  %-12s %s\n", s->chapter[i].line + lines, s->chapter[i].name, s->chapter[i].about);
    fputs(" */\n", f);
    if (!is_cuda(p)) fputs("#define _GNU_SOURCE\n", f);
    print_includes(s, f);
    fputc('\n', f);
}

static int head_lines(const Single *s, const char *file)
{
    char *text;
    size_t size;
    int n = 0;
    FILE *f = open_memstream(&text, &size);
    print_head(s, f, file, 0);
    fclose(f);
    for (size_t i = 0; i < size; i++) n += text[i] == '\n';
    free(text);
    return n;
}

/* nvcc compiles for an older card when it is told none. */
static void print_least(FILE *f, const char *isa)
{
    fprintf(f, "#if defined __CUDA_ARCH__ && __CUDA_ARCH__ < %s0\n#error \"these kernels are for %s and later: nvcc -arch=%s\"\n#endif\n\n", isa + strlen("sm_"), isa, isa);
}

static void fold_all(Single *s)
{
    const BurinProgram *p = s->program;
    fold(s, "program");
    begin_chapter(s, "kernels", mem_print("what runs on the %s", is_cuda(p) ? "card" : "CPU"));
    if (is_cuda(p)) print_least(s->f, p->isa);
    print_kernels(s->f, p);
    begin_chapter(s, "plan", "which kernels run when, and where in memory all is");
    print_program(s->f, p);
    fold(s, "data");
    fold(s, is_cuda(p) ? "dev_cuda" : "dev_cpu");
    fold(s, "standalone");
    begin_chapter(s, "main", "the command line");
    fprintf(s->f, "int main(int argc, char **argv)\n{\n    static const DeviceType *const devices[] = {&%s_linked, NULL};\n"
                  "    return standalone_main(&%s_program, devices, ONE_FILE, argc, argv);\n}\n", is_cuda(p) ? "dev_cuda" : "dev_cpu", p->name);
}

const char *single(const BurinProgram *p, const char *home, const char *file, const char **command)
{
    Single s = {.program = p, .home = home};
    char *head;
    size_t size;
    s.f = open_memstream(&s.text, &s.size);
    fold_all(&s);
    fclose(s.f);
    FILE *f = open_memstream(&head, &size);
    print_head(&s, f, file, head_lines(&s, file));
    fclose(f);
    const char *all = mem_print("%s%s", head, s.text);
    free(head);
    free(s.text);
    *command = command_of(&s, file);
    return lines_put(all, mem_print("%s.cu", p->name), file);
}
