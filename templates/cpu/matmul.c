| -- matmul.c: batched matrix products, row by row; a product of two plain matrices goes through gather.c or dw.c.
for (int row = begin; row < end; row++) {
    const int z = row / $(M), m = row % $(M);
    (void)z; (void)m;
    float *const acc = tile;
    for (int n = 0; n < $(NN); n++) acc[n] = 0.0f;
    for (int k = 0; k < $(K); k++) {
| local code, a = a_value("z", "m", "k")
        $(code)
        for (int n = 0; n < $(NN); n++) {
| local code_b, b = b_value("z", "k", "n")
            $(code_b)
            acc[n] += $(a) * $(b);
        }
    }
    for (int n = 0; n < $(NN); n++) {
        const float a = acc[n];
| local P = epilogue("z", "m", "n", "a")
        $(statements(P))
    }
}
