#!/usr/bin/env bash
# A folder of pictures as data: what is said of it, labels from its folders, the same bits however it is read, an emitted program.
. "$(dirname "$0")/lib.bash"
cat >"$tmp/kinds.lua" <<'END'
local dir = option("dir", "", "folder of pictures")
local kinds = dir == "" and data.mnist{batch = 4} or data.images{dir = dir, size = {12, 20}, channels = 1, batch = 4, classes = 2}
local net = nn.sequential("net", {nn.flatten{}, nn.linear{kinds.classes}})
local function step()
  local scores = net(kinds)
  return {minimize = loss.cross_entropy(scores, kinds.labels), params = net, with = optim.adam{lr = 1e-2}, report = {accuracy = loss.accuracy(scores, kinds.labels)}}
end
return {steps = {step}}
END
spec=$tmp/kinds.lua

# Pictures: what runs of one step show of their data, grids of two sizes.
dir="$tmp/my pictures"
mkdir -p "$dir/cats" "$dir/dogs and more"
for n in 16 25; do
    digits "$tmp/mnist$n" $n
    "$burin" train "$spec" --data "$tmp/mnist$n" --steps 1 --outdir "$tmp/first" >"$tmp/.out" 2>&1
done
for i in 1 2 3 4 5 6; do cp "$tmp/first/00000-kinds/reals.png" "$dir/cats/$i.png"; cp "$tmp/first/00001-kinds/reals.png" "$dir/dogs and more/$i.png"; done
head -c 100 "$dir/cats/1.png" >"$dir/cats/0.png"
echo hello >"$dir/cats/7.jpg"
echo hello >"$dir/notes.txt"
said="         13 pictures in 2 classes (cats, dogs and more)
         1 other file, not read ($dir/notes.txt)"

run show models/dcgan64.lua --set dir="$dir"
has "pictures: show says what is in the folder" "$out" "data     $dir
$said
         1 skipped, for instance: $dir/cats/7.jpg is no PNG or JPEG: it starts with 68656c6c"
run show models/dcgan64.lua --set dir="$tmp/none"
same "pictures: show needs no folder" "$status" 0
has "pictures: but says that it is not here" "$out" "data     cannot read $tmp/none: No such file or directory"
run train models/dcgan64.lua --set dir="$dir" --batch 4 -n
has "pictures: a dry run says what is in it" "$out" "$said
         as images of 64x64x3, decoded ahead and kept (540 KiB of memory)
skipped  $dir/cats/7.jpg is no PNG or JPEG: it starts with 68656c6c
         1 file is skipped
         the 1 that do not fill a batch are left out of an epoch (drop_last)"
fails "pictures: a folder that is not here" "models/dcgan64.lua:15: data.images: cannot read $tmp/none: No such file or directory" \
    train models/dcgan64.lua --set dir="$tmp/none"

run train "$spec" --set dir="$dir" --epochs 8 --threads 2 --outdir "$tmp/two"
same "pictures: train" "$status $err" "0 "
has "pictures: classes are labels, and can be learned" "$out" "accuracy 1.000"
has "pictures: a file that turns out damaged is named" "$out" "skipped  $dir/cats/0.png is cut short"
has "pictures: and counted" "$out" "2 damaged files skipped, the next one in its place"
BURIN_IMAGES=0 run train "$spec" --set dir="$dir" --epochs 3 --threads 1 --outdir "$tmp/one"
run train --resume "$tmp/one/00000-kinds" --epochs 8
same "pictures: gone on with" "$status $err" "0 "
if cmp "$tmp"/{one,two}/00000-kinds/snapshot_0008.safetensors >"$tmp/.out" 2>&1; then ok "pictures: the same bits"; else bad "pictures: the same bits" "$(<"$tmp/.out")"; fi

"$burin" emit "$spec" --set dir="$dir" -o "$tmp/it" >/dev/null 2>&1
if built=$(make -C "$tmp/it" BURIN="$PWD" 2>&1); then ok "pictures: emitted, builds"; else bad "pictures: emitted, builds" "${built: -300}"; fi
"$tmp/it/kinds" --epochs 8 --outdir "$tmp/aot" >"$tmp/.out" 2>&1
if cmp "$tmp"/{aot,two}/00000-kinds/snapshot_0008.safetensors >"$tmp/.out" 2>&1; then ok "pictures: emitted, the same bits"; else bad "pictures: emitted, the same bits" "$(<"$tmp/.out")"; fi

mv "$dir/cats/2.png" "$dir"
fails "pictures: one in no class" "$spec:2: the spec uses labels, and pictures lie in $dir beside the folders of the classes: 1, for instance $dir/2.png" \
    train "$spec" --set dir="$dir"
