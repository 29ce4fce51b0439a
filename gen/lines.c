/* lines.c: `--line-info`: a profiler shows lines of the spec.
 *
 * The text of a CUDA program in which each line of a kernel is said to be the line of the spec that the kernel came from (by #line;
 * -lineinfo has the compiler keep it). The lines between kernels are those of the text, NAME.cu.                       */
#include "pass.h"
#include <stdlib.h>
#include <string.h>

static const char *next_line(const char *line) { return strchr(line, '\n') + 1; }

/* "models/x.lua:14 conv2d ..." as #line wants it: 14 "models/x.lua"; NULL: it names no line. */
static const char *as_place(const char *where)
{
    size_t file = strcspn(where, ":\"\\");
    return where[file] == ':' ? mem_print("%d \"%.*s\"", atoi(where + file + 1), (int)file, where) : NULL;
}

/* Where the kernel came from whose head this line is; NULL: it is none, or came from no line. */
static const char *place_of(const BurinProgram *p, const char *line)
{
    const char *head = mem_print("%.*s", (int)strcspn(line, "\n"), line);
    if (!strstr(head, "__global__")) return NULL;
    for (int i = 0; i < p->entries; i++)
        for (int k = 0; k < p->entry[i].launches; k++)
            if (strstr(head, mem_print(" %s(", p->entry[i].launch[k].symbol))) return as_place(p->entry[i].launch[k].where);
    return NULL;
}

static char *close_text(FILE *f, char **text)
{
    fclose(f);
    char *kept = mem_print("%s", *text);
    free(*text);
    return kept;
}

const char *lines_put(const char *code, const char *name, const char *as)
{
    const char *end = mem_print(" \"%s\"\n", name);
    char *text;
    size_t size;
    int number = 1;
    FILE *f = open_memstream(&text, &size);
    for (const char *line = code, *next; *line; line = next, number++) {
        next = next_line(line);
        bool own = !strncmp(line, "#line ", 6) && (size_t)(next - line) > strlen(end) && !strncmp(next - strlen(end), end, strlen(end));
        if (own) fprintf(f, "#line %d \"%s\"\n", number + 1, as);
        else fwrite(line, 1, (size_t)(next - line), f);
    }
    return close_text(f, &text);
}

void lines_mark(BurinProgram *p)
{
    size_t lines = 0;
    for (const char *line = p->code; *line; line = next_line(line)) lines++;
    const char *name = mem_print("%s.cu", p->name), *place = NULL, *found, **places = mem_new((3 * lines + 1) * sizeof *places);
    bool inside = false;
    char *text;
    size_t size;
    int number = 0, out = 0;
    FILE *f = open_memstream(&text, &size);
    for (const char *line = p->code, *next; *line; line = next) {
        next = next_line(line);
        bool closes = inside && *line == '}';
        if (inside && *line != '\n') fprintf(f, "#line %s\n", place), places[out++] = NULL;
        fwrite(line, 1, (size_t)(next - line), f);
        places[out++] = p->places[number++];
        if (closes) fprintf(f, "#line 0 \"%s\"\n", name), places[out++] = NULL, inside = false, place = NULL;
        if ((found = place_of(p, line))) place = found;
        if (place && *line == '{') inside = true;
    }
    p->code = lines_put(close_text(f, &text), name, name);
    p->places = places;
}
