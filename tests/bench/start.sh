#!/usr/bin/env bash
# From the start of the process to the end of its first step, and what it has in memory.
. "$(dirname "$0")/lib.bash"
peers=$(peers tuned compiled)
images=$(mnist)

# burin_start ROW STEPS: trains in $work/cache; notes the start as it is printed, and the most memory that it had
burin_start() {
    local memory=0 now
    BURIN_CACHE=$work/cache out/burin train "$spec" --threads 2 --steps "$2" --outdir "$work/runs" >"$work/$1.txt" &
    while now=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$!/status" 2>/dev/null) && [ -n "$now" ]; do memory=$now; sleep 0.02; done
    wait $!
    note "$1" first "$(sed -n 's/^start .* done \([0-9.]*\) s .*/\1/p' "$work/$1.txt")"
    note "$1" memory "$(calc %.0f "$memory / 1024")"
}

# peer_first ROW PEER: its first step alone; what it compiles is kept in $work/inductor
peer_first() {
    local said
    if said=$(TORCHINDUCTOR_CACHE_DIR=$PWD/$work/inductor peer_command "$2" --images "$images" </dev/null 2>"$work/$1.err" | head -n 1) && [ -n "$said" ]; then
        note "$1" name "$(field peer <<<"$said")"
        note "$1" first "$(field first_s <<<"$said")"
        note "$1" memory "$(field maxrss_mb <<<"$said")"
    else
        tail -n 1 "$work/$1.err" >"$work/$1.failed"
    fi
}

row() { # ROW TITLE
    if [ -s "$work/$1.first" ]; then echo "| $(title "$1" "$2") | $(spread "$1" first) | $(median "$1" memory | cut -d. -f1) |"
    else echo "| $2 | failed: $(cut -c 1-80 "$work/$1.failed") | |"; fi
}

for ((r = 1; r <= repeats; r++)); do
    rm -rf "$work/cache" "$work/inductor"
    burin_start cold 1
    burin_start warm 100
    for p in $peers; do
        peer_first "$p.cold" "$p"
        [ "$p" = tuned ] || peer_first "$p.warm" "$p"
    done
    say "round $r of $repeats: Burin cold $(tail -n 1 "$work/cold.first") s, warm $(tail -n 1 "$work/warm.first") s"
done
rm -rf "$work/cache" "$work/inductor"

cat <<MARKDOWN
## Starts

Seconds from the start of the process to the end of the first training step, batch 64, the data read: median (min to max) of $repeats rounds.
Memory: the most that was resident; of Burin's warm row, over 100 steps with samples and a checkpoint.

| | first step, s | MB |
| --- | --- | --- |
| **Burin**, cold: nothing in the cache | **$(spread cold first)** | $(median cold memory | cut -d. -f1) |
| **Burin**, warm | **$(spread warm first)** | $(median warm memory | cut -d. -f1) |
MARKDOWN
for p in $peers; do
    if [ "$p" = tuned ]; then row tuned.cold "eager"
    else row "$p.cold" "$p, cold"; row "$p.warm" "$p, warm"; fi
done
