| -- winopack.c: the weights of wino.c: of the taps' halves g0 and g1 along each axis, g0, g0 + g1 and g1: nine products' weights.
| -- For each [type of columns][type of lines][block of outputs][input channel][outputs of the block]; outputs beyond the last are 0.
enum { C = $(C), IN = $(IN), OUT = $(OUT), TYPE = $(IN * OP) };
const int from = $(start(blocks, "chunk", lanes)), width = ($(length(blocks, "chunk"))) * LANES;
float *const to = pack + from * IN;
| if dx then
for (int o = 0; o < width; o++) {
    const int s = from + o, kh = s / (2 * C), kw = s / C % 2, c = s % C;
    for (int k = 0; k < IN; k++) {
        float *const at = to + k * width + o;
| else
for (int s = 0; s < IN; s++) {
    const int kh = s / (2 * C), kw = s / C % 2, c = s % C;
    for (int o = 0; o < width; o++) {
        const int k = from + o;
        float *const at = to + s * width + o;
| end
| if OP > OUT then
        if (from + o >= OUT) {
            for (int t = 0; t < 9; t++) at[t * TYPE] = 0.0f;
            continue;
        }
| end
| local g = {}
| for y = 0, 1 do
| for x = 0, 1 do
| local code, v = weight("(kh + " .. 2 * y .. ")", "(kw + " .. 2 * x .. ")", "c", "k")
        $(code)
| g[#g + 1] = v
| end
| end
        const float both0 = $(g[1]) + $(g[3]), both1 = $(g[2]) + $(g[4]);
        at[0 * TYPE] = $(g[1]); at[1 * TYPE] = both0; at[2 * TYPE] = $(g[3]);
        at[3 * TYPE] = $(g[1]) + $(g[2]); at[4 * TYPE] = both0 + both1; at[5 * TYPE] = $(g[3]) + $(g[4]);
        at[6 * TYPE] = $(g[2]); at[7 * TYPE] = both1; at[8 * TYPE] = $(g[4]);
    }
}
