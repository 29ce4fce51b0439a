#!/usr/bin/env bash
# One thread and two, and other batches than 64: speed, and that the bits are the same.
. "$(dirname "$0")/lib.bash"
batches="1 8 64 512"
for ((r = 1; r <= repeats; r++)); do
    burin_time one "$spec" --threads 1
    for b in $batches; do burin_time "batch$b" "$spec" --threads 2 --batch "$b"; done
    say_round "$r" one $(printf "batch%s " $batches)
done
for t in 1 2; do out/burin train "$spec" --steps 20 --threads $t --outdir "$work/$t" >"$work/$t.txt"; done
bits=$(cmp -s "$work"/1/*/snapshot_*.safetensors "$work"/2/*/snapshot_*.safetensors && echo "the same bits" || echo "**other bits**")

cat <<MARKDOWN
## Threads and batches

Burin alone; images/s, median (min to max) of $repeats rounds of $seconds s. The share is of the FMA peak of as many threads.

| | images/s | of the peak |
| --- | --- | --- |
| batch 64, 1 thread | $(spread one rate) | $(percent "$(median one share)") |
| batch 64, 2 threads | $(spread batch64 rate) | $(percent "$(median batch64 share)") |
$(for b in $batches; do [ "$b" = 64 ] || echo "| batch $b, 2 threads | $(spread "batch$b" rate) | $(percent "$(median "batch$b" share)") |"; done)

Two threads are $(times batch64 one) as fast as one. After 20 steps their checkpoints hold $bits (cmp).
MARKDOWN
