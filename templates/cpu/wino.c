| -- wino.c: conv and conv_dx of kernel 4 and stride 2 by Winograd's algorithm, which winograd.lua explains for one axis.
| --
| -- A unit of work is some lots of images, or some of their output channels. The images of a lot are brought into the form in which
| -- they are read (conv: the four pixels of a stride side by side as channels, padding as zeros). Then for each of the 3 x 3 types of
| -- items: its rows are made, one for each tile and image, and multiplied by the type's weights in the register tiles of gather.c.
| -- Last each output is summed from its items. Both faces are this; conv_dx reads and writes what conv writes and reads, transposed.
| local sign = dx and "+" or "-"
| local function items(a)
| return list(#a.items, function(k) local s = dx and a.items[k + 1].y or a.items[k + 1].x; return ("{%d, %d}"):format(s[1], s[2] and s[2] - s[1] or 0) end)
| end
| local function firsts(a) return list(4, function(t) return a.first[t] end) end
| local function place(k)
| local t = k >= w.first[2] and 2 or k >= w.first[1] and 1 or 0
| return w.first[t] * #h.items + k - w.first[t], w.first[t + 1] - w.first[t]
| end
| local source_h, source_w = dx and OH or h.positions, dx and OW or w.positions
enum { HEIGHT = $(source_h), WIDTH = $(source_w), IN = $(IN), OUT = $(OUT), OUTS = $(OP), C = $(C), LINES = $(#h.items), TYPE = $(IN * OP) };
| if dx then
/* Along an axis, S[q] are the pixels 2q - padding and 2q - padding + 1 of the result, y the source, g0 and g1 the halves of the taps.
 * Two neighbours in the source are a tile; a last one without a partner has the items y0 g0 and y0 g1.
 *     y     0     1            item 0:  y0 g0                  S[0] = item 0 + item 2 of the tile before
 *         /   \ /   \               1:  (y0 + y1) (g0 + g1)    S[1] = item 1 - item 0 - item 2
 *     S  0     1     2              2:  y1 g1                                                                 */
| else
/* Along an axis, S[q] are the pixels 2q - padding and 2q - padding + 1 of the source, y the result, g0 and g1 the halves of the taps.
 * Two neighbours in the result are a tile; a last one without a partner has the items S[0] g0 and S[1] g1.
 *     S  0     1     2         item 0:  (S[0] - S[1]) g0    y0 = item 0 + item 1
 *         \   / \   /               1:  S[1] (g0 + g1)      y1 = item 1 + item 2
 *     y     0     1                 2:  (S[2] - S[1]) g1                                                      */
| end
/* What an item reads, and how far from that the second is, if there is one; the first of each type */
static const struct { int at, next; } item_h[] = {$(items(h))};
static const struct { int at, next; } item_w[] = {$(items(w))};
static const int first_h[] = {$(firsts(h))}, first_w[] = {$(firsts(w))};
static const struct { int row, rows, from, taps, run; } strip[] = {     /* rows of a product with the same channels: `taps` runs, 2 C apart */
| for t = 1, 9 do
    $(list(first_strip[t + 1] - first_strip[t], function(k) local s = strips[first_strip[t] + k + 1]; return ("{%d, %d, %d, %d, %d}"):format(s.row, s.rows, s.from, s.taps, s.run) end)),
| end
};
static const int first_strip[] = {$(table.concat(first_strip, ", "))};     /* by type, a line each */
/* What an output is the sum of: lines of items; columns of items: where they begin, and how far their lines are apart. Those that
 * are added come first, the others are taken away.                                                                  */
static const struct { int plus, terms, line[3]; } of_h[] = {
    $(list(#of_h, function(k) local t = of_h[k + 1]; return ("{%d, %d, {%s}}"):format(#t.plus, #t.list, table.concat(t.list, ", ")) end))
};
static const struct { int plus, terms; struct { int at, apart; } column[3]; } of_w[] = {
    $(list(#of_w, function(k) local t = of_w[k + 1]; return ("{%d, %d, {%s}}"):format(#t.plus, #t.list, list(#t.list, function(i) return ("{%d, %d}"):format(place(t.list[i + 1])) end)) end))
};
$(tile.table)
float *const rows_of = tile + $(u_at), *const products = tile + $(m_at);
const int unit = $(parts > 1 and "chunk / " .. parts or "chunk"), first = $(parts > 1 and ("chunk %% %d * %d"):format(parts, part) or 0), last = $(parts > 1 and ("min_int(%d, first + %d)"):format(blocks.count, part) or blocks.count);    /* blocks */
const int from = $(start(blocks, "first", lanes))$((not dx or parts > 1) and (", till = min_int(OUT, %s)"):format(start(blocks, "last", lanes)) or "");      /* channels */
| if reduces > 0 then
float *const sum = partial + (ptrdiff_t)chunk * $(reduces * channels);
memset(sum, 0, $(reduces * channels) * sizeof *sum);
| end
for (int lot = unit * $(each); lot < min_int($(lots.count), (unit + 1) * $(each)); lot++) {
    const int n0 = $(start(lots, "lot", 1)), images = $(length(lots, "lot"));
| if direct then
    const float *const source = $(direct) + (ptrdiff_t)n0 * HEIGHT * WIDTH * IN;
| else
    float *const source = tile;
    for (int b = 0; b < images; b++) {
        const int n = n0 + b;
        (void)n;
| if dx then
        for (int h = 0; h < HEIGHT; h++)
            for (int w = 0; w < WIDTH; w++) {
                float *const to = source + ((b * HEIGHT + h) * WIDTH + w) * IN;
                for (int c = 0; c < IN; c++) {
| else
        for (int y = 0; y < 2 * HEIGHT; y++)
            for (int x = 0; x < 2 * WIDTH; x++) {
                float *const to = source + ((b * HEIGHT + y / 2) * WIDTH + x / 2) * IN + (y % 2 * 2 + x % 2) * C;
                const int h = y - $(PH), w = x - $(PW);
                if (h < 0 || h >= $(H) || w < 0 || w >= $(W)) { memset(to, 0, C * sizeof *to); continue; }
                for (int c = 0; c < C; c++) {
| end
| local code, v = source_value("n", "h", "w", "c")
                    $(code)
                    to[c] = $(v);
                }
            }
    }
| end
    for (int t = 0; t < 9; t++) {
        const int *const a = first_h + t % 3, *const b = first_w + t / 3;
        float *to = rows_of;
        for (int i = a[0]; i < a[1]; i++)
            for (int j = b[0]; j < b[1]; j++)
                for (int n = 0; n < images; n++, to += IN) {
                    const float *const x = source + ((n * HEIGHT + item_h[i].at) * WIDTH + item_w[j].at) * IN;
                    const int down = item_h[i].next * WIDTH * IN, right = item_w[j].next * IN;
                    if (down && right) for (int c = 0; c < IN; c++) to[c] = (x[c] $(sign) x[right + c]) $(sign) (x[down + c] $(sign) x[down + right + c]);
                    else if (down || right) for (int c = 0; c < IN; c++) to[c] = x[c] $(sign) x[down + right + c];
                    else for (int c = 0; c < IN; c++) to[c] = x[c];
                }
        float *const product = products + (ptrdiff_t)(b[0] * LINES + a[0] * (b[1] - b[0])) * images * OUTS;
        for (int k = first; k < last; k++) {
            const int o = $(start(blocks, "k", lanes)), vectors = $(length(blocks, "k")), width = vectors * LANES;
            (void)width;
            const float *const weights = pack + t * TYPE + o * IN;
            for (int s = first_strip[t]; s < first_strip[t + 1]; s++) {
| if partial_strips then
                int needed = 0;
                for (int p = 0; p < strip[s].taps; p++) needed |= strip[s].from + p * 2 * C < o + width && strip[s].from + p * 2 * C + strip[s].run > o;
                if (!needed) continue;
| end
                const int rows = strip[s].rows * images, tiles = (rows + $(most_rows - 1)) / $(most_rows);
                for (int i = 0, row = strip[s].row * images; i < tiles; i++) {
                    const int r = rows / tiles + (i < rows % tiles);
| if dx then
                    $(tile.call("r", "vectors"))(rows_of + row * IN, IN, 0, weights, 0, 1, IN, product + row * OUTS + o, OUTS);
| else
                    $(tile.call("r", "vectors"))(rows_of + row * IN + strip[s].from, IN, 2 * C, weights + strip[s].from * width, 2 * C * width, strip[s].taps, strip[s].run,
                        product + row * OUTS + o, OUTS);
| end
                    row += r;
                }
            }
        }
    }
    for (int b = 0; b < images; b++) {
        const int n = n0 + b;
        (void)n;
        for (int y = 0; y < $(#of_h); y++)
            for (int x = 0; x < $(#of_w); x++) {
                const float *term[9];
                int plus = 0, minus = 9;
                for (int i = 0; i < of_h[y].terms; i++)
                    for (int j = 0; j < of_w[x].terms; j++) {
                        const float *const p = products + ((ptrdiff_t)(of_w[x].column[j].at + of_h[y].line[i] * of_w[x].column[j].apart) * images + b) * OUTS;
                        if ((i < of_h[y].plus) == (j < of_w[x].plus)) term[plus++] = p;
                        else term[--minus] = p;
                    }
| if dx then
                float acc[OUTS] __attribute__((aligned(64)));
                switch (plus * 10 + 9 - minus) {
| for _, s in ipairs(sums) do
                case $(s.plus * 10 + s.minus):
                    for (int o = from; o < $(start(blocks, "last", lanes)); o++) acc[o] = $(s.plus == 0 and "0.0f" or list(s.plus, function(k) return ("term[%d][o]"):format(k) end, " + "))$(list(s.minus, function(k) return (" - term[%d][o]"):format(8 - k) end, ""));
                    break;
| end
                }
                for (int phase = 0; phase < 4; phase++) {
                    const int h = 2 * y + phase / 2 - $(PH), w = 2 * x + phase % 2 - $(PW);
                    if (h < 0 || h >= $(H) || w < 0 || w >= $(W)) continue;
                    for (int c = $(parts > 1 and "max_int(0, from - phase * C)" or "0"); c < $(parts > 1 and "min_int(C, till - phase * C)" or "C"); c++) {
                        const float a = acc[phase * C + c];
| local P = epilogue("n", "h", "w", "c")
                        $(statements(P, channels, "c"))
                    }
                }
| else
                for (int o = from; o < till; o++) {
                    const float a = (term[0][o] + term[1][o]) + (term[2][o] + term[3][o]);
| local P = epilogue("n", "y", "x", "o")
                    $(statements(P, channels, "o"))
                }
| end
            }
    }
}
