| -- dwfinish.c: joins the chunks' weight gradients, in their order: rows begin .. end-1 of KH * KW * I rows of O.
for (int k = begin; k < end; k++)
    for (int o = 0; o < $(O); o++) {
        float a = partial[k * $(OP) + o];
        for (int c = 1; c < $(chunks); c++) a += partial[(size_t)c * $(KH * KW * I * OP) + k * $(OP) + o];
        $(out)[k * $(O) + o] = a;
    }
