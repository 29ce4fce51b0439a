#!/usr/bin/env bash
# The whole training step of models/dcgan_mnist.lua, beside every peer.
. "$(dirname "$0")/lib.bash"
peers=$(peers tutorial tuned compiled autotuned bf16 jax tensorflow tensorflow_xla tinygrad)
images=$(mnist)
for p in $peers; do peer_start "$p" peer_command "$p" --images "$images" --seconds "$seconds" --threads 2; done
for ((r = 1; r <= repeats; r++)); do
    burin_time burin "$spec" --threads 2
    [[ $(field isa <"$work/burin.json") != avx512* ]] || burin_time avx2 "$spec" --threads 2 --isa avx2
    for p in $peers; do peer_time "$p"; done
    say_round "$r" burin avx2 $peers
done

mflop=$(calc %.0f "$(field flops_per_image <"$work/burin.json") / 1e6")
cat <<MARKDOWN
## The training step

D's step and G's step with both Adams, batch 64, fp32, 2 threads; images/s, median (min to max) of $repeats rounds of $seconds s. Burin's share
of the FMA peak counts useful FLOPs only: $mflop MFLOP an image. First: from the start of the process to the end of the first step, with
what was in the caches; MB: the most that was resident.

$(heading "")
$(burin_row burin "**Burin**, $(field isa <"$work/burin.json")")
MARKDOWN
[ ! -e "$work/avx2.rate" ] || burin_row avx2 "Burin, avx2 (of its peak)"
for p in $peers; do peer_row "$p"; done
say_best $peers
