/* arch.h: NVIDIA's architectures: what limits the blocks of a multiprocessor, and how fast one card of each is on paper. */
#ifndef BURIN_ARCH_H
#define BURIN_ARCH_H
#include <stddef.h>

typedef struct {
    int arch;                   /* 90: sm_90 */
    int threads, blocks;        /* of a multiprocessor, at most */
    int shared;                 /* its shared memory, bytes */
    int reserved;               /* of that, what each block takes for the system */
    const char *card;           /* one of its cards, and as NVIDIA states them: */
    int multiprocessors;
    double gflops, gb_per_s;    /* fp32, a multiply-add counts two; memory */
    double tf32, bf16;          /* GFLOP/s of its tensor cores with sums in fp32, without sparsity; 0: they do not know such numbers */
} Arch;

/* The newest row that is no newer than "sm_90" says, of the same generation; NULL: none. */
const Arch *arch_find(const char *isa);

/* Blocks that run on one multiprocessor at the same time: of so many threads, registers a thread, bytes of shared memory. */
int arch_blocks(const Arch *, int threads, int registers, size_t shared);
#endif
