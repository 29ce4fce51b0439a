#!/usr/bin/env bash
# What `burin train -n` says of an epoch's time, beside what is measured. Fails where, of kernels that are compiled, they are further apart
# than a factor of 1.5.
. "$(dirname "$0")/lib.bash"
models="dcgan_mnist mlp_gan autoencoder classifier wgan_gp"
said() { out/burin train "models/$1.lua" -n | sed -n 's/^time .*(\([0-9,]*\) images.*/\1/p' | tr -d ,; }

for ((r = 1; r <= repeats; r++)); do
    for m in $models; do
        burin_time "$m" "models/$m.lua"
        note "$m" warm "$(said "$m")"
        note "$m" cold "$(BURIN_CACHE=$work/cache said "$m")"
    done
    say "round $r of $repeats"
done
rm -rf "$work/cache"

cat <<MARKDOWN
## Estimates

How long an epoch will take, as \`burin train -n\` tells it in a second or two: images/s, batch 64, medians (min to max) of $repeats rounds in turn. Before the
kernels are compiled it reckons with the machine's limits; after, it measures.

| | before | after | \`burin bench\` | that / after |
| --- | --- | --- | --- | --- |
MARKDOWN
bad=0
for m in $models; do
    ratio=$(calc %.2f "$(median "$m" rate) / $(median "$m" warm)")
    echo "| $m | $(spread "$m" cold) | $(spread "$m" warm) | $(spread "$m" rate) | $ratio |"
    [ "$(calc %d "($ratio <= 1.5) * ($ratio * 1.5 >= 1)")" = 1 ] || { say "$m: $ratio times what was told"; bad=1; }
done
exit $bad
