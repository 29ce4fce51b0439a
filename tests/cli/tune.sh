#!/usr/bin/env bash
# burin tune: the kernels' choices make no difference to the bits, and what was found is used by all but emit.
. "$(dirname "$0")/lib.bash"
export BURIN_CACHE=$tmp/cache
digits "$tmp/data" 40
small="--data $tmp/data --batch 16"

source_of() { "$burin" show "$@" --source 2>&1; }

# Each candidate of all kernels, until there are no more: other kernels, the same checkpoint.
usual=$(source_of "$spec" $small)
"$burin" train "$spec" $small --steps 3 --outdir "$tmp/0" >/dev/null 2>&1
for candidate in 1 2 3 4 5 6 7 8; do
    export BURIN_CANDIDATE=$candidate
    [ "$(source_of "$spec" $small)" != "$usual" ] || break
    "$burin" train "$spec" $small --steps 3 --outdir "$tmp/$candidate" >/dev/null 2>&1
    cmp "$tmp"/0/*/snapshot_0002.safetensors "$tmp/$candidate"/*/snapshot_0002.safetensors >"$tmp/.out" 2>&1 &&
        ok "candidate $candidate: the same bits" || bad "candidate $candidate: the same bits" "$(<"$tmp/.out")"
done
unset BURIN_CANDIDATE
[ "$candidate" -gt 2 ] && ok "the kernels have candidates" || bad "the kernels have candidates" "no more than $((candidate - 1))"

# burin tune itself holds the bits of all candidates against each other; that is all it has to do here.
fails "tune: which spec" "burin: tune: which spec? For instance: burin tune models/dcgan_mnist.lua" tune
run tune models/classifier.lua $small --seconds 0.2
same "tune: status" "$status $err" "0 "
has "tune: begins" "$out" "tune     models/classifier.lua, "
has "tune: rounds" "$out" " rounds, a step each; kernels that take less time by more than noise:"
tuned=$(echo "$BURIN_CACHE"/tuned-*.txt)
file "tune: writes its file" "$tuned"

# A file with one line by hand: a kernel's choice other than usual.
kernel="conv 16x7x7x64 -> 16x4x4x128, k3 s2 p1"
head -n 1 "$tuned" >"$tmp/head"
write() { { cat "$tmp/head"; echo "$1"; } >"$tuned"; sha256sum <"$tuned" | cut -c 1-40 >>"$tuned"; }
write "$kernel: panel 1"
got=$(source_of "$spec" $small)
[ "$got" != "$usual" ] && ok "a choice is used" || bad "a choice is used" "the source is as usual"
write "$kernel: panel 77"
same "a choice that there is not" "$(source_of "$spec" $small)" "$usual"
write "conv 16x7x7x64 -> 16x4x4x129, k3 s2 p1: panel 1"
same "a kernel that there is not" "$(source_of "$spec" $small)" "$usual"
write "$kernel: panel 1"
"$burin" emit "$spec" $small -o "$tmp/plain" >/dev/null 2>&1
"$burin" emit "$spec" $small -o "$tmp/with" --tuned >/dev/null 2>&1
whole() { grep -vxF '/*---- unit ----*/' <<<"$1"; }       # without what says where a text may be cut, which is left out of emitted ones
same "emit: as usual" "$(<"$tmp/plain/dcgan_mnist.c")" "$(whole "$usual")"
same "emit --tuned" "$(<"$tmp/with/dcgan_mnist.c")" "$(whole "$got")"
echo more >>"$tuned"
run show "$spec" $small
same "a damaged file: said in a line, and not used" "$status $err" "0 burin: $tuned is damaged and is not used; burin tune writes it anew"
same "a damaged file: the kernels are as usual" "$("$burin" show "$spec" $small --source 2>/dev/null)" "$usual"
