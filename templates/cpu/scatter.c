| -- scatter.c: conv_dx to few channels. Every pixel of the source is multiplied by all taps at once (a matrix product whose
| -- columns are taps x channels, so that vectors are full), and the products are added where they land: the run of one tap row,
| -- taps x channels, is contiguous in the products as in the result. Pixels whose runs overlap are added in turns. This goes
| -- strip after strip of source rows, so that source and products stay in the L1 cache.
enum { N = $(N), HEIGHT = $(OH), STRIP = $(strip), WIDTH = $(OW), IN = $(O), OUT = $(I), RUN = $(KW * I), COLUMNS = $(columns), LINE = $(line) };
float *const source = tile, *const product = tile + $(product_at), *const sums = tile + $(sums_at);
| if reduces > 0 then
float *const sum = partial + (ptrdiff_t)chunk * $(reduces * I);
memset(sum, 0, $(reduces * I) * sizeof *sum);
| end
for (int n = chunk * $(images); n < min_int(N, (chunk + 1) * $(images)); n++) {
    memset(sums, 0, $(lines) * LINE * sizeof *sums);
    for (int top = 0; top < HEIGHT; top += STRIP) {
        for (int h = top; h < top + STRIP; h++)
            for (int w = 0; w < WIDTH; w++)
                for (int c = 0; c < IN; c++) {
| local code, v = source_value("n", "h", "w", "c")
                    $(code)
                    source[((h - top) * WIDTH + w) * IN + c] = $(v);
                }
| for _, b in ipairs(blocks) do
        for (int v = $(b.from); v < $(b.till); v += $(b.size)) {
| for _, r in ipairs(rows) do
            for (int p = $(r.from); p < $(r.till); p += $(r.size))
                $(tile(r.size, b.size))(source + p * IN, IN, 0, pack + v * LANES * IN, 0, 1, IN, product + p * COLUMNS + v * LANES, COLUMNS);
| end
        }
| end
        for (int turn = 0; turn < $(turns); turn++)
            for (int h = 0; h < STRIP; h++)
                for (int kh = 0; kh < $(KH); kh++) {
                    float *restrict const to = sums + ((top + h) * $(SH) + kh) * LINE;
                    const float *restrict const from = product + h * WIDTH * COLUMNS + kh * RUN;
                    for (int w = turn; w < WIDTH; w += $(turns))
                        for (int k = 0; k < RUN; k++) to[w * $(SW * I) + k] += from[w * COLUMNS + k];
                }
    }
    for (int h = 0; h < $(H); h++)
        for (int w = 0; w < $(W); w++)
            for (int c = 0; c < OUT; c++) {
                const float a = sums[(h + $(PH)) * LINE + (w + $(PW)) * OUT + c];
| local P = epilogue("n", "h", "w", "c", "a")
                $(statements(P, I, "c"))
            }
}
