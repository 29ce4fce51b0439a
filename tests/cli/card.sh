#!/usr/bin/env bash
# burin on a card, the simulated one (tests/cudasim/): which device is taken, that it trains as the CPU does, that checkpoints move
# between the two, and what is said of a card that fails.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
small="--data $tmp/data --batch 4 --set samples=4 --seed 3"
unset BURIN_DEVICE BURIN_NVRTC BURIN_PTX

run train "$spec" $small --dry-run
if [[ $out = *"device   cuda: "* ]]; then skip "no driver: the CPU" "there is a card here"
else
    has "no driver: the CPU" "$status $out" "device   cpu: "
    same "no driver: nothing is said of cards" "$err" ""
    fails "no driver: a card that is asked for" "burin: --device cuda: none: no NVIDIA driver here (libcuda.so.1); it comes with NVIDIA's driver for the card" train "$spec" $small --device cuda
fi

missing=
[ -e out/cudasim/libcuda.so.1 ] || missing="no simulated card on this machine (it needs x86-64)"
g++ --version >/dev/null 2>&1 || missing="no g++, which the simulated card needs"
if [ -n "$missing" ]; then skip "card" "$missing"; exit 0; fi
export LD_LIBRARY_PATH=$PWD/out/cudasim${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} BURIN_NVRTC=$PWD/out/cudasim/src

# ---- which device ----

card="cuda: Simulated card, compute capability 8.0, 1.00 GiB"
run devices
has "devices: the card" "$status $out" "0 $card, driver for CUDA 13.0, NVRTC 13.0"
has "devices: what auto takes" "$out" "--device auto takes cuda"
run train "$spec" $small --dry-run
has "auto takes the card" "$status $err$out" "0 spec "
has "auto says which card" "$out" "device   $card
         driver for CUDA 13.0, NVRTC 13.0, kernels for sm_80"
run train "$spec" $small --dry-run --isa c
has "--isa means the CPU" "$status $err$out" "compiled for plain C"
BURIN_DEVICE=cpu run train "$spec" $small --dry-run
has "BURIN_DEVICE" "$status $err$out" "device   cpu: "
fails "--isa on a card" "burin: --isa avx2: that is of the CPU, and --device is cuda" train "$spec" $small --device cuda --isa avx2
fails "a card too many" "burin: --device cuda:1: no card 1: there is 1, cuda:0" train "$spec" $small --device cuda:1
fails "tune on a card" "burin: --device cuda: burin tune measures the kernels of the CPU only, so far" tune "$spec" --device cuda

# passed NAME WHY: auto says in one line why the card is not used, and takes the CPU
passed() {
    run train "$spec" $small --dry-run
    same "auto, $1: says why" "$status $err" "0 burin: note: cuda is not used: $2"
    has "auto, $1: takes the CPU" "$out" "device   cpu: "
}
SIM_DRIVER=11040 passed "an old driver" "NVIDIA's driver is too old: it knows CUDA 11.4; update it to 525 or later (CUDA 12)"
BURIN_NVRTC=/nowhere passed "no NVRTC" "BURIN_NVRTC, /nowhere, holds no NVRTC (libnvrtc.so.13 or older)"

# ---- training ----

# goes NAME RUNS WORDS: trains into that folder of runs
goes() {
    local name=$1 runs=$tmp/$2
    shift 2
    run train "$spec" $small --outdir "$runs" "$@"
    same "$name: trains" "$status $err" "0 "
}
# near NAME RUNS RUNS: the means of the last epochs of two runs are the same but for rounding
near() {
    local off
    off=$(tail -qn 1 "$tmp/$2"/*/stats.jsonl "$tmp/$3"/*/stats.jsonl | sed 's/.*"seconds":[^,]*//' | tr -c '0-9.\n-' ' ' | awk '
        NR == 1 { n = split($0, a) } NR == 2 { for (i = 1; i <= n; i++) { d = (a[i] - $i) / $i; if (d * d > most) most = d * d } }
        END { if (NR == 2 && n >= 4 && most < 1e-8) print "near"; else print "off by " sqrt(most) " in " n " numbers" }')
    same "$1" "$off" near
}
goes "card" card --device cuda --steps 10
has "card: how the kernels came" "$out" "kernels  compiled in "
goes "cpu" cpu --device cpu --steps 10
near "the card's losses are the CPU's" card cpu
for name in fakes_0001.png progress.png losses.svg snapshot_0001.safetensors; do file "card: writes $name" "$tmp/card/00000-dcgan_mnist/$name"; done

goes "card, to be gone on with by the CPU" moved --device cuda --steps 4
has "card: a second start compiles nothing" "$out" "kernels  from the cache in "
goes "cpu, from the card's checkpoint" moved --device cpu --steps 10 --resume latest
near "a run that moves to the CPU" moved cpu
goes "cpu, to be gone on with by the card" back --device cpu --steps 4
goes "card, from the CPU's checkpoint" back --device cuda --steps 10 --resume latest
near "a run that moves to the card" back cpu

run sample "$tmp/card/00000-dcgan_mnist" -n 6 -o "$tmp/card.png"
has "card: samples" "$status $err$out" "0 $tmp/card.png: 6 images of 28x28"
run bench models/mlp_gan.lua --data "$tmp/data" --batch 4 --seconds 0.01 --repeats 1
has "card: bench" "$status $err$out" "speed    "
same "card: bench holds it against no limit of the CPU" "$(grep -c 'limit\|that the machine did' <<<"$out")" 0
