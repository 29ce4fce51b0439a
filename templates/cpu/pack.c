| -- pack.c: brings the weights of a contraction into the order in which it reads them, so that they stream: for each sub-problem
| -- and block of outputs [tap row][tap column][input channel][outputs of the block]; outputs beyond the last are 0.
enum { IN = $(CI), OUT = $(CO), BLOCKS = $(blocks.count) };
static const struct { int taps_h, taps_w, weights, kh, kw; } sub[] = {
| for _, s in ipairs(subs) do
    {$(s.h.T), $(s.w.T), $(s.at), $(s.h.k(0)), $(s.w.k(0))},
| end
};
const int s = chunk / BLOCKS, b = chunk % BLOCKS, from = $(start(blocks, "b", lanes)), width = ($(length(blocks, "b"))) * LANES;
float *to = pack + sub[s].weights + from * sub[s].taps_h * sub[s].taps_w * IN;
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
| if OP > CO then
                if (from + o >= OUT) { to[k * width + o] = 0.0f; continue; }
| end
| local code, v = weight("kh", "kw", "k", "(from + o)")
                $(code)
                to[k * width + o] = $(v);
            }
    }
