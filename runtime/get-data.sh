#!/usr/bin/env bash
# get-data.sh: finds MNIST, or downloads it to out/data/mnist, or installs Fashion-MNIST in its place; says which.
# Order: $BURIN_DATA; ../shared/data/mnist; out/data/mnist; the public mirrors; Debian's package dataset-fashion-mnist.
# A download is used only when the SHA-256 of what is in it is right; until then it has a temporary name.
set -u
cd "$(dirname "$0")/.." || exit 1
say() { printf '%s\n' "$*"; }
mirrors=${BURIN_MIRRORS-"https://ossci-datasets.s3.amazonaws.com/mnist https://storage.googleapis.com/cvdf-datasets/mnist"}
sums="
train-images-idx3-ubyte ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
train-labels-idx1-ubyte 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
t10k-images-idx3-ubyte 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
t10k-labels-idx1-ubyte ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"

# Is there a training set in this folder, gzip or plain? (A download that was cut off has not all its files.)
holds() { [ -e "$1/train-images-idx3-ubyte.gz" -a -e "$1/train-labels-idx1-ubyte.gz" ] || [ -e "$1/train-images-idx3-ubyte" -a -e "$1/train-labels-idx1-ubyte" ]; }

fetch() {   # URL FILE
    if command -v curl >/dev/null; then curl -fsSL --connect-timeout 5 --max-time 120 -o "$2" "$1"
    elif command -v wget >/dev/null; then wget -q --connect-timeout=5 --read-timeout=20 --tries=1 -O "$2" "$1"
    else return 1; fi 2>/dev/null
}

# All four files from one mirror, checked, then moved into place.
download() {
    local name sum file
    mkdir -p out/data/mnist || exit 1
    while read -r name sum; do
        [ -n "$name" ] || continue
        file=out/data/mnist/$name.gz
        [ -e "$file" ] && continue
        trap 'rm -f "$file.part"' EXIT
        fetch "$1/$name.gz" "$file.part" || { rm -f "$file.part"; return 1; }
        if [ "$(gzip -dc "$file.part" 2>/dev/null | sha256sum | cut -d' ' -f1)" != "$sum" ]; then
            say "data: $1/$name.gz is not the file it should be (SHA-256); not used"
            rm -f "$file.part"
            return 1
        fi
        mv "$file.part" "$file" || exit 1
    done <<<"$sums"
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

for place in ${BURIN_DATA:+"$BURIN_DATA" "$BURIN_DATA/mnist" "$BURIN_DATA/MNIST/raw"} ../shared/data/mnist out/data/mnist; do
    if holds "$place"; then say "data: MNIST in $place"; exit 0; fi
done
for mirror in $mirrors; do
    say "data: MNIST from $mirror"
    if download "$mirror"; then say "data: MNIST in out/data/mnist"; exit 0; fi
done
say "data: no mirror of MNIST could be reached: Fashion-MNIST takes its place (clothes, not digits; the same format)"
if ! holds /usr/share/datasets/fashion-mnist; then
    { as_root apt-get update -qq; as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dataset-fashion-mnist; } >/dev/null 2>&1
fi
if holds /usr/share/datasets/fashion-mnist; then say "data: Fashion-MNIST in /usr/share/datasets/fashion-mnist"; exit 0; fi
say "data: none. Put train-images-idx3-ubyte.gz (and the other three files of MNIST) in out/data/mnist, or set BURIN_DATA to their" >&2
say "folder; on Debian or Ubuntu, apt-get install dataset-fashion-mnist gives a set of the same format." >&2
exit 1
