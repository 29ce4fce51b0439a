#!/usr/bin/env bash
# burin on a card, the simulated one (tests/cudasim/): which device is taken, that it trains as the CPU does, that checkpoints move
# between the two, and what is said of a card that fails.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
small="--data $tmp/data --batch 4 --set samples=4 --seed 3"
export BURIN_CACHE=$tmp/cache
unset BURIN_DEVICE BURIN_NVRTC BURIN_PTX

run train "$spec" $small --dry-run
if [[ $out = *"device   cuda: "* ]]; then skip "no driver: the CPU" "there is a card here"
else
    has "no driver: the CPU" "$status $out" "device   cpu: "
    same "no driver: nothing is said of cards" "$err" ""
    before=$(cksum tests/bench/RESULTS-GPU.md)
    said=$(bash tests/bench/gpu.sh 2>&1)
    same "no driver: make bench-gpu" "$? $said" "1 bench-gpu: no card to run on: none: no NVIDIA driver here (libcuda.so.1); it comes with NVIDIA's driver for the card"
    same "no driver: make bench-gpu leaves its results as they are" "$(cksum tests/bench/RESULTS-GPU.md)" "$before"
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
goes "card" card --device cuda --steps 5
has "card: how the kernels came" "$out" "kernels  compiled in "
goes "cpu" cpu --device cpu --steps 5
losses_near "the card's losses are the CPU's" "$tmp/card" "$tmp/cpu"
for name in fakes_0001.png progress.png losses.svg snapshot_0001.safetensors; do file "card: writes $name" "$tmp/card/00000-dcgan_mnist/$name"; done

goes "card, to be gone on with by the CPU" moved --device cuda --steps 2
has "card: a second start compiles nothing" "$out" "kernels  from the cache in "
goes "cpu, from the card's checkpoint" moved --device cpu --steps 5 --resume latest
losses_near "a run that moves to the CPU" "$tmp/moved" "$tmp/cpu"
goes "cpu, to be gone on with by the card" back --device cpu --steps 2
goes "card, from the CPU's checkpoint" back --device cuda --steps 5 --resume latest
losses_near "a run that moves to the card" "$tmp/back" "$tmp/cpu"

run sample "$tmp/card/00000-dcgan_mnist" -n 6 -o "$tmp/card.png"
has "card: samples" "$status $err$out" "0 $tmp/card.png: 6 images of 28x28"
run bench "$spec" --data "$tmp/data" --entry sample --set samples=2 --batch 4 --seconds 0.01 --repeats 1
has "card: bench" "$status $err$out" "speed    "
same "card: bench holds it against no limit of the CPU" "$(grep -c 'limit\|that the machine did' <<<"$out")" 0

# ---- what goes wrong ----

spec=models/mlp_gan.lua
small="--data $tmp/data --batch 4 --seed 3 --device cuda"
advice="nvidia-smi says what the driver sees; a container needs --gpus all, and CUDA_VISIBLE_DEVICES may hide cards"
SIM_FAULT=no-card fails "no card" "burin: --device cuda: NVIDIA's driver is here, but sees no card: CUDA_ERROR_NO_DEVICE, no CUDA-capable device is detected; $advice" train "$spec" $small
SIM_DRIVER=11040 fails "an old driver" "burin: --device cuda: NVIDIA's driver is too old: it knows CUDA 11.4; update it to 525 or later (CUDA 12)" train "$spec" $small
SIM_DRIVER=12040 fails "a driver too old for NVRTC" "burin: --device cuda: NVIDIA's driver is too old for the NVRTC here: it runs CUDA 12.4, and NVRTC is 13; update the driver, or pip install nvidia-cuda-nvrtc-cu12 and set BURIN_NVRTC to its folder" train "$spec" $small
BURIN_NVRTC=/nowhere fails "no NVRTC" "burin: --device cuda: BURIN_NVRTC, /nowhere, holds no NVRTC (libnvrtc.so.13 or older)" train "$spec" $small
small="$small --outdir $tmp/faults --snap-steps 1"
SIM_FAULT=alloc:2 run train "$spec" $small
has "memory runs out" "$status $err" "1 cuda:0: taking "
has "memory runs out: why, and what would do" "$err" " of memory: CUDA_ERROR_OUT_OF_MEMORY, out of memory; close what else uses the card (nvidia-smi lists it), or try a smaller batch"
[ -e "$tmp/faults" ] && bad "memory runs out: no folder is left" "it is" || ok "memory runs out: no folder is left"

