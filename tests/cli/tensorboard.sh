#!/usr/bin/env bash
# --tensorboard: what TensorBoard's own reader finds in a run's folder, over a resumption from an earlier checkpoint.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
cat >"$tmp/small.lua" <<'E'
local G = nn.sequential("generator", {nn.linear{784}, nn.reshape{{28, 28, 1}}, nn.tanh{}})
local real = data.mnist{batch = 4, range = {-1, 1}}
local function step() return {name = "loss", minimize = loss.mse(G(random.normal{4, 8}), real.images), params = G, with = optim.adam{lr = 1e-3}} end
return {steps = {step}, samples = function() return G(random.normal{16, 8}) end}
E
small="--data $tmp/data --outdir $tmp/runs --tensorboard"
folder=$tmp/runs/00000-small
run train "$tmp/small.lua" $small --epochs 3
same "tensorboard: status" "$status $err" "0 "
same "tensorboard: one file" "$(cd "$folder" && ls | grep -c '^events.out.tfevents.')" 1
rm "$folder/snapshot_0003.safetensors" "$folder/snapshot_0002.safetensors"
sleep 1         # TensorBoard reads the files in the order of their names, which are times
run train --resume "$folder" $small --epochs 4
same "tensorboard: a second file" "$status $(cd "$folder" && ls | grep -c '^events.out.tfevents.')" "0 2"
run train "$tmp/small.lua" --data "$tmp/data" --outdir "$tmp/runs" --epochs 1
same "tensorboard: none by itself" "$(ls "$tmp/runs/00001-small" | grep -c tfevents)" 0

python=
for p in "${TENSORBOARD_PYTHON:-}" out/peers/bin/python python3; do
    [ -n "$p" ] && "$p" -c 'import tensorboard.backend.event_processing.event_accumulator' 2>/dev/null && { python=$p; break; }
done
if [ -z "$python" ]; then
    skip "tensorboard: its own reader" "no Python with tensorboard here (pip install tensorboard; \$TENSORBOARD_PYTHON names a Python that has it)"
    exit
fi
said=$("$python" - "$folder" 2>&1 <<'E'
import sys, json
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
a = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0}); a.Reload()
tags = a.Tags()
print("scalars", " ".join(sorted(tags["scalars"])))
print("images", " ".join(sorted(tags["images"])))
print("loss", [s.step for s in a.Scalars("loss")])
print("samples", [s.step for s in a.Images("samples")], a.Images("samples")[-1].width, a.Images("samples")[-1].encoded_image_string[:4])
stats = [json.loads(line) for line in open(sys.argv[1] + "/stats.jsonl")]
print("as in stats", all(abs(s.value - t["loss"]) < 1e-5 for s, t in zip(a.Scalars("loss"), stats)), len(stats))
E
)
has "tensorboard: scalars" "$said" "scalars gauges/classes gauges/nearest gauges/pairs images/s loss"
has "tensorboard: pictures" "$said" "images real images samples"
has "tensorboard: each step once, though 20 and 30 were done twice" "$said" "loss [10, 20, 30, 40]"
has "tensorboard: samples of each epoch" "$said" "samples [0, 10, 20, 30, 40] 118 b'\\x89PNG'"
has "tensorboard: losses as in stats.jsonl" "$said" "as in stats True 4"
