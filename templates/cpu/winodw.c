| -- winodw.c: conv_dw of kernel 4 and stride 2 by Winograd's algorithm, which winograd.lua explains for one axis.
| --
| -- Each of the 3 x 3 types of items has a matrix product, summed over its items and the images: rows are the input's channels at the
| -- four pixels of a stride, columns the output's channels. A unit of work is some images, or some register tiles of rows of them.
| -- `count` images at a time are brought into the form in which they are read (x: the four pixels side by side as channels, padding
| -- as zeros). Then for each type its items are made, in panels as those of dw.c:
| --   x  [tile of rows][item][image][rows of the tile]
| --   y  [block of output channels][item][image][channels of the block]
| -- and multiplied. The sums are kept as they are,
| --   [type][block of output channels][tile of rows][rows of the tile][channels of the block]
| -- and winodwfinish.c joins those of all units and makes the gradients of them.
| local function items(a, of)
| return list(#a.items, function(k) local s = a.items[k + 1][of]; return ("{%d, %d}"):format(s[1], s[2] and s[2] - s[1] or 0) end)
| end
| local function firsts(a) return list(4, function(t) return a.first[t] end) end
| local function phases(within) return list(3, function(t) return ("{%d, %d}"):format(within[t][0], within[t][1]) end) end
| local t_first, t_last, r_first = parts > 1 and "t_first" or 0, parts > 1 and "t_last" or tiles, parts > 1 and "(r - r_first)" or "r"
enum { N = $(N), HEIGHT = $(h.positions), WIDTH = $(w.positions), C = $(C), IN = $(IN), IMAGE = $(x_image), OH = $(OH), OW = $(OW), OUT = $(O), OUTS = $(OP), COUNT = $(count), PRODUCT = $(product) };
/* Along an axis, S[q] are the pixels 2q - padding and 2q - padding + 1 of x, g0 and g1 the halves of the taps' gradients. Two
 * neighbours in y are a tile; a last one without a partner has the items S[0] y0 and S[1] y0.
 *     S  0     1     2         item 0:  (S[0] - S[1]) y0    g0 = item 0 + item 1, of all tiles
 *         \   / \   /               1:  S[1] (y0 + y1)      g1 = item 1 + item 2
 *     y     0     1                 2:  (S[2] - S[1]) y1                                                      */
/* What an item reads of x and of y, and how far from that the second is, if there is one; the first of each type */
static const struct { int at, next; } x_h[] = {$(items(h, "x"))};
static const struct { int at, next; } x_w[] = {$(items(w, "x"))};
static const struct { int at, next; } y_h[] = {$(items(h, "y"))};
static const struct { int at, next; } y_w[] = {$(items(w, "y"))};
static const int first_h[] = {$(firsts(h))}, first_w[] = {$(firsts(w))};
| if groups > 1 then
static const int lines_of[3][2] = {$(phases(lines))}, columns_of[3][2] = {$(phases(columns))};     /* items of a type that are not padding, at each pixel */
| end
$(tile.table)
const int unit = $(parts > 1 and "chunk / " .. parts or "chunk"), first = unit * $(images), last = min_int(N, first + $(images));
| if parts > 1 then
const int t_first = chunk % $(parts) * $(per_part), t_last = min_int($(tiles), t_first + $(per_part));    /* tiles of rows */
const int r_first = $(row("t_first")), r_last = t_last < $(tiles) ? $(row("t_last")) : IN;
| end
float *const source_x = tile, *const source_y = tile + $(y_at), *const x = tile + $(rows_at), *const y = tile + $(columns_at);
for (int n0 = first; n0 < last; n0 += COUNT) {
    const int count = min_int(COUNT, last - n0);
    for (int b = 0; b < count; b++) {
        const int n = n0 + b;
        (void)n;
        for (int i = 0; i < 2 * HEIGHT; i++)
            for (int j = 0; j < 2 * WIDTH; j++) {
                const int pixel = i % 2 * 2 + j % 2, h = i - $(PH), w = j - $(PW);
                float *const to = source_x + b * IMAGE + (i / 2 * WIDTH + j / 2) * IN + pixel * C;
                if (h < 0 || h >= $(H) || w < 0 || w >= $(W)) { memset(to, 0, C * sizeof *to); continue; }
                for (int c = $(parts > 1 and "max_int(0, r_first - pixel * C)" or 0); c < $(parts > 1 and "min_int(C, r_last - pixel * C)" or "C"); c++) {
| local code, v = x_value("n", "h", "w", "c")
                    $(code)
                    to[c] = $(v);
                }
            }
        for (int h = 0; h < OH; h++)
            for (int w = 0; w < OW; w++) {
                float *const to = source_y + ((b * OH + h) * OW + w) * OUTS;
                for (int c = 0; c < OUT; c++) {
| local code, v = y_value("n", "h", "w", "c")
                    $(code)
                    to[c] = $(v);
                }
| if OP > O then
                for (int c = OUT; c < OUTS; c++) to[c] = 0.0f;
| end
            }
    }
    for (int type = 0; type < 9; type++) {
        const int *const a = first_h + type / 3, *const b = first_w + type % 3;
        const int wide = b[1] - b[0], size = (a[1] - a[0]) * wide * count;
        for (int i = a[0], at = 0; i < a[1]; i++)
            for (int j = b[0]; j < b[1]; j++, at += count) {
                int down = x_h[i].next * WIDTH * IN, right = x_w[j].next * IN;
                for (int t = $(t_first); t < $(t_last); t++) {
                    const int r = $(row("t")), rows = $(size("t"));
                    const float *from = source_x + (x_h[i].at * WIDTH + x_w[j].at) * IN + r;
                    float *to = x + $(r_first) * size + $(parts > 1 and "(t - t_first)" or "t") * LANES + at * rows;
                    /* what a vector holds beyond a tile's rows is overwritten by the next image's, or is past the tile's end */
| local function each(sum)
| return ("for (int n = 0; n < count; n++, from += IMAGE, to += rows)\n"
|      .. "    for (int v = 0; v < %d; v += LANES) v_store(to + v, %s);"):format(most_rows, sum)
| end
                    if (down && right)
                        $(each("(v_load(from + v) - v_load(from + right + v)) - (v_load(from + down + v) - v_load(from + down + right + v))"))
                    else if (down || right)
                        $(each("v_load(from + v) - v_load(from + down + right + v)"))
                    else
                        $(each("v_load(from + v)"))
                }
                down = y_h[i].next * OW * OUTS, right = y_w[j].next * OUTS;
                for (int k = 0; k < $(blocks.count); k++) {
                    const int o = $(start(blocks, "k", lanes)), vectors = $(length(blocks, "k")), width = vectors * LANES;
                    const float *from = source_y + (y_h[i].at * OW + y_w[j].at) * OUTS + o;
                    float *to = y + o * size + at * width;
| local function each(body)
| return ("for (int n = 0; n < count; n++, from += OH * OW * OUTS, to += width)\n"
|      .. "    for (int v = 0; v < width; v += LANES) %s"):format(body)
| end
                    if (down && right)
                        $(each("v_store(to + v, (v_load(from + v) + v_load(from + right + v)) + (v_load(from + down + v) + v_load(from + down + right + v)));"))
                    else if (down || right)
                        $(each("v_store(to + v, v_load(from + v) + v_load(from + down + right + v));"))
                    else        /* kept in a register, or gcc would make a memcpy of each */
                        $(each("{ vf s = v_load(from + v); KEEP(s); v_store(to + v, s); }"))
                }
            }
        for (int k = 0; k < $(blocks.count); k++) {
            const int o = $(start(blocks, "k", lanes)), vectors = $(length(blocks, "k")), width = vectors * LANES;
            for (int t = $(t_first); t < $(t_last); t++) {
                const int r = $(row("t")), rows = $(size("t"));
| if groups > 1 then
                const int pixel = t / $(rows.count), lines = lines_of[type / 3][pixel / 2], columns = columns_of[type % 3][pixel % 2];
| else
                const int lines = a[1] - a[0], columns = wide;
| end
                $(tile.call("rows", "vectors"))(x + $(r_first) * size + $(parts > 1 and "(t - t_first)" or "t") * LANES, wide * count * rows, y + o * size, wide * count * width,
                    lines, columns * count, partial + ((ptrdiff_t)unit * 9 + type) * PRODUCT + IN * o + r * width, n0 > first);
            }
        }
    }
}
