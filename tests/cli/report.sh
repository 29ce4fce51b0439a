#!/usr/bin/env bash
# report.html: what is in it, over a run and its resumption; and, where there is a Chromium, that it loads, fits a phone and works.
. "$(dirname "$0")/lib.bash"
digits "$tmp/data" 40
cat >"$tmp/small.lua" <<'END'
local G = nn.sequential("generator", {nn.linear{784}, nn.reshape{{28, 28, 1}}, nn.tanh{}})
local D = nn.sequential("discriminator", {nn.flatten{}, nn.linear{1}, nn.sigmoid{}})
local real = data.mnist{batch = 4, range = {-1, 1}}
local function z(n) return random.normal{n, 8} end
local function step()
  local a, b = D(real), D(stop(G(z(4))))
  return {name = "loss_D", minimize = loss.bce(a, 1) + loss.bce(b, 0), params = D, with = optim.adam{lr = 1e-3},
          report = {{"D(x)", a}, {"</script><script>alert(1)</script>&", b}}}
end
local function g_step() return {name = "loss_G", minimize = loss.bce(D(G(z(4))), 1), params = G, with = optim.adam{lr = 1e-3}} end
return {steps = {step, g_step}, samples = function() return G(z(16)) end}
END
small="--data $tmp/data --outdir $tmp/runs"
page=$tmp/runs/00000-small/report.html
json() { sed -n '/type="application.json">/,/<.script>/p' "$page" | sed '1d; s/<.script>$//'; }       # the data in the page
count() { grep -o "$1" "$page" | wc -l; }

run train "$tmp/small.lua" $small --epochs 4
same "report: status" "$status $err" "0 "
has "report: said where" "$out" "report   $page"
has "verdict: in the log" "$out" "         not yet known: 40 steps are too few to tell"
has "verdict: in stats.jsonl" "$(<"$tmp/runs/00000-small/stats.jsonl")" '"verdict":"not yet known","why":"10 steps are too few to tell"}'
has "verdict: the classes of samples" "$(<"$tmp/runs/00000-small/stats.jsonl")" '"classes":[0,'
same "report: done, after four epochs" "$(json | grep -o '"state":"[a-z]*"\|"done":[0-9]*' | tr '\n' ' ')" '"state":"done" "done":40 '
same "report: samples of each epoch, and the data set" "$(count 'data:image/png;base64,')" 6
same "report: a picture is the file" "$(json | sed -n 's/^\[4,"data:image.png;base64,\(.*\)"\]\]},*$/\1/p' | base64 -d | cksum)" "$(cksum <"$tmp/runs/00000-small/fakes_0004.png")"
has "report: kernels timed in ten steps" "$(json)" '"timed":10,'
same "report: nothing from elsewhere" "$(grep -oE '(src|href)="?[a-z]+:' "$page" | grep -v 'href="data:')$(grep -oE 'https?://[^"]*' "$page" | grep -v www.w3.org)" ""
same "report: names of the spec are no HTML" "$(count '<script>alert')" 0
has "report: they are there as text" "$(json)" '\u003c/script>\u003cscript>alert(1)'
if command -v python3 >/dev/null; then
    same "report: the data are JSON" "$(json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(len(d["curves"]), len(d["stats"]), len(d["curves"][0]["value"]))')" "4 4 40"
else
    skip "report: the data are JSON" "no python3 to read them"
fi

run train --resume "$tmp/runs/00000-small" $small --epochs 6
same "report: after a resumption" "$status $(count 'data:image/png;base64,') $(json | grep -c '"epoch":')" "0 8 6"
cat >"$tmp/plain.lua" <<'END'
local net, digits = nn.sequential("net", {nn.flatten{}, nn.linear{10}}), data.mnist{batch = 4}
return {steps = {function() return {minimize = loss.cross_entropy(net(digits), digits.labels), params = net, with = optim.sgd{lr = 0.1}} end}}
END
run train "$tmp/plain.lua" $small --epochs 1
same "verdict: none without samples" "$status $(grep -c verdict "$tmp/runs/00001-plain/stats.jsonl")$(grep -c 'not yet known' <<<"$out")" "0 00"
file "report: of a spec without samples" "$tmp/runs/00001-plain/report.html"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable)
if [ -z "$browser" ]; then
    skip "report: in a browser" "no Chromium here (Debian: apt-get install chromium)"
    exit
