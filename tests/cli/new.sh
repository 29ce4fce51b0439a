#!/usr/bin/env bash
# burin new: what it writes is checked, laid out and trains; it overwrites nothing.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 70
mkdir "$tmp/a folder"
cd "$tmp/a folder" || exit 1
export BURIN_CFLAGS=-O0         # how fast it trains is not what is asked here
run new mine
same "new: status" "$status $err" "0 "
same "new: says what it wrote" "$out" "mine.lua: written; edit it, then: burin train mine.lua
./.luarc.json: written, for editors with the Lua language server"
has "new: its name is in it" "$(<mine.lua)" "burin train mine.lua --epochs 3"
has "new: where the types are" "$(<.luarc.json)" '"workspace.library": ["'"${burin%/out/burin}"'/models/types"]'
if command -v python3 >/dev/null; then same "new: .luarc.json is JSON" "$(python3 -m json.tool .luarc.json >/dev/null 2>&1; echo $?)" 0; fi
echo "{}" >.luarc.json
sum=$(sha256sum mine.lua)
fails "new: overwrites nothing" "burin: mine.lua is there already, and stays as it is; choose another name" new mine.lua --kind classifier
same "new: it is as it was" "$(sha256sum mine.lua)" "$sum"
fails "new: another kind" "burin: --kind vae: no such one; use gan, classifier or autoencoder" new x --kind vae
fails "new: no name" "burin: new: which name? For instance: burin new mine --kind gan" new
fails "new: no such folder" "burin: cannot write none/x.lua: No such file or directory" new none/x
for kind in gan classifier autoencoder; do
    run new "my $kind" --kind $kind
    same "new: $kind" "$status $out" "0 my $kind.lua: written; edit it, then: burin train my $kind.lua"
    run check "my $kind.lua"
    same "new: $kind is checked" "$status $err" "0 "
    run fmt --check "my $kind.lua"
    same "new: $kind is laid out" "$status $err" "0 "
    run train "my $kind.lua" --data "$tmp/data" --batch 8 --steps 3
    same "new: $kind trains" "$status $err" "0 "
done
same "new: an own .luarc.json stays" "$(<.luarc.json)" "{}"
