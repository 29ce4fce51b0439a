/* roofline.c: `burin show --kernels --target cuda`, the second part: each kernel against the limits of a card of its architecture.
 *
 * The least time of a launch: its useful FLOPs at the peak (of tensor cores, where it uses them) of those multiprocessors that have a
 * block (a last round of blocks that leaves some idle counts whole), or its least traffic at the memory's bandwidth, whichever is
 * longer. It is a bound.
 *
 * The time it may take is that with as many warps as are there at once, by registers and shared memory, against as many as hide the
 * latency of a multiply-add; and with as many bytes under way as their loads of 16 can be, against as many as hide the memory's latency
 * (Little's law). Both scale the rates down. What an inner loop issues beside multiply-adds, caches, conflicts of banks and waiting at
 * barriers are not in it, and no card has been measured: a real one may well need twice as long.                      */
#include "roofline.h"
#include "arch.h"
#include "cache.h"
#include "cuda_build.h"
#include "file.h"
#include "ptxas.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LAUNCH_SECONDS 2e-6     /* between two kernels of a CUDA graph, about */
#define MEMORY_SECONDS 6e-7     /* until a load from memory is there, about */
enum { WARP = 32, LOAD = 16 };  /* threads of a warp; bytes that a thread has under way */
enum { BUSY_WARPS = 8 };        /* that keep a multiprocessor's four parts busy, as templates/cuda/gemm.lua reckons: two each, for a result takes four cycles */
enum { CUDA = 13000 };          /* no driver asks for an older NVRTC */

typedef struct {
    const BurinProgram *program;
    const Arch *arch;
    Word compiler;              /* "NVRTC 13.0"; "": there is none */
    PtxasKernel *kernel; int kernels;
    FILE *out;
} Paper;

static void read_said(Paper *p, const CudaImages *x)
{
    for (int i = 0; i < x->images; i++)
        if (x->said[i]) p->kernels = ptxas_read(x->said[i], &p->kernel, p->kernels);
}

/* With NVRTC: registers and so on. The images are of no use. */
static int compile(Paper *p, Error *e)
{
    Nvrtc n;
    CudaImages images;
    Path cache, folder;
    int oldest, newest, wanted = 0;
    if (nvrtc_find(&n, CUDA, e)) {
        fprintf(p->out, "         registers, shared memory and spills are not known: %s\n\n", e->text);
        return 0;
    }
    nvrtc_range(&n, &oldest, &newest);
    sscanf(p->program->isa, "sm_%d", &wanted);
    if (wanted < oldest || wanted > newest)
        return failed(e, "--arch %s: NVRTC %d.%d makes code for sm_%d to sm_%d", p->program->isa, n.major, n.minor, oldest, newest);
    p->compiler = word_of("NVRTC %d.%d", n.major, n.minor);
    BurinProgram verbose = *p->program;
    Path flags = path_of("%s --ptxas-options=-v", p->program->cflags);
    verbose.cflags = flags.s;
    if (cache_folder(&cache, e) || cache_workshop(cache.s, &folder, e)) return -1;
    int bad = cuda_build(&images, &verbose, &n, p->program->isa, folder.s, true, e);
    if (!bad) read_said(p, &images);
    cuda_images_free(&images);
    folder_remove(folder.s);
    return bad;
}

/* Of the multiprocessors' time, what falls to blocks. */
static double balance(const Arch *a, int blocks) { return (double)blocks / ((double)a->multiprocessors * ((blocks + a->multiprocessors - 1) / a->multiprocessors)); }

static const char *tensor_of(const Paper *p, const BurinLaunch *l) { return p->program->kernel[l->kernel].tensor; }

static double peak_of(const Paper *p, const BurinLaunch *l)
{
    const char *tensor = tensor_of(p, l);
    return !*tensor ? p->arch->gflops : !strcmp(tensor, "tf32") ? p->arch->tf32 : p->arch->bf16;
}

static double flops_seconds(const Paper *p, const BurinLaunch *l) { return l->flops / (peak_of(p, l) * 1e9 * balance(p->arch, l->chunks)); }
static double bytes_seconds(const Paper *p, const BurinLaunch *l) { return l->bytes / (p->arch->gb_per_s * 1e9); }

static double least_seconds(const Paper *p, const BurinLaunch *l)
{
    double f = flops_seconds(p, l), b = bytes_seconds(p, l);
    return f > b ? f : b;
}

static int least_of(int a, int b) { return a < b ? a : b; }

/* Blocks that a multiprocessor has at once: as many as fit; without NVRTC, by threads alone. */
static int resident(const Paper *p, const BurinLaunch *l)
{
    const PtxasKernel *k = ptxas_find(p->kernel, p->kernels, l->symbol);
    return arch_blocks(p->arch, l->block, k ? k->registers : 0, k ? l->shared + (size_t)k->shared : 0);
}

