#!/usr/bin/env bash
# What goes wrong only when training starts or runs: data that are not what they should be, a loss that is not finite.
. "$(dirname "$0")/../cli/lib.bash"
digits "$tmp/data" 40
images=$tmp/data/train-images-idx3-ubyte labels=$tmp/data/train-labels-idx1-ubyte

cat >"$tmp/idx.lua" <<'E'
local images, labels = option("images", "", "IDX file"), option("labels", "", "IDX file")
local batch = option("batch", 4, "images in a batch")
local net = nn.sequential("net", {nn.flatten{}, nn.linear{10}})
local real = data.idx{images = images, labels = labels, shape = {28, 28, 1}, batch = batch}
local function step() return {minimize = loss.cross_entropy(net(real), real.labels), params = net, with = optim.sgd{lr = 0.1}} end
return {steps = {step}}
E

# refuses NAME MESSAGE IMAGES LABELS [WORDS]
refuses() {
    local name=$1 message=$2 x=$3 y=$4
    shift 4
    fails "$name" "$message" train "$tmp/idx.lua" --set "images=$x" --set "labels=$y" --outdir "$tmp/runs" "$@"
}

printf 'P5 28 28 255 ' >"$tmp/magic"
head -c 1000 "$images" >"$tmp/short"
gzip -c "$images" >"$tmp/whole.gz"
head -c $(($(stat -c %s "$tmp/whole.gz") / 2)) "$tmp/whole.gz" >"$tmp/short.gz"
head -c 10 "$images" >"$tmp/head"
{ cat "$images"; echo more; } >"$tmp/long"
digits "$tmp/few" 8

refuses "data: not there" "burin: cannot read $tmp/none: No such file or directory" "$tmp/none" "$labels"
refuses "data: another format" "burin: $tmp/magic is no IDX file of images or labels: it starts with 50352032; 00000803 are images, 00000801 labels" "$tmp/magic" "$labels"
refuses "data: cut off" "burin: $tmp/short is cut short: 1,000 bytes where its header promises 31,376; get it again (make data)" "$tmp/short" "$labels"
refuses "data: cut off in its head" "burin: $tmp/head is cut short: 10 bytes where its header promises 16; get it again (make data)" "$tmp/head" "$labels"
refuses "data: gzip cut off" "burin: $tmp/short.gz is cut short: the compressed data end too early; get it again (make data)" "$tmp/short.gz" "$labels"
refuses "data: more than it should have" "burin: $tmp/long is damaged: bytes follow the 31,376 that its header promises" "$tmp/long" "$labels"
refuses "data: labels for images" "burin: $labels holds labels (rank 1), and images are wanted" "$labels" "$labels"
refuses "data: images for labels" "burin: $images holds images (rank 3), and labels are wanted" "$images" "$images"
refuses "data: labels of another set" "burin: $tmp/few/train-labels-idx1-ubyte has 8 labels, and $images has 40 images: they do not belong together" "$images" "$tmp/few/train-labels-idx1-ubyte"
refuses "data: a batch larger than the data" "$tmp/idx.lua:4: a batch of 41 is larger than the data: $images has 40 images; use a batch of at most that (--batch)" "$images" "$labels" --batch 41
same "data: nothing was written" "$(ls "$tmp/runs" 2>/dev/null)" ""

# From step 13 on the learning rate is 1e29.
cat >"$tmp/nan.lua" <<'E'
local net = nn.sequential("net", {nn.flatten{}, nn.linear{1}})
local real = data.mnist{batch = 4}
local sgd = optim.sgd{lr = schedule.step{0.1, factor = 1e30, every = 12}}
local function step() return {minimize = loss.mse(net(real), random.normal{4, 1}), params = net, with = sgd} end
return {steps = {step}}
E
run train "$tmp/nan.lua" --data "$tmp/data" --outdir "$tmp/runs" --epochs 5
folder=$tmp/runs/00000-nan
same "nan: status" "$status" 1
same "nan: message" "${err%%$'\n'*}" "burin: loss_1 is inf at step 14 (epoch 2): training stopped; the last good checkpoint is $folder/snapshot_0001.safetensors"
has "nan: the message is in the log" "$(<"$folder/log.txt")" "$err"
has "nan: report.html says it too" "$(<"$folder/report.html")" '"state":"failed","message":"loss_1 is inf at step 14 (epoch 2): training stopped;'
same "nan: no other checkpoint" "$(cd "$folder" && echo snapshot*)" "snapshot_0001.safetensors"

