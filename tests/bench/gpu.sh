#!/usr/bin/env bash
# `make bench-gpu`, on a machine with an NVIDIA card: the generator's tests on the card itself; then Burin is timed there, in turn with
# PyTorch where `make bench-peers` has installed it. Writes tests/bench/RESULTS-GPU.md. Without a card it says so, and changes nothing.
# From the environment: REPEATS (5), SECONDS_EACH (3), BATCHES ("64 512"), PEERS (ways of torch_nets.py, or "" for none), TESTS.
. "$(dirname "$0")/lib.bash"
export BURIN_DEVICE=cuda
results=tests/bench/RESULTS-GPU.md
tests=${TESTS-cuda agree random precision model curve}
batches=${BATCHES:-64 512}
card=$(out/burin devices | sed -n 's/^cuda: //p' | head -n 1)
if ! out/burin devices | grep -q '^--device auto takes cuda$'; then
    echo "bench-gpu: no card to run on: ${card:-none}" >&2
    exit 1
fi
make data $(printf 'out/tests/%s ' $tests) >&2
isa=$(out/burin bench "$spec" --entry sample --set samples=1 --seconds 0.01 --repeats 1 --json | field isa)
ways=$(peers tutorial tuned compiled autotuned graphed)
images=$(mnist)

# ---- the tests, on the card ----

# A file's tests of the card: "78 ok, 0 failed" in $work/TEST.said. One that fails is shown, and the benchmark goes on.
bad=0
for t in $tests; do
    say "tests: $t"
    TEST_CARD=real TEST_ISA=$isa BURIN_CACHE=$PWD/$work/cache out/tests/"$t" >"$work/$t.log" 2>&1 </dev/null || bad=1
    grep -aE '^(FAIL|skip) ' "$work/$t.log" >&2 || true
    echo "$(grep -ac '^ok ' "$work/$t.log" || true) ok, $(grep -ac '^FAIL ' "$work/$t.log" || true) failed" >"$work/$t.said"
done

# ---- times ----

# step PRECISION BATCH: a table of the training step
step() {
    local ours=() row=$1.$2 w
    [ "$1" = fp32 ] || ours=(--set "precision=$1")
    for w in $ways; do peer_start "$row.$w" peer_command "$w" --images "$images" --seconds "$seconds" --device cuda --precision "$1" --batch "$2"; done
    for ((r = 1; r <= repeats; r++)); do
        burin_time "$row" "$spec" --batch "$2" "${ours[@]}"
        for w in $ways; do peer_time "$row.$w"; done
        say_round "$r" "$row" $(printf "$row.%s " $ways)
    done
    table "Training step, batch $2, $1" "$row"
}

# drawing BATCH: a table of the generator alone
drawing() {
    local row=sample.$1 w
    local some=${ways:+tuned autotuned}
    for w in $some; do peer_start "$row.$w" python tests/bench/sampling_peers.py "$w" --seconds "$seconds" --device cuda --batch "$1"; done
    for ((r = 1; r <= repeats; r++)); do
        burin_time "$row" "$spec" --entry sample --set samples="$1"
        for w in $some; do peer_time "$row.$w"; done
    done
    ways=$some table "Sampling, $1 at once" "$row"
}

# table TITLE ROW: Burin's row, and those of the peers that were timed beside it
table() {
    local w peer
    peer_stop $(printf "$2.%s " $ways)
    printf '\n### %s\n\n| | images/s | Burin is | first step, cold | warm |\n| --- | --- | --- | ---: | ---: |\n' "$1"
    echo "| **Burin** | **$(spread "$2" rate)** | | $(field cold <"$work/$2.json") s | $(field warm <"$work/$2.json") s |"
    for w in $ways; do
        peer=$2.$w
        if [ -s "$work/$peer.rate" ]; then echo "| $(title "$peer" "$w") | $(spread "$peer" rate) | $(times "$2" "$peer") as fast | | $(median "$peer" first) s |"
        else echo "| $w | failed: $(cut -c 1-80 "$work/$peer.failed") | | | |"; fi
    done
}

# Each function of a step: what it takes, and the least that `burin show` reckons for a card of this architecture.
kernels() {
    out/burin show "$spec" --batch "$1" --kernels --target cuda --arch "$isa" | awk '
        /^step$/ { on = 1; next } /^step: / { on = 0 }
        on && $1 + 0 > 0 { least[$NF] += $1; about[$NF] += $2; limit[$NF] = $3 } END { for (k in least) print k, least[k], about[k], limit[k] }' >"$work/least"
    printf '\n### The kernels of a step, batch %s\n\n| us | about us | least us | share | limit | kernel |\n| ---: | ---: | ---: | ---: | --- | --- |\n' "$1"
    sed -n '2,$s/["{}:,]/ /gp' "$2" | awk -v least="$work/least" '
        BEGIN { while ((getline < least) > 0) { us[$1] = $2; about[$1] = $3; limit[$1] = $4 } }
        { printf "| %.1f | %.2f | %.2f | %.0f%% | %s | %s |\n", $6, about[$2], us[$2], 100 * us[$2] / ($6 + 1e-9), limit[$2], $2 ($4 > 1 ? " x" $4 : "") }'
}

{
    cat <<MARKDOWN
# What \`make bench-gpu\` measured

Written by tests/bench/gpu.sh. Rows of a table were timed in turn: images/s, median (min to max) of $repeats rounds of $seconds s.

- card: $card
- machine: $(out/burin devices | sed -n 's/^cpu: //p'), Linux $(uname -r | cut -d- -f1)
- PyTorch's ways: \`tutorial\` is NCHW with Adam as it comes, \`tuned\` channels_last, fused Adam and cuDNN's benchmark mode, \`compiled\` that and
  torch.compile, \`autotuned\` with mode="max-autotune" (which uses CUDA graphs), \`graphed\` tuned, the whole step captured as one CUDA
  graph. Their images lie on the card.$([ -n "$ways" ] || echo " No peer was installed (\`make bench-peers\`).")

## Tests on the card

| | |
| --- | --- |
$(for t in $tests; do echo "| $t | $(<"$work/$t.said") |"; done)

## Times
MARKDOWN
    for b in $batches; do for p in fp32 tf32 bf16; do step $p "$b"; done; done
    for n in 64 1; do drawing "$n"; done
    for b in $batches; do kernels "$b" "$work/fp32.$b.json"; done
    cat <<MARKDOWN

Least: useful FLOPs at the peak, or bytes at the memory's bandwidth, of the card that runtime/arch.c names for $isa; another of that
architecture has other limits. About: what runtime/roofline.c predicts.
MARKDOWN
} >"$work/results"
mv "$work/results" "$results"
say "written to $results"
exit $bad
