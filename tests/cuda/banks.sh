#!/usr/bin/env bash
# Shared memory has 32 banks: what a warp of a contraction reads there and brings there, four floats a thread, is without conflicts.
#
# The kernels' own text runs here, thread after thread, with nothing to compute: only the addresses count. Eight threads at a time
# move 16 bytes each; two of them that want the same banks at different addresses are a conflict.
. tests/cli/lib.bash

if ! g++ --version >/dev/null 2>&1; then skip "cuda banks" "there is no g++"; exit 0; fi
if [ "$(uname -m)" != x86_64 ]; then skip "cuda banks" "the simulated card, whose words are used, needs x86-64"; exit 0; fi

text() { "$burin" show "$@" --target cuda --source; }
products() { text tests/cuda/products.lua --set "batch=$1" --set "widths=$2"; }
{
    text models/dcgan_mnist.lua
    text models/autoencoder.lua
    products 65536 "512 512"
    products 64 "1024 16 16"
    products 1024 "64 64"
    products 4096 "16 4 1"
    products 65536 "64 16"
    products 16384 "16 16"
    products 256 "256 32 32"
} >"$tmp/all.cu" 2>"$tmp/.err" || bad "cuda banks: texts" "$(<"$tmp/.err")"

# Of the first text all that stands before its kernels; of all of them, one kernel for each way to keep tiles of each size. The moves
# to and from shared memory are replaced; the sums of slices, which are joined once, may wait for each other.
awk '/^extern "C" __global__/ { kernel = 1; body = "" }
     /^INLINE .* (copy_async|wait_copies|load_four)\(/ { skipped = 1 }
     kernel { body = body $0 "\n"; if (/enum \{ ROW_TILE/) key = $0; if (/float a(_tile)?\[/) key = key $0 }
     kernel && /^}/ { if (key != "" && !(key in seen)) { print body; seen[key] = 1 } kernel = 0; key = ""; past = 1 }
     !kernel && !past && !skipped && !/^INLINE void store_four/ { print; if (/^struct .*Four \{/) print "#include \"moves.h\"" }
     /^}/ { skipped = 0 }' "$tmp/all.cu" | sed 's/store_four(&shared.sums/store_sum(\&shared.sums/' >"$tmp/kernels.h"

cat >"$tmp/moves.h" <<'E2'
static void move(const void *at);
static Four load_four(const float *from) { return move(from), Four{}; }
static void store_four(float *to, const Four &) { move(to); }
static void store_sum(float *, const Four &) {}
E2
cat >"$tmp/banks.cpp" <<'E2'
#include "tests/cudasim/kernel.h"
#include <map>
#include <cstdio>
#include <sys/mman.h>
#include <vector>
#define SIM_SECTION "banks"
extern "C" char __start_banks[], __stop_banks[];
#include "kernels.h"

static std::vector<unsigned> moves;         // places in shared memory, in the order in which the thread that runs moves them
static void move(const void *at)
{
    if (at >= (void *)__start_banks && at < (void *)__stop_banks) moves.push_back((unsigned)((const char *)at - __start_banks) / 16);
}

SimMachine machine;
static char *memory;

template <class... A> static void run(const char *name, void (*kernel)(A...), unsigned threads)
{
    std::vector<uint64_t> argument(sizeof...(A), (uint64_t)(memory + (1l << 30)));
    size_t all = 0, conflicts = 0, unlike = 0;
    for (unsigned warp = 0; warp < threads / 32; warp++) {
        std::vector<unsigned> lane[32];
        for (unsigned k = 0; k < 32; k++) {
            machine.thread.x = warp * 32 + k, moves.clear();
            madvise(memory, 3l << 30, MADV_DONTNEED);       // zeros: rows of the data are found by numbers that lie there
            sim_call(kernel, argument.data());
            lane[k] = moves;
            if (k % 8) unlike += lane[k].size() != lane[k - 1].size();
        }
        for (unsigned first = 0; first < 32 && !unlike; first += 8)
            for (size_t i = 0; i < lane[first].size(); i++) {
                std::map<unsigned, unsigned> of_bank;
                all++;
                for (unsigned k = first; k < first + 8; k++) {
                    auto found = of_bank.insert({lane[k][i] % 8, lane[k][i]});
                    if (found.first->second != lane[k][i]) { conflicts++; break; }
                }
            }
    }
    printf("%s %s: %zu of %zu, %zu unlike\n", all && !conflicts && !unlike ? "good" : "bad", name, conflicts, all, unlike);
}

int main(void)
{
    memory = (char *)mmap(NULL, 3l << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    machine.threads = {256, 1, 1}, machine.blocks = {1, 1, 1};
    machine.barrier = [](int) {}, machine.commit = []() {}, machine.wait = [](int) {};
    machine.copy = [](void *to, const void *, int, int) { move(to); };
    sim = &machine;
#include "runs.h"
}
E2
sed -n 's/^extern "C" __global__ void __launch_bounds__(\([0-9]*\), 1) \([a-z0-9_]*\)(.*/    run("\2", \2, \1);/p' "$tmp/kernels.h" >"$tmp/runs.h"
if ! g++ -std=c++17 -O1 -w -I. -I"$tmp" "$tmp/banks.cpp" -o "$tmp/banks" 2>"$tmp/.log"; then bad "cuda banks: builds" "$(head -n 5 "$tmp/.log")"; exit 0; fi
"$tmp/banks" >"$tmp/.out" || bad "cuda banks: runs" "status $?"
same "cuda banks: no conflicts" "$(grep -v '^good ' "$tmp/.out")" ""
same "cuda banks: every size of tile is some kernel's" "$(grep -oE 'enum \{ ROW_TILE = [0-9]+, COLUMN_TILE = [0-9]+' "$tmp/kernels.h" | sort -u | wc -l)" \
    "$(grep -oE '\{BM = [0-9]+, BN = [0-9]+' templates/cuda/gemm.lua | sort -u | wc -l)"
