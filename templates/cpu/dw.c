| -- dw.c: conv_dw and the transposed matmul: weight gradients, summed over images and positions.
| --
| -- A unit of work is some images. x and y are brought, `count` images at a time, into panels:
| --   x  [tile of input channels][row][column mod stride][column / stride][image][channels of the tile]
| --   y  [block of output channels][row][column][image][channels of the block]
| -- so that for one tap both are read from start to end. A register tile sums over all positions at which the tap meets the
| -- input: nothing is multiplied by padding. Its sums are kept as they are,
| --   [block of output channels][tile of input channels][tap][channels of the tile][channels of the block]
| -- and dwfinish.c joins those of all units and brings them into the order of the weights. Where images are few, units split
| -- the output channels too, or the tiles of input channels.
enum { N = $(N), H = $(H), W = $(W), IN = $(I), OH = $(OH), OW = $(OW), OUT = $(O), OUTS = $(OP), WIDE = $(wide), COUNT = $(count), TAPS = $(KH * KW) };
$(tile.table)
const int unit = $(parts > 1 and "chunk / " .. parts or "chunk"), first = unit * $(images), last = min_int(N, first + $(images));
| local function range(split, count)
| if not split or parts == 1 then return 0, count end
| return ("chunk %% %d * %d"):format(parts, per_part), ("min_int(%d, chunk %% %d * %d + %d)"):format(count, parts, per_part, per_part)
| end
| local t_first, t_last = range(by_rows, rows.count)
| local b_first, b_last = range(not by_rows, blocks.count)
const int t_first = $(t_first), t_last = $(t_last);     /* tiles of input channels */
const int b_first = $(b_first), b_last = $(b_last);     /* blocks of output channels */
const int c_first = $(start(rows, "t_first", 1)), c_last = $(start(rows, "t_last", 1));
const int v_first = $(start(blocks, "b_first", 1)), v_last = $(start(blocks, "b_last", 1));     /* vectors of output channels */
float *const sum = partial + (ptrdiff_t)unit * $(weights);
float *const x = tile, *const y = tile + $(y_at);
float line[COUNT][$(max(I + lanes, OP))] __attribute__((aligned(64)));      /* one position of all images */
for (int n0 = first; n0 < last; n0 += COUNT) {
    const int count = min_int(COUNT, last - n0), x_size = H * WIDE * count, y_size = OH * OW * count;
    for (int h = 0, at = 0; h < H; h++)
        for (int phase = 0; phase < $(SW); phase++)
            for (int w = phase; w < WIDE; w += $(SW), at += count) {
| if wide > W then
                if (w >= W) continue;
| end
                for (int b = 0; b < count; b++) {
                    const int n = n0 + b;
                    (void)n;
                    for (int c = c_first; c < c_last; c++) {
| local code, v = x_value("n", "h", "w", "c")
                        $(code)
                        line[b][c] = $(v);
                    }
                }
                /* what a vector holds beyond a tile's rows is overwritten by the next image's, or is past the tile's end */
                float *to = x;
| for _, r in ipairs(rows) do
                for (int c = $(#rows == 1 and "c_first" or ("max_int(c_first, %d)"):format(r.from)); c < $(#rows == 1 and "c_last" or ("min_int(c_last, %d)"):format(r.till)); c += $(r.size), to += x_size * $(r.size) + LANES)
                    for (int b = 0; b < count; b++) {
| for v = 0, (r.size - 1) // lanes do
                        v_store(to + (at + b) * $(r.size) + $(v) * LANES, v_load(line[b] + c + $(v) * LANES));
| end
                    }
| end
            }
    for (int h = 0, at = 0; h < OH; h++)
        for (int w = 0; w < OW; w++)
            for (int b = 0; b < count; b++, at++) {
                const int n = n0 + b;
                (void)n;
                for (int c = 0; c < OUT; c++) {
| local code, v = y_value("n", "h", "w", "c")
                    $(code)
                    line[b][c] = $(v);
                }
| if OP > O then
                for (int c = OUT; c < OUTS; c++) line[b][c] = 0.0f;
| end
| for _, r in ipairs(blocks) do
                for (int v = $(#blocks == 1 and "v_first" or ("max_int(v_first, %d)"):format(r.from)); v < $(#blocks == 1 and "v_last" or ("min_int(v_last, %d)"):format(r.till)); v += $(r.size)) {
                    float *const to = y + (v - v_first) * LANES * y_size + at * $(r.size) * LANES;
| for k = 0, r.size - 1 do
                    v_store(to + $(k) * LANES, v_load(line[b] + (v + $(k)) * LANES));
| end
                }
| end
            }
    for (int k = b_first; k < b_last; k++) {
        const int o = $(start(blocks, "k", lanes)), vectors = $(length(blocks, "k")), width = vectors * LANES;
        for (int t = t_first; t < t_last; t++) {
            const int c = $(start(rows, "t", 1)), rows = $(length(rows, "t"));
            const float *const panel = x + (c - c_first) * x_size + (t - t_first) * LANES;
            float *to = sum + TAPS * (IN * o + c * width);
            for (int kh = 0; kh < $(KH); kh++) {
                const int h0 = max_int(0, ($(PH) - kh + $(SH - 1)) / $(SH)), h1 = min_int(OH, $(H + PH) - kh > 0 ? ($(H + PH - 1) - kh) / $(SH) + 1 : 0);
                for (int kw = 0; kw < $(KW); kw++, to += rows * width) {
                    const int w0 = max_int(0, ($(PW) - kw + $(SW - 1)) / $(SW)), w1 = min_int(OW, $(W + PW) - kw > 0 ? ($(W + PW - 1) - kw) / $(SW) + 1 : 0);
                    const int left = w0 * $(SW) + kw - $(PW), height = max_int(0, h1 - h0), run = max_int(0, w1 - w0) * count;
                    const int at = (((h0 * $(SH) + kh - $(PH)) * $(SW) + left % $(SW)) * $(wide // SW) + left / $(SW)) * count;
                    $(tile.call("rows", "vectors"))(panel + at * rows, $(SH) * WIDE * count * rows,
                        y + (o - v_first * LANES) * y_size + (h0 * OW + w0) * count * width, OW * count * width, height, run, to, n0 > first);
                }
            }
        }
    }
}
