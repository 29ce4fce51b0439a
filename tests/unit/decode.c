/* Pictures of every kind as images of one shape: what is in them, and what is said of those that are damaged. */
#include "test.h"
#include "picture_files.h"
#include "../../runtime/decode.h"
#include "../../runtime/file.h"
#include "../../runtime/resize.h"
#include <math.h>
#include <sys/stat.h>

enum { ROOM = 64 * 64 * 3 };

static Path at(const char *name) { return path_of("%s/%s", test_folder(), name); }

/* ---- the size ---- */

/* Row by row from a whole image. */
static void resized(const uint8_t *from, int height, int width, int channels, const int64_t shape[3], uint8_t *to)
{
    Resize r;
    resize_start(&r, height, width, shape);
    for (int y = 0; y < height; y++) resize_row(&r, from + (size_t)(y * width * channels), channels);
    resize_end(&r, to);
}

/* The mean that a pixel of the result is, as resize.h defines it, in one sum over the image. */
static double mean_at(const uint8_t *from, int height, int width, const int64_t shape[3], int j, int i)
{
    double scale = fmin((double)height / (double)shape[0], (double)width / (double)shape[1]), reach = scale > 1 ? scale : 1, sum = 0, total = 0;
    double top = (height - scale * (double)shape[0]) / 2, left = (width - scale * (double)shape[1]) / 2;
    double cy = top + (j + 0.5) * scale, cx = left + (i + 0.5) * scale;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            if (y < floor(top) || x < floor(left) || y >= ceil(height - top) || x >= ceil(width - left)) continue;
            double w = fmax(0, 1 - fabs(y + 0.5 - cy) / reach) * fmax(0, 1 - fabs(x + 0.5 - cx) / reach);
            sum += w * from[y * width + x], total += w;
        }
    return sum / total;
}

static void test_resize(void)
{
    static const int size[][2] = {{8, 8}, {8, 20}, {31, 17}, {5, 3}, {1, 9}, {1, 1}, {100, 61}, {64, 64}};
    static uint8_t from[100 * 100], to[ROOM];
    const int64_t shape[2][3] = {{8, 8, 1}, {12, 7, 1}};
    for (int k = 0; k < 100 * 100; k++) from[k] = (uint8_t)(k * 2654435761u >> 24);
    for (int s = 0; s < 2; s++)
        for (int n = 0; n < 8; n++) {
            double worst = 0;
            resized(from, size[n][0], size[n][1], 1, shape[s], to);
            for (int j = 0; j < shape[s][0]; j++)
                for (int i = 0; i < shape[s][1]; i++)
                    worst = fmax(worst, fabs(to[j * shape[s][1] + i] - mean_at(from, size[n][0], size[n][1], shape[s], j, i)));
            test(path_of("resize: %dx%d to %dx%d is the mean that it should be", size[n][0], size[n][1], (int)shape[s][0], (int)shape[s][1]).s, worst < 0.502, "off by %g", worst);
        }
    resized(from, 8, 8, 1, shape[0], to);
    test("resize: what has the size already is not changed", !memcmp(from, to, 64), "it is");
    /* a row of 2 and 8 copies of 100 and 200, cut from 2x8 at its middle: columns 3 and 4 */
    uint8_t wide[16];
    for (int k = 0; k < 16; k++) wide[k] = k % 8 < 4 ? 100 : 200;
    resized(wide, 2, 8, 1, (int64_t[]){2, 2, 1}, to);
    test("resize: the middle is cut out", to[0] == 100 && to[1] == 200 && to[2] == 100 && to[3] == 200, "%d %d %d %d", to[0], to[1], to[2], to[3]);
    uint8_t gray[4] = {10, 20, 30, 40}, rgb[3] = {255, 0, 0}, clear[8] = {10, 20, 30, 0, 10, 20, 30, 255};
    resized(gray, 2, 2, 1, (int64_t[]){2, 2, 3}, to);
    test("resize: gray in three channels", to[0] == 10 && to[1] == 10 && to[2] == 10 && to[11] == 40, "others");
    resized(rgb, 1, 1, 3, (int64_t[]){1, 1, 1}, to);
    test("resize: red is as bright as BT.601 says", to[0] == 76, "%d", to[0]);
    resized(clear, 1, 2, 4, (int64_t[]){1, 2, 3}, to);
    test("resize: transparent is white, opaque is itself", to[0] == 255 && to[2] == 255 && to[3] == 10 && to[5] == 30, "%d %d %d %d", to[0], to[2], to[3], to[5]);
}

/* ---- the kinds ---- */

