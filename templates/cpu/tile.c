| -- tile.c: the register tile of gather.c: rows x vectors sums in registers, one broadcast a row, one load a vector.
/* to[r * to_row + v] = sum over `taps` tap rows and `run` elements of x[r * x_step + tap * x_row + i] * k[tap * k_row + i * width + v] */
KERNEL $(name)(const float *x, ptrdiff_t x_step, ptrdiff_t x_row, const float *k, ptrdiff_t k_row, int taps, int run, float *to, ptrdiff_t to_row)
{
| for r = 0, rows - 1 do
    vf $(list(vectors, function(v) return ("a%d_%d = {0}"):format(r, v) end));
| end
    for (int t = 0; t < taps; t++, x += x_row, k += k_row) {
        const float *p = k;
        for (int i = 0; i < run; i++, p += $(vectors) * LANES) {
| for v = 0, vectors - 1, max(1, 16 // lanes) do
            __builtin_prefetch(p + $((ahead or 20) * vectors + v) * LANES);    /* weights come from the L2 or L3 cache */
| end
| for v = 0, vectors - 1 do
            vf k$(v) = v_load(p + $(v) * LANES); KEEP(k$(v));
| end
| for r = 0, rows - 1 do
            { const vf b = v_all(x[$(r) * x_step + i]); $(list(vectors, function(v) return ("a%d_%d += b * k%d"):format(r, v, v) end, "; ")); }
| end
        }
    }
| for r = 0, rows - 1 do
| for v = 0, vectors - 1 do
    v_store(to + $(r) * to_row + $(v) * LANES, a$(r)_$(v));
| end
| end
}
