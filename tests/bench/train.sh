#!/usr/bin/env bash
# `burin train` with all that it does, against the bare step, over EPOCHS (1) whole epochs.
. "$(dirname "$0")/lib.bash"
epochs=${EPOCHS:-1}
burin_time bare "$spec"
begin=$EPOCHREALTIME
out/burin train "$spec" --epochs "$epochs" --outdir "$work/runs" >"$work/train.txt"
end=$EPOCHREALTIME
burin_time bare "$spec"

stats=$(echo "$work"/runs/*/stats.jsonl)
batch=$(field batch <"$work/bare.json")
images=$(calc %.0f "$(tail -n 1 "$stats" | field step) * $batch")
start=$(sed -n 's/^start .* done \([0-9.]*\) s .*/\1/p' "$work/train.txt")
spent=$(calc %.2f "$end - $begin - $start")
note train rate "$(calc %.1f "$images / $spent")"

cat <<MARKDOWN
## Training

\`burin train $spec --epochs $epochs\`: with data, samples, pictures, logs and a checkpoint each epoch, from the first step to the end of
the process, and the bare step (\`burin bench\`) before and after it, for $seconds s each.

| | images/s |
| --- | --- |
| bare step | $(spread bare rate) |
| **training** | **$(median train rate | cut -d. -f1)** |

Training runs at $(percent "$(median train rate) / $(median bare rate)") of the bare step. An epoch took $(calc %.1f "$spent / $epochs") s, so that
the article's 100 epochs would take $(calc %.0f "$spent / $epochs * 100 / 60") minutes.
MARKDOWN