/* Greatest difference from the ramp, as gray or RGB. `alpha`: pixels are white by turns. */
static int off_ramp(const uint8_t *image, int height, int width, int channels, bool gray_file, bool alpha, int bits)
{
    int worst = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++) {
                int r[3], want;
                for (int k = 0; k < 3; k++) r[k] = ramp(y, x, gray_file ? 0 : k, height, width);
                want = channels == 3 ? r[c] : gray_file ? r[0] : (299 * r[0] + 587 * r[1] + 114 * r[2] + 500) / 1000;
                if (bits == 1) want = want >= 128 ? 255 : 0;
                if (alpha && (x + y) % 2 == 0) want = 255;
                int off = abs(image[(y * width + x) * channels + c] - want);
                if (off > worst) worst = off;
            }
    return worst;
}

static void good(const char *name, const char *file, int height, int width, bool gray_file, bool alpha, int bits, int most)
{
    static uint8_t image[ROOM];
    for (int channels = 1; channels <= 3; channels += 2) {
        Error e = {""};
        Path full = path_of("decode: %s as %d channel%s", name, channels, channels == 1 ? "" : "s");
        memset(image, 99, sizeof image);
        if (decode(at(file).s, (int64_t[]){height, width, channels}, image, &e)) test(full.s, false, "%s", e.text);
        else {
            int off = off_ramp(image, height, width, channels, gray_file, alpha, bits);
            test(full.s, off <= most, "off by %d", off);
        }
    }
}

static void test_kinds(void)
{
    static const struct { const char *name; int kind, bits; } png[] = {
        {"gray PNG", PNG_COLOR_TYPE_GRAY, 8}, {"16-bit gray PNG", PNG_COLOR_TYPE_GRAY, 16}, {"1-bit PNG", PNG_COLOR_TYPE_GRAY, 1},
        {"gray PNG with alpha", PNG_COLOR_TYPE_GRAY_ALPHA, 8}, {"RGB PNG", PNG_COLOR_TYPE_RGB, 8}, {"16-bit RGB PNG", PNG_COLOR_TYPE_RGB, 16},
        {"RGBA PNG", PNG_COLOR_TYPE_RGB_ALPHA, 8}, {"16-bit RGBA PNG", PNG_COLOR_TYPE_RGB_ALPHA, 16}, {"palette PNG", PNG_COLOR_TYPE_PALETTE, 8},
    };
    for (int i = 0; i < 9; i++) {
        bool gray = !(png[i].kind & PNG_COLOR_MASK_COLOR) || png[i].kind == PNG_COLOR_TYPE_PALETTE, alpha = png[i].kind & PNG_COLOR_MASK_ALPHA;
        for (int interlaced = 0; interlaced < 2; interlaced++) {
            make_png(at("x.png").s, 13, 22, png[i].kind, png[i].bits, interlaced);
            good(path_of("%s%s", png[i].name, interlaced ? ", interlaced" : "").s, "x.png", 13, 22, gray, alpha, png[i].bits, 0);
        }
    }
    for (int progressive = 0; progressive < 2; progressive++) {
        make_jpeg(at("gray.jpg").s, 24, 32, 1, progressive);
        good(progressive ? "gray JPEG, progressive" : "gray JPEG", "gray.jpg", 24, 32, true, false, 8, 3);
        make_jpeg(at("rgb.jpg").s, 24, 32, 3, progressive);
        good(progressive ? "RGB JPEG, progressive" : "RGB JPEG", "rgb.jpg", 24, 32, false, false, 8, 6);
    }
    make_jpeg(at("inks.jpg").s, 24, 32, 4, 0);
    good("JPEG of four inks", "inks.jpg", 24, 32, false, false, 8, 6);
    make_png(at("png.jpg").s, 13, 22, PNG_COLOR_TYPE_RGB, 8, 0);
    good("PNG that is named .jpg", "png.jpg", 13, 22, false, false, 8, 0);
    for (int k = 1; k <= 16; k *= 2) {             /* decoded whole, and at a half, a quarter and an eighth of the size */
        make_jpeg(at("large.jpg").s, 24 * k, 32 * k, 3, 0);
        good(path_of("JPEG %d times as large", k).s, "large.jpg", 24, 32, false, false, 8, 8);
    }
}

/* ---- what is damaged ---- */

static void bad(const char *name, const char *file, const char *want)
{
    static uint8_t image[ROOM];
    Error e = {""};
    memset(image, 99, sizeof image);
    int is_bad = decode(at(file).s, (int64_t[]){8, 8, 3}, image, &e);
    if (test(path_of("decode: %s", name).s, is_bad, "it was read")) test_text(path_of("decode: %s: message", name).s, e.text, want);
    int touched = 0;
    for (int i = 0; i < ROOM; i++) touched += image[i] != 99;
    test(path_of("decode: %s: leaves the image alone", name).s, touched == 0, "%d bytes", touched);
}

static void write_bytes(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(at(name).s, "wb");             /* not file_write(), which waits for the disk */
    fwrite(bytes, 1, n, f);
    fclose(f);
}

