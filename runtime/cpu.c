/* cpu.c: the processor that this runs on: which vectors, how many cores, how much memory, by /proc, /sys and cpuid. */
#include "cpu.h"
#include "file.h"
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define AVX512 "-mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mprefer-vector-width=512"
static const struct { const char *name, *title, *flags; int floats; } ISA[] = {
    {"avx512bf16", "AVX-512 with BF16 (16 floats a vector)", AVX512 " -mavx512bf16", 16},
    {"avx512", "AVX-512 (16 floats a vector)", AVX512, 16},
    {"avx2", "AVX2 (8 floats a vector)", "-mavx2 -mfma", 8},
    {"sse2", "SSE2 (4 floats a vector)", "", 4},
    {"neon", "NEON (4 floats a vector)", "", 4},
    {"c", "plain C", "", 1},
};
enum { ISAS = sizeof ISA / sizeof *ISA };
const char *const isa_names[] = {"avx512bf16", "avx512", "avx2", "sse2", "neon", "c", NULL};

static int isa_find(const char *name)
{
    for (int i = 0; i < ISAS; i++)
        if (!strcmp(name, ISA[i].name)) return i;
    return -1;
}

bool cpu_runs(const char *isa)
{
    if (!strcmp(isa, "c")) return true;
#if defined __x86_64__
    if (!strcmp(isa, "sse2")) return true;
    if (!strcmp(isa, "avx2")) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (!strcmp(isa, "avx512bf16")) return cpu_runs("avx512") && __builtin_cpu_supports("avx512bf16");
    if (!strcmp(isa, "avx512"))
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
#elif defined __aarch64__
    if (!strcmp(isa, "neon")) return true;
#endif
    return false;
}

static const char *best_isa(void)
{
    int i = 0;
    while (!cpu_runs(ISA[i].name)) i++;             /* ends: every machine runs "c" */
    return ISA[i].name;
}

int isa_floats(const char *isa) { return isa_find(isa) < 0 ? 0 : ISA[isa_find(isa)].floats; }
const char *isa_title(const char *isa) { return isa_find(isa) < 0 ? isa : ISA[isa_find(isa)].title; }

const char *isa_flags(const char *isa) { return isa_find(isa) < 0 ? "" : ISA[isa_find(isa)].flags; }

/* The lines of /proc/cpuinfo's first processor that tell processors apart go into the digest; its name is kept. */
static void read_cpuinfo(Cpu *c)
{
    static const char *const part[] = {"vendor_id", "cpu family", "model", "stepping", "flags",
                                       "CPU implementer", "CPU part", "CPU variant", "Features"};
    Sha256 s;
    Error e;
    char *text = NULL, *rest = NULL;
    size_t size;
    sha256_start(&s);
    if (!file_read("/proc/cpuinfo", &text, &size, &e)) {
        char *end = strstr(text, "\n\n");
        if (end) *end = 0;
        for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
            char *colon = strchr(line, ':');
            if (!colon) continue;
            char *key_end = colon;
            while (key_end > line && (key_end[-1] == '\t' || key_end[-1] == ' ')) key_end--;
            *key_end = 0;
            const char *value = colon[1] ? colon + 2 : "";
            if (!strncmp(line, "model name", 10) || !strcmp(line, "Model")) snprintf(c->model, sizeof c->model, "%s", value);
            for (size_t i = 0; i < sizeof part / sizeof *part; i++)
                if (!strcmp(line, part[i])) sha256_text(&s, line), sha256_text(&s, value);
        }
    }
    free(text);
    sha256_text(&s, c->model);
    c->identity = sha256_end(&s);
}

/* Physical cores among the processors in the set: those with other siblings. */
static int count_cores(const cpu_set_t *set)
{
    char seen[64][64];
    int cores = 0, blind = 0;
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, set)) continue;
        char *text;
        size_t size;
        Error e;
        if (file_read(path_of("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", i).s, &text, &size, &e) || cores == 64) {
            blind++;                                /* it counts as a core of its own */
            continue;
        }
        int k = 0;
        while (k < cores && strncmp(seen[k], text, sizeof seen[k] - 1)) k++;
        if (k == cores) snprintf(seen[cores++], sizeof *seen, "%s", text);
        free(text);
    }
    return cores + blind;
}

/* What a container may use of the processors: ceil(quota / period), or a large number. */
static int quota_cores(void)
{
    char *text;
    size_t size;
    Error e;
    if (file_read("/sys/fs/cgroup/cpu.max", &text, &size, &e)) return 1 << 20;
    double quota = 0, period = 0;
    int n = sscanf(text, "%lf %lf", &quota, &period) == 2 && period > 0 ? (int)((quota + period - 1) / period) : 1 << 20;
    free(text);
    return n < 1 ? 1 : n;
}

void cpu_read(Cpu *c)
{
    *c = (Cpu){.model = "unknown processor", .isa = best_isa()};
    read_cpuinfo(c);
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) {
        CPU_ZERO(&set);
        CPU_SET(0, &set);
    }
    int quota = quota_cores();
    c->processors = CPU_COUNT(&set);
    c->cores = count_cores(&set);
    if (c->cores > quota) c->cores = quota;
    if (c->cores < 1) c->cores = 1;
}

/* The number after `key` in a file, or -1. An empty key: the number that the file starts with. */
static double number_in(const char *path, const char *key)
{
    char *text;
    size_t size;
    Error e;
    if (file_read(path, &text, &size, &e)) return -1;
    const char *at = strstr(text, key);
    char *end = NULL;
    double x = at ? strtod(at + strlen(key), &end) : -1;
    if (!at || end == at + strlen(key)) x = -1;
    free(text);
    return x;
}

double memory_free(void)
{
    double bytes = 1024 * number_in("/proc/meminfo", "MemAvailable:");
    double limit = number_in("/sys/fs/cgroup/memory.max", ""), used = number_in("/sys/fs/cgroup/memory.current", "");
    double cached = number_in("/sys/fs/cgroup/memory.stat", "inactive_file ");
    if (limit >= 0 && used >= 0) {
        double left = limit - used + (cached > 0 ? cached : 0);
        if (bytes < 0 || left < bytes) bytes = left;
    }
    return bytes;
}
