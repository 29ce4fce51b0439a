/* machine.h: the simulated card as kernels see it: between machine.c, which runs them, and their compiled code.
 *
 * A compiled module is a shared object that exports `sim`, which the machine sets, and `sim_kernels`, ended by a name of NULL. */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H
#include <stddef.h>
#include <stdint.h>

typedef struct { unsigned x, y, z; } SimIndex;

/* `line` is where in the kernel's source a call stands, for messages. */
typedef struct {
    SimIndex thread, block, threads, blocks;        /* threadIdx, blockIdx, blockDim, gridDim */
    int at;                                         /* this thread's number in its block; its lane is at % 32 */
    char *shared;                                   /* a block's shared memory: SimKernel.shared bytes, then the dynamic ones */
    void (*barrier)(int line);                      /* __syncthreads() */
    /* Waits until all of `lanes` have come, each with a value; what they brought, by lane. Good until the next meeting. */
    const uint64_t *(*meet)(unsigned lanes, uint64_t value, int line);
    /* cp.async: bytes are copied (and zeros follow up to `room`) at the wait, not before, so that a wait that is missing shows. */
    void (*copy)(void *to, const void *from, int room, int bytes);
    void (*commit)(void);
    void (*wait)(int groups);                       /* until at most that many of the groups committed last are under way */
    void (*touch)(const void *at, int bytes, int writes, int line);      /* global memory is read or written; shared and local memory is passed over */
    void (*fail)(const char *what, int line);       /* ends the launch; does not return */
} SimMachine;

/* What the lane `from` brought to a meeting of `lanes`; and the votes of all of them, a bit each. */
static inline uint64_t sim_lane(const SimMachine *sim, int line, unsigned lanes, uint64_t value, int from)
{
    const uint64_t *values = sim->meet(lanes, value, line);
    if (!(lanes >> from & 1)) sim->fail("a shuffle reads a lane that its mask leaves out", line);
    return values[from];
}

static inline unsigned sim_votes(const SimMachine *sim, int line, unsigned lanes, int vote)
{
    const uint64_t *values = sim->meet(lanes, (uint64_t)vote, line);
    unsigned all = 0;
    for (int i = 0; i < 32; i++)
        if (lanes >> i & 1) all |= (unsigned)values[i] << i;
    return all;
}

typedef struct {
    const char *name;
    void (*call)(const uint64_t *argument);         /* one thread */
    int arguments;                                  /* each of 8 bytes */
    size_t shared;                                  /* static shared memory that it wants at SimMachine.shared, */
    char *begin, *end;                              /* or has of its own */
} SimKernel;

/* The order in which threads and blocks run: the bits must be the same in all. With `most` > 0, of a grid of more blocks only so many
 * run: the first, the last, and others at random. */
typedef enum { SIM_FORWARD, SIM_REVERSE, SIM_RANDOM } SimOrder;
typedef struct { SimOrder order; unsigned seed, most; } SimHow;

enum { SIM_THREADS = 1024, SIM_SHARED = 48 << 10, SIM_SHARED_MOST = 163 << 10 };       /* of a block; shared memory without and with asking */

/* Runs a grid. Shared memory is all NaN when a block begins. Returns NULL, or what went wrong. */
const char *machine_run(const SimKernel *, const uint64_t *argument, SimIndex blocks, SimIndex threads, size_t dynamic, SimHow);
extern SimMachine machine;
#endif
