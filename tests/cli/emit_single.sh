#!/usr/bin/env bash
# burin emit --single-file: one file with the kernels and all of the runtime that they need. It compiles without a warning, with no
# library but libpng and zlib, and trains to the bits of burin train: on the CPU, and on the simulated card as emit_cuda.sh does it. And
# --line-info, which changes no bit.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
cat >"$tmp/tiny.lua" <<'LUA'
local real = data.mnist{batch = 4}
local net = nn.sequential("net", {
  nn.conv2d{4, kernel = 3, stride = 2, padding = 1}, nn.relu{}, nn.flatten{}, nn.linear{784}, nn.sigmoid{}, nn.reshape{{28, 28, 1}},
})
local function step() return {name = "loss", minimize = loss.mse(net(real), real), params = net, with = optim.adam{lr = 1e-3}} end
return {steps = {step}, samples = function() return net:eval(real.images) end, range = {0, 1}, epochs = 1}
LUA
tiny=$tmp/tiny.lua
fails "a file, and no --single-file" "burin: -o x.cu: a folder is wanted; with --single-file it may be a file" emit "$tiny" -o x.cu
fails "a name for the other target" "burin: -o x.c: what is for cuda is named NAME.cu" emit "$tiny" --target cuda --single-file -o x.c
fails "a folder that is a file" "burin: cannot make the folder $tiny: a file has that name" emit "$tiny" --single-file -o "$tiny"

