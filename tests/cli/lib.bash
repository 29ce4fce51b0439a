# lib.bash: what the tests of the command line share. Source it first; it makes $tmp, which goes at the end.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
burin=$PWD/out/burin
spec=models/dcgan_mnist.lua
tmp=$(mktemp -d "${TMPDIR:-/tmp}/burin-test-XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
unset BURIN_DATA

ok() { printf 'ok %s\n' "$1"; }
bad() { printf 'FAIL %s: %s\n' "$1" "${2//$'\n'/|}"; }
skip() { printf 'skip %s: %s\n' "$1" "$2"; }
same() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "got \"$2\", want \"$3\""; fi; }      # NAME GOT WANT
has() { case $2 in *"$3"*) ok "$1" ;; *) bad "$1" "no \"$3\" in \"$2\"" ;; esac; }             # NAME TEXT PART
file() { if [ -s "$2" ]; then ok "$1"; else bad "$1" "no file $2"; fi; }                        # NAME PATH

# run WORDS: runs burin; sets $status, $out, $err
run() {
    "$burin" "$@" >"$tmp/.out" 2>"$tmp/.err" </dev/null
    status=$?
    out=$(<"$tmp/.out") err=$(<"$tmp/.err")
}

# fails NAME MESSAGE WORDS: burin must end with status 1 and exactly this message
fails() {
    local name=$1 message=$2
    shift 2
    run "$@"
    if [ "$status" != 1 ]; then bad "$name" "status $status: $err"; else same "$name" "$err" "$message"; fi
}

be32() { printf "\\x$(printf %02x $(($1 >> 24 & 255)))\\x$(printf %02x $(($1 >> 16 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 & 255)))"; }

# digits FOLDER COUNT: a data set of COUNT images, 28x28, bars of many places and lengths, with labels
digits() {
    mkdir -p "$1"
    { printf '\0\0\x08\x03'; be32 "$2"; be32 28; be32 28
      LC_ALL=C awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++) for (y = 0; y < 28; y++) for (x = 0; x < 28; x++)
          printf "%c", (x > 4 + i % 9 && x < 9 + i % 13 && y > 3 + i % 5 && y < 24 - i % 7) ? 255 : 1 }'; } >"$1/train-images-idx3-ubyte"
    { printf '\0\0\x08\x01'; be32 "$2"; LC_ALL=C awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%c", 1 + i % 9 }'; } >"$1/train-labels-idx1-ubyte"
}

# losses_near NAME RUNS RUNS: the means of the last epochs of two runs are the same but for rounding
losses_near() {
    local off
    off=$(tail -qn 1 "$2"/*/stats.jsonl "$3"/*/stats.jsonl | sed 's/.*"seconds":[^,]*//; s/,"pairs".*//' | tr -c '0-9.\n-' ' ' | awk '
        NR == 1 { n = split($0, a) } NR == 2 { for (i = 1; i <= n; i++) { d = (a[i] - $i) / $i; if (d * d > most) most = d * d } }
        END { if (NR == 2 && n >= 4 && most < 1e-6) print "near"; else print "off by " sqrt(most) " in " n " numbers" }')
    same "$1" "$off" near
}

# find_toolkit NAME HEADER: sets $folder to where NVIDIA's CUDA toolkit with this header is; where there is none, test NAME is skipped
find_toolkit() {
    for folder in "${CUDA_HOME:-}" "${CUDA_PATH:-}" /usr/local/cuda /opt/cuda; do
        [ -n "$folder" ] && [ -e "$folder/include/$2" ] && return
    done
    skip "$1" "no $2 here; NVIDIA's CUDA toolkit has it"
    exit 0
}
