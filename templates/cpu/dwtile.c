| -- dwtile.c: the register tile of dw.c: rows x vectors sums over images, rows and columns of positions.
/* to[r * stride + v] = sum over n, h, w of x[n * xn + h * xh + w * xw + r] * y[n * yn + h * yh + w * yw + v] */
KERNEL $(name)(const float *x, ptrdiff_t xn, ptrdiff_t xh, ptrdiff_t xw, const float *y, ptrdiff_t yn, ptrdiff_t yh, ptrdiff_t yw, int images, int height, int width, float *to, ptrdiff_t stride)
{
| for r = 0, rows - 1 do
    vf $(list(vectors, function(v) return ("a%d%d = {0}"):format(r, v) end));
| end
    for (int n = 0; n < images; n++, x += xn, y += yn)
        for (int h = 0; h < height; h++) {
            const float *p = x + h * xh, *q = y + h * yh;
            for (int w = 0; w < width; w++, p += xw, q += yw) {
                const vf $(list(vectors, function(v) return ("y%d = v_load(q + %d * LANES)"):format(v, v) end));
| for r = 0, rows - 1 do
                { const vf b = v_all(p[$(r)]); $(list(vectors, function(v) return ("a%d%d += b * y%d"):format(r, v, v) end, "; ")); }
| end
            }
        }
| for r = 0, rows - 1 do
| for v = 0, vectors - 1 do
    v_store(to + $(r) * stride + $(v) * LANES, a$(r)$(v));
| end
| end
}
