#!/usr/bin/env bash
# The training step of models/dcgan64.lua, beside PyTorch.
. "$(dirname "$0")/lib.bash"
. tests/bench/faces.bash
peers=$(peers tuned)
images=$(faces)
for p in $peers; do peer_start "$p" peer_command "$p" --net dcgan64 --images "$images" --seconds "$seconds" --threads 2; done
for ((r = 1; r <= repeats; r++)); do
    burin_time burin models/dcgan64.lua --set images="$images" --threads 2
    for p in $peers; do peer_time "$p"; done
    say_round "$r" burin $peers
done

cat <<MARKDOWN
## DCGAN at 64x64

The training step of models/dcgan64.lua, batch 64, fp32, 2 threads; images/s, median (min to max) of $repeats rounds of $seconds s. An image takes
$(calc %.2f "$(field flops_per_image <"$work/burin.json") / 1e9") useful GFLOP.

$(heading "")
$(burin_row burin "**Burin**")
MARKDOWN
for p in $peers; do peer_row "$p"; done
