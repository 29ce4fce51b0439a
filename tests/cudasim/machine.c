/* machine.c: runs a kernel's grid on one CPU thread, block after block, each CUDA thread on a stack of its own.
 *
 * A thread runs until it waits: at a barrier, or for other lanes of its warp. Then it switches to the next in order
 * that can run, and the last of them back to the scheduler, which begins again. When none can run, all that live must stand at the
 * barrier; else they wait for each other for ever, and that is said.                                                  */
#include "blocks.h"
#include "machine.h"
#include "sanitize.h"
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef __x86_64__
#error "the simulated card switches stacks in x86-64 assembly"
#endif

enum { STACK = 512 << 10, LANES = 32, WARPS = SIM_THREADS / LANES, COPIES = 64 };

typedef enum { READY, AT_BARRIER, AT_MEETING, DONE } State;

/* Lanes of a warp that exchange values. Two sets of values: who is early at the next meeting must not write over what a late one
 * still has to read.                                                                                                */
typedef struct { unsigned lanes, came; int line, round; uint64_t value[2][LANES]; } Meeting;

typedef struct { void *to; const void *from; int room, bytes; } Copy;
typedef struct { Copy copy[COPIES]; int copies, end[COPIES], groups; } Copies;     /* end[g]: copies in groups 0..g */

static struct {
    char *stacks;
    void *stack[SIM_THREADS], *scheduler;           /* where each stands */
    State state[SIM_THREADS];
    int line[SIM_THREADS];                          /* where it waits */
    SimIndex index[SIM_THREADS];                    /* threadIdx */
    int order[SIM_THREADS], next, threads, done;    /* order[next]: who is looked at next */
    int round;                                      /* barriers that were opened */
    char token[2], begin, end;                      /* what orders threads at a barrier (two: who is early at the next must not order who is late
                                                       at this one), behind the launch, and the scheduler behind them */
    Meeting meeting[WARPS][LANES];                  /* by the lowest lane that takes part */
    Copies copies[SIM_THREADS];
    const SimKernel *kernel;
    const uint64_t *argument;
    unsigned block;                                 /* the number of the one that runs */
    size_t shared;                                  /* bytes of its shared memory */
    SimHow how;
    unsigned random;
    sigjmp_buf escape;                              /* out of a launch that failed */
    char failure[512];
} m;

/* Leaves the stack that runs, saved at *from, for the one saved at `to`. */
void sim_switch(void **from, void *to);
__asm__(".text\n.type sim_switch,@function\nsim_switch:\n"
        "    push %rbp\n    push %rbx\n    push %r12\n    push %r13\n    push %r14\n    push %r15\n"
        "    mov %rsp, (%rdi)\n    mov %rsi, %rsp\n"
        "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbx\n    pop %rbp\n    ret\n");

static void fail(const char *what, int line)
{
    const SimIndex *b = &machine.block, *t = &machine.thread;
    int n = snprintf(m.failure, sizeof m.failure, "%s, block (%u,%u,%u), thread (%u,%u,%u): %s", m.kernel->name, b->x, b->y, b->z, t->x, t->y, t->z, what);
    if (line) snprintf(m.failure + n, sizeof m.failure - (size_t)n, ", line %d", line);
    siglongjmp(m.escape, 1);
}

/* `t` is the thread that runs, or is spoken of. */
static void choose(int t)
{
    machine.at = t;
    machine.thread = m.index[t];
}

/* The next in order that can run; -1: none of the rest can. */
static int next_ready(void)
{
    while (m.next < m.threads) {
        int t = m.order[m.next++];
        if (m.state[t] == READY) return t;
    }
    return -1;
}

static void yield(void)
{
    int me = machine.at, t = next_ready();
    if (t >= 0) choose(t);
    sanitize_switch(t);
    sim_switch(&m.stack[me], t < 0 ? m.scheduler : m.stack[t]);
}

static void barrier(int line)
{
    char *token = &m.token[m.round & 1];
    m.state[machine.at] = AT_BARRIER;
    m.line[machine.at] = line;
    sanitize_arrive(token);
    yield();
    sanitize_depart(token);
}

static unsigned lanes_of(int warp)
{
    int n = m.threads - warp * LANES;
    return n >= LANES ? ~0u : (1u << n) - 1;
}