# lost FAULT TEXT: in mid-training, after the first checkpoint; the last checkpoint is whole, and the CPU goes on with it
run train "$spec" $small --outdir "$tmp/whole" --device cpu --steps 4
lost() {
    SIM_FAULT=$1 run train "$spec" $small --outdir "$tmp/$1" --steps 4
    has "$1: status and message" "$status $err" "1 cuda:0: a step: $2 (SIM_FAULT); "
    has "$1: says what is kept" "$err" "; the last good checkpoint is $tmp/$1/00000-mlp_gan/snapshot_0001.safetensors"
    has "$1: and the log does" "$(tail -n 1 "$tmp/$1/00000-mlp_gan/log.txt")" "burin: cuda:0: a step: $2"
    run sample "$tmp/$1/00000-mlp_gan" -n 4 -o "$tmp/it.png" --device cpu
    has "$1: the checkpoint is whole" "$status $err$out" "/snapshot_0001.safetensors (step "
    run train "$spec" $small --outdir "$tmp/$1" --steps 4 --resume latest --device cpu
    has "$1: the CPU goes on" "$status $err$out" "epoch 1/1 "
    losses_near "$1: as if nothing had been" "$tmp/$1" "$tmp/whole"
}
lost launch:130 "CUDA_ERROR_LAUNCH_FAILED, unspecified launch failure"
lost lost:190 "CUDA_ERROR_UNKNOWN, unknown error"

# ---- what travels ----

cat >"$tmp/digits.lua" <<'E'
local net = nn.sequential("net", {nn.flatten{}, nn.linear{10}})
local digits = data.mnist{batch = 4}
local function step()
  local scores = net(digits)
  return {minimize = loss.cross_entropy(scores, digits.labels), params = net, with = optim.sgd{lr = 1e-3}, report = {accuracy = loss.accuracy(scores, digits.labels)}}
end
return {steps = {step}}
E
# traced STEPS NAME: a run of so many steps of ten; how often the card was given what goes to trace.STEPS
traced() {
    SIM_TRACE=1 run train "$tmp/digits.lua" --data "$tmp/data" --seed 3 --device cuda --outdir "$tmp/$2" --steps "$1"
    said=$out
    sed -n 's/^cudasim: \(a graph of .*\|[0-9]* bytes .*\)/\1/p; s/^cudasim: .* blocks of .*/a kernel/p' <<<"$err" | sort | uniq -c >"$tmp/trace.$1"
}
# cost: what a run of nine steps does and one of five does not; nothing else happens in between
cost() { awk 'NR == FNR { n = $1; $1 = ""; five[$0] = n; next } { n = $1; $1 = ""; if (n != five[$0]) printf "%d x%s\n", n - five[$0], $0 }' "$tmp/trace.5" "$tmp/trace.9" | LC_ALL=C sort -k3; }
launches=$("$burin" show "$tmp/digits.lua" --target cuda --kernels | sed -n 's/^\([0-9]*\) launches.*/\1/p')
traced 5 five; traced 9 kept
has "the data are on the card" "$said" "data     on the card: 40 images, 30.7 KiB; a step gets the numbers of 4 rows"
same "a step is a graph, its key and rows, its reports" "$(cost)" "4 x 32 bytes to the card
4 x 68 bytes from the card
4 x a graph of $launches launches
$((4 * launches)) x a kernel"
export SIM_MEMORY=$(($(sed -n 's/^memory *\([0-9,]*\) bytes (.*):$/\1/p' <<<"$said" | tr -d ,) + 30000))
traced 5 five; traced 9 up
has "a card too small for the data" "$said" "data     too large for the card (30.7 KiB): they go there in batches, while the step before runs"
same "and its images and labels, where they are not on the card" "$(cost)" "4 x 3136 bytes to the card
4 x 32 bytes to the card
4 x 4 bytes to the card
4 x 68 bytes from the card
4 x a graph of $launches launches
$((4 * launches)) x a kernel"
unset SIM_MEMORY
for name in snapshot_0001.safetensors losses.svg; do
    cmp -s "$tmp/kept/00000-digits/$name" "$tmp/up/00000-digits/$name" && ok "data on the card or not, the same $name" || bad "data on the card or not, the same $name" "they differ"
done

# ---- a number that is not finite ----

cat >"$tmp/log.lua" <<'E'
local net = nn.sequential("net", {nn.flatten{}, nn.linear{10}})
local real = data.mnist{batch = 4}
local function step()
  local chance = random.uniform{4, 10, lo = -0.01, hi = 1}
  local z = (chance:log() * net(real)):mean()
  return {minimize = z * z, params = net, with = optim.sgd{lr = 1e-3}}
end
return {steps = {step}}
E
run train "$tmp/log.lua" --data "$tmp/data" --outdir "$tmp/nan" --steps 60 --device cpu
on_cpu=$(grep -E 'writes|computed|reads' <<<"$err")
run train "$tmp/log.lua" --data "$tmp/data" --outdir "$tmp/nan" --steps 60
has "not finite: began in a kernel" "$status $err" "map 4x10"
same "not finite: the same values as on the CPU" "$(grep -E 'writes|computed|reads' <<<"$err")" "$on_cpu"
