#!/usr/bin/env bash
# burin check: what is wrong with specs, each with its place, without a compiler and in little time.
. "$(dirname "$0")/lib.bash"

run check models/mlp_gan.lua models/classifier.lua
same "check: two specs" "$status $out" "0 models/mlp_gan.lua: ok: 14 layers, 1,083,921 parameters, 674 operations
models/classifier.lua: ok: 13 layers, 421,738 parameters, 689 operations"
has "check: options" "$("$burin" check models/mlp_gan.lua --set nz=128 --batch 8)" "1,100,305 parameters"
CC=none run check models/mlp_gan.lua
same "check: needs no compiler" "$status $err" "0 "
fails "check: no spec" "burin: check: which spec? For instance: burin check models/dcgan_mnist.lua" check
fails "check: no file" "$tmp/none.lua:1: No such file or directory" check "$tmp/none.lua"
run check "$tmp/none.lua" models/mlp_gan.lua tests/error/syntax.lua
same "check: goes on after an error" "$status $(wc -l <<<"$out") $(wc -l <<<"$err")" "1 1 2"

# The same message as burin show's, with a line always: that of a spec as a whole is the first.
wrong=
for f in tests/error/*.lua; do
    case $f in *bomb* | *endless*) continue ;; esac         # these take seconds, and tests/error has them
    grep -q '^--\$ ' "$f" && continue
    want=$(sed -n 's/^--> //p' "$f")
    case $want in @:' '*) want="@:1:${want#@:}" ;; esac
    run check "$f"
    [ "$status $err" = "1 ${want//@/$f}" ] || wrong+=" ${f##*/}"
done
same "check: the messages of tests/error" "$wrong" ""

# Processor time, which is the whole of it on a machine that does nothing else.
least=1000000 TIMEFORMAT='%3U %3S'
for _ in 1 2 3 4 5; do
    took=$({ time "$burin" check "$spec" >/dev/null; } 2>&1 | tr -d . | { read -r user system && echo $((10#$user + 10#$system)); })
    [ "$took" -ge "$least" ] || least=$took
done
[ "$least" -lt 50 ] && ok "check: the DCGAN in less than 50 ms" || bad "check: the DCGAN in less than 50 ms" "$least ms"