static const uint64_t *meet(unsigned lanes, uint64_t value, int line)
{
    int me = machine.at, warp = me / LANES, lane = me % LANES;
    if (!(lanes >> lane & 1)) fail("a lane whose mask leaves it out", line);
    Meeting *g = &m.meeting[warp][__builtin_ctz(lanes)];
    if (g->came && (g->lanes != lanes || g->line != line)) fail("lanes of a warp meet at different places", line);
    uint64_t *values = g->value[g->round & 1];
    g->lanes = lanes, g->line = line, g->came |= 1u << lane;
    values[lane] = value;
    sanitize_arrive(values);
    if (g->came != (lanes & lanes_of(warp))) {
        m.state[me] = AT_MEETING, m.line[me] = line;
        yield();
        sanitize_depart(values);
        return values;
    }
    sanitize_depart(values);
    g->came = 0, g->round++;
    for (int i = 0; i < LANES; i++)
        if (lanes >> i & 1 && m.state[warp * LANES + i] == AT_MEETING) m.state[warp * LANES + i] = READY;
    return values;
}

static bool within(const void *at, const char *from, size_t bytes) { return (uintptr_t)at - (uintptr_t)from < bytes; }

static void touch(const void *at, int bytes, int writes, int line)
{
    if (within(at, machine.shared, m.shared) || within(at, m.stacks, (size_t)SIM_THREADS * STACK)) return;
    const char *why = blocks_touch(at, bytes, writes, m.block);
    if (why) fail(why, line);
}

static void copy(void *to, const void *from, int room, int bytes)
{
    Copies *c = &m.copies[machine.at];
    if (((uintptr_t)to | (uintptr_t)from) % (unsigned)room) fail("cp.async of an address that is not a multiple of its size", 0);
    if (bytes) touch(from, bytes, false, 0);
    if (c->copies == COPIES) fail("more cp.async under way than the simulation holds", 0);
    c->copy[c->copies++] = (Copy){to, from, room, bytes};
}

static void commit(void)
{
    Copies *c = &m.copies[machine.at];
    if (c->groups == COPIES) fail("more groups of cp.async than the simulation holds", 0);
    c->end[c->groups++] = c->copies;
}

static void wait_for(int groups)
{
    Copies *c = &m.copies[machine.at];
    int finish = c->groups - groups;
    if (finish <= 0) return;
    int n = c->end[finish - 1];
    for (int i = 0; i < n; i++) {
        memset(c->copy[i].to, 0, (size_t)c->copy[i].room);
        memcpy(c->copy[i].to, c->copy[i].from, (size_t)c->copy[i].bytes);
    }
    memmove(c->copy, c->copy + n, (size_t)(c->copies - n) * sizeof *c->copy);
    c->copies -= n;
    for (int i = finish; i < c->groups; i++) c->end[i - finish] = c->end[i] - n;
    c->groups = groups;
}

SimMachine machine = {.barrier = barrier, .meet = meet, .copy = copy, .commit = commit, .wait = wait_for, .touch = touch, .fail = fail};

static void thread_begins(void)
{
    for (;;) {
        sanitize_depart(&m.begin);
        m.kernel->call(m.argument);
        sanitize_arrive(&m.end);
        m.state[machine.at] = DONE;
        m.done++;
        yield();
    }
}

/* A stack on which sim_switch() finds six registers to restore, and returns into thread_begins(). Stacks begin six lines of the
 * cache apart, as far as its sets go: at the same place in their pages, they would all want the same lines.           */
static void *fresh_stack(int t)
{
    void **top = (void **)(m.stacks + (size_t)(t + 1) * STACK - (size_t)t * 384 % (STACK / 2) - 64);
    *--top = NULL;
    *--top = (void *)thread_begins;
    top -= 6;
    memset(top, 0, 6 * sizeof *top);
    return top;
}

static unsigned random_below(unsigned n)
{
    m.random = m.random * 1664525u + 1013904223u;
    return (m.random >> 8) % n;
}

static void choose_order(void)
{
    for (int i = 0; i < m.threads; i++) m.order[i] = m.how.order == SIM_REVERSE ? m.threads - 1 - i : i;
    for (int i = m.threads - 1; m.how.order == SIM_RANDOM && i > 0; i--) {
        int j = (int)random_below((unsigned)i + 1), x = m.order[i];
        m.order[i] = m.order[j], m.order[j] = x;
    }
}

/* None can run: opens the barrier, if all stand there. */
static void open_barrier(void)
{
    int first = -1;
    for (int t = 0; t < m.threads; t++) {
        if (m.state[t] == DONE) continue;
        choose(t);
        if (m.state[t] != AT_BARRIER) fail("threads wait for each other: some of a warp's lanes never come", m.line[t]);
        if (first < 0) first = t;
        if (m.line[t] != m.line[first]) fail("threads of a block wait at different barriers", m.line[t]);
        m.state[t] = READY;
    }
    m.round++;
    choose_order();
}

