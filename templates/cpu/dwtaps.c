| -- dwtaps.c: conv_dw with few input channels. The rows of a register tile are taps x channels: in an image with its padding
| -- each of them reads at a constant distance from the position. A unit of work is some images, one after the other; its sums
| -- lie as dw.c leaves them, for one tap whose channels are taps x channels.
enum { N = $(N), IN = $(I), OUT = $(O), OUTS = $(OP), OH = $(OH), OW = $(OW), WIDE = $(wide), CHANNELS = $(channels) };
static const int place[IN] = {$(table.concat(place, ", "))};
$(tile.table)
float *const sum = partial + (ptrdiff_t)chunk * $(weights), *const image = tile, *const y = tile + $(y_at);
const int first = chunk * $(images);
memset(image, 0, $(image) * sizeof *image);
for (int n = first; n < min_int(N, first + $(images)); n++) {
    for (int h = 0; h < $(H); h++)
        for (int w = 0; w < $(W); w++)
            for (int c = 0; c < CHANNELS; c++) {
| local code, v = x_value("n", "h", "w", "c")
                $(code)
                image[((h + $(PH)) * WIDE + w + $(PW)) * CHANNELS + c] = $(v);
            }
    for (int h = 0; h < OH; h++)
        for (int w = 0; w < OW; w++) {
            float line[OUTS] __attribute__((aligned(64)));
            for (int c = 0; c < OUT; c++) {
| local code, v = y_value("n", "h", "w", "c")
                $(code)
                line[c] = $(v);
            }
| if OP > O then
            for (int c = OUT; c < OUTS; c++) line[c] = 0.0f;
| end
| for _, b in ipairs(blocks) do
            for (int v = $(b.from); v < $(b.till); v += $(b.size))
                memcpy(y + v * OH * OW * LANES + (h * OW + w) * $(b.size) * LANES, line + v * LANES, $(b.size) * LANES * sizeof *line);
| end
        }
    for (int b = 0; b < $(blocks.count); b++) {
        const int o = $(start(blocks, "b", lanes)), width = ($(length(blocks, "b"))) * LANES;
        for (int t = 0; t < $(rows.count); t++) {
            const int c = $(start(rows, "t", 1));
            $(tile.call(length(rows, "t"), length(blocks, "b")))(image, place + c, $(SH) * WIDE * CHANNELS, $(SW) * CHANNELS,
                y + o * OH * OW, OH, OW, sum + IN * o + c * width, n > first);
        }
    }
}
