| -- gather.c: conv, conv_dx and matmul: each output is gathered from a window of the source, once.
| --
| -- conv_dx is stride x stride sub-problems, one for each position modulo the stride: each a convolution of stride 1 with the
| -- taps that land there, reversed. For one tap row the window is contiguous (tap columns x channels) in the source as in the
| -- packed weights. A register tile is some rows x some vectors of output channels, its rows
| --   images at one position: the taps that meet the source are the same for all, so nothing is multiplied by padding; or
| --   columns of one image, where images are few: the source has zeros at its sides, the weights are read once for all.
| -- A unit of work is some images, or some of their output channels. A panel of weights that fits the L2 cache serves all
| -- positions before the next one is read.
enum { HEIGHT = $(HEIGHT), WIDTH = $(WIDTH), WIDE = $(WIDE), IN = $(IN), OUT = $(CO), IMAGE = $(image), PANEL = $(panel_width) };
static const struct { int h, w, rows, columns, taps_h, taps_w, pad_h, pad_w, weights$(columns and ", tiles" or ""); } sub[] = {
| for _, s in ipairs(subs) do
    {$(s.ah), $(s.aw), $(s.h.J), $(s.w.J), $(s.h.T), $(s.w.T), $(s.h.P), $(s.w.P), $(s.at)$(columns and ", " .. s.tiles.count or "")},
| end
};
$(tile.table)
const int unit = $(parts > 1 and "chunk / " .. parts or "chunk"), first = $(parts > 1 and ("chunk %% %d * %d"):format(parts, part) or 0), last = $(parts > 1 and ("min_int(%d, first + %d)"):format(blocks.count, part) or blocks.count);    /* blocks */
| if reduces > 0 then
float *const sum = partial + (ptrdiff_t)unit * $(reduces * CO);
for (int o = $(start(blocks, "first", lanes)); o < min_int(OUT, $(start(blocks, "last", lanes))); o++) $(list(reduces, function(q) return ("sum[%d + o] = "):format(q * CO) end, ""))0.0f;
| end
float acc[$(most_rows) * PANEL] __attribute__((aligned(64)));
for (int group = unit * $(each); group < min_int($(rows.count), (unit + 1) * $(each)); group++) {
    const int n0 = $(start(rows, "group", 1));
| if not columns then
    const int images = $(length(rows, "group"));
| end
| if fill then
    $(number) *const source = $(pairs and "(uint16_t *)" or "")tile;     /* the images as the taps see them */
| if WIDE > WIDTH then
    memset(source, 0, IMAGE * sizeof *source);
| end
    for (int b = 0; b < $(columns and 1 or "images"); b++) {
        const int n = n0 + b;
        (void)n;
        for (int h = 0; h < HEIGHT; h++)
            for (int w = 0; w < WIDTH; w++)
                for (int c = 0; c < IN; c++) {
| local to = ("source[b * IMAGE + (h * WIDE + w + %d) * IN + c]"):format(LEFT)
| if IN > CI then
                    if (c == $(CI)) { $(to) = 0; continue; }
| end
| local code, v = source_value("n", "h", "w", "c")
                    $(code)
                    $(to) = $(store:format(v));
                }
    }
| else
    const float *const source = $(direct) + (ptrdiff_t)n0 * IMAGE;
| end
    for (int p = first; p < last; p += $(panel))
        for (int s = 0; s < $(#subs); s++)
            for (int j = 0; j < sub[s].rows; j++)
| if columns then
                for (int q = 0; q < sub[s].tiles; q++) {
                    const int i = (sub[s].columns / sub[s].tiles) * q + min_int(q, sub[s].columns % sub[s].tiles);
                    const int rows = sub[s].columns / sub[s].tiles + (q < sub[s].columns % sub[s].tiles);
                    const int u0 = 0, u1 = sub[s].taps_w, left = i * $(step_columns) - sub[s].pad_w + $(LEFT);
                    const int x_step = $(step_columns) * IN;
| else
                for (int i = 0; i < sub[s].columns; i++) {
                    const int rows = images, left = i * $(step_columns) - sub[s].pad_w;
                    const int u0 = max_int(0, -left), u1 = min_int(sub[s].taps_w, WIDTH - left);
                    const int x_step = IMAGE;
| end
                    const int top = j * $(step_rows) - sub[s].pad_h, t0 = max_int(0, -top), t1 = min_int(sub[s].taps_h, HEIGHT - top);
                    const int run = max_int(0, u1 - u0) * IN, taps = max_int(0, t1 - t0), each = sub[s].taps_h * sub[s].taps_w * IN;
                    const $(number) *const x = source + ((top + t0) * WIDE + left + u0) * IN;
                    const int from = $(start(blocks, "p", lanes)), end = min_int(last, p + $(panel));
                    const int till = min_int(OUT, $(start(blocks, "end", lanes)));
| local row = {n = "n0" .. (columns and "" or " + r"), h = ("j * %d + sub[s].h"):format(DSH), w = ("%s * %d + sub[s].w"):format(columns and "(i + r)" or "i", DSW)}
| local needs = reads(epilogue("n", "h", "w", "o", "a").code, "n")
| if #needs > 0 then
                    for (int r = 0; r < rows; r++) {        /* what the epilogue will read is on its way meanwhile */
                        const int n = $(row.n), h = $(row.h), w = $(row.w);
                        (void)h; (void)w;
                        for (int o = from; o < till; o += 64 / sizeof(float)) {
| for _, address in ipairs(needs) do
                            __builtin_prefetch($(address));
| end
                        }
                    }
| end
                    for (int k = p; k < end; k++) {
                        const int o = $(start(blocks, "k", lanes)), vectors = $(length(blocks, "k"));
                        const $(number) *const weights = $(pairs and "(const uint16_t *)" or "")pack + sub[s].weights + o * each + (t0 * sub[s].taps_w + u0) * IN * vectors * LANES;
                        $(tile.call("rows", "vectors"))(x, x_step, WIDE * IN, weights, sub[s].taps_w * IN * vectors * LANES, taps, run, acc + o - from, PANEL);
                    }
                    for (int r = 0; r < rows; r++) {
                        const int n = $(row.n), h = $(row.h), w = $(row.w);
                        (void)n; (void)h; (void)w;
                        for (int o = from; o < till; o++) {
                            const float a = acc[r * PANEL + o - from];
| local P = epilogue("n", "h", "w", "o", "a")
                            $(statements(P, CO, "o"))
                        }
                    }
                }
}