static void run_threads(void)
{
    while (m.done < m.threads) {
        m.next = 0;
        int t = next_ready();
        if (t < 0) open_barrier();
        else choose(t), sanitize_switch(t), sim_switch(&m.scheduler, m.stack[t]);
    }
}

static void run_block(unsigned b, size_t shared)
{
    unsigned x = machine.blocks.x, y = machine.blocks.y;
    m.block = b;
    machine.block = (SimIndex){b % x, b / x % y, b / x / y};
    sanitize_fill(machine.shared, 0xff, shared);
    if (m.kernel->begin) sanitize_fill(m.kernel->begin, 0xff, (size_t)(m.kernel->end - m.kernel->begin));
    m.done = 0;
    for (int t = 0; t < m.threads; t++) {
        m.state[t] = READY;
        m.copies[t].copies = m.copies[t].groups = 0;
    }
    choose_order();
    sanitize_arrive(&m.begin);
    run_threads();
    sanitize_depart(&m.end);
}

static unsigned common_divisor(unsigned a, unsigned b) { return b ? common_divisor(b, a % b) : a; }

/* Block after block of n. A random order goes round in steps that meet every block. */
static void run_blocks(unsigned n, size_t shared)
{
    unsigned first = random_below(n), step = n > 2 ? 1 + random_below(n - 2) : 1, count = m.how.most && m.how.most < n ? m.how.most : n;
    while (common_divisor(step, n) > 1) step++;
    for (unsigned i = 0; i < count; i++) {
        uint64_t some = first + (uint64_t)i * step;
        if (count < n && i < 2) some = i ? n - 1 : 0;
        else if (count == n && m.how.order != SIM_RANDOM) some = m.how.order == SIM_REVERSE ? n - 1 - i : i;
        run_block((unsigned)(some % n), shared);
    }
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    char what[80];
    (void)context;
    if (signal == SIGFPE) fail("an integer was divided by zero", 0);
    snprintf(what, sizeof what, "an illegal address, %p", info->si_addr);
    fail(what, 0);
}

/* Faults of the kernels come to on_signal(), on a stack of its own; what was there before is kept in `old`. */
static void catch_signals(struct sigaction old[3])
{
    static char stack[64 << 10];
    struct sigaction a = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    stack_t s = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&s, NULL);
    sigaction(SIGSEGV, &a, &old[0]);
    sigaction(SIGBUS, &a, &old[1]);
    sigaction(SIGFPE, &a, &old[2]);
}

static void let_signals(const struct sigaction old[3])
{
    sigaction(SIGSEGV, &old[0], NULL);
    sigaction(SIGBUS, &old[1], NULL);
    sigaction(SIGFPE, &old[2], NULL);
}

/* Shared memory ends where a page ends that cannot be touched. */
static char *take_shared(size_t bytes, void **base, size_t *mapped)
{
    enum { PAGE = 4096 };
    size_t room = (bytes + PAGE - 1) / PAGE * PAGE;
    *mapped = room + PAGE;
    *base = mmap(NULL, *mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (*base == MAP_FAILED) perror("cudasim: mmap"), abort();
    mprotect((char *)*base + room, PAGE, PROT_NONE);
    return (char *)*base + room - (bytes + 15) / 16 * 16;
}

const char *machine_run(const SimKernel *k, const uint64_t *argument, SimIndex blocks, SimIndex threads, size_t dynamic, SimHow how)
{
    struct sigaction old[3];
    void *base;
    size_t shared = k->shared + dynamic, mapped;
    unsigned n = blocks.x * blocks.y * blocks.z;
    if (!m.stacks)
        m.stacks = mmap(NULL, (size_t)SIM_THREADS * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m.stacks == MAP_FAILED) perror("cudasim: mmap"), abort();
    m.kernel = k, m.argument = argument, m.how = how, m.random = how.seed * 2654435761u + 1;
    m.threads = (int)(threads.x * threads.y * threads.z);
    machine.blocks = blocks, machine.threads = threads;
    for (unsigned t = 0; t < (unsigned)m.threads; t++) m.index[t] = (SimIndex){t % threads.x, t / threads.x % threads.y, t / threads.x / threads.y};
    machine.shared = take_shared(shared, &base, &mapped);
    m.shared = shared;
    sanitize_launch(m.threads);
    blocks_launch();
    for (int t = 0; t < m.threads; t++) m.stack[t] = fresh_stack(t);
    catch_signals(old);
    bool failed = sigsetjmp(m.escape, 1);
    if (!failed) run_blocks(n, shared);
    if (failed) memset(m.meeting, 0, sizeof m.meeting);         /* a block that ends well leaves none open */
    let_signals(old);
    munmap(base, mapped);
    return failed ? m.failure : NULL;
}
