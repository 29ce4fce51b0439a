#!/usr/bin/env bash
# models/README.md: each block of it marked "lua spec" is a spec that compiles, and it names all that the library has.
. "$(dirname "$0")/lib.bash"
doc=models/README.md
awk -v to="$tmp" '/^```lua spec$/ { n++; on = 1; next } /^```$/ { on = 0 } on { print > (to "/spec" n ".lua") }' "$doc"
count=$(grep -c '^```lua spec$' "$doc")
[ "$count" -ge 3 ] && ok "docs: there are specs" || bad "docs: there are specs" "$count of them"
for ((k = 1; k <= count; k++)); do
    run show "$tmp/spec$k.lua"
    same "docs: spec $k of $doc" "$status $err" "0 "
done

# names TABLE: the functions that models/lib/TABLE.lua makes, by its definitions
names() {
    case $1 in
        random) sed -nE 's/^function random\.([a-z_0-9]+).*/\1/p' models/lib/burin.lua ;;
        *) sed -nE "s/^function $1\.([a-z_0-9]+).*/\1/p; s/^(define|activation|activation_with|pool)\(\"([a-z_0-9]+)\".*/\2/p" "models/lib/$1.lua" ;;
    esac
}
for table in nn loss optim schedule init data random; do
    missing=
    for name in $(names $table); do
        case $table.$name in optim.clipped | optim.average) continue ;; esac
        grep -q "$table\.$name\b" "$doc" || missing+=" $table.$name"
    done
    same "docs: all of $table is in $doc" "$missing" ""
done
missing=
for name in $(sed -nE 's/^function tensor\.([a-z_0-9]+).*/\1/p; /^for _, fn in ipairs/s/[^a-z0-9]+/ /gp' models/lib/tensor.lua); do
    case $name in for | fn | in | ipairs | do | of | _) continue ;; esac
    grep -qw "$name" "$doc" || missing+=" $name"
done
same "docs: all methods of tensors are in $doc" "$missing" ""