# weights RUN: the numbers of its last checkpoint: what follows the header, whose length its first bytes say
weights() { local f; f=$(printf '%s\n' "$1"/*/snapshot_0001.safetensors); tail -c +"$(($(od -An -t u4 -N 4 "$f") + 9))" "$f" | cksum; }
loss() { grep -o '"loss":[^,]*' "$1"/*/stats.jsonl; }
# command_in FILE: the line that the file's head has for compiling it
command_in() { sed -n 's/^ \* *\(cc\|nvcc\) /\1 /p' "$1"; }

# ---- the CPU ----

run emit "$tiny" --single-file --isa c -o "$tmp/cpu"
line=$(command_in "$tmp/cpu/train.c")
same "cpu: emit" "$status $err$out" "0 $tmp/cpu/train.c: written; build it there with $line"
has "cpu: only libpng and zlib" "$line" "train.c -o train -lpng -lz -lm"
# what the contents promise stands there
while read -r at name _; do has "contents: $name" "$(sed -n "${at}p" "$tmp/cpu/train.c")" "/* ---- $name ---"; done \
    < <(sed -n 's/^ \*   line *\([0-9]* *[a-z_]*\) .*/\1/p' "$tmp/cpu/train.c" | sed -n '1,3p;$p')
cd "$tmp/cpu" || exit 1
built=$(${CC:-cc} -Wall -Wextra -Werror ${line#cc} 2>&1)
same "cpu: it compiles, all warnings being errors" "$? $built" "0 "
./train --data "$tmp/data" --steps 3 --seed 3 --outdir aot >"$tmp/.out" 2>&1
same "cpu: trains" "$?" 0
./train --data "$tmp/data" --steps 5 --outdir aot --resume latest >"$tmp/.out" 2>&1
same "cpu: goes on" "$?" 0
same "cpu: a flag that it has not" "$(./train --tensorboard 2>&1)" "train: unknown flag --tensorboard; --help lists them"
same "cpu: no data" "$(./train --data "$tmp" 2>&1 | tail -n 1)" "train: no MNIST in $tmp: looked for train-images-idx3-ubyte, plain or .gz, there and in mnist, MNIST/raw"
"$burin" train "$tiny" --data "$tmp/data" --isa c --steps 5 --seed 3 --outdir jit >/dev/null 2>&1
same "cpu: the weights are those of burin train" "$(weights aot)" "$(weights jit)"
same "cpu: the losses are those of burin train" "$(loss aot)" "$(loss jit)"
cd "${burin%/out/burin}" || exit 1

# ---- a card ----

run emit "$tiny" --target cuda --arch sm_80 --single-file -o "$tmp/cuda/train.cu"
line=$(command_in "$tmp/cuda/train.cu")
same "cuda: emit" "$status $err$out" "0 $tmp/cuda/train.cu: written; build it there with $line"
same "cuda: the line" "$line" "nvcc -O3 -arch=sm_80 train.cu -o train -lpng -lz"
mkdir "$tmp/pictures"
sed 's|data.mnist{batch = 4}|data.images{dir = "'"$tmp"'/pictures", size = 28, channels = 1, batch = 4}|' "$tiny" >"$tmp/folder.lua"
run emit "$tmp/folder.lua" --target cuda --arch sm_75 --single-file -o "$tmp/folder.cu"
has "cuda: a folder of pictures needs libjpeg" "$status $err$out" "0 $tmp/folder.cu: written; build it there with nvcc -O3 -arch=sm_75 folder.cu -o train -lpng -ljpeg -lz"

fails "--line-info and a text for the CPU" "burin: --line-info is of a card's kernels, and these are for the CPU" emit "$tiny" --line-info -o "$tmp/none"
fails "--line-info and the CPU" "burin: --line-info is of a card's kernels, and these are for the CPU" train "$tiny" --line-info --device cpu --data "$tmp/data" --outdir "$tmp/none"
run emit "$tiny" --target cuda --arch sm_80 --single-file --line-info -o "$tmp/lines.cu"
same "--line-info: the line" "$(command_in "$tmp/lines.cu")" "nvcc -O3 -arch=sm_80 -lineinfo lines.cu -o train -lpng -lz"
has "--line-info: a kernel's line is the spec's" "$(grep -A 3 '^extern "C" __global__.* conv_28x28x1_3x3_4(' "$tmp/lines.cu")" "#line 3 \"$tiny\""
same "--line-info: the lines between kernels are the file's" \
    "$(awk '/^#line .*"lines.cu"$/ { n++; if ($2 != NR + 1) print } END { print (n > 9) }' "$tmp/lines.cu")" 1

# all but the kernels, as C++
host() {
    local from till
    from=$(sed -n 's/^ \*   line *\([0-9]*\) *kernels .*/\1/p' "$1") till=$(sed -n 's/^ \*   line *\([0-9]*\) *plan .*/\1/p' "$1")
    sed "${from},$((till - 1))d" "$1"
}
if command -v g++ >/dev/null; then
    for f in cuda/train.cu folder.cu; do same "cuda: $f: the runtime is C++, too" "$(host "$tmp/$f" | g++ -x c++ -std=c++17 -Wall -Werror -fsyntax-only - 2>&1)" ""; done
else skip "cuda: the runtime is C++, too" "there is no g++ here"; fi

nvcc=$(PATH=$PATH:/usr/local/cuda/bin command -v nvcc)
missing=
[ -e out/cudasim/libcudart.so.13 ] || missing="no simulated card on this machine (it needs x86-64)"
[ -n "$nvcc" ] && "$nvcc" --version | grep -q 'release 13' || missing="there is no nvcc 13 here"
if [ -n "$missing" ]; then skip "cuda: builds and trains" "$missing"; exit 0; fi
cd "$tmp/cuda" || exit 1
built=$("$nvcc" -gencode arch=compute_80,code=compute_80 -cudart shared --no-compress -Werror all-warnings ${line#nvcc -O3 -arch=sm_80} 2>&1)
same "cuda: nvcc compiles it, all warnings being errors" "$? $built" "0 "
[ -x train ] || exit 0
"$nvcc" -ptx -lineinfo -arch=sm_80 "$tmp/lines.cu" -o "$tmp/lines.ptx"
spec_file=$(sed -n 's|^[[:space:]]*\.file[[:space:]]*\([0-9]*\) "'"$tiny"'".*|\1|p' "$tmp/lines.ptx")
has "--line-info: nvcc keeps it" "$(grep -A 60 '\.entry conv_28x28x1_3x3_4(' "$tmp/lines.ptx")" $'.loc\t'"$spec_file 3 "
has "cuda: not for older cards" "$("$nvcc" -arch=sm_75 -E train.cu 2>&1)" 'these kernels are for sm_80 and later: nvcc -arch=sm_80'

unset BURIN_DEVICE BURIN_PTX
card=${burin%/out/burin}/out/cudasim
# program WORDS: as run, but the emitted one, on the simulated card
program() {
    BURIN_NVRTC=/nowhere LD_LIBRARY_PATH=$card ./train --data "$tmp/data" "$@" >"$tmp/.out" 2>"$tmp/.err" </dev/null
    status=$?
    out=$(<"$tmp/.out") err=$(<"$tmp/.err")
}
SIM_FAULT=no-card program
has "cuda: no card" "$status $err" "1 train: no device to run on: cuda: NVIDIA's driver is here, but sees no card: "
SIM_FAULT=lost:70 program --steps 5 --seed 3 --snap-steps 2 --outdir aot
has "cuda: a card that is lost" "$status $err" "1 train: cuda:0: a step: "
has "cuda: says what is kept" "$err" "; the last good checkpoint is aot/00000-tiny/snapshot_0001.safetensors"
program --steps 5 --outdir aot --resume latest
has "cuda: goes on" "$status $err$out" "kernels  linked in"
LD_LIBRARY_PATH=$card BURIN_PTX=1 "$burin" train "$tiny" --device cuda --line-info --data "$tmp/data" --steps 5 --seed 3 --outdir jit >"$tmp/.out" 2>&1
if [ $? = 0 ]; then
    same "cuda: the weights are those of burin train --device cuda" "$(weights aot)" "$(weights jit)"
    same "cuda: the losses are those of burin train --device cuda" "$(loss aot)" "$(loss jit)"
else skip "cuda: the weights are those of burin train --device cuda" "$(tail -n 1 "$tmp/.out")"; fi
