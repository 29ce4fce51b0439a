| -- pack.c: brings the weights of a contraction into the order in which it reads them, so that they stream: for each sub-problem
| -- and block of outputs [tap row][tap column][input channel][outputs of the block]; outputs beyond the last are 0. For pairs of
| -- input channels [...][pair][outputs of the block][channel of the pair].
| local place = pairs and "(k / 2 * width + o) * 2 + k % 2" or "k * width + o"
enum { IN = $(IN), OUT = $(CO), BLOCKS = $(blocks.count) };
static const struct { int taps_h, taps_w, weights, kh, kw; } sub[] = {
| for _, s in ipairs(subs) do
    {$(s.h.T), $(s.w.T), $(s.at), $(s.h.k(0)), $(s.w.k(0))},
| end
};
const int s = chunk / BLOCKS, b = chunk % BLOCKS, from = $(start(blocks, "b", lanes)), width = ($(length(blocks, "b"))) * LANES;
$(number) *to = $(pairs and "(uint16_t *)" or "")pack + sub[s].weights + from * sub[s].taps_h * sub[s].taps_w * IN;
for (int th = 0; th < sub[s].taps_h; th++)
    for (int tw = 0; tw < sub[s].taps_w; tw++, to += IN * width) {
        const int kh = sub[s].kh + th * $(step_h), kw = sub[s].kw + tw * $(step_w);
        (void)kh; (void)kw;
| if transposed then
        for (int o = 0; o < width; o++)
            for (int k = 0; k < IN; k++) {
| else
        for (int k = 0; k < IN; k++)
            for (int o = 0; o < width; o++) {
| end
| if OP > CO or IN > CI then
                if (from + o >= OUT$(IN > CI and (" || k >= %d"):format(CI) or "")) { to[$(place)] = 0; continue; }
| end
| local code, v = weight("kh", "kw", "k", "(from + o)")
                $(code)
                to[$(place)] = $(store:format(v));
            }
    }
