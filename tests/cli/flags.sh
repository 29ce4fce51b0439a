#!/usr/bin/env bash
# The command line: help, and what is said of mistakes. No spec is compiled here.
. "$(dirname "$0")/lib.bash"

fails "an unknown command" "burin: unknown command trian; did you mean train?" trian
fails "an unknown command, far from all" "burin: unknown command xyzzy; burin help lists them" xyzzy
fails "an unknown flag" "burin: unknown flag --sede; did you mean --seed?" train "$spec" --sede 3
fails "a flag of another command" "burin: unknown flag --kernels; --help lists them" train "$spec" --kernels
fails "a flag, far from all" "burin: unknown flag --qqqqqq; --help lists them" train "$spec" --qqqqqq
fails "a value that is missing" "burin: --epochs: N is missing after it" train "$spec" --epochs
fails "a value that is no number" "burin: --epochs 3x: a whole number is wanted, from 1 to 1000000000" train "$spec" --epochs 3x
fails "a number out of range" "burin: --threads 5000: a whole number is wanted, from 1 to 1024" train "$spec" --threads 5000
fails "a negative number" "burin: --steps -1: a whole number is wanted, from 1 to 1000000000" train "$spec" --steps -1
fails "seconds that are none" "burin: --seconds fast: a number of seconds is wanted" bench "$spec" --seconds fast
fails "an entry that is none" "burin: --entry samples: no such one; use step or sample" bench "$spec" --entry samples
fails "--set without a value" "burin: --set lr: NAME=VALUE is wanted" train "$spec" --set lr
fails "two stages" "burin: --graph and --memory: one stage at a time" show "$spec" --graph --memory
fails "a word too many" "burin: more: one word too many" train "$spec" more
fails "no spec" "burin: train: which spec? For instance: burin train models/dcgan_mnist.lua --epochs 3" train
fails "an unknown isa" "burin: --isa avx3: no such one; did you mean avx2?" train "$spec" --isa avx3
fails "no run" "burin: sample: which run? For instance: burin sample out/runs/00000-dcgan_mnist -n 64 -o grid.png" sample
fails "a run that is not there" "burin: $tmp/none: no such run or checkpoint" sample "$tmp/none"
fails "a run without checkpoints" "burin: $tmp: no checkpoint in this folder (snapshot_*.safetensors)" sample "$tmp"
fails "a target that is none" "burin: --target metal: no such one; use cpu or cuda" show "$spec" --target metal
fails "a command without words" "burin: more: one word too many" devices more
BURIN_HOME=$tmp fails "a home that is none" "burin: BURIN_HOME, $tmp, holds no templates and models/lib: set it to burin's checkout, or unset it" show "$spec"
printf hello >"$tmp/x.safetensors"
fails "a checkpoint that is none" "burin: $tmp/x.safetensors is no whole safetensors file: it is shorter than 8 bytes" sample "$tmp/x.safetensors"

run help
same "help: status" "$status" 0
help=$out
for command in train sample show emit bench tune doctor devices completion manual version help; do
    has "help names $command" "$help" "  $command "
    run "$command" --help
    has "$command --help" "$status $out" "0 usage: burin $command "
    run help "$command"
    has "help $command" "$status $out" "0 usage: burin $command "
done
for command in "" $(sed -n 's/^  \([a-z]*\) .*/\1/p' <<<"$help" | grep -v burin | sort -u); do
    same "help $command: within 80 columns" "$("$burin" help $command | awk 'length > 80')" ""
done
run --version
has "version" "$status $out" "0 burin "
run devices
has "devices" "$status $out" "cpu: "
has "devices: what auto takes" "$status $out" "--device auto takes "
"$burin" help >/dev/full 2>"$tmp/.err"
same "standard output full" "$? $(<"$tmp/.err")" "1 burin: cannot write to the standard output"
