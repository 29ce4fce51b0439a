| -- gather.c: conv, conv_dx and matmul: each output is gathered from a window of the source, once.
| --
| -- A register tile is some images at one output position x some vectors of output channels. At one position the taps that
| -- meet the source are the same for all images, so nothing is multiplied by padding. For one tap row the window is
| -- contiguous (tap columns x channels) in the source as in the packed weights. conv_dx is stride x stride sub-problems, one
| -- for each position modulo the stride: each a convolution of stride 1 with the taps that land there, reversed.
enum { N = $(N), HEIGHT = $(SH_), WIDTH = $(SW_), IN = $(CI), OUT = $(CO), IMAGE = $(image), PANEL = $(panel) };
const int n0 = chunk * $(images), images = min_int(N - n0, $(images));
| if fill then
float *const source = tile;     /* the chunk's images as the taps see them */
for (int b = 0; b < images; b++) {
    const int n = n0 + b;
    (void)n;
    for (int h = 0; h < HEIGHT; h++)
        for (int w = 0; w < WIDTH; w++)
            for (int c = 0; c < IN; c++) {
| local code, v = source_value("n", "h", "w", "c")
                $(code)
                source[b * IMAGE + (h * WIDTH + w) * IN + c] = $(v);
            }
}
| else
const float *const source = $(direct) + (ptrdiff_t)n0 * IMAGE;
| end
| if reduces > 0 then
float *const sum = partial + (ptrdiff_t)chunk * $(reduces * CO);
memset(sum, 0, $(reduces * CO) * sizeof *sum);
| end
float acc[$(images) * PANEL] __attribute__((aligned(64)));
static const struct { int h, w, rows, columns, taps_h, taps_w, pad_h, pad_w, weights; } sub[] = {
| for _, s in ipairs(subs) do
    {$(s.ah), $(s.aw), $(s.JH), $(s.JW), $(s.TH), $(s.TW), $(s.PH), $(s.PW), $(s.at)},
| end
};
for (int s = 0; s < $(#subs); s++)
    for (int j = 0; j < sub[s].rows; j++)
        for (int i = 0; i < sub[s].columns; i++) {
            const int top = j * $(STH) - sub[s].pad_h, left = i * $(STW) - sub[s].pad_w;
            const int t0 = max_int(0, -top), t1 = min_int(sub[s].taps_h, HEIGHT - top);
            const int u0 = max_int(0, -left), u1 = min_int(sub[s].taps_w, WIDTH - left);
            const int run = max_int(0, u1 - u0) * IN, taps = max_int(0, t1 - t0), block = sub[s].taps_h * sub[s].taps_w * IN;
            const int h = j * $(DSH) + sub[s].h, w = i * $(DSW) + sub[s].w;
            const float *const x = source + ((top + t0) * WIDTH + left + u0) * IN;
            (void)h; (void)w;
| for _, p in ipairs(panels) do
| for _, group in ipairs(p.groups) do
            for (int o = $(group.from); o < $(group.till); o += $(group.vectors) * LANES) {
                const float *const k = pack + sub[s].weights + o * block + (t0 * sub[s].taps_w + u0) * IN * $(group.vectors) * LANES;
                const int k_row = sub[s].taps_w * IN * $(group.vectors) * LANES;
| for _, r in ipairs(plans) do
                $(r.condition)for (int b = $(r.from); b < $(r.till); b += $(r.rows))
                    $(tile_name(r.rows, group.vectors))(x + b * IMAGE, IMAGE, WIDTH * IN, k, k_row, taps, run, acc + b * PANEL + o - $(p.from), PANEL);
| end
            }
| end
            for (int b = 0; b < images; b++) {
                const int n = n0 + b;
                (void)n;
                for (int o = $(p.from); o < $(p.till); o++) {
                    const float a = acc[b * PANEL + o - $(p.from)];
| local P = epilogue("n", "h", "w", "o", "a")
                    $(P.code)
| for _, st in ipairs(P.stores) do
                    $(st.to) = $(st.value);
| end
| for q, v in ipairs(P.reduces) do
                    sum[$((q - 1) * CO) + o] += $(v);
| end
                }
            }
| end
        }
