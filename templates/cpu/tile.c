| -- tile.c: the register tile of gather.c: rows x vectors sums in registers, one broadcast a row, one load a vector. A PairsTile
| -- takes bfloat16 numbers, and two elements of the sums at a time: they lie side by side, in k for each v.
| local pairs = type == "PairsTile"
| local number, vector, step = pairs and "uint16_t" or "float", pairs and "vp" or "vf", pairs and 2 or 1
| local load, broadcast = pairs and "p_load(%s)" or "v_load(%s)", pairs and "p_all(&%s)" or "v_all(%s)"
| local function add(r, v)
| local a = ("a%d_%d"):format(r, v)
| return pairs and ("%s = p_dot(%s, b, k%d)"):format(a, a, v) or ("%s += b * k%d"):format(a, v)
| end
/* to[r * to_row + v] = sum over `taps` tap rows and `run` elements of x[r * x_step + tap * x_row + i] * k[tap * k_row + i * width + v] */
KERNEL $(name)(const $(number) *x, ptrdiff_t x_step, ptrdiff_t x_row, const $(number) *k, ptrdiff_t k_row, int taps, int run, float *to, ptrdiff_t to_row)
{
| for r = 0, rows - 1 do
    vf $(list(vectors, function(v) return ("a%d_%d = {0}"):format(r, v) end));
| end
    for (int t = 0; t < taps; t++, x += x_row, k += k_row) {
        const $(number) *p = k;
        for (int i = 0; i < run; $(pairs and "i += 2" or "i++"), p += $(step * vectors) * LANES) {
| for v = 0, vectors - 1, max(1, 16 // lanes) do
            __builtin_prefetch(p + $(step * (ahead * vectors + v)) * LANES);    /* weights come from the L2 or L3 cache */
| end
| for v = 0, vectors - 1 do
            $(vector) k$(v) = $(load:format(("p + %d * LANES"):format(step * v))); KEEP(k$(v));
| end
| for r = 0, rows - 1 do
            { const $(vector) b = $(broadcast:format(("x[%d * x_step + i]"):format(r))); $(list(vectors, function(v) return add(r, v) end, "; ")); }
| end
        }
    }
| for r = 0, rows - 1 do
| for v = 0, vectors - 1 do
    v_store(to + $(r) * to_row + $(v) * LANES, a$(r)_$(v));
| end
| end
}
