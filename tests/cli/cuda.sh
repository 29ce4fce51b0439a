#!/usr/bin/env bash
# The text of the CUDA target: the same each time, without atomics, and the real compilers have no warning for it and spill nothing.
. "$(dirname "$0")/lib.bash"
fails "an architecture that is none" "burin: --arch 80: no such one; for instance sm_80" show "$spec" --target cuda --arch 80
fails "a target that is none" "burin: --target metal: no such one; use cpu or cuda" show "$spec" --target metal

run show "$spec" --target cuda --source conv_14x14x32_4x4_64
has "show --source prints one kernel" "$out" 'extern "C" __global__ void __launch_bounds__(128, 1) conv_14x14x32_4x4_64('
has "and above it what was fused" "$out" " * fused: load x: lt mul where; 2 sums"
has "and the line of the spec" "$out" " * from models/dcgan_mnist.lua:27 conv2d \"discriminator.2\""

models="dcgan_mnist mlp_gan wgan_gp autoencoder classifier"
for model in $models; do
    "$burin" show models/$model.lua --target cuda --source >"$tmp/$model.cu" 2>"$tmp/.err" || bad "$model: has CUDA text" "$(<"$tmp/.err")"
    "$burin" show models/$model.lua --target cuda --source 2>&1 | cmp -s - "$tmp/$model.cu" && ok "$model: the same text again" || bad "$model: the same text again" "it differs"
    same "$model: nothing is added by atomics" "$(grep -c atomicAdd "$tmp/$model.cu")" 0
done

nvcc=$(PATH=$PATH:/usr/local/cuda/bin command -v nvcc)
for model in $models; do
    if [ -z "$nvcc" ]; then skip "$model: nvcc" "there is no nvcc here"; continue; fi
    "$nvcc" -cubin -arch=sm_80 -Werror all-warnings -Xptxas -v "$tmp/$model.cu" -o "$tmp/$model.cubin" >"$tmp/.log" 2>&1
    same "$model: nvcc has no warning" "$? $(grep -E 'error|warning' "$tmp/.log" | head -n 3)" "0 "
    has "$model: nvcc tells of spills" "$(<"$tmp/.log")" "bytes spill stores"
    same "$model: no register is spilled" "$(grep 'bytes spill' "$tmp/.log" | grep -cv ' 0 bytes spill stores, 0 bytes spill loads')" 0
done

# ---- the kernels on paper ----

paper() { run show "$spec" --kernels --target cuda --arch "$@"; }
BURIN_NVRTC=/nowhere paper sm_90
has "on paper: the card" "$status $out" "on paper sm_90: one such card is the H100 SXM, with 132 multiprocessors,
         66.9 TFLOP/s in fp32 and 3350 GB/s: in balance at 20 FLOP/byte
         registers, shared memory and spills are not known: BURIN_NVRTC, /nowhere, holds no NVRTC"
has "on paper: the predicted time of a step" "$out" "
step: about 0."
has "on paper: and the least" "$out" " launches one after the other; at least 0."
same "on paper: no kernel is predicted to be faster than it can be" "$(grep -E '^ +[0-9.]+ +[0-9.]+ (FMA|memory|tensor) ' <<<"$out" | awk '$2 < $1 { n++ } $2 > $1 { slower++ } END { print n + 0, (NR > 50 && slower > 10 ? "of many" : "of few") }')" "0 of many"
same "on paper: of what a kernel left, only its sums are read" "$(grep -E ' memory .* sums_(1|32|64|128)$' <<<"$out" | awk '$2 > 20 { n++ } END { print n + 0, (NR > 9 ? "of many" : "of few") }')" "0 of many"
fails "on paper: an architecture that is too old" "burin: --arch sm_61: its limits are not known; sm_75, 80, 86, 89, 90, 100 and 120 are" show "$spec" --kernels --target cuda --arch sm_61
for arch in 75 80 86 89 90 100 120; do
    paper sm_$arch
    if [[ $out = *"are not known: no NVRTC"* ]]; then skip "sm_$arch: NVRTC" "there is no NVRTC here"; continue; fi
    has "sm_$arch: NVRTC compiles all kernels, and none spills" "$status $err$(grep -o 'compiled [0-9]* kernels.*' <<<"$out")" "kernels for sm_$arch; 0 spill registers"
    same "sm_$arch: of all there are registers and occupancy" "$(grep -cE ' (FMA|memory) .* - .* x ' <<<"$out")" 0
done
# by tensor cores
BURIN_NVRTC=/nowhere paper sm_80 --set precision=tf32
has "on paper: tensor cores" "$status $out" "kernels multiply on tensor cores: 156.0 TFLOP/s with tf32 numbers, 312.0 with bfloat16"
BURIN_NVRTC=/nowhere paper sm_75 --set precision=tf32
same "on paper: no tensor cores for such numbers" "$status $(grep -c 'on tensor cores' <<<"$out")" "0 0"
for arch in 80 120; do
    for precision in tf32 bf16; do
        paper sm_$arch --set precision=$precision
        if [[ $out = *"are not known: no NVRTC"* ]]; then skip "sm_$arch, $precision: NVRTC" "there is no NVRTC here"; continue; fi
        has "sm_$arch, $precision: NVRTC compiles all kernels, and none spills" "$status $err$(grep -o 'compiled [0-9]* kernels.*' <<<"$out")" "kernels for sm_$arch; 0 spill registers"
    done
done
