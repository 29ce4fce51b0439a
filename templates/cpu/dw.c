| -- dw.c: conv_dw and the transposed matmul: weight gradients, summed over images and positions.
| --
| -- A unit of work is some images. x and y are brought, `count` images at a time, into panels:
| --   x  [tile of input channels][row][column mod stride][column / stride][image][channels of the tile]
| --   y  [block of output channels][row][column][image][channels of the block]
| -- so that for one tap both are read from start to end. A register tile sums over all positions at which the tap meets the
| -- input: nothing is multiplied by padding. The sums of a unit's images are its own; dwfinish.c joins them. Where images are
| -- few, units split the output channels too, or the tiles of input channels.
| --
| -- patch: few input channels would leave register tiles empty; then the taps of a position become its channels, and the sums
| -- are those of a kernel of one tap.
enum { N = $(N), H = $(H), W = $(W), IN = $(I), OH = $(OH), OW = $(OW), OUT = $(O), OUTS = $(OP), WIDE = $(wide), COUNT = $(count) };
const int first = chunk / $(groups) * $(images), last = min_int(N, first + $(images));
| if groups == 1 then
const int from = 0, till = OUTS, in_from = 0, in_till = IN;
| elseif by_rows then
const int t0 = chunk % $(groups) * $(group_rows), t1 = min_int(t0 + $(group_rows), $(tiles));      /* tiles of input channels */
const int from = 0, till = OUTS, in_from = t0 * $(low) + min_int(t0, $(tall)), in_till = t1 * $(low) + min_int(t1, $(tall));
| else
const int from = chunk % $(groups) * $(group_outs), till = min_int(OUTS, from + $(group_outs)), in_from = 0, in_till = IN;
| end
float *const sum = partial + (ptrdiff_t)(chunk / $(groups)) * $(KH * KW * I * OP);
float *const x = tile, *const y = tile + $(y_at);
| if patch then
float *const image = tile + $(image_at);        /* one image with room for the padding */
memset(image, 0, $(patch.size) * sizeof *image);
(void)in_till;
| end
for (int n0 = first; n0 < last; n0 += COUNT) {
    const int count = min_int(COUNT, last - n0);
    for (int b = 0; b < count; b++) {
        const int n = n0 + b;
        (void)n;
        float line[$(max(I, OP))] __attribute__((aligned(64)));
| if patch then
        for (int h = 0; h < $(patch.H); h++)
            for (int w = 0; w < $(patch.W); w++)
                for (int c = 0; c < $(patch.I); c++) {
| local code, v = x_value("n", "h", "w", "c")
                    $(code)
                    image[((h + $(patch.PH)) * $(patch.columns) + w + $(patch.PW)) * $(patch.I) + c] = $(v);
                }
| end
        for (int h = 0; h < H; h++)
            for (int w = 0; w < W; w++) {
                const int at = ((h * $(SW) + w % $(SW)) * $(wide // SW) + w / $(SW)) * count + b;
| if patch then
                for (int k = 0; k < $(patch.KH); k++)
                    memcpy(line + k * $(patch.run), image + ((h * $(patch.SH) + k) * $(patch.columns) + w * $(patch.SW)) * $(patch.I), $(patch.run) * sizeof *line);
| else
                for (int c = in_from; c < in_till; c++) {
| local code, v = x_value("n", "h", "w", "c")
                    $(code)
                    line[c] = $(v);
                }
| end
| for _, r in ipairs(rows) do
                for (int c = $(low_end(r)); c < $(high_end(r)); c += $(r.rows))
                    for (int r = 0; r < $(r.rows); r++) x[(c - in_from) * H * WIDE * count + at * $(r.rows) + r] = line[c + r];
| end
            }
        for (int h = 0; h < OH; h++)
            for (int w = 0; w < OW; w++) {
                const int at = (h * OW + w) * count + b;
                for (int c = 0; c < OUT; c++) {
| local code, v = y_value("n", "h", "w", "c")
                    $(code)
                    line[c] = $(v);
                }
| if OP > O then
                for (int c = OUT; c < OUTS; c++) line[c] = 0.0f;
| end
                for (int c = from; c < till; c += $(block)) {
                    const int width = min_int($(block), till - c);
                    memcpy(y + (c - from) * OH * OW * count + at * width, line + c, width * sizeof *line);
                }
            }
    }
    for (int o = from; o < till; o += $(block)) {
| for _, vectors in ipairs(widths) do
| for _, r in ipairs(rows) do
        $(vectors.condition)for (int c = $(low_end(r)); c < $(high_end(r)); c += $(r.rows))
            for (int kh = 0; kh < $(KH); kh++) {
                const int h0 = max_int(0, ($(PH) - kh + $(SH - 1)) / $(SH)), h1 = min_int(OH, $(H + PH) - kh > 0 ? ($(H + PH - 1) - kh) / $(SH) + 1 : 0);
                for (int kw = 0; kw < $(KW); kw++) {
                    const int w0 = max_int(0, ($(PW) - kw + $(SW - 1)) / $(SW)), w1 = min_int(OW, $(W + PW) - kw > 0 ? ($(W + PW - 1) - kw) / $(SW) + 1 : 0);
                    const int left = w0 * $(SW) + kw - $(PW), height = max_int(0, h1 - h0), run = max_int(0, w1 - w0) * count;
                    const int at = (((h0 * $(SH) + kh - $(PH)) * $(SW) + left % $(SW)) * $(wide // SW) + left / $(SW)) * count;
                    $(tile_name(r.rows, vectors.n))(x + (c - in_from) * H * WIDE * count + at * $(r.rows), $(SH) * WIDE * count * $(r.rows),
                        y + (o - from) * OH * OW * count + (h0 * OW + w0) * count * $(vectors.n) * LANES, OW * count * $(vectors.n) * LANES,
                        height, run, sum + ((kh * $(KW) + kw) * IN + c) * OUTS + o, OUTS, n0 > first);
                }
            }
| end
| end
    }
}
