#!/usr/bin/env bash
# burin doctor: what it finds, and what it says of machines that lack something.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
export BURIN_CACHE="$tmp/cache"
run doctor --data "$tmp/data" --outdir "$tmp/runs/of/mine"
same "doctor: status" "$status $err" "0 "
for line in "burin     ok    models and templates in $PWD" "compiler  ok    " "processor ok    " "threads   ok    " "memory    ok    " "cache     ok    $BURIN_CACHE: 0 programs" \
            "data      ok    40 images in $tmp/data" "runs      ok    $tmp/runs/of/mine: "; do has "doctor says \"$line\"" "$out" "$line"; done
has "doctor: cuda" "$out" "cuda      "
has "doctor: the end" "$out" "this machine can train"
same "doctor: leaves nothing behind" "$(ls -A "$BURIN_CACHE") $(ls "$tmp/runs" 2>/dev/null)" " "
same "doctor: within 80 columns" "$(grep -v "$tmp\|$PWD" <<<"$out" | awk 'length > 80')" ""

# broken NAME LINE ENVIRONMENT...: the line is there, and the status is 1
broken() {
    local name=$1 line=$2
    shift 2
    out=$(env "$@" "$burin" doctor --data "$tmp/data" --outdir "$tmp/runs" 2>"$tmp/.err"; echo "status $?")
    has "doctor: $name" "$out" "$line"
    same "doctor: $name: the end" "${out##*$'\n'} $(<"$tmp/.err")" "status 1 burin: this machine cannot train yet: see what is BAD above"
}
broken "no compiler" 'compiler  BAD   no C compiler: CC names "none", which is not on the PATH;' CC=none
broken "a compiler that fails" "compiler  BAD   the C compiler failed:" BURIN_CFLAGS=--no-such-flag
broken "a cache that cannot be" "cache     BAD   " BURIN_CACHE="$tmp/data/train-images-idx3-ubyte/x"
broken "a home that is none" "burin     BAD   BURIN_HOME, $tmp/none, holds no" BURIN_HOME="$tmp/none"
out=$("$burin" doctor --data "$tmp/data" --outdir "$tmp/data/train-images-idx3-ubyte/x" 2>&1)
has "doctor: runs that cannot be" "$out" "runs      BAD   "
run doctor --data "$tmp"
same "doctor: other data may do" "$status $err" "0 "
has "doctor: no data" "$out" "data      note  no MNIST in $tmp: looked for"
printf 'x' >>"$tmp/data/train-images-idx3-ubyte"
has "doctor: damaged data" "$("$burin" doctor --data "$tmp/data" 2>&1)" "data      note  $tmp/data/train-images-idx3-ubyte"

if command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ]; then
    first=$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')
    has "doctor: one processor" "$(taskset -c "$first" "$burin" doctor --data "$tmp/data")" "threads   ok    1: one for each core that may be used, with 1 of "
else skip "doctor: one processor" "no taskset, or one processor"; fi
if [ -e out/cudasim/libcuda.so.1 ]; then
    export LD_LIBRARY_PATH=$PWD/out/cudasim${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    has "doctor: a card" "$(BURIN_NVRTC=$PWD/out/cudasim/src "$burin" doctor --data "$tmp/data")" "cuda      ok    Simulated card, compute capability 8.0"
    has "doctor: a card without NVRTC" "$(BURIN_NVRTC=$tmp/none "$burin" doctor --data "$tmp/data")" "cuda      note  BURIN_NVRTC, $tmp/none, holds no NVRTC"
else skip "doctor: a card" "no simulated card was built"; fi
