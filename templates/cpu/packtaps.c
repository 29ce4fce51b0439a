| -- packtaps.c: the weights of scatter.c: for each block of columns [source channel][columns of the block]; a column is a tap and a
| -- channel of the result, in the order of the weights; columns beyond the last are 0.
(void)chunk;
| for _, b in ipairs(blocks) do
for (int from = $(b.from) * LANES; from < $(b.till) * LANES; from += $(b.size) * LANES)
    for (int t = from; t < from + $(b.size) * LANES; t++)
        for (int o = 0; o < $(O); o++) {
            float *const to = pack + from * $(O) + o * $(b.size) * LANES + t - from;
| if columns > KH * KW * I then
            if (t >= $(KH * KW * I)) { *to = 0.0f; continue; }
| end
| local code, v = weight("t", "o")
            $(code)
            *to = $(v);
        }
| end
