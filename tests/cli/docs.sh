#!/usr/bin/env bash
# The code in models/README.md and docs/tutorial.md is right: blocks marked "lua spec" are specs that compile; lines of blocks marked "lua
# shapes" give the shapes that stand beside them, and train, as do the optimisers of "lua optim"; and all of the language is there.
. "$(dirname "$0")/lib.bash"
doc=models/README.md

for file in "$doc" docs/tutorial.md; do
    rm -f "$tmp"/spec*.lua
    awk -v to="$tmp" '/^```lua spec$/ { n++; on = 1; next } /^```$/ { on = 0 } on { print > (to "/spec" n ".lua") }' "$file"
    count=$(grep -c '^```lua spec$' "$file")
    [ "$count" -ge 2 ] && ok "docs: there are specs in $file" || bad "docs: there are specs in $file" "$count of them"
    for ((k = 1; k <= count; k++)); do
        run check "$tmp/spec$k.lua"
        same "docs: spec $k of $file" "$status $err" "0 "
        run fmt --check "$tmp/spec$k.lua"
        same "docs: spec $k of $file is laid out" "$status $err" "0 "
    done
done

# The tutorial's first spec trains, on the pictures of docs/.
mkdir "$tmp/pictures"
cp docs/*.png "$tmp/pictures"
BURIN_CFLAGS=-O0 run train "$tmp/spec1.lua" --set dir="$tmp/pictures" --set width=4 --batch 2 --steps 2 --outdir "$tmp/runs"
same "docs: the tutorial's spec trains" "$status $err" "0 "

# lines KIND: "LINE<tab>CODE" of the blocks of this kind
lines() { awk -v kind="$1" '$0 == "```lua " kind { on = 1; next } /^```$/ { on = 0 } on && NF { print NR "\t" $0 }' "$doc"; }

# "EXPR   -- x (64,10), labels (64) -> (64)" as a call: example(LINE, {{"x", {64,10}}, ...}, "(64)", function(x, labels) return EXPR end)
examples() {
    lines shapes | grep -E "^[0-9]+	$1" | awk -F '\t' '{
        at = match($2, / +-- /)
        code = substr($2, 1, at - 1); rest = substr($2, at + RLENGTH)
        arrow = index(rest, "-> "); ins = substr(rest, 1, arrow - 1); out = substr(rest, arrow + 3)
        names = ""; list = ""
        while (match(ins, /[a-z]* ?(\([0-9,]+\)|a net of rows)/)) {
            part = substr(ins, RSTART, RLENGTH); ins = substr(ins, RSTART + RLENGTH)
            name = part; sub(/ ?(\(| a net).*/, "", name); if (name == "") name = "input"
            sizes = part; sub(/^[^(]*\(?/, "", sizes); sub(/\)/, "", sizes)
            names = names (names == "" ? "" : ", ") name
            list = list sprintf("{\"%s\", {%s}}, ", name, sizes)
        }
        printf "example(%d, {%s}, \"%s\", function(%s) return %s end)\n", $1, list, out, names, code }'
}

cat >"$tmp/begin" <<'END'
local nets, total = {}, 0

local function trained(name, layer)
  local net = nn.sequential(name, layer)
  nets[#nets + 1] = net
  return net
end

-- Inputs have a parameter added, so that all that is computed of them has a gradient.
local function shift()
  return nn.layer("shift", {setup = function(self) self:param{"weight", shape = {1}, init = init.constant(0.1)} end,
                            forward = function(self, x) return x + self:read("weight") end})
end
local function input(line, name, sizes)
  if name == "net" then return trained("net" .. line, {nn.linear{32}, nn.tanh{}}) end
  if name == "labels" then return random.uniform{sizes[1], lo = 0, hi = 10}:floor() end
  if name == "p" then return random.uniform{lo = 0.1, hi = 0.8, table.unpack(sizes)} end
  local x = random.normal(sizes)
  return name == "input" and x or trained(name .. line, {shift()})(x)
end

local function example(line, inputs, want, f)
  local values = {}
  for k, i in ipairs(inputs) do values[k] = input(line, i[1], i[2]) end
  local y = f(table.unpack(values))
  if type(y) == "table" and rawget(y, "forward") then
    local net = nn.sequential("layer" .. line, {y})
    y = net(values[1])
    net:eval(values[1])
    if #net:parameters() > 0 then nets[#nets + 1] = net end
  elseif type(y) == "table" then y = y.images end
  local got = "(" .. table.concat(y.shape, ",") .. ")"
  if got ~= want then error(("models/README.md:%d: this gives %s, not %s"):format(line, got, want), 0) end
  total = total + (y * y):mean() * 1e-3
end

local function examples()
END
end='total = total + trained("last", {nn.linear{1}})(random.normal{2, 2}):mean()
  return {name = "loss", minimize = total, params = nets, with = optim.sgd{lr = 1e-3}}
end'

# Data sets are looked at only; all else trains, too.
{ cat "$tmp/begin"; examples data; echo "$end"; echo 'return {steps = {examples}}'; } >"$tmp/data.lua"
run check "$tmp/data.lua"
same "docs: the shapes of data sets" "$status $err" "0 "

steps=examples
while IFS=$'\t' read -r line code; do
    steps+=", function() local net = nn.sequential(\"optim$line\", {nn.linear{1}}); local y = net(random.normal{4, 3})"
    steps+="; return {minimize = (y * y):mean(), params = net, with = $code} end"
done < <(lines optim)
{ cat "$tmp/begin"; examples '[^d]'; echo "$end"; echo "return {steps = {$steps}, epochs = 1}"; } >"$tmp/examples.lua"
[ "$(grep -c '^example(' "$tmp/examples.lua")" -gt 90 ] && ok "docs: there are examples" || bad "docs: there are examples" "$(grep -c '^example(' "$tmp/examples.lua")"
run check "$tmp/examples.lua"
same "docs: the shapes of examples" "$status $err" "0 "
BURIN_CFLAGS=-O0 run train "$tmp/examples.lua" --steps 2 --outdir "$tmp/runs"
same "docs: examples train" "$status $err" "0 "
has "docs: their losses are numbers" "$(grep -oE 'loss [0-9]+\.[0-9]+ ' <<<"$out")" "loss "

# Each word of the language (tests/cli/types.lua says them) has its place in the text, and an example.
awk '/^```lua (shapes|optim|spec)$/ { on = 1; next } /^```$/ { on = 0 } on' "$doc" >"$tmp/code"
awk '/^```/ { on = !on } !on' "$doc" >"$tmp/text"
untold= unshown=
while read -r word _; do
    name=${word##*[.:]}
    case $word in
        *.*) grep -qE "\b${word/./\\.}\b" "$tmp/text" || untold+=" $word" ;;
        *) grep -qw "$name" "$tmp/text" || untold+=" $word" ;;
    esac
    case $word in
        Tensor:*) grep -q ":$name[({]" "$tmp/code" || unshown+=" $word" ;;
        Layer:state | Layer:update | Net:parameters | DataSet:*) ;;
        *:*) grep -q ":$name\b" "$tmp/code" || unshown+=" $word" ;;
        *) grep -qE "\b${word/./\\.}[({]" "$tmp/code" || unshown+=" $word" ;;
    esac
done < <("$burin" check tests/cli/types.lua | grep -v ': ok: ')
same "docs: what $doc does not tell" "$untold" ""
same "docs: what has no example" "$unshown" ""
