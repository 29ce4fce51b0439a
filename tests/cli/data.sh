#!/usr/bin/env bash
# runtime/get-data.sh: the order in which it looks, checksums, half downloads, the last resort. Mirrors are folders (file://),
# apt-get is a stand-in: nothing leaves this machine.
. "$(dirname "$0")/lib.bash"
mnist=../shared/data/mnist
if ! command -v curl >/dev/null; then skip "get-data" "curl is not here"; exit 0; fi

home=$tmp/checkout
mkdir -p "$home/runtime" "$tmp/bin" "$tmp/bad" "$tmp/shared/data"
cp runtime/get-data.sh "$home/runtime/"
printf '#!/bin/sh\necho "$@" >>%s/apt\nexit 100\n' "$tmp" >"$tmp/bin/apt-get"
chmod +x "$tmp/bin/apt-get"
get() { out=$(PATH="$tmp/bin:$PATH" "$@" bash "$home/runtime/get-data.sh" 2>&1); status=$?; }

digits "$tmp/own" 8
get env BURIN_DATA="$tmp/own" BURIN_MIRRORS=
same "data: BURIN_DATA comes first" "$status $out" "0 data: MNIST in $tmp/own"

for f in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do echo no | gzip >"$tmp/bad/$f.gz"; done
get env BURIN_MIRRORS="file://$tmp/none file://$tmp/bad"
has "data: a wrong file is not used" "$out" "data: file://$tmp/bad/train-images-idx3-ubyte.gz is not the file it should be (SHA-256); not used"
same "data: nothing of it stays" "$(ls -A "$home/out/data/mnist")" ""
has "data: says what takes its place" "$out" "data: no mirror of MNIST could be reached: Fashion-MNIST takes its place"
if [ -e /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ]; then
    same "data: the package, when it is there" "$status" 0
else
    same "data: without it, failure" "$status" 1
    has "data: and the package was asked for" "$(cat "$tmp/apt")" "dataset-fashion-mnist"
fi

if [ -e "$mnist/train-images-idx3-ubyte.gz" ]; then
    get env BURIN_MIRRORS="file://$tmp/none file://$PWD/$mnist"
    has "data: the second mirror" "$status $out" "data: MNIST in out/data/mnist"
    same "data: all four files" "$(ls "$home/out/data/mnist" | wc -l)" 4
    rm "$home/out/data/mnist/train-labels-idx1-ubyte.gz"
    touch "$home/out/data/mnist/train-labels-idx1-ubyte.gz.part"
    get env BURIN_MIRRORS="file://$PWD/$mnist"
    same "data: a download that was cut off is completed" "$status $(ls "$home/out/data/mnist" | wc -l)" "0 4"
    ln -s "$PWD/$mnist" "$tmp/shared/data/mnist"
    get env BURIN_MIRRORS=
    same "data: ../shared before out/data" "$status $out" "0 data: MNIST in ../shared/data/mnist"
else
    skip "data: downloads" "$mnist is not here to play the mirror"
fi
