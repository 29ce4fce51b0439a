| -- dwtapstile.c: the register tile of dwtaps.c: rows x vectors sums over height x width positions of one image.
/* to[r * VECTORS + v] = (more ? what is there : 0) + sum over h and w of x[place[r] + h * x_row + w * x_step] * y[(h * width + w) * VECTORS + v] */
KERNEL $(name)(const float *x, const int *place, ptrdiff_t x_row, ptrdiff_t x_step, const float *y, int height, int width, float *to, int more)
{
| for r = 0, rows - 1 do
    const float *x$(r) = x + place[$(r)];
    vf $(list(vectors, function(v) return ("a%d_%d = {0}"):format(r, v) end));
| end
    if (more) {
| for r = 0, rows - 1 do
        $(list(vectors, function(v) return ("a%d_%d = v_load(to + %d * LANES);"):format(r, v, r * vectors + v) end, " "))
| end
    }
    for (int h = 0; h < height; h++) {
        for (ptrdiff_t w = 0; w < width * x_step; w += x_step, y += $(vectors) * LANES) {
| for v = 0, vectors - 1 do
            vf y$(v) = v_load(y + $(v) * LANES); KEEP(y$(v));
| end
| for r = 0, rows - 1 do
            { const vf b = v_all(x$(r)[w]); $(list(vectors, function(v) return ("a%d_%d += b * y%d"):format(r, v, v) end, "; ")); }
| end
        }
        $(list(rows, function(r) return ("x%d += x_row;"):format(r) end, " "))
    }
| for r = 0, rows - 1 do
    $(list(vectors, function(v) return ("v_store(to + %d * LANES, a%d_%d);"):format(r * vectors + v, r, v) end, " "))
| end
}
