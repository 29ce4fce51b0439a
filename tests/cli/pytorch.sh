#!/usr/bin/env bash
# Checkpoints to PyTorch and back, where there is a PyTorch: out/peers (make bench-peers) or python3's own. tests/unit/torch.c
# compares with what PyTorch drew elsewhere.
. "$(dirname "$0")/lib.bash"
script=tests/model/torch_checkpoint.py
for python in out/peers/bin/python python3; do "$python" -c "import torch, numpy" 2>/dev/null && break || python=; done
if [ -z "$python" ]; then skip "pytorch: checkpoints both ways" "no PyTorch is here (make bench-peers installs one)"; exit 0; fi

# near NAME FILE NPY SEED: PyTorch draws from FILE what burin drew
near() {
    local said
    said=$("$python" "$script" compare "$2" "$3" "$4" 2>&1)
    if awk -v off="${said%% *}" 'BEGIN { exit !(off + 0 < 1e-5 && off ~ /^[0-9.]+e-/) }'; then ok "$1"; else bad "$1" "$said"; fi
}

digits "$tmp/data" 40
run train "$spec" --data "$tmp/data" --batch 16 --steps 3 --seed 5 --outdir "$tmp/runs"
checkpoint=$tmp/runs/00000-dcgan_mnist/snapshot_0002.safetensors
run sample "$checkpoint" -n 5 -o "$tmp/burin.npy"
near "pytorch: load_state_dict takes burin's generator, and draws its images" "$checkpoint" "$tmp/burin.npy" 5

"$python" "$script" save "$tmp/torch.safetensors"
run sample "$tmp/torch.safetensors" --spec "$spec" --seed 7 -n 5 -o "$tmp/torch.npy"
near "pytorch: burin draws from a state_dict" "$tmp/torch.safetensors" "$tmp/torch.npy" 7
run train "$spec" --data "$tmp/data" --batch 16 --steps 1 --resume "$tmp/torch.safetensors" --partial --outdir "$tmp/fine"
has "pytorch: and trains on from it" "$status $out" "partial  16 of its tensors fit the spec"
