#!/usr/bin/env bash
# tests/bench/run.sh: times the training step of models/dcgan_mnist.lua, in turn with PyTorch where `make bench-peers` has
# installed it, and writes tests/bench/RESULTS.md. REPEATS (5), SECONDS_EACH (3), PEERS ("tutorial tuned") change what is run.
set -euo pipefail
cd "$(dirname "$0")/../.."
repeats=${REPEATS:-5} seconds=${SECONDS_EACH:-3} peers=${PEERS-tutorial tuned}
spec=models/dcgan_mnist.lua python=out/peers/bin/python work=out/bench results=tests/bench/RESULTS.md
mkdir -p "$work"
rm -f "$work"/*.rates

# number FIELD <JSON: the number after "FIELD":, or the first in its object
number() { sed -n "s/.*\"$1\": *{\{0,1\}\(\"[a-z]*\": *\)\{0,1\}\([0-9.]*\).*/\2/p"; }
# spread FILE: median (min to max) of a file of numbers
spread() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.0f (%.0f to %.0f)", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2, v[1], v[NR] }'; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.4f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

images=
for folder in "${BURIN_DATA:-}" ../shared/data/mnist out/data/mnist; do
    for f in "$folder"/train-images-idx3-ubyte "$folder"/train-images-idx3-ubyte.gz; do [ -z "$images" ] && [ -f "$f" ] && images=$f; done
done
if [ ! -e out/peers/ready ]; then
    echo "bench: PyTorch is not installed (make bench-peers installs it under out/): only Burin is timed"
    peers=
fi

echo "bench: the whole measurement of Burin first"
out/burin bench "$spec" --seconds "$seconds" --repeats "$repeats" | tee "$work/burin.txt"
for ((r = 1; r <= repeats; r++)); do
    out/burin bench "$spec" --seconds "$seconds" --repeats 1 --json >"$work/burin.json"
    number images_per_s <"$work/burin.json" >>"$work/burin.rates"
    sed -n 's/.*"share_of_peak":\([0-9.]*\).*/\1/p' "$work/burin.json" >>"$work/share.rates"
    line="round $r of $repeats: Burin $(tail -n 1 "$work/burin.rates")"
    for way in $peers; do
        tuning=()
        [ "$way" = tutorial ] || tuning=(MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_TOP_PAD_=67108864)
        env "${tuning[@]}" "$python" tests/bench/torch_dcgan.py "$way" ${images:+--images "$images"} --seconds "$seconds" >"$work/$way.json"
        number images_per_s <"$work/$way.json" >>"$work/$way.rates"
        line="$line, $way $(tail -n 1 "$work/$way.rates")"
    done
    echo "$line images/s"
done

{
    echo "# What \`make bench\` measured"
    echo
    echo "Written by tests/bench/run.sh: the whole training step of $spec, batch 64, fp32. Each row: images/s, median (min to max) of"
    echo "$repeats runs of $seconds s, the rows in turn, so that noise falls on all."
    echo
    echo "- machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, Linux $(uname -r | cut -d- -f1)"
    echo "- compiler: $(${CC:-cc} --version | head -n 1)"
    [ -z "$peers" ] || echo "- peer: $(sed -n 's/.*"peer": "\([^"]*\)".*/\1/p' "$work/${peers%% *}.json")"
    echo
    echo "| | images/s | Burin is | first step from process start | resident |"
    echo "| --- | --- | --- | --- | --- |"
    cold=$(sed -n 's/.*"cold":\([0-9.]*\).*/\1/p' "$work/burin.json") warm=$(sed -n 's/.*"warm":\([0-9.]*\).*/\1/p' "$work/burin.json")
    rss=$(sed -n 's/.*"maxrss_mb":\([0-9]*\).*/\1/p' "$work/burin.json")
    echo "| **Burin** | **$(spread "$work/burin.rates")** | $(median "$work/share.rates" | awk '{ printf "%.0f%% of the FMA peak, useful FLOPs only", 100 * $1 }') | $cold s cold, $warm s warm | $rss MB |"
    for way in $peers; do
        ratio=$(awk -v a="$(median "$work/burin.rates")" -v b="$(median "$work/$way.rates")" 'BEGIN { printf "%.2f x as fast", a / b }')
        first=$(sed -n 's/.*"first_s": \([0-9.]*\).*/\1/p' "$work/$way.json") rss=$(sed -n 's/.*"maxrss_mb": \([0-9]*\).*/\1/p' "$work/$way.json")
        echo "| PyTorch, $way | $(spread "$work/$way.rates") | $ratio | $first s | $rss MB |"
    done
    echo
    echo "The kernels of a step, timed one by one:"
    echo
    echo '```'
    sed -n '/^ *us  share/,$p' "$work/burin.txt" | awk 'NR <= 40'
    echo '```'
} >"$results.new"
mv "$results.new" "$results"
echo "bench: written to $results"
