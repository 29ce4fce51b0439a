#!/usr/bin/env bash
# burin train --resume with a real spec: the options of the run, the bits of one that was not stopped.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
model=models/mlp_gan.lua
where="--data $tmp/data --outdir $tmp/runs"
same_bits() { if cmp -s "$2" "$3"; then ok "$1"; else bad "$1" "they differ"; fi; }

run train $model $where --batch 4 --set lr=1e-3 --steps 13 --seed 3
same "the whole run" "$status $err" "0 "
run train $model $where --batch 4 --set lr=1e-3 --steps 5 --seed 3
run train $model $where --resume latest --steps 13
same "resume: status" "$status $err" "0 "
has "resume: says from where" "$out" "resume   $tmp/runs/00001-mlp_gan/snapshot_0001.safetensors
         after step 5 of 13, epoch 1 of 2"
for name in snapshot_0001.safetensors snapshot_0002.safetensors progress.png losses.svg; do
    same_bits "resume: the same $name" "$tmp/runs/00000-mlp_gan/$name" "$tmp/runs/00001-mlp_gan/$name"
done
run train $where --resume "$tmp/runs/00001-mlp_gan/snapshot_0001.safetensors" --steps 13
same "resume without a spec: status" "$status $err" "0 "
same_bits "resume without a spec: the one in the checkpoint" "$tmp/runs/00000-mlp_gan/snapshot_0002.safetensors" "$tmp/runs/00002-mlp_gan/snapshot_0002.safetensors"

run train $model $where --resume "$tmp/runs/00000-mlp_gan" --batch 8 --epochs 4
has "another batch: an epoch from its beginning" "$status $out" "note     epochs had 10 steps then: this one starts from its beginning"
run train models/autoencoder.lua $where --resume "$tmp/runs/00000-mlp_gan"
has "another net: what differs" "$status $err" "does not fit the spec:"
has "another net: what helps" "$err" "--partial begins a new run with what fits"
