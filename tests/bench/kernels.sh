#!/usr/bin/env bash
# How near each kernel of a step is to the machine's limits, of both DCGANs.
. "$(dirname "$0")/lib.bash"
. tests/bench/faces.bash

# kernels WORDS...: what `burin bench` says of a spec, as JSON
kernels() { out/burin bench "$@" --threads 2 --seconds "$seconds" --repeats 1 --json; }

# "135.7 in 64 KiB, 36.2 in 16 MiB", from the JSON's first line
bandwidth() {
    sed -n '1s/.*"gb_per_s":\[\([^]]*\)\].*/\1/p' "$1" | tr '}' '\n' | sed -nE 's/.*"bytes":([0-9]+),"rate":([0-9.]+).*/\1 \2/p' |
        awk '
        { size = $1 < 1048576 ? $1 / 1024 " KiB" : $1 / 1048576 " MiB"; text = text (NR > 1 ? ", " : "") $2 " in " size }
        END { print text }'
}

# The first $2 kernels of the JSON $1, which has one a line.
table() {
    echo "$(field kernels <"$1") kernels a step, in $(field launches <"$1") launches with the packing before them and the sums of parts after. FMA peak:"
    echo "$(field gflops_limit <"$1") GFLOP/s; memory, GB/s: $(bandwidth "$1")."
    echo
    echo "| us | of the step | MFLOP | MB | GFLOP/s | GB/s | of the limit | which is | kernel |"
    echo "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |"
    sed -n '2,$s/["{}:,]/ /gp' "$1" | awk -v most="$2" '     # symbol NAME launches N us N flops N bytes N limit NAME share N
        { name[NR] = $2 ($4 > 1 ? " x" $4 : ""); us[NR] = $6 + 1e-9; flops[NR] = $8; bytes[NR] = $10; limit[NR] = $12; share[NR] = $14; total += $6 }
        END {
            for (i = 1; i <= NR && i <= most; i++)
                printf "| %.1f | %.1f%% | %.1f | %.2f | %.1f | %.1f | %.0f%% | %s | %s |\n", us[i], 100 * us[i] / total, flops[i] / 1e6, bytes[i] / 1e6,
                    flops[i] / us[i] / 1e3, bytes[i] / us[i] / 1e3, 100 * share[i], limit[i], name[i]
        }'
}

kernels "$spec" >"$work/dcgan_mnist.json"
kernels models/dcgan64.lua --set images="$(faces)" >"$work/dcgan64.json"

cat <<MARKDOWN
## The kernels of a step

Each kernel timed on its own, medians. What it must do at least, in FLOPs and in bytes to and from memory, would take one time at the FMA
peak and another at the bandwidth of so much memory (a triad's, caches and all). The longer of the two is its limit. Launches of one
function are one row; \`burin bench SPEC\` prints the same.

### dcgan_mnist, all

$(table "$work/dcgan_mnist.json" 1000)

### dcgan64, the twenty longest

$(table "$work/dcgan64.json" 20)
MARKDOWN
