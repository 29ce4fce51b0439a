#!/usr/bin/env bash
# What a run takes of memory, held against what was planned; --max-mem; what -n says of time.
. "$(dirname "$0")/lib.bash"
spec=models/mlp_gan.lua
mkdir "$tmp/data"                               # 20,000 black images
{ printf '\0\0\x08\x03'; be32 20000; be32 28; be32 28; head -c $((20000 * 784)) /dev/zero; } >"$tmp/data/train-images-idx3-ubyte"

# bytes PART: the number before "bytes" in the line of the last output with this in it
bytes() { grep -F "$1" <<<"$out" | sed 's/^memory *\([0-9,]*\) bytes.*/\1/; s/,//g'; }
# trained WORDS: one step; sets $planned and $peak
trained() { run train "$spec" --data "$tmp/data" --threads 2 --steps 1 --outdir "$tmp/runs" "$@"; planned=$(bytes ' MiB):') peak=$(bytes ' resident at most'); }

# What is the same in both (code, libraries, generator, data) cancels: the growth is that of the plan, and of one batch of bytes.
trained --batch 64
small_plan=$planned small_peak=$peak
trained --batch 12000
wanted=$((planned - small_plan + (12000 - 64) * 784)) grown=$((peak - small_peak))
off=$(((grown - wanted) * 1000 / wanted))
if [ "$wanted" -gt 150000000 ] && [ "$off" -le 20 ] && [ "$off" -ge -20 ]; then ok "memory: grows as planned, to 2%"
else bad "memory: grows as planned, to 2%" "by $grown, planned were $wanted"; fi

trained --max-mem 300M
has "max-mem: says what it found" "$out" ": the largest that fits in 300 MiB (300 MiB: "
[ "${planned:-0}" -gt 220000000 ] && ok "max-mem: makes use of it" || bad "max-mem: makes use of it" "$planned planned"
[ "${peak:-999999999999}" -le $((300 << 20)) ] && ok "max-mem: the run stays within it" || bad "max-mem: the run stays within it" "$peak were resident"
run train "$spec" --data "$tmp/data" --max-mem 2G -n
has "max-mem: no more than there are images" "$out" "batch    20000: the largest that fits in 2.00 GiB ("
run train "$spec" --data "$tmp/data" --max-mem 10M
has "max-mem: not even one image" "$status $err" "1 burin: not even a batch of 1 fits in --max-mem 10.0 MiB: it takes "
has "max-mem: with the numbers" "$err" " planned, 15.0 MiB of data, "
fails "max-mem: no size" "burin: --max-mem 2: a size is wanted, as 800M or 2G" train "$spec" --max-mem 2
fails "max-mem: no size, but letters" "burin: --max-mem 2x: a size is wanted, as 800M or 2G" train "$spec" --max-mem 2x
fails "max-mem: with a batch" "burin: --max-mem and --batch: give one of them" train "$spec" --max-mem 2G --batch 8
fails "max-mem: with a run" "burin: --max-mem and --resume: a run that goes on keeps its batch" train --max-mem 2G --resume "$tmp/runs/00000-mlp_gan"
sed 's/option("batch", 64, [^)]*)/64/' "$spec" >"$tmp/fixed.lua"
fails "max-mem: no option for it" "burin: $tmp/fixed.lua declares no option \"batch\"" train "$tmp/fixed.lua" --data "$tmp/data" --max-mem 2G

run train "$spec" --data "$tmp/data" --batch 64 -n
if grep -qE '^time     about [0-9.e+]+ ms a step \([0-9,]+ images/s\): .* an epoch, .* in all$' <<<"$out"; then ok "dry run: says how long it will take"; else bad "dry run: says how long it will take" "$out"; fi
has "dry run: and how it knows, of kernels that are compiled" "$out" "         measured: "
BURIN_CACHE="$tmp/cache" run train "$spec" --data "$tmp/data" -n
has "dry run: and of others" "$out" "         reckoned: kernels at 75% of the "
CC=nocc run train "$spec" --data "$tmp/data" -n
has "dry run: no compiler, no estimate" "$status $out" "time     not estimated: "
