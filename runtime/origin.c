/* origin.c: from the line that a compiler complains of to the template's line and the spec's. */
#include "origin.h"
#include "compiler.h"
#include <stdio.h>
#include <string.h>

/* The first line of what was said that speaks of an error, and the number of the line that it names: "unit3.c:120:7: error: ..." or
 * "name.cu(120): error: ..."; 0: it names none.                                                                     */
static int complaint(const char *said, int *unit)
{
    const char *error = strstr(said, "error: "), *from = error;
    int line = 0;
    while (from && from > said && from[-1] != '\n') from--;
    for (; from && from < error && !line; from++)
        if (*unit >= 0) sscanf(from, ".cu(%d)", &line);
        else if (sscanf(from, "/unit%d.c:%d:", unit, &line) != 2) line = 0, *unit = -1;
    return line;
}

static int newlines(const char *from, const char *to)
{
    int n = 0;
    for (; from < to; from++) n += *from == '\n';
    return n;
}

static const char *next_line(const char *p)
{
    p = strchr(p, '\n');
    return p ? p + 1 : NULL;
}

/* Where line `line` of a unit stands in the whole code, or NULL. What stands before the first unit comes first in each. */
static const char *find_line(const char *code, int unit, int line)
{
    const char *part = strstr(code, "\n" UNIT_LINE), *p = code;
    int common = part ? newlines(code, part + 1) : 0;
    if (part && line > common) {
        for (line -= common; part && unit; unit--) part = strstr(part + 1, "\n" UNIT_LINE);
        p = part ? part + 1 + sizeof UNIT_LINE - 1 : NULL;
    }
    for (; p && line > 1; line--) p = next_line(p);
    return p && strchr(p, '\n') ? p : NULL;
}

/* The name of the function that the line is in, or "": its head is the line before one that is "{", and ends "NAME(parameters)". */
static Path function_at(const char *code, const char *at)
{
    const char *head = NULL, *next = code;
    for (const char *line = code; line <= at && (next = next_line(line)); line = next)
        if (next[0] == '{' && next[1] == '\n') head = line;
    if (!head) return path_of("%s", "");
    const char *begin, *end = strchr(head, '\n');
    while (end > head && *end != '(') end--;
    for (begin = end; begin > head && begin[-1] != ' ';) begin--;
    return path_of("%.*s", (int)(end - begin), begin);
}

static const char *spec_line(const BurinProgram *p, const char *function)
{
    for (int i = 0; i < p->kernels; i++)
        if (!strcmp(p->kernel[i].name, function)) return p->kernel[i].where;
    return NULL;
}

void origin_add(Error *e, const BurinProgram *p, int unit)
{
    int line = complaint(e->text, &unit);
    const char *at = line ? find_line(p->code, unit, line) : NULL;
    if (!at) return;
    Path function = function_at(p->code, at);
    const char *where = spec_line(p, function.s), *place = p->places ? p->places[newlines(p->code, at)] : NULL;
    failed_more(e, "\n  line %d is in %s", line, *function.s ? function.s : "no function");
    if (where) failed_more(e, ", for %s", where);
    if (place) failed_more(e, ", and made by %s", place);
}