static double likely_seconds(const Paper *p, const BurinLaunch *l)
{
    const Arch *a = p->arch;
    int each = least_of((l->chunks + a->multiprocessors - 1) / a->multiprocessors, resident(p, l)), busy = least_of(l->chunks, a->multiprocessors);
    if (each < 1) return INFINITY;          /* it asks for more registers or shared memory than there are */
    double warps = (double)each * (l->block + WARP - 1) / WARP, under_way = (double)busy * each * l->block * LOAD;
    double f = flops_seconds(p, l) * fmax(1, BUSY_WARPS / warps);
    double b = bytes_seconds(p, l) * fmax(1, a->gb_per_s * 1e9 * MEMORY_SECONDS / under_way);
    return f > b ? f : b;
}

static void print_launch(const Paper *p, const BurinLaunch *l)
{
    const PtxasKernel *k = ptxas_find(p->kernel, p->kernels, l->symbol);
    Word built = word_of("%4s %7s %7s %9s", "-", "-", "-", "-");
    if (k) {
        size_t shared = l->shared + (size_t)k->shared;
        built = word_of("%4d %7zu %7d %8.0f%%", k->registers, shared, k->spilled, 100.0 * resident(p, l) * l->block / p->arch->threads);
    }
    const char *limit = flops_seconds(p, l) <= bytes_seconds(p, l) ? "memory" : *tensor_of(p, l) ? "tensor" : "FMA";
    fprintf(p->out, "%8.2f %8.2f %-6s %9.1f %s %6d x %-4d %s\n", 1e6 * least_seconds(p, l), 1e6 * likely_seconds(p, l), limit,
            l->bytes > 0 ? l->flops / l->bytes : 0, built.s, l->chunks, l->block, l->symbol);
}

static void print_entry(const Paper *p, const BurinEntry *e)
{
    double least = 0, likely = 0, launches = e->launches * LAUNCH_SECONDS;
    fprintf(p->out, "%s\n%8s %8s %-6s %9s %4s %7s %7s %9s %6s x %-4s %s\n", e->name, "least us", "about us", "limit", "FLOP/byte", "regs", "shared", "spilled",
            "occupancy", "blocks", "threads", "kernel");
    for (int i = 0; i < e->launches; i++) {
        print_launch(p, &e->launch[i]);
        least += least_seconds(p, &e->launch[i]);
        likely += likely_seconds(p, &e->launch[i]);
    }
    fprintf(p->out, "%s: about %.2f ms, of which %.2f ms for %d launches one after the other; at least %.2f ms\n\n", e->name, 1e3 * (likely + launches),
            1e3 * launches, e->launches, 1e3 * (least + launches));
}

static int spilling(const Paper *p)
{
    int n = 0;
    for (int i = 0; i < p->kernels; i++) n += p->kernel[i].spilled > 0;
    return n;
}

static int tensor_kernels(const BurinProgram *p)
{
    int n = 0;
    for (int i = 0; i < p->kernels; i++) n += *p->kernel[i].tensor != 0;
    return n;
}

int roofline_show(const BurinProgram *program, FILE *out, Error *e)
{
    Paper p = {.program = program, .arch = arch_find(program->isa), .out = out};
    if (!p.arch) return failed(e, "--arch %s: its limits are not known; sm_75, 80, 86, 89, 90, 100 and 120 are", program->isa);
    const Arch *a = p.arch;
    fprintf(out, "on paper %s: one such card is the %s, with %d multiprocessors,\n", program->isa, a->card, a->multiprocessors);
    fprintf(out, "         %.1f TFLOP/s in fp32 and %.0f GB/s: in balance at %.0f FLOP/byte\n", a->gflops / 1e3, a->gb_per_s, a->gflops / a->gb_per_s);
    int tensor = tensor_kernels(program);
    if (tensor) fprintf(out, "         %d kernels multiply on tensor cores: %.1f TFLOP/s with tf32 numbers, %.1f with bfloat16\n", tensor, a->tf32 / 1e3, a->bf16 / 1e3);
    int bad = compile(&p, e);
    if (!bad && p.kernels) fprintf(out, "         %s compiled %d kernels for %s; %d spill registers\n\n", p.compiler.s, p.kernels, program->isa, spilling(&p));
    else if (!bad && *p.compiler.s) fprintf(out, "         %s, which compiled them, tells nothing of registers\n\n", p.compiler.s);
    for (int i = 0; !bad && i < program->entries; i++) print_entry(&p, &program->entry[i]);
    free(p.kernel);
    return bad;
}
