#!/usr/bin/env bash
# How many blocks run on a multiprocessor at once, by runtime/arch.c and by NVIDIA's own calculator.
. tests/cli/lib.bash

find_toolkit "cuda occupancy" cuda_occupancy.h

cat >"$tmp/occupancy.c" <<'E2'
#include <cuda_occupancy.h>
#include "runtime/arch.h"
#include <stdio.h>
int main(void)
{
    static const int archs[] = {75, 80, 86, 89, 90, 100, 120};
    int compared = 0, wrong = 0;
    for (int i = 0; i < 7; i++) {
        char name[16];
        snprintf(name, sizeof name, "sm_%d", archs[i]);
        const Arch *a = arch_find(name);
        struct cudaOccDeviceProp card = {.computeMajor = archs[i] / 10, .computeMinor = archs[i] % 10, .maxThreadsPerBlock = 1024, .maxThreadsPerMultiprocessor = a->threads,
            .regsPerBlock = 65536, .regsPerMultiprocessor = 65536, .warpSize = 32, .sharedMemPerBlock = 48 << 10, .sharedMemPerMultiprocessor = (size_t)a->shared,
            .numSms = 100, .sharedMemPerBlockOptin = (size_t)(a->shared - a->reserved), .reservedSharedMemPerBlock = (size_t)a->reserved};
        struct cudaOccDeviceState state = {.cacheConfig = CACHE_PREFER_SHARED, .carveoutConfig = 100};
        for (int threads = 32; threads <= 1024; threads += threads < 256 ? 32 : 128)
            for (int registers = 10; registers <= 255 && registers * threads <= 65536; registers += 7)
                for (int shared = 0; shared <= 48 << 10; shared += 2500) {
                    struct cudaOccFuncAttributes f = {.maxThreadsPerBlock = 1024, .numRegs = registers, .sharedSizeBytes = (size_t)shared, .partitionedGCConfig = PARTITIONED_GC_OFF};
                    cudaOccResult r;
                    int bad = cudaOccMaxActiveBlocksPerMultiprocessor(&r, &card, &f, &state, threads, 0), ours = arch_blocks(a, threads, registers, (size_t)shared);
                    compared++;
                    if (!bad && r.activeBlocksPerMultiprocessor == ours) continue;
                    if (!wrong++) printf("%s, %d threads, %d registers, %d bytes: %d, want %d (%d); ", name, threads, registers, shared, ours, r.activeBlocksPerMultiprocessor, bad);
                }
    }
    printf("%s, %d wrong\n", compared > 50000 ? "many" : "few", wrong);
}
E2
said=$(cc -std=gnu11 -I. -I"$folder/include" "$tmp/occupancy.c" runtime/arch.c -o "$tmp/occupancy" 2>&1 && "$tmp/occupancy")
same "cuda occupancy: as NVIDIA's calculator" "$said" "many, 0 wrong"
