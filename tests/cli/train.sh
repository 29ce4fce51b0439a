#!/usr/bin/env bash
# burin train, sample and bench with the real spec, few steps and a small data set.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
small="--data $tmp/data --batch 4 --outdir $tmp/runs"
folder=$tmp/runs/00000-dcgan_mnist

run train "$spec" $small --steps 2 --seed 3
same "train: status" "$status $err" "0 "
for word in "device   cpu: " "conv_transpose2d" "parameters" "memory   " "kernels a step" "an image" "epoch 1/1 " "saved    "; do
    has "train says \"$word\"" "$out" "$word"
done
same "train: lines of at most 80 columns" "$(printf '%s\n' "$out" | grep -v "$tmp" | awk 'length > 80')" ""
for name in reals.png fakes_0000.png fakes_0001.png progress.png losses.svg log.txt stats.jsonl options.json snapshot_0001.safetensors; do
    file "train writes $name" "$folder/$name"
done
same "train: log.txt is what was printed" "$(<"$folder/log.txt")" "$out"

run train "$spec" $small --steps 2 --seed 3 --threads 1
cmp -s "$folder/snapshot_0001.safetensors" "$tmp/runs/00001-dcgan_mnist/snapshot_0001.safetensors" && ok "train: one thread gives the same bits" ||
    bad "train: one thread gives the same bits" "they differ: $err"
run train "$spec" $small --steps 2 --seed 4
cmp -s "$folder/snapshot_0001.safetensors" "$tmp/runs/00002-dcgan_mnist/snapshot_0001.safetensors" && bad "train: another seed gives other bits" "the same" ||
    ok "train: another seed gives other bits"

run train "$spec" $small --dry-run
has "dry run" "$status $out" "dry run  nothing was trained or written"
[ -e "$tmp/runs/00003-dcgan_mnist" ] && bad "dry run makes no folder" "it did" || ok "dry run makes no folder"

run sample "$folder" -n 10 -o "$tmp/grid.png"
same "sample" "$status $out" "0 $tmp/grid.png: 10 images of 28x28 from $folder/snapshot_0001.safetensors (step 2), seed 3"
file "sample: the picture" "$tmp/grid.png"
run sample "$folder/snapshot_0001.safetensors" -n 10 -o "$tmp/other.png" --seed 9
cmp -s "$tmp/grid.png" "$tmp/other.png" && bad "sample: another seed, another picture" "the same" || ok "sample: another seed, another picture"
run sample "$folder/snapshot_0001.safetensors" -n 10 -o "$tmp/again.png" --seed 3
cmp -s "$tmp/grid.png" "$tmp/again.png" && ok "sample: the same seed, the same picture" || bad "sample: the same seed, the same picture" "another"
mkdir "$tmp/alone" && cp "$folder/snapshot_0001.safetensors" "$tmp/alone/x.safetensors"
(cd "$tmp/alone" && "$burin" sample x.safetensors -n 10 -o again.png >"$tmp/.out" 2>&1)
cmp -s "$tmp/grid.png" "$tmp/alone/again.png" && ok "sample: a checkpoint alone, where no spec is" || bad "sample: a checkpoint alone, where no spec is" "$(<"$tmp/.out")"

run train "$spec" --data "$tmp/data" --batch 64 --outdir "$tmp/runs"
has "a batch larger than the data" "$status $err" "a batch of 64 is larger than the data: $tmp/data/train-images-idx3-ubyte has 40 images; use a batch of at most that (--batch)"
mkdir "$tmp/empty"
fails "no data" "burin: no MNIST in $tmp/empty: looked for train-images-idx3-ubyte, plain or .gz, there and in mnist, MNIST/raw" train "$spec" --data "$tmp/empty"
PATH=$tmp/empty BURIN_CACHE=$tmp/cache fails "no compiler" "burin: no C compiler on the PATH (looked for cc, gcc, clang): burin turns the spec into C and has it compiled when it starts; install one (Debian, Ubuntu: apt-get install gcc) or set CC to its path" train "$spec" $small --steps 1
has "an option that the spec does not have" "$("$burin" train "$spec" --set betch=4 2>&1)" "batch"

"$burin" train "$spec" $small --epochs 100000 >"$tmp/.out" 2>"$tmp/.err" </dev/null &
while kill -0 $! 2>/dev/null && ! [ -e "$tmp/runs/00003-dcgan_mnist/snapshot_0001.safetensors" ]; do sleep 0.1; done
kill -INT $! 2>/dev/null
wait $!
same "Ctrl-C: status" "$? $(<"$tmp/.err")" "130 "
has "Ctrl-C: says where it saved" "$(<"$tmp/.out")" "saved    $tmp/runs/00003-dcgan_mnist/snapshot_"

run bench "$spec" --data "$tmp/data" --batch 4 --seconds 0.2 --repeats 2 --json
has "bench --json" "$status $out" '"images_per_s":{"min":'
