| -- winodwfinish.c: joins the units' products (winodw.c), in their order, and makes the weight gradients of them: a tap's is the sum of
| -- two along each axis. begin .. end-1: tiles, all of one block and then of the next.
enum { C = $(C), IN = $(IN), OUT = $(O), TILES = $(tiles), PRODUCT = $(product), MOST = $(most_rows * most_vectors * lanes) };
float m[9][MOST] __attribute__((aligned(64)));
for (int k = begin; k < end; k++) {
    const int b = k / TILES, t = k % TILES, first = $(row("t")), rows = $(size("t"));
    const int o = $(start(blocks, "b", lanes)), width = ($(length(blocks, "b"))) * LANES, columns = min_int(width, OUT - o);
    const float *const from = partial + IN * o + first * width;
    for (int type = 0; type < 9; type++)
        for (int i = 0; i < rows * width; i++) {
            float a = from[type * PRODUCT + i];
            for (int u = 1; u < $(chunks); u++) a += from[((ptrdiff_t)u * 9 + type) * PRODUCT + i];
            m[type][i] = a;
        }
    for (int r = 0; r < rows; r++)
        for (int kh = 0; kh < 2; kh++)
            for (int kw = 0; kw < 2; kw++) {
                const int pixel = (first + r) / C, c = (first + r) % C;
                const float *const p = m[kh * 3 + kw] + r * width;
                float *const to = $(out) + (((2 * kh + pixel / 2) * 4 + 2 * kw + pixel % 2) * C + c) * OUT + o;
                for (int v = 0; v < columns; v++) to[v] = (p[v] + p[MOST + v]) + (p[3 * MOST + v] + p[4 * MOST + v]);
            }
}
