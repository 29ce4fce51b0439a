#!/usr/bin/env bash
# tests/bench/run.sh [SECTION...]: times Burin, in turn with the peers that `make bench-peers` has installed, and writes
# tests/bench/RESULTS.md. A section is a script beside this one; what it found stays in out/bench, so that one can be run again.
# From the environment: REPEATS (5), SECONDS_EACH (3), PEERS ("tuned jax", or "" for none), EPOCHS (1; of `train`).
set -euo pipefail
cd "$(dirname "$0")/../.."
sections="step kernels threads start sampling train dcgan64 estimate"
results=tests/bench/RESULTS.md
mkdir -p out/bench
for s in ${*:-$sections}; do
    case " $sections " in *" $s "*) ;; *) echo "bench: no section $s; there are: $sections" >&2; exit 1 ;; esac
done

bad=0
for s in ${*:-$sections}; do
    echo "bench: $s"
    if bash "tests/bench/$s.sh" >"out/bench/$s.new"; then mv "out/bench/$s.new" "out/bench/$s.md"
    else bad=1 && echo "bench: $s failed; RESULTS.md keeps what an earlier run found" >&2; fi
done

{
    cat <<MARKDOWN
# What \`make bench\` measured

Written by tests/bench/run.sh; a section by itself: \`bash tests/bench/run.sh step\`. Rows of a table are timed in turn, so that noise falls on
all; a share of the peak is of what the machine did beside it.

- machine: $(out/burin devices | sed -n 's/^cpu: //p'), Linux $(uname -r | cut -d- -f1)
- compiler: $(${CC:-cc} --version | head -n 1)
- PyTorch's ways: \`tutorial\` is NCHW with Adam as it comes; \`tuned\` is channels_last, fused Adam, and a malloc that keeps its memory;
  \`compiled\` is tuned and torch.compile; \`autotuned\` has mode="max-autotune"; \`bf16\` is that under autocast
MARKDOWN
    for s in $sections; do
        if [ -s "out/bench/$s.md" ]; then echo; cat "out/bench/$s.md"; fi
    done
} >"$results.new"
mv "$results.new" "$results"
echo "bench: written to $results"
exit $bad
