#!/usr/bin/env bash
# burin completion and burin manual: what shells offer, and that each command and flag of --help is there.
. "$(dirname "$0")/lib.bash"
fails "completion: which shell" "burin: completion: which shell? For instance: burin completion bash >~/.local/share/bash-completion/completions/burin" completion
fails "completion: another shell" "burin: completion csh: no such one; use bash, zsh or fish" completion csh

# offered WORDS: what bash offers where the last of the words is being typed
offered() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _burin 2>/dev/null
    echo "${COMPREPLY[*]}"
}
"$burin" completion bash >"$tmp/bash"
. "$tmp/bash"
mkdir "$tmp/a folder" && touch "$tmp/a spec.lua"
same "bash: a command" "$(offered burin tr)" "train"
same "bash: a flag" "$(offered burin train models/x.lua --ep)" "--epochs"
same "bash: not another command's flag" "$(offered burin train --kern)" ""
same "bash: words of a flag" "$(offered burin bench x.lua --entry s)" "step sample"
same "bash: a device" "$(offered burin train x.lua --device c)" "cpu cuda"
same "bash: a letter's file" "$(offered burin sample run -o "$tmp/a sp")" "$tmp/a spec.lua"
same "bash: after =" "$(offered burin bench x.lua --entry = sa)" "sample"
same "bash: a folder" "$(offered burin train x.lua --data "$tmp/a")" "$tmp/a folder"
same "bash: a file" "$(offered burin train "$tmp/a s")" "$tmp/a spec.lua"
same "bash: a number" "$(offered burin train x.lua --epochs "")" ""
same "bash: help's command" "$(offered burin help ben)" "bench"
same "bash: a shell" "$(offered burin completion z)" "zsh"

for shell in zsh fish; do
    "$burin" completion $shell >"$tmp/$shell"
    if ! command -v $shell >/dev/null; then skip "$shell reads it" "there is no $shell here"; continue; fi
    same "$shell reads it" "$($shell -n "$tmp/$shell" 2>&1)$?" 0
done
if command -v fish >/dev/null; then
    same "fish: a flag" "$(fish --no-config -c "source $tmp/fish; complete -C 'burin train --epo'" 2>&1 | cut -f 1)" "--epochs"
    same "fish: words of a flag" "$(fish --no-config -c "source $tmp/fish; complete -C 'burin bench x.lua --entry sa'" 2>&1 | cut -f 1)" "sample"
fi

"$burin" manual >"$tmp/burin.1"
missing=
for command in $("$burin" help | sed -n 's/^  \([a-z]*\) .*/\1/p' | sort -u); do
    [ "$command" != burin ] || continue
    grep -q "^\.SS burin $command" "$tmp/burin.1" || missing+=" manual:$command"
    for flag in $("$burin" help "$command" | sed -nE 's/^  (-., )?--([a-z-]+).*/\2/p'); do
        [ "$flag" != help ] || continue
        grep -qF -- "--$flag " "$tmp/bash" || missing+=" bash:$command:--$flag"
        grep -qF -- "--${flag}[" "$tmp/zsh" || missing+=" zsh:$command:--$flag"
        grep -qE -- "from $command'.* -l $flag " "$tmp/fish" || missing+=" fish:$command:--$flag"
        sed -n "/^\.SS burin $command/,/^\.S/p" "$tmp/burin.1" | grep -qF -- "\\-\\-${flag//-/\\-}" || missing+=" manual:$command:--$flag"
    done
done
same "all of --help is in the scripts and the manual" "$missing" ""
if command -v man >/dev/null; then
    same "man has no complaint" "$(MANWIDTH=80 man --warnings -l "$tmp/burin.1" 2>&1 >"$tmp/page")" ""
    has "man: a flag" "$(<"$tmp/page")" "--epochs N"
    same "man: within 80 columns" "$(awk 'length > 80' "$tmp/page")" ""
else skip "man" "there is no man here"; fi
