/* page.js: draws report.html from the JSON in it. While the run is under way the page loads itself again every ten seconds, and keeps
   where its reader was: scroll, slider, which curves are hidden, what is unfolded. */
"use strict";
const D = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

/* An element: tag, attributes, children (elements or text; text is never taken as HTML). */
function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  e.append(...children.filter(c => c !== null && c !== undefined));
  return e;
}
function svg(tag, attributes, ...children) {
  const e = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

/* ---- what is kept over a refresh ---- */

const key = "burin:" + location.pathname;
let kept = {off: [], open: []};
try { kept = Object.assign(kept, JSON.parse(sessionStorage.getItem(key))); } catch (e) { /* storage may be barred */ }
function keep() {
  kept.scroll = window.scrollY;
  try { sessionStorage.setItem(key, JSON.stringify(kept)); } catch (e) { /* the same */ }
}
function toggle(list, name) {
  const at = list.indexOf(name);
  at < 0 ? list.push(name) : list.splice(at, 1);
  keep();
}

/* ---- numbers as people read them ---- */

const count = n => Math.round(n).toLocaleString("en-US");
function scaled(x, base, units) {
  let u = 0;
  while (u < units.length - 1 && x >= base) x /= base, u++;
  return (u ? x.toFixed(x < 10 ? 2 : x < 100 ? 1 : 0) : Math.round(x)) + " " + units[u];
}
const bytes = x => scaled(x, 1024, ["bytes", "KiB", "MiB", "GiB", "TiB"]);
const flops = x => scaled(x, 1000, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"]);
function duration(s) {
  s = Math.round(s);
  const m = Math.floor(s / 60), h = Math.floor(m / 60);
  return h ? h + " h " + m % 60 + " min" : m ? m + " min " + (m < 10 ? s % 60 + " s" : "") : s + " s";
}
function value(v) {
  if (v === null || v === undefined) return "–";
  const a = Math.abs(v);
  return a === 0 ? "0" : a >= 1e5 || a < 1e-3 ? v.toExponential(2) : v.toPrecision(a >= 1000 ? 4 : 3);
}
const arrow = shape => shape.replace(/->/g, "\u2192");
const plural = (n, word) => count(n) + " " + word + (n === 1 ? "" : "s");

/* ---- the head ---- */

const running = D.state === "running", age = Date.now() / 1000 - D.written, lost = running && age > 180;
const epochNow = Math.min(D.epochs, Math.floor(Math.max(0, D.done - (running ? 0 : 1)) / D.epoch_steps) + 1);

function head() {
  document.title = (running ? Math.floor(100 * D.done / D.total) + "% " : "") + D.name + " – burin";
  $("name").textContent = D.name;
  const [word, tone] = lost ? ["no news for " + duration(age), "warn"] : {running: ["training", "good"], done: ["done", "good"],
    stopped: ["stopped", "warn"], failed: ["failed", "bad"]}[D.state];
  $("state").textContent = word;
  $("state").classList.add(tone);
  $("line").textContent = "epoch " + epochNow + " of " + D.epochs + ", step " + count(D.done) + " of " + count(D.total) +
    (running && !lost && D.left > 0 ? ", " + duration(D.left) + " to go" : "") + " · written " + new Date(D.written * 1000).toLocaleString();
  $("bar").style.width = 100 * D.done / D.total + "%";
  if (D.message) $("line").after(el("p", {class: "bad message"}, D.message));
}

/* ---- the verdict and the latest numbers ---- */

const tone = {healthy: "good", "not yet known": "", "D wins": "bad", "G wins": "bad", collapsed: "bad"};
const advice = {
  "D wins": "Give D less: a smaller learning rate or fewer channels, dropout, labels of 0.9 in place of 1; or give G more: a larger rate, two steps of G for one of D.",
  "G wins": "Give D more: a larger learning rate or more channels, two steps of D for one of G; make sure that D sees real images in the range that G draws.",
  collapsed: "Halve both learning rates, beta1 = 0.5, batch_norm in both nets but not at D's input and G's output, a larger batch; or a Wasserstein loss with a gradient penalty (models/wgan_gp.lua).",
};
function tile(label, text) {
  $("tiles").append(el("div", {}, el("b", {}, text), el("span", {}, label)));
}
function verdict(last) {
  const section = el("section", {id: "verdict"}, el("b", {class: tone[last.verdict]}, last.verdict), el("span", {class: "soft"}, "  " + last.why + ", epoch " + last.epoch));
  if (advice[last.verdict])
    section.append(el("p", {}, advice[last.verdict]), el("p", {class: "soft"}, "More of it: models/README.md, When a GAN goes wrong."));
  $("tiles").before(section);
}
function tiles() {
  const last = D.stats[D.stats.length - 1];
  if (last && last.verdict) verdict(last);
  for (const c of D.curves) tile(c.name + (last ? ", epoch " + last.epoch : ", now"), value(last ? last[c.name] : c.value[c.value.length - 1]));
  if (D.rate > 0) {
    tile("images/s, " + value(D.rate * D.flops / D.images / 1e9) + " GFLOP/s", count(D.rate));
  }
  tile("memory in use", bytes(D.resident));
}

/* ---- curves ---- */

function tickStep(range, ticks) {
  const rough = range / ticks, power = 10 ** Math.floor(Math.log10(rough)), x = rough / power;
  return power * (x < 1.5 ? 1 : x < 3.5 ? 2 : x < 7.5 ? 5 : 10);
}
/* From 0 or the least to the greatest, where spikes beyond six times the mean are cut off. */
function rangeOf(curves) {
  let least = 0, sum = 0, n = 0, most = 1e-3, unit = true;
  for (const c of curves) for (const v of c.value) if (v !== null) least = Math.min(least, v), sum += Math.abs(v), n++, unit = unit && v >= 0 && v <= 1;
  for (const c of curves) for (const v of c.value) if (v !== null && v <= 6 * sum / n) most = Math.max(most, v);
  if (unit && most > 0.5) return [0, 1, 0.2];
  const step = tickStep(most - least, 5);
  return [Math.floor(least / step) * step, Math.ceil(most / step) * step, step];
}
function smoothed(values) {
  const width = Math.max(1, values.length / 60);
  let sum = null;
  return values.map(v => v === null ? null : sum = sum === null ? v : sum + (v - sum) / width);
}
function pathOf(values, x, y) {
  let d = "", down = false;
  values.forEach((v, i) => {
    if (v !== null) d += (down ? "L" : "M") + x(i).toFixed(1) + " " + y(v).toFixed(1);
    down = v !== null;
  });
  return d;
}
function panel(title, curves) {
  const left = 46, right = 8, top = 8, height = 200, bottom = 34, width = Math.max(260, $("curves").clientWidth - 42);
  const shown = curves.filter(c => !kept.off.includes(c.name)), [lo, hi, step] = rangeOf(shown.length ? shown : curves);
  const points = Math.max(...curves.map(c => c.value.length)), epochs = points * D.stretch / D.epoch_steps;
  const px = e => left + e / epochs * (width - left - right), py = v => top + height - (Math.min(v, hi) - lo) / (hi - lo) * height;
  const x = i => px((i + 0.5) * D.stretch / D.epoch_steps);
  const s = svg("svg", {viewBox: `0 0 ${width} ${top + height + bottom}`, height: top + height + bottom, role: "img", "aria-label": title + " over epochs"});
  for (let v = lo; v <= hi + step / 2; v += step)
    s.append(svg("line", {class: "grid", x1: left, x2: width - right, y1: py(v), y2: py(v)}),
      svg("text", {x: left - 8, y: py(v) + 4, "text-anchor": "end"}, +(Math.abs(v) < step / 1e6 ? 0 : v).toPrecision(4) + ""));
  const across = tickStep(epochs, Math.max(3, width / 110));
  for (let e = 0; e <= epochs * 1.0001; e += across)
    s.append(svg("line", {class: "axis", x1: px(e), x2: px(e), y1: top + height, y2: top + height + 4}),
      svg("text", {x: px(e), y: top + height + 18, "text-anchor": e === 0 ? "start" : px(e) > width - 24 ? "end" : "middle"}, +e.toPrecision(3) + (e === 0 ? " epochs" : "")));
  s.append(svg("path", {class: "axis", d: `M${left} ${top}V${top + height}H${width - right}`}));
  for (const c of shown) {
    const many = c.value.length > 60;
    if (many) s.append(svg("path", {class: "raw", stroke: c.color, d: pathOf(c.value, x, py)}));
    s.append(svg("path", {class: "smooth", stroke: c.color, d: pathOf(many ? smoothed(c.value) : c.value, x, py)}));
  }
  const legend = el("div", {class: "legend"}, el("h2", {}, title)), outs = [];
  for (const c of curves) {
    const out = el("output"), b = el("button", {type: "button", style: "--c:" + c.color, title: "show or hide", "aria-pressed": shown.includes(c)}, c.name, out);
    if (!shown.includes(c)) b.className = "off";
    b.onclick = () => { toggle(kept.off, c.name); curvesSection(); };
    legend.append(b);
    outs.push(out);
  }
  const where = el("span", {class: "soft"});
  legend.append(where);
  hover(s, {left, right, width, top, height, epochs, points, x}, i => {
    curves.forEach((c, k) => outs[k].textContent = i === null ? "" : value(c.value[i]));
    where.textContent = i === null ? "" : "epoch " + ((i + 0.5) * D.stretch / D.epoch_steps).toFixed(2) + ", " +
      (D.stretch === 1 ? "step " + count(i + 1) : "steps " + count(i * D.stretch + 1) + "–" + count((i + 1) * D.stretch));
  });
  return el("div", {class: "panel"}, legend, s);
}
/* A line that follows the pointer; `say` gets the index of the point beneath it, or null. */
function hover(s, p, say) {
  const line = svg("line", {class: "cross", y1: p.top, y2: p.top + p.height, visibility: "hidden"});
  s.append(line);
  const move = event => {
    const box = s.getBoundingClientRect(), at = (event.clientX - box.left) * p.width / box.width;
    const i = Math.max(0, Math.min(p.points - 1, Math.floor((at - p.left) / (p.width - p.left - p.right) * p.epochs * D.epoch_steps / D.stretch)));
    line.setAttribute("x1", p.x(i));
    line.setAttribute("x2", p.x(i));
    line.setAttribute("visibility", "visible");
    say(i);
  };
  s.addEventListener("pointermove", move);
  s.addEventListener("pointerdown", move);
  s.addEventListener("pointerleave", () => { line.setAttribute("visibility", "hidden"); say(null); });
}
function curvesSection() {
  D.curves.forEach((c, i) => c.color = `var(--c${i % 8})`);
  $("curves").replaceChildren();
  const have = D.curves.some(c => c.value.length > 0);
  $("curves").hidden = !have;
  if (!have) return;
  for (const [title, loss] of [["Losses", 1], ["Reports", 0]]) {
    const some = D.curves.filter(c => c.loss === loss);
    if (some.length) $("curves").append(panel(title, some));
  }
}

/* ---- samples ---- */

/* Which classes the samples of an epoch look like. */
function histogram(stats) {
  $("classes").replaceChildren();
  const count = (stats && stats.classes) || [], most = Math.max(...count), n = count.reduce((a, c) => a + c, 0);
  if (!count.length || count.length > 32) return;
  $("classes").append(el("p", {class: "soft"}, "which class's mean image is nearest to each of " + n + " samples:"),
    el("div", {class: "bars"}, ...count.map((c, i) => el("div", {title: "class " + i + ": " + c}, el("i", {style: `height:${48 * c / most}px`}), i + ""))));
}
let playing = null;
function frame(i) {
  const f = D.samples.frames[i];
  $("fakes").src = f[1];
  $("fakes").alt = "samples after epoch " + f[0];
  $("slider").value = i;
  histogram(D.stats.find(s => s.epoch === f[0]));
  $("epoch").textContent = (f[0] ? "after epoch " + f[0] : "before training") + (D.samples.each > 1 ? " (one epoch in " + D.samples.each + " is kept here)" : "");
}
function samples() {
  const n = D.samples.frames.length, end = n - 1;
  if (!n) return;
  $("samples").hidden = false;
  $("slider").max = end;
  $("slider").disabled = n === 1;
  frame(kept.epoch === undefined ? end : Math.max(0, D.samples.frames.findLastIndex(f => f[0] <= kept.epoch)));
  $("slider").oninput = () => {
    const i = +$("slider").value;
    frame(i);
    kept.epoch = i === end ? undefined : D.samples.frames[i][0];      /* at the end it stays at the end */
    keep();
  };
  $("play").onclick = () => {
    if (playing) playing = clearInterval(playing);
    else playing = setInterval(() => frame((+$("slider").value + 1) % n), 350);
    $("play").textContent = playing ? "\u275a\u275a" : "\u25b6";
  };
  if (D.samples.reals) $("reals").src = D.samples.reals;
  else $("real").hidden = true;
}

/* ---- epochs ---- */

const band = b => b ? " (" + b.map(v => v.toFixed(2)).join("–") + ")" : "";
function statsSection() {
  if (!D.stats.length) return;
  $("stats").hidden = false;
  const names = D.curves.map(c => c.name), judged = D.stats.some(s => s.verdict), table = $("stats").querySelector("table");
  const head = ["epoch", ...names, "images/s", "seconds"].map(n => el("th", {}, n));
  if (judged) head.push(el("th", {class: "left"}, "verdict"));
  table.append(el("thead", {}, el("tr", {}, ...head)));
  const body = el("tbody");
  for (const s of D.stats.slice().reverse())
    body.append(el("tr", {}, ...[s.epoch, ...names.map(n => value(s[n]) + band(s[n + " band"])), count(s.images_per_s), value(s.seconds)].map(v => el("td", {}, v + "")),
      judged ? el("td", {class: "left " + (tone[s.verdict] || ""), title: s.why || ""}, s.verdict || "") : null));
  table.append(body);
}

/* ---- kernels ---- */

/* The first `few` rows, and a button for the others. */
function fold(section, name, rows, few) {
  const open = kept.open.includes(name);
  section.append(...(open ? rows : rows.slice(0, few)));
  if (rows.length <= few) return;
  const b = el("button", {class: "more", type: "button"}, open ? "show fewer" : "show all " + rows.length);
  b.onclick = () => { toggle(kept.open, name); section.replaceChildren(); sections[name](); };
  section.append(b);
}
function kernels() {
  const rows = D.kernels.map(([op, shape, fused, where, symbol, launches, fl, by, seconds]) => ({op, shape, fused, where, symbol, launches, fl, by, seconds}));
  const total = rows.reduce((a, k) => a + k.seconds, 0), work = rows.filter(k => !/\((pack|sum of parts)\)/.test(k.op)).reduce((a, k) => a + k.launches, 0);
  if (D.timed) rows.sort((a, b) => b.seconds - a.seconds);
  else rows.sort((a, b) => b.fl - a.fl);
  $("kernels").append(el("h2", {}, "Kernels of a step ", el("small", {}, plural(work, "kernel") + ", " + flops(D.flops) +
    (D.timed ? ", " + value(total * 1e3) + " ms in all, mean of " + D.timed + " steps" : ", not timed yet"))));
  fold($("kernels"), "kernels", rows.map(k => el("div", {class: "row", title: k.symbol},
    el("span", {}, el("code", {}, k.op), " " + arrow(k.shape) + (k.launches > 1 ? " ×" + k.launches : "")),
    el("span", {}, D.timed ? (k.seconds * 1e3).toFixed(k.seconds < 1e-3 ? 3 : 2) + " ms" : flops(k.fl)),
    el("span", {class: "soft"}, [k.fused, k.where].filter(t => t).join(" · ")),
    el("span", {class: "soft"}, k.fl >= 1e5 ? (D.timed ? value(k.fl / k.seconds / 1e9) + " GFLOP/s" : "") : bytes(k.by)),
    D.timed ? el("div", {class: "share", style: `width:${100 * k.seconds / rows[0].seconds}%`}) : null)), 12);
}

/* ---- memory ---- */

function memory() {
  const [persistent, scratch, tiles] = D.memory.bytes, kinds = ["weights", "optimisers and running statistics", "data of a batch", "outputs"];
  const size = [0, 0, 0, 0], section = $("memory");
  for (const t of D.memory.persistent) size[t[3]] += t[2];
  section.append(el("h2", {}, "Memory ", el("small", {}, bytes(persistent + scratch + tiles) + ", known before the first step; " + bytes(tiles) + " of it are the threads' tiles")));
  section.append(el("h3", {}, "stays: ", el("span", {class: "soft"}, bytes(persistent))));
  section.append(el("div", {class: "stack"}, ...size.map((s, i) => el("div", {style: `background:var(--c${i});width:${100 * s / persistent}%`, title: kinds[i] + ": " + bytes(s)}))));
  section.append(el("div", {class: "keys"}, ...size.map((s, i) => s ? el("span", {style: `--c:var(--c${i})`}, kinds[i] + " " + bytes(s)) : null)));
  if (D.memory.scratch.length) scratchMap(section, scratch);
}
const colourOf = name => /^packed/.test(name) ? 4 : /^partial/.test(name) ? 3 : / conv| matmul/.test(name) ? 0 : / random/.test(name) ? 6 : 2;
function scratchMap(section, scratch) {
  const width = Math.max(260, section.clientWidth - 42), left = 58, bottom = 34, height = 220, groups = D.memory.groups;
  const x = g => left + g / groups * (width - left - 2), y = b => 4 + height - b / scratch * height;
  const s = svg("svg", {viewBox: `0 0 ${width} ${height + bottom}`, height: height + bottom, role: "img", "aria-label": "scratch memory over a step"});
  const note = el("p", {class: "note"}, "point at a block for its name"), step = tickStep(scratch / 2 ** 20, 4) * 2 ** 20;
  for (let b = 0; b <= scratch; b += step)
    s.append(svg("line", {class: "grid", x1: left, x2: width, y1: y(b), y2: y(b)}), svg("text", {x: left - 8, y: y(b) + 4, "text-anchor": "end"}, +(b / 2 ** 20).toPrecision(3) + " MiB"));
  const across = tickStep(groups, Math.max(3, width / 110));
  for (let g = 0; g <= groups; g += across) s.append(svg("text", {x: x(g), y: height + 22, "text-anchor": g ? "middle" : "start"}, g + (g ? "" : " barriers passed")));
  for (const [name, offset, size, first, last] of D.memory.scratch) {
    const until = Math.min(groups, last + 1);
    const r = svg("rect", {class: "block", x: x(first), width: x(until) - x(first), y: y(offset + size), height: Math.max(0.5, size / scratch * height), fill: `var(--c${colourOf(name)})`});
    r.addEventListener("pointerenter", () => {
      r.classList.add("on");
      note.textContent = name + ": " + bytes(size) + " at " + count(offset) + ", needed for " + plural(until - first, "group") + " of launches, from number " + first;
    });
    r.addEventListener("pointerleave", () => r.classList.remove("on"));
    s.append(r);
  }
  s.append(svg("path", {class: "axis", d: `M${left} 4V${4 + height}H${width}`}));
  section.append(el("h3", {}, "scratch, used over and over within a step: ", el("span", {class: "soft"}, bytes(scratch))), s, el("div", {class: "keys"},
    ...[[0, "products"], [2, "other values"], [3, "parts of sums"], [4, "packed weights"], [6, "noise"]].map(([c, t]) => el("span", {style: `--c:var(--c${c})`}, t))), note);
}

/* ---- layers, and what it runs on ---- */

function layers() {
  const section = $("layers");
  section.append(el("h2", {}, "Layers"));
  for (const net of new Set(D.layers.map(l => l[0]))) {
    const mine = D.layers.filter(l => l[0] === net);
    section.append(el("div", {class: "net"}, el("span", {}, net), el("span", {}, count(mine.reduce((a, l) => a + l[5], 0)) + " parameters")));
    for (const [, name, kind, shape, where, params] of mine)
      section.append(el("div", {class: "row"}, el("span", {}, el("code", {}, kind)), el("span", {}, shape),
        el("span", {class: "soft"}, name + " · " + where), el("span", {class: "soft"}, params ? count(params) : "")));
  }
  section.hidden = !D.layers.length;
}
function facts() {
  const list = $("facts").querySelector("dl");
  for (const [name, text] of D.facts) list.append(el("dt", {}, name), el("dd", {}, text));
}

const sections = {kernels};
head();
tiles();
curvesSection();
samples();
statsSection();
kernels();
memory();
layers();
facts();

/* ---- refreshing ---- */

let busy = 0, wide = window.innerWidth;
for (const type of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"]) addEventListener(type, () => busy = Date.now(), {passive: true});
addEventListener("scroll", keep, {passive: true});
addEventListener("resize", () => {
  if (wide === window.innerWidth) return;
  wide = window.innerWidth;
  curvesSection();
  $("memory").replaceChildren();
  memory();
});
if (kept.scroll) window.scrollTo(0, kept.scroll);
function refresh() {
  if (document.hidden || playing || Date.now() - busy < 3000) return void setTimeout(refresh, 1000);      /* not under someone's hand */
  keep();
  location.reload();
}
if (running) setTimeout(refresh, lost ? 60000 : 10000);
