#!/usr/bin/env bash
# burin emit: what it writes builds by itself, with all warnings as errors, and trains to the same bits as burin does.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
run emit "$spec" --target cpu --batch 4 -o "$tmp/it"
same "emit: status" "$status $err" "0 "
for name in dcgan_mnist.c dcgan_mnist_program.c main.c Makefile; do file "emit writes $name" "$tmp/it/$name"; done
if built=$(make -C "$tmp/it" BURIN="$PWD" 2>&1); then ok "emit: builds"; else bad "emit: builds" "$built"; exit 0; fi
program=$(find "$tmp/it" -maxdepth 1 -type f -perm -u+x | head -n 1)
"$burin" train "$spec" --data "$tmp/data" --batch 4 --steps 3 --outdir "$tmp/jit" >/dev/null 2>&1
"$program" --data "$tmp/data" --steps 3 --outdir "$tmp/aot" >"$tmp/.out" 2>&1
same "emit: the program trains" "$?" 0
cmp "$tmp"/jit/*/snapshot_0001.safetensors "$tmp"/aot/*/snapshot_0001.safetensors >"$tmp/.out" 2>&1 && ok "emit: the same bits" || bad "emit: the same bits" "$(<"$tmp/.out")"
