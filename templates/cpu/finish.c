| -- finish.c: joins the partial results of a kernel's chunks, in their order: `width` numbers for each chunk, of which
| -- `points` belong to each result.
for (int k = begin; k < end; k++) {
| for r = 1, #results do
    float a$(r) = partial[$(sum(r, "k"))];
| end
    for (int c = 1; c < $(chunks); c++) {
| for r = 1, #results do
        a$(r) = $(join(r, "a" .. r, ("partial[(size_t)c * %d + %s]"):format(width, sum(r, "k"))));
| end
    }
| for r, name in ipairs(results) do
    $(name)[k] = a$(r);
| end
}
