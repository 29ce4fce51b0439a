#!/usr/bin/env bash
# Specs with one mistake each, and the message word for word. The first lines of tests/error/NAME.lua say what it must be:
#   --> MESSAGE      the one line on the standard error; @ stands for the file's own path, as it was given
#   --$ WORDS        the command before the file and words after it, with _ for the file: "show _ --set lr=x"; else "show _"
. "$(dirname "$0")/../cli/lib.bash"
for f in tests/error/*.lua; do
    name=${f##*/}
    want=$(sed -n 's/^--> //p' "$f") words=$(sed -n 's/^--\$ //p' "$f")
    words=${words:-show _}
    # shellcheck disable=SC2086
    fails "error: ${name%.lua}" "${want//@/$f}" ${words//_/$f}
done
