| -- pack.c: brings the weights of a contraction into the order in which it reads them, block after block:
| -- [sub-problem][output block][tap row][tap column][input channel][V * LANES outputs], outputs beyond the last are 0.
| for _, s in ipairs(subs) do
| for _, b in ipairs(blocks) do
| for th = 0, s.TH - 1 do
| for tw = 0, s.TW - 1 do
if (chunk == $(s.task(b, th, tw))) {
    float *to = pack + $(s.at + b.from * s.TH * s.TW * CI + (th * s.TW + tw) * CI * b.width);
    for (int k = 0; k < $(CI); k++)
        for (int o = 0; o < $(b.width); o++) {
| if b.from + b.width > CO then
            if ($(b.from) + o >= $(CO)) { to[k * $(b.width) + o] = 0.0f; continue; }
| end
| local code, v = weight(s.kh(th), s.kw(tw), "k", ("(%d + o)"):format(b.from))
            $(code)
            to[k * $(b.width) + o] = $(v);
        }
    return;
}
| end
| end
| end
| end