/* A copy of a file, cut after `part` of its bytes (or, above 1, so many), or with one of them changed. */
static void broken_copy(const char *from, const char *to, double part, long changed)
{
    char *bytes;
    size_t size;
    Error e;
    if (file_read(at(from).s, &bytes, &size, &e)) return;
    if (changed) bytes[changed < 0 ? (long)size + changed : changed] ^= 0x55;
    write_bytes(to, bytes, (size_t)(part > 1 ? part : (double)size * part));
    free(bytes);
}

static void test_bad(void)
{
    make_png(at("whole.png").s, 40, 40, PNG_COLOR_TYPE_RGB, 8, 0);
    make_jpeg(at("whole.jpg").s, 40, 40, 3, 0);
    broken_copy("whole.png", "cut.png", 0.5, 0);
    broken_copy("whole.jpg", "cut.jpg", 0.5, 0);
    broken_copy("whole.png", "head.png", 20, 0);
    broken_copy("whole.jpg", "head.jpg", 20, 0);
    broken_copy("whole.png", "crc.png", 1, -14);
    broken_copy("whole.png", "header.png", 1, 17);
    write_bytes("empty.png", "", 0);
    write_bytes("text.jpg", "hello, world, this is a text", 28);
    write_bytes("web.jpg", "RIFF\x10\0\0\0WEBPVP8 ..........", 26);
    write_bytes("page.png", "<!DOCTYPE html><html></html>", 28);
    bad("missing", "nowhere.png", "cannot be read: No such file or directory");
    bad("empty", "empty.png", "is empty");
    bad("PNG cut in its pixels", "cut.png", "is cut short");
    bad("JPEG cut in its pixels", "cut.jpg", "is cut short");
    bad("PNG cut in its header", "head.png", "is cut short");
    bad("JPEG cut in its header", "head.jpg", "is cut short");
    bad("text", "text.jpg", "is no PNG or JPEG: it starts with 68656c6c");
    bad("WebP", "web.jpg", "is no PNG or JPEG but a WebP");
    bad("HTML", "page.png", "is no PNG or JPEG but HTML or SVG");
    bad("PNG with a wrong checksum", "crc.png", "is damaged: IDAT: CRC error");
    mkdir(at("folder.png").s, 0777);
    bad("a folder", "folder.png", "is no regular file");
    mkfifo(at("pipe.png").s, 0666);
    bad("a pipe that nobody writes to", "pipe.png", "is no regular file");
    /* headers that promise 10^10 pixels */
    char *bytes;
    size_t size;
    Error e;
    file_read(at("whole.png").s, &bytes, &size, &e);
    memcpy(bytes + 16, "\0\1\x86\xa0\0\1\x86\xa0", 8);
    write_bytes("bomb.png", bytes, size);
    free(bytes);
    bad("a bomb", "bomb.png", "is too large: 100000x100000 pixels, and at most 134,217,728 are read");
    test("decode: a bomb is known by its header", decode_probe(at("bomb.png").s, &e), "it is not");
    make_jpeg(at("tall.jpg").s, 40, 40, 3, 0);
    file_read(at("tall.jpg").s, &bytes, &size, &e);
    for (size_t i = 0; i + 9 < size; i++)
        if ((uint8_t)bytes[i] == 0xff && (uint8_t)bytes[i + 1] == 0xc0) memcpy(bytes + i + 5, "\xff\xdc\xff\xdc", 4);
    write_bytes("tall.jpg", bytes, size);
    free(bytes);
    bad("a JPEG that promises too much", "tall.jpg", "is too large: 65500x65500 pixels, and at most 134,217,728 are read");
}

/* A byte changed anywhere: read or refused, never more than that. */
static void test_any_byte(void)
{
    static uint8_t image[ROOM];
    int read = 0, refused = 0;
    for (int kind = 0; kind < 2; kind++) {
        make_png(at("small.png").s, 9, 9, PNG_COLOR_TYPE_PALETTE, 8, 1);
        make_jpeg(at("small.jpg").s, 9, 9, 3, 1);
        struct stat s;
        const char *from = kind ? "small.jpg" : "small.png";
        stat(at(from).s, &s);
        for (long i = 1; i < s.st_size; i += 1) {
            Error e = {""};
            broken_copy(from, "any", i % 3 ? 1 : (double)i / (double)s.st_size, i);
            if (!decode(at("any").s, (int64_t[]){8, 8, 3}, image, &e)) read++;
            else if (*e.text) refused++;
        }
    }
    test("decode: any byte changed, any cut", read > 10 && refused > 300, "%d read, %d refused", read, refused);
}

int main(void)
{
    test_resize();
    test_kinds();
    test_bad();
    test_any_byte();
    test_folder_end();
    return test_end();
}
