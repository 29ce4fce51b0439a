| -- dwfinish.c: joins the units' weight gradients, in their order, and brings them from the order of the register tiles (dw.c) into
| -- that of the weights, [tap][input channel][output channel]. begin .. end-1: tiles, all of one block and then of the next.
enum { IN = $(I), OUT = $(O), TAPS = $(KH * KW), TILES = $(rows.count) };
for (int k = begin; k < end; k++) {
    const int b = k / TILES, t = k % TILES;
    const int o = $(start(blocks, "b", lanes)), width = ($(length(blocks, "b"))) * LANES, c = $(start(rows, "t", 1)), rows = $(length(rows, "t"));
    const int columns = min_int(width, OUT - o);
    const float *from = partial + TAPS * (IN * o + c * width);
    for (int tap = 0; tap < TAPS; tap++)
        for (int r = 0; r < rows; r++, from += width)
            for (int v = 0; v < columns; v++) {
                float a = from[v];
                for (int u = 1; u < $(chunks); u++) a += from[v + (size_t)u * $(weights)];
                $(out)[(tap * IN + c + r) * OUT + o + v] = a;
            }
}
