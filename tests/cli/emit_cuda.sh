#!/usr/bin/env bash
# burin emit --target cuda: nvcc builds what it writes with all warnings as errors, and on the simulated card it trains as burin does on
# the CPU. nvcc's default would be code for a real card; here it leaves PTX in the program, which tests/cudasim/ runs.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
spec=models/autoencoder.lua name=autoencoder it=$tmp/it
run emit "$spec" --target cuda --arch sm_80 --batch 4 -o "$it"
same "emit for cuda: status" "$status $err" "0 "
for part in $name.cu ${name}_program.c main.c Makefile; do file "emit for cuda writes $part" "$it/$part"; done
has "emit for cuda: all warnings are errors" "$(<"$it/Makefile")" "-Werror all-warnings"
has "emit for cuda: for that architecture" "$(<"$it/Makefile")" "GPU ?= -arch=sm_80"

nvcc=$(PATH=$PATH:/usr/local/cuda/bin command -v nvcc)
missing=
[ -e out/cudasim/libcudart.so.13 ] || missing="no simulated card on this machine (it needs x86-64)"
[ -n "$nvcc" ] && "$nvcc" --version | grep -q 'release 13' || missing="there is no nvcc 13 here"
if [ -n "$missing" ]; then skip "emit for cuda: builds and trains" "$missing"; exit 0; fi
# builds NAME: what lies in $it, with all its kernels as PTX
builds() {
    local said
    if said=$(make -C "$it" BURIN="$PWD" NVCC="$nvcc" GPU="-gencode arch=compute_80,code=compute_80" NVCCFLAGS="-cudart shared --no-compress" 2>&1); then ok "$1"
    else bad "$1" "${said: -300}"; exit 0; fi
}
builds "emit for cuda: nvcc builds it"

unset BURIN_DEVICE BURIN_PTX
export BURIN_NVRTC=/nowhere         # which it does not need
# program WORDS: as run, but the emitted one, on the simulated card
program() {
    LD_LIBRARY_PATH=$PWD/out/cudasim "$it/$name" --data "$tmp/data" "$@" >"$tmp/.out" 2>"$tmp/.err" </dev/null
    status=$?
    out=$(<"$tmp/.out") err=$(<"$tmp/.err")
}
program --steps 3 --seed 3 --outdir "$tmp/aot"
has "emit for cuda: the program trains" "$status $err$out" "kernels  linked in"
has "emit for cuda: says which card" "$out" "device   cuda: Simulated card, compute capability 8.0, 1.00 GiB
         driver for CUDA 13.0, kernels for sm_80"
run train "$spec" --data "$tmp/data" --batch 4 --steps 3 --seed 3 --outdir "$tmp/cpu" --device cpu
means() { sed -n 's/^epoch 1\/1 \(.*\) [0-9,]* images\/s$/\1/p' <<<"$1"; }
has "emit for cuda: there are losses" "$(means "$out")" "loss "
same "emit for cuda: the losses are the CPU's" "$(means "$(<"$tmp/aot/00000-$name/log.txt")")" "$(means "$out")"
program --device cpu
same "emit for cuda: it is for a card" "$status $err" "1 $name: --device cpu: no such device; use auto or cuda"
SIM_ARCH=75 program --steps 3 --outdir "$tmp/aot"
same "emit for cuda: not for older cards" "$status $err" "1 $name: this program is for sm_80, and cuda:0 is sm_75; emit it for that"
SIM_FAULT=no-card program --steps 3
has "emit for cuda: no card" "$status $err" "1 $name: no device to run on: cuda: NVIDIA's driver is here, but sees no card: "

# the DCGAN, as far as rounding has not grown (tests/unit/curve.c)
spec=models/dcgan_mnist.lua name=dcgan_mnist it=$tmp/dcgan
run emit "$spec" --target cuda --arch sm_80 --batch 16 --set samples=1 -o "$it"
builds "emit for cuda: nvcc builds the DCGAN"
program --steps 8 --seed 3 --outdir "$tmp/dcgan_card"
same "emit for cuda: the DCGAN trains" "$status $err" "0 "
run train "$spec" --data "$tmp/data" --batch 16 --set samples=1 --steps 8 --seed 3 --outdir "$tmp/dcgan_cpu" --device cpu
losses_near "emit for cuda: the DCGAN's losses are the CPU's" "$tmp/dcgan_card" "$tmp/dcgan_cpu"
