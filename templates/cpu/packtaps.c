| -- packtaps.c: the weights of scatter.c: for each block of columns [source channel][columns of the block]; a column is a tap and a
| -- channel of the result, in the order of the weights; columns beyond the last are 0.
(void)chunk;
| for _, group in ipairs(groups) do
for (int from = $(group.from); from < $(group.till); from += $(group.vectors) * LANES)
    for (int t = from; t < from + $(group.vectors) * LANES; t++)
        for (int o = 0; o < $(O); o++) {
            float *const to = pack + from * $(O) + o * $(group.vectors) * LANES + t - from;
| if columns > KH * KW * I then
            if (t >= $(KH * KW * I)) { *to = 0.0f; continue; }
| end
| local code, v = weight("t", "o")
            $(code)
            *to = $(v);
        }
| end
