/* ptxas.c: reads what NVIDIA's assembler says of kernels. Its lines, among others, for each:
 *
 *     ptxas info    : Compiling entry function 'NAME' for 'sm_90'
 *                     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
 *     ptxas info    : Used 31 registers, used 1 barriers, 400 bytes smem                                               */
#include "ptxas.h"
#include "text.h"
#include <stdio.h>
#include <string.h>

/* The number before `words` in a line; 0: they are not in it. */
static int number_before(const char *line, const char *words)
{
    const char *p = strstr(line, words);
    int n = 0, unit = 1;
    for (; p > line && p[-1] >= '0' && p[-1] <= '9'; unit *= 10) n += (*--p - '0') * unit;
    return n;
}

int ptxas_read(const char *log, PtxasKernel **list, int count)
{
    char line[1024];
    for (int n = 0; *log; log += n + (log[n] == '\n')) {
        n = (int)strcspn(log, "\n");
        snprintf(line, sizeof line, "%.*s", n, log);
        const char *entry = strstr(line, "Compiling entry function '");
        PtxasKernel k = {.registers = 0};
        if (entry && sscanf(entry, "Compiling entry function '%127[^']", k.name) == 1) {
            *list = grow(*list, ((size_t)count + 1) * sizeof k);
            (*list)[count++] = k;
        }
        if (!count) continue;
        PtxasKernel *last = &(*list)[count - 1];
        last->spilled += number_before(line, " bytes spill stores") + number_before(line, " bytes spill loads");
        if (strstr(line, "Used ")) last->registers = number_before(line, " registers"), last->shared = number_before(line, " bytes smem");
    }
    return count;
}

const PtxasKernel *ptxas_find(const PtxasKernel *list, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(list[i].name, name)) return &list[i];
    return NULL;
}
