#!/usr/bin/env bash
# The generator alone, drawing 64 images at once and one at a time.
. "$(dirname "$0")/lib.bash"
ways=$(peers tuned autotuned onnx)

# draws BATCH: a table
draws() {
    rm -f "$work"/*.*
    for w in $ways; do peer_start "$w" python tests/bench/sampling_peers.py "$w" --batch "$1" --seconds "$seconds" --threads 2; done
    for ((r = 1; r <= repeats; r++)); do
        burin_time burin "$spec" --entry sample --set samples="$1" --threads 2
        for w in $ways; do peer_time "$w"; done
        say_round "$r" burin $ways
    done
    peer_stop $ways
    echo
    heading "batch $1"
    burin_row burin "**Burin**"
    for w in $ways; do peer_row "$w"; done
    say_best $ways
}

cat <<MARKDOWN
## Sampling

The generator of dcgan_mnist alone, with running statistics, 2 threads: images/s, median (min to max) of $repeats rounds of $seconds s. Burin draws new
noise for each call, the peers have it drawn before. First: to the end of the first call.
MARKDOWN
draws 64
draws 1
