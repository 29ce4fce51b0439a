# lib.bash: what the sections of the benchmark share. A section times its rows in turn, REPEATS times over, SECONDS_EACH each, and
# prints Markdown, which run.sh keeps in out/bench/SECTION.md. What it says meanwhile goes to the standard error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
repeats=${REPEATS:-5} seconds=${SECONDS_EACH:-3}
spec=models/dcgan_mnist.lua
section=$(basename "$0" .sh)
work=out/bench/$section
export PYTHONDONTWRITEBYTECODE=1 TORCHINDUCTOR_CACHE_DIR=$PWD/out/bench/inductor
rm -rf "$work"
mkdir -p "$work"

say() { printf 'bench: %s: %s\n' "$section" "$*" >&2; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }               # FORMAT EXPRESSION
percent() { calc '%.0f%%' "100 * $1"; }
# field NAME: the number or text after "NAME": on the standard input, or the first in its object
field() { sed -nE 's/.*"'"$1"'": *(\{"[a-z]*": *)?("([^"]*)"|[-0-9.e+]+).*/\2/p' | tr -d '"' | head -n 1; }

# Numbers gather in $work/ROW.WHAT, a line each.
note() { echo "$3" >>"$work/$1.$2"; }                       # ROW WHAT NUMBER
median() { sort -n "$work/$1.$2" | awk '{ v[NR] = $1 } END { printf "%.4f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
spread() { # ROW WHAT: median (min to max), in three figures or more
    sort -n "$work/$1.$2" | awk '{ v[NR] = $1 } END {
        median = (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2; f = median < 10 ? "%.2f" : median < 100 ? "%.1f" : "%.0f"
        printf f " (" f " to " f ")", median, v[1], v[NR] }'
}
times() { calc '%.2f x' "$(median "$1" rate) / $(median "$2" rate)"; }         # ROW OTHER: how much faster ROW is

# burin_time ROW SPEC WORDS...: `burin bench`, one repeat
burin_time() {
    local row=$1 at=$work/$1.json
    shift
    out/burin bench "$@" --seconds "$seconds" --repeats 1 --json >"$at"
    note "$row" rate "$(field images_per_s <"$at")"
    note "$row" share "$(field share_of_peak <"$at")"
    note "$row" first "$(field warm <"$at")"
    note "$row" memory "$(field maxrss_mb <"$at")"
}

# Which of the peers asked for can run here; says so when none can. $PEERS asks for others than the section would.
peers() {
    if [ -e out/peers/ready ]; then echo "${PEERS-$*}"
    else say "no peer is installed (make bench-peers): only Burin is timed"; fi
}

mnist() { out/burin train "$spec" --dry-run | sed -n 's/^data *//p'; }
python() { exec env MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_TOP_PAD_=67108864 out/peers/bin/python "$@"; }

# peer_command PEER WORDS...: becomes one of the peers' training steps: for a process of its own, which a kill then reaches
peer_command() {
    local peer=$1
    shift
    case $peer in
        tutorial) exec out/peers/bin/python tests/bench/torch_step.py "$peer" "$@" ;;
        jax) python tests/bench/jax_step.py jit "$@" ;;
        tensorflow) python tests/bench/tensorflow_step.py graph "$@" ;;
        tensorflow_xla) python tests/bench/tensorflow_step.py xla "$@" ;;
        tinygrad) python tests/bench/tinygrad_step.py jit "$@" ;;
        *) python tests/bench/torch_step.py "$peer" "$@" ;;
    esac
}

# Peers that run (peer.py): each has pipes to ask and to hear it.
declare -A ask hear process
trap '' PIPE
trap 'for p in "${process[@]}"; do kill "$p" 2>/dev/null; done' EXIT

# peer_start ROW COMMAND...: waits for the first step. A peer that fails is a row without numbers.
peer_start() {
    local row=$1 to from
    shift
    mkfifo "$work/$row.to" "$work/$row.from"
    "$@" <"$work/$row.to" >"$work/$row.from" 2>"$work/$row.err" &
    process[$row]=$!
    exec {to}>"$work/$row.to" {from}<"$work/$row.from"
    ask[$row]=$to hear[$row]=$from
    if peer_hear "$row" 400; then
        note "$row" name "$(field peer <<<"$heard")"
        note "$row" first "$(field first_s <<<"$heard")"
        note "$row" memory "$(field maxrss_mb <<<"$heard")"
        say "$row is ready after $(field first_s <<<"$heard") s"
    fi
}

peer_hear() { # ROW SECONDS: a line of the peer, into $heard
    if read -r -t "$2" -u "${hear[$1]}" heard; then return 0; fi
    tail -n 1 "$work/$1.err" >"$work/$1.failed"
    say "$1 failed: $(<"$work/$1.failed")"
    peer_stop "$1"
    return 1
}

peer_time() { # ROW
    [ -n "${ask[$1]:-}" ] || return 0
    echo go >&"${ask[$1]}" || true
    if peer_hear "$1" 300; then
        note "$1" rate "$(field images_per_s <<<"$heard")"
        note "$1" memory "$(field maxrss_mb <<<"$heard")"
    fi
}

peer_stop() { # ROW...
    local row
    for row; do
        [ -n "${ask[$row]:-}" ] || continue
        { echo stop >&"${ask[$row]}"; } 2>/dev/null || true
        kill "${process[$row]}" 2>/dev/null || true
        wait "${process[$row]}" 2>/dev/null || true
        exec {ask[$row]}>&- {hear[$row]}<&-
        unset "ask[$row]" "process[$row]"
    done
}

# What a round gave, of all its rows.
say_round() { # ROUND ROW...
    local row text="round $1 of $repeats:"
    shift
    for row; do [ ! -s "$work/$row.rate" ] || text+=" $row $(tail -n 1 "$work/$row.rate"),"; done
    say "${text%,} images/s"
}

# The lines of a table of rows. Every section has the same columns.
heading() { printf '| %s | images/s | Burin is | first | MB |\n| --- | --- | --- | ---: | ---: |\n' "$1"; }
rest() { printf '%s s | %s' "$(calc %.2f "$(median "$1" first)")" "$(calc %.0f "$(median "$1" memory)")"; }
burin_row() { # ROW TITLE
    echo "| $2 | **$(spread "$1" rate)** | at $(percent "$(median "$1" share)") of the FMA peak | $(rest "$1") |"
}
title() { if [ -e "$work/$1.name" ]; then echo "$(head -n 1 "$work/$1.name"), ${2:-$1}"; else echo "${2:-$1}"; fi; }     # ROW [WORDS]
peer_row() { # ROW: against the row `burin`
    if [ -s "$work/$1.rate" ]; then echo "| $(title "$1") | $(spread "$1" rate) | $(times burin "$1") as fast | $(rest "$1") |"
    else echo "| $(title "$1") | failed: $(cut -c 1-80 "$work/$1.failed") | | | |"; fi
}
say_best() { # ROW...: a line below the table
    local row best
    best=$(for row; do [ ! -s "$work/$row.rate" ] || echo "$(median "$row" rate) $row"; done | sort -nr | sed -n '1s/.* //p')
    [ -z "$best" ] || printf '\nThe best peer is %s: Burin is %s as fast.\n' "$(title "$best")" "$(times burin "$best")"
}
