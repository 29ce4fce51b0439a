/* targets.h: the targets that the generator's tests run. */
#ifndef TARGETS_H
#define TARGETS_H
#include "../../runtime/cpu.h"
#include "../../runtime/session.h"
#include <dlfcn.h>
#include <stdlib.h>

/* What is compiled for, and what runs it. */
typedef struct { const char *target, *isa; const DeviceType *device; } Target;

__attribute__((unused)) static const Target targets[] = {
    {"cpu", "avx512bf16", &dev_cpu}, {"cpu", "avx512", &dev_cpu}, {"cpu", "avx2", &dev_cpu},
    {"cpu", "sse2", &dev_cpu}, {"cpu", "neon", &dev_cpu}, {"cpu", "c", &dev_cpu}, {"cuda", "sm_80", &dev_cuda},
};

/* The targets' one card is the simulated one (tests/cudasim), whose NVRTC is g++, or with BURIN_PTX=1 the real one. With TEST_CARD=real it
 * is the card that this machine has: `make bench-gpu`.                                                                */
__attribute__((unused)) static bool real_card(void) { return getenv("TEST_CARD") && !strcmp(getenv("TEST_CARD"), "real"); }

__attribute__((unused)) static const Target *target(size_t k)
{
    static Word isa;
    static Target card;
    char said[512];
    if (targets[k].device != &dev_cuda || !real_card() || dev_cuda.describe(0, said, sizeof said) != DEVICE_READY) return &targets[k];
    isa = dev_cuda.isa(0);
    card = (Target){"cuda", isa.s, &dev_cuda};
    return &card;
}

enum { TARGETS = sizeof targets / sizeof *targets, CARD = TARGETS - 1 };

/* Why the target cannot run here, or NULL. */
__attribute__((unused)) static const char *target_missing(const Target *t)
{
    static char said[512];
    if (t->device == &dev_cpu) return cpu_runs(t->isa) ? NULL : "this machine has no such instructions";
    if (real_card()) return dev_cuda.describe(0, said, sizeof said) == DEVICE_READY ? NULL : said;
    Path here = path_of("%s/out/cudasim", getenv("PWD") ? getenv("PWD") : ".");
    if (!getenv("BURIN_PTX")) setenv("BURIN_NVRTC", path_of("%s/src", here.s).s, 1);
    if (system("g++ --version >/dev/null 2>&1")) return "no g++, which the simulated card needs";
    return dlopen(path_of("%s/libcuda.so.1", here.s).s, RTLD_NOW) ? NULL : "the simulated card is not built";
}
#endif