# sets $where: what the message says of where it began
began() { where=${err#*$'\n'}; where=${where//"$tmp/"/}; }
began
has "nan: lr too large: the step and the line" "$where" 'it began in step 13, kernel 8 of 8, map_2parts_2: nan.lua:4 optimiser, map 784x1'
has "nan: lr too large: what was written" "$where" $'\n    writes net.1.weight, '
has "nan: lr too large: how" "$where" $'\n    computed in nan.lua:4 optimiser: mul sub\n'
has "nan: lr too large: what was read" "$where" $'\n    reads  net.1.weight, from -'
has "nan: lr too large: the rate" "$where" $', from 1e+29 to 1e+29  (nan.lua:4 optimiser)\n'

# explain NAME [STEPS]: trains the spec from stdin, which must fail
explain() {
    cat >"$tmp/$1.lua"
    run train "$tmp/$1.lua" --data "$tmp/data" --outdir "$tmp/runs" --steps "${2:-60}"
    same "nan: $1: status" "$status" 1
    began
}
explain log <<'E'
local net = nn.sequential("net", {nn.flatten{}, nn.linear{10}})
local real = data.mnist{batch = 4}
local function step()
  local chance = random.uniform{4, 10, lo = -0.01, hi = 1}
  local y = chance:log()
  local z = (y * net(real)):mean()
  return {minimize = z * z, params = net, with = optim.sgd{lr = 1e-3}}
end
return {steps = {step}}
E
has "nan: log of a negative number: what was written" "$where" ", map 4x10"$'\n    writes log 4x10, '
has "nan: log of a negative number: the lines" "$where" $'\n    computed in log.lua:4: mul add; log.lua:5: log\n    reads  random 4x10, from 0'

explain division <<'E'
local net = nn.sequential("net", {nn.conv2d{4, kernel = 4, stride = 4}, nn.flatten{}, nn.linear{3}})
local real = data.mnist{batch = 4}
local function step()
  local x = net(real)
  local size = (x * 1e-30) ^ 2
  local unit = x / size
  return {minimize = unit:mean(), params = net, with = optim.adam{lr = 1e-3}}
end
return {steps = {step}}
E
has "nan: division by zero: its line" "$where" "division.lua:6: "
has "nan: division by zero: in the first step" "$where" "it began in step 1, kernel "

# from step 13 on weight decay makes a weight 1e5 times as large each step; no loss ever sees it
explain weight 100 <<'E'
local net = nn.sequential("net", {nn.flatten{}, nn.linear{10}})
local other = nn.sequential("other", {nn.flatten{}, nn.linear{10, bias = false}})
local real = data.mnist{batch = 4}
local function step() return {minimize = net(real):mean() ^ 2, params = net, with = optim.adam{lr = 1e-3}} end
local decay = optim.sgd{lr = schedule.step{1e-9, factor = 1e9, every = 12}, weight_decay = 1e5}
local function second() return {minimize = other(real):sum() * 0, params = other, with = decay} end
return {steps = {step, second}}
E
has "nan: a weight that no loss sees: message" "$err" "burin: other.1.weight is not finite after step "
has "nan: a weight that no loss sees: when it was" "$where" "it began in step 2"
has "nan: a weight that no loss sees: what did it" "$where" $', map 784x10\n    writes other.1.weight, '
has "nan: a weight that no loss sees: the line" "$where" 'weight.lua:6 optimiser: '

# `junk` is nan in each step, and never taken: what is not finite for the first time is to blame
explain usual <<'E'
local net = nn.sequential("net", {nn.flatten{}, nn.linear{10}})
local real = data.mnist{batch = 4}
local function step()
  local junk = random.uniform{4, 10, lo = -2, hi = -1}:log():sum()
  local chance = random.uniform{4, 10, lo = -0.001, hi = 1}
  local z = (chance:log() * net(real)):mean()
  return {minimize = z * z + junk:lt(0):where(junk, 0), params = net, with = optim.sgd{lr = 1e-3}}
end
return {steps = {step}}
E
has "nan: what is never finite is not to blame" "$where" "usual.lua:6: log"
has "nan: what is never finite is not to blame: the step" "$(grep -o 'at step [0-9]*' <<<"$err" | head -n 1)" "at step $(grep -o 'began in step [0-9]*' <<<"$where" | tr -dc 0-9)"
