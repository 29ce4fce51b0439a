| -- dwtile.c: the register tile of dw.c: rows x vectors sums over `height` rows of `run` positions.
/* to[r * width + v] = (more ? what is there : 0) + sum over h and i of x[h * x_row + i * rows + r] * y[h * y_row + i * width + v] */
KERNEL $(name)(const float *x, ptrdiff_t x_row, const float *y, ptrdiff_t y_row, int height, int run, float *to, int more)
{
| for r = 0, rows - 1 do
    vf $(list(vectors, function(v) return ("a%d_%d = {0}"):format(r, v) end));
| end
    if (more) {
| for r = 0, rows - 1 do
        $(list(vectors, function(v) return ("a%d_%d = v_load(to + %d * LANES);"):format(r, v, r * vectors + v) end, " "))
| end
    }
    for (int h = 0; h < height; h++, x += x_row, y += y_row) {
        const float *p = x, *q = y;
        for (int i = 0; i < run; i++, p += $(rows), q += $(vectors) * LANES) {
| for v = 0, vectors - 1 do
            vf y$(v) = v_load(q + $(v) * LANES); KEEP(y$(v));
| end
| for r = 0, rows - 1 do
            { const vf b = v_all(p[$(r)]); $(list(vectors, function(v) return ("a%d_%d += b * y%d"):format(r, v, v) end, "; ")); }
| end
        }
    }
| for r = 0, rows - 1 do
    $(list(vectors, function(v) return ("v_store(to + %d * LANES, a%d_%d);"):format(r * vectors + v, r, v) end, " "))
| end
}