fi

# browse NAME [MS]: loads $tmp/NAME.html and waits so long (3000); sets $dom, $title, $console
browse() {
    dom=$(timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$tmp/profile" --enable-logging=stderr --window-size=1200,900 \
          --virtual-time-budget="${2:-3000}" --dump-dom "file://$tmp/$1.html" 2>"$tmp/console")
    console=$(grep -a 'CONSOLE' "$tmp/console")
    title=${dom#*<title>} title=${title%%</title>*}
}

# open NAME SCRIPT [MS]: the report with the script at its end, which sets `result`. Title: how many faults there were, and that.
open() {
    sed 's|<head>|<head><script>window.faults = []; onerror = m => { faults.push(m); };</script>|' "$page" >"$tmp/$1.html"
    printf '<script>%s\ndocument.title = "faults:" + faults.length + ";" + result;</script>\n' "$2" >>"$tmp/$1.html"
    browse "$1" "${3:-3000}"
}

echo '<title>it runs</title>' >"$tmp/probe.html"
browse probe
if [ "$title" != "it runs" ]; then skip "report: in a browser" "$browser does not run here: $(tail -n 1 "$tmp/console")"; exit; fi
open whole 'const result = ["verdict", "curves", "samples", "stats", "kernels", "memory", "layers", "facts"].map(i => i + (document.getElementById(i).offsetHeight > 40 ? "+" : "-")).join(" ")'
same "report: all sections are drawn" "$title" "faults:0;verdict+ curves+ samples+ stats+ kernels+ memory+ layers+ facts+"
same "report: the console is empty" "$console" ""
has "report: names of the spec are shown" "$dom" '&lt;script&gt;alert(1)'
open classes 'const result = document.querySelectorAll("#classes .bars div").length'
same "report: a bar for each class" "$title" "faults:0;10"
open slider 'const s = document.getElementById("slider"), i = document.getElementById("fakes"), last = i.src; s.value = 1; s.dispatchEvent(new Event("input"));
const result = document.getElementById("epoch").textContent + (i.src === D.samples.frames[1][1] && i.src !== last ? " shown" : " not shown")'
same "report: the slider shows another epoch" "$title" "faults:0;after epoch 1 shown"
open hover 'const g = document.querySelector("#curves svg"), b = g.getBoundingClientRect();
g.dispatchEvent(new PointerEvent("pointermove", {clientX: b.left + b.width / 2, clientY: b.top + 9}));
const result = [...document.querySelectorAll("#curves .panel:first-child output")].map(o => o.textContent !== "" && isFinite(o.textContent)).join()'
same "report: values under the pointer" "$title" "faults:0;true,true"
# the browser's own windows are no narrower than 500 pixels: so, in a frame
open inner 'const result = document.documentElement.scrollWidth <= innerWidth ? "fits" : "scrolls sideways: " + document.documentElement.scrollWidth;
parent.postMessage(result + " " + innerWidth, "*")'
echo '<title></title><script>onmessage = e => document.title = e.data</script><iframe src="inner.html" style="width: 360px; height: 800px; border: 0"></iframe>' >"$tmp/outer.html"
browse outer
same "report: fits a phone" "$title" "fits 360"
# while the run is under way the page loads itself again: what its reader chose stays
sed -i 's|"state":"done"|"state":"running"|' "$page"
open again 'const n = +sessionStorage.loads || 0, s = document.getElementById("slider");
sessionStorage.loads = n + 1;
if (n === 0) { s.value = 1; s.dispatchEvent(new Event("input")); document.querySelector(".legend button").click(); scrollTo(0, 200); }
const result = (n ? "again " : "first ") + s.value + " " + document.querySelectorAll(".legend button.off").length + " " + scrollY' 12000
same "report: refreshes itself, and keeps slider, curves and scroll" "$title" "faults:0;again 1 1 200"
