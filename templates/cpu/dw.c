| -- dw.c: conv_dw and the transposed matmul: weight gradients, summed over images and positions.
| --
| -- A register tile is ROWS input channels x V vectors of output channels of one tap; it runs over all images of the chunk and
| -- over the positions at which the tap meets the input. The chunk's sums go to memory of its own; finish.c joins them.
const int n0 = chunk * $(images), images = min_int($(N) - n0, $(images));
float *const sum = partial + (size_t)chunk * $(KH * KW * I * OP);
| if fill_x then
float *const x = tile;
for (int b = 0; b < images; b++) {
    const int n = n0 + b;
    for (int h = 0; h < $(H); h++)
        for (int w = 0; w < $(W); w++)
            for (int c = 0; c < $(I); c++) {
| local code, v = x_value("n", "h", "w", "c")
                $(code)
                x[((b * $(H) + h) * $(W) + w) * $(I) + c] = $(v);
            }
}
| else
const float *const x = $(direct_x) + (size_t)n0 * $(H * W * I);
| end
| if fill_y then
float *const y = tile + $(y_at);
for (int b = 0; b < images; b++) {
    const int n = n0 + b;
    for (int h = 0; h < $(OH); h++)
        for (int w = 0; w < $(OW); w++) {
            float *const to = y + ((b * $(OH) + h) * $(OW) + w) * $(OP);
            for (int c = 0; c < $(O); c++) {
| local code, v = y_value("n", "h", "w", "c")
                $(code)
                to[c] = $(v);
            }
| if OP > O then
            for (int c = $(O); c < $(OP); c++) to[c] = 0.0f;
| end
        }
}
| else
const float *const y = $(direct_y) + (size_t)n0 * $(OH * OW * OP);
| end
for (int kh = 0; kh < $(KH); kh++) {
    const int h0 = $(PH) > kh ? ($(PH) - kh + $(SH - 1)) / $(SH) : 0, h1 = min_int($(OH), $(H + PH) - kh > 0 ? ($(H + PH - 1) - kh) / $(SH) + 1 : 0);
    for (int kw = 0; kw < $(KW); kw++) {
        const int w0 = $(PW) > kw ? ($(PW) - kw + $(SW - 1)) / $(SW) : 0, w1 = min_int($(OW), $(W + PW) - kw > 0 ? ($(W + PW - 1) - kw) / $(SW) + 1 : 0);
        const float *const xk = x + ((h0 * $(SH) + kh - $(PH)) * $(W) + w0 * $(SW) + kw - $(PW)) * $(I);
        const float *const yk = y + (h0 * $(OW) + w0) * $(OP);
        float *const to = sum + (kh * $(KW) + kw) * $(I * OP);
| for _, b in ipairs(blocks) do
| for _, r in ipairs(row_steps) do
        $(r.loop)
            $(tile_name(r.rows, b.vectors))(xk + i, $(H * W * I), $(SH * W * I), $(SW * I), yk + $(b.from), $(OH * OW * OP), $(OW * OP), $(OP), images, h1 - h0, w1 - w0, to + i * $(OP) + $(b.from), $(OP));
| end
| end
    }
}
