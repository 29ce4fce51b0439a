#!/usr/bin/env bash
# models/types/burin.lua, which editors read, declares what the language has, and nothing else.
. "$(dirname "$0")/lib.bash"
types=models/types/burin.lua

# declared: a line for each function and field of the file: its name and its options, with those of the classes above
declared() {
    awk 'function fields(class,   all) { all = field[class]; return parent[class] ? all fields(parent[class]) : all }
         function sorted(list,   part, n, i, j, t, out) {
             n = split(list, part, ",")
             for (i = 1; i < n; i++) for (j = i + 1; j < n; j++) if (part[j] < part[i]) { t = part[i]; part[i] = part[j]; part[j] = t }
             for (i = 1; i <= n; i++) if (part[i] != "") out = out (out == "" ? "" : ",") part[i]
             return out }
         /^---@class / { class = $2; sub(/:$/, "", class); parent[class] = $3 }
         /^---@field / { name = $2; sub(/\?$/, "", name)
                         if (class ~ /^(Layer|DataSet)$/) print class ":" name " "
                         else if (name !~ /^\[/) field[class] = field[class] name "," }
         /^---@param o burin\./ { taken = $3 }
         /^function / { name = $2; sub(/\(.*/, "", name); print name " " sorted(fields(taken)); taken = "" }' "$types" | sort
}
run check tests/cli/types.lua
same "types: the language says its words" "$status $err" "0 "
grep -v ': ok: ' <<<"$out" | sort >"$tmp/language"
declared >"$tmp/types"
[ "$(wc -l <"$tmp/language")" -gt 100 ] && ok "types: there are many" || bad "types: there are many" "$(wc -l <"$tmp/language")"
same "types: what is not declared" "$(comm -23 "$tmp/language" "$tmp/types")" ""
same "types: what is not there" "$(comm -13 "$tmp/language" "$tmp/types")" ""

# Functions of several arguments have the same names for them.
missing=
for line in $(sed -nE 's/^function ((loss|init|nn)\.[a-z0-9_]+\([^.)]*\)).*/\1/p' models/lib/*.lua | tr -d ' '); do
    tr -d ' ' <"$types" | grep -qF "function$line" || missing+=" $line"
done
same "types: arguments" "$missing" ""

# What a step and a spec return.
fields() { awk -v class="$1" '/^---@class / { on = $2 == class } on && /^---@field / { sub(/\?$/, "", $2); print $2 }' "$types" | sort | tr '\n' ' '; }
known() { sed -nE "s/.*$1.*\{((([a-z]+) = true(, )?)+)\}.*/\1/p" models/lib/burin.lua | grep -o '[a-z]* = true' | sed 's/ .*//' | sort | tr '\n' ' '; }
same "types: fields of a step" "$(fields burin.step)" "$(known 'step_fields =')"
same "types: fields of a spec" "$(fields burin.spec)" "$(known 'what the spec returns')"
