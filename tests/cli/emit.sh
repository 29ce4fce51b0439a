#!/usr/bin/env bash
# burin emit: what it writes builds by itself, with all warnings as errors, and trains to the same bits as burin does; and what
# burin does in one process it does in another.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
run emit "$spec" --target cpu --batch 16 -o "$tmp/it"
same "emit: status" "$status $err" "0 "
for name in dcgan_mnist.c dcgan_mnist_program.c main.c Makefile; do file "emit writes $name" "$tmp/it/$name"; done
has "emit: all warnings are errors" "$(<"$tmp/it/Makefile")" "-Wall -Wextra -Werror"

# Pairs of bfloat16 numbers, by the instruction; plain C multiplies in the same order, and tests/unit/agree.c runs that.
if echo | "${CC:-cc}" -mavx512bf16 -E - >/dev/null 2>&1; then
    "$burin" emit "$spec" --set precision=bf16 --isa avx512bf16 --batch 16 -o "$tmp/pairs" >/dev/null 2>&1
    if built=$(make -C "$tmp/pairs" BURIN="$PWD" 2>&1); then ok "emit for avx512bf16: builds"; else bad "emit for avx512bf16: builds" "${built: -300}"; fi
    has "emit for avx512bf16: has the instruction" "$(<"$tmp/pairs/dcgan_mnist.c")" "_mm512_dpbf16_ps"
else skip "emit for avx512bf16" "the compiler does not know it"; fi

# equal NAME RUNS RUNS: the last checkpoints of two folders of runs are the same file
equal() { if cmp "$2"/*/snapshot_0002.safetensors "$3"/*/snapshot_0002.safetensors >"$tmp/.out" 2>&1; then ok "$1"; else bad "$1" "$(<"$tmp/.out")"; fi; }

for model in dcgan_mnist "dcgan_mnist --set precision=bf16" mlp_gan autoencoder classifier "wgan_gp --set critic=2"; do
    read -r spec set <<<"$model"
    it=$tmp/${model// /_}
    # shellcheck disable=SC2086
    "$burin" emit models/$spec.lua --batch 16 $set -o "$it" >/dev/null 2>&1
    if ! built=$(make -C "$it" BURIN="$PWD" 2>&1); then bad "emit $model: builds" "${built: -300}"; continue; fi
    ok "emit $model: builds"
    for process in one two; do
        # shellcheck disable=SC2086
        "$burin" train models/$spec.lua --data "$tmp/data" --batch 16 $set --steps 3 --outdir "$it/$process" >/dev/null 2>&1
    done
    program=$(find "$it" -maxdepth 1 -type f -perm -u+x | head -n 1)
    "$program" --data "$tmp/data" --steps 3 --outdir "$it/aot" >"$tmp/.out" 2>&1
    same "emit $model: the program trains" "$?" 0
    equal "$model: the same bits in another process" "$it/one" "$it/two"
    equal "emit $model: the same bits as burin's" "$it/one" "$it/aot"
done
