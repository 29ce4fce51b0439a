/* decode.c: PNG and JPEG files, by libpng and libjpeg, as images of one shape. Files come from anywhere: what is wrong with one is said,
 * and neither its header nor its body can make this crash, wait or take much memory.
 *
 * Which of the two a file is, its first bytes say, not its name. Both libraries report errors by a jump: all that must be freed
 * is in a Decoding.                                                                                                 */
#include "decode.h"
#include "resize.h"
#include <errno.h>
#include <stdio.h>          /* before jpeglib.h, which needs it */
#include <jpeglib.h>
#include <jerror.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_PIXELS = 1 << 27, HEAD = 24 };           /* phones take pictures of up to 10^8 */

typedef struct {
    jmp_buf jump;
    FILE *file;
    const int64_t *shape;
    Error *error;
    Resize resize;
    bool resizing;
    uint8_t *bytes;             /* a row, or, of an interlaced PNG, all */
    png_structp png;
    png_infop info;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr jpeg_error;
} Decoding;

static int check_size(int64_t height, int64_t width, Error *e)
{
    if (height < 1 || width < 1) return failed(e, "has no pixels");
    if (height > MAX_PIXELS / width) return failed(e, "is too large: %lldx%lld pixels, and at most %s are read", (long long)width, (long long)height, word_count(MAX_PIXELS).s);
    return 0;
}

static void begin_rows(Decoding *r, int64_t height, int64_t width)
{
    if (check_size(height, width, r->error)) longjmp(r->jump, 1);
    resize_start(&r->resize, height, width, r->shape);
    r->resizing = true;
}

/* ---- PNG ---- */

__attribute__((noreturn)) static void png_bad(png_structp png, png_const_charp message)
{
    Decoding *r = (Decoding *)png_get_error_ptr(png);
    if (feof(r->file)) error_set(r->error, "is cut short");
    else error_set(r->error, "is damaged: %s", message);
    longjmp(r->jump, 1);
}

static void png_odd(png_structp png, png_const_charp message) { (void)png, (void)message; }

/* Bytes in 1 to 4 channels, whatever the file has. */
static void png_plain(png_structp png)
{
    png_set_expand(png);                            /* palettes, fewer bits than 8, a transparent colour */
    png_set_scale_16(png);
    png_set_interlace_handling(png);
}

static void png_rows(Decoding *r)
{
    png_init_io(r->png, r->file);
    png_set_user_limits(r->png, MAX_PIXELS, MAX_PIXELS);
    png_read_info(r->png, r->info);
    int64_t height = png_get_image_height(r->png, r->info), width = png_get_image_width(r->png, r->info);
    bool interlaced = png_get_interlace_type(r->png, r->info) != PNG_INTERLACE_NONE;
    begin_rows(r, height, width);
    png_plain(r->png);
    png_read_update_info(r->png, r->info);
    size_t row = png_get_rowbytes(r->png, r->info);
    int channels = png_get_channels(r->png, r->info);
    r->bytes = array_of(uint8_t, row * (interlaced ? (size_t)height : 1));
    for (int pass = 0; interlaced && pass < 7; pass++)
        for (int64_t y = 0; y < height; y++) png_read_row(r->png, r->bytes + (size_t)y * row, NULL);
    for (int64_t y = 0; y < height; y++) {
        if (!interlaced) png_read_row(r->png, r->bytes, NULL);
        resize_row(&r->resize, interlaced ? r->bytes + (size_t)y * row : r->bytes, channels);
    }
    png_read_end(r->png, NULL);
}

static int read_png(Decoding *r)
{
    if (setjmp(r->jump)) return -1;
    r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, png_bad, png_odd);
    if (!r->png || !(r->info = png_create_info_struct(r->png))) return failed(r->error, "libpng does not start");
    png_rows(r);
    return 0;
}

/* ---- JPEG ---- */

__attribute__((noreturn)) static void jpeg_bad(j_common_ptr jpeg)
{
    Decoding *r = (Decoding *)jpeg->client_data;
    char message[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, message);
    error_set(r->error, "is damaged: %s", message);
    longjmp(r->jump, 1);
}

/* Warnings: where pixels are missing, libjpeg makes them up. */
static void jpeg_odd(j_common_ptr jpeg, int level)
{
    Decoding *r = (Decoding *)jpeg->client_data;
    int code = jpeg->err->msg_code;
    if (level >= 0 || code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM) return;
    if (code != JWRN_JPEG_EOF && code != JWRN_HIT_MARKER) jpeg_bad(jpeg);
    error_set(r->error, "is cut short");
    longjmp(r->jump, 1);
}

/* A photograph is decoded at a half, a quarter or an eighth of its size where twice the result's is left. */
static void jpeg_shrink(struct jpeg_decompress_struct *j, const int64_t shape[3])
{
    double scale = resize_scale(j->image_height, j->image_width, shape);
    j->scale_num = 1;
    j->scale_denom = scale >= 16 ? 8 : scale >= 8 ? 4 : scale >= 4 ? 2 : 1;
}

/* Of what is printed, in four inks: RGB in place. Adobe's programs write them upside down, and they write nearly all such files. */
static void from_inks(uint8_t *row, int64_t width, bool adobe)
{
    for (int64_t x = 0; x < width; x++)
        for (int c = 0; c < 3; c++) {
            int ink = row[4 * x + c], black = row[4 * x + 3];
            if (!adobe) ink = 255 - ink, black = 255 - black;
            row[3 * x + c] = (uint8_t)((ink * black + 127) / 255);
        }
}

static void jpeg_rows(Decoding *r)
{
    struct jpeg_decompress_struct *j = &r->jpeg;
    jpeg_stdio_src(j, r->file);
    jpeg_read_header(j, TRUE);
    if (check_size(j->image_height, j->image_width, r->error)) longjmp(r->jump, 1);
    bool inks = j->jpeg_color_space == JCS_CMYK || j->jpeg_color_space == JCS_YCCK;
    j->out_color_space = inks ? JCS_CMYK : r->shape[2] == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_shrink(j, r->shape);
    jpeg_start_decompress(j);
    begin_rows(r, j->output_height, j->output_width);
    r->bytes = array_of(uint8_t, (size_t)j->output_width * (size_t)j->output_components);
    while (j->output_scanline < j->output_height) {
        jpeg_read_scanlines(j, &r->bytes, 1);
        if (inks) from_inks(r->bytes, j->output_width, j->saw_Adobe_marker);
        resize_row(&r->resize, r->bytes, inks ? 3 : j->output_components);
    }
    jpeg_finish_decompress(j);
}

static int read_jpeg(Decoding *r)
{
    if (setjmp(r->jump)) return -1;
    r->jpeg.err = jpeg_std_error(&r->jpeg_error);
    r->jpeg_error.error_exit = jpeg_bad;
    r->jpeg_error.emit_message = jpeg_odd;
    r->jpeg.client_data = r;
    jpeg_create_decompress(&r->jpeg);
    jpeg_rows(r);
    return 0;
}

/* ---- files ---- */

static const uint8_t png_begin[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, jpeg_begin[] = {0xff, 0xd8, 0xff};

static bool starts(const uint8_t *head, const void *with, size_t n) { return !memcmp(head, with, n); }

/* A name for what is often called .jpg and is none. */
static const char *kind_of(const uint8_t *head)
{
    if (starts(head, "GIF8", 4)) return "a GIF";
    if (starts(head, "RIFF", 4) && starts(head + 8, "WEBP", 4)) return "a WebP";
    if (starts(head + 4, "ftypavif", 8)) return "an AVIF";
    if (starts(head + 4, "ftyphei", 7) || starts(head + 4, "ftypmif", 7)) return "a HEIC";
    if (starts(head, "BM", 2)) return "a BMP";
    if (starts(head, "II*", 4) || starts(head, "MM\0*", 4)) return "a TIFF";
    if (starts(head, "<", 1)) return "HTML or SVG";
    return NULL;
}

static int64_t big_endian(const uint8_t *p) { return (int64_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

static int check_head(const uint8_t *head, size_t n, Error *e)
{
    if (n == 0) return failed(e, "is empty");
    if (n >= sizeof jpeg_begin && starts(head, jpeg_begin, sizeof jpeg_begin)) return 0;
    if (n >= sizeof png_begin && starts(head, png_begin, sizeof png_begin))
        return n < HEAD ? failed(e, "is cut short") : check_size(big_endian(head + 20), big_endian(head + 16), e);
    if (kind_of(head)) return failed(e, "is no PNG or JPEG but %s", kind_of(head));
    return failed(e, "is no PNG or JPEG: it starts with %02x%02x%02x%02x", head[0], head[1], head[2], head[3]);
}

/* Opens a picture and looks at its beginning; NULL with a message. What is no file, a pipe say, could keep us waiting. */
static FILE *open_picture(const char *path, uint8_t head[HEAD], Error *e)
{
    struct stat s;
    FILE *f = NULL;
    memset(head, 0, HEAD);
    if (stat(path, &s) || (S_ISREG(s.st_mode) && !(f = fopen(path, "rb")))) {
        error_set(e, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    size_t n = f ? fread(head, 1, HEAD, f) : 0;
    int bad = !f ? failed(e, "is no regular file") : ferror(f) ? failed(e, "cannot be read: %s", strerror(errno)) : check_head(head, n, e);
    if (!bad) return rewind(f), f;
    if (f) fclose(f);
    return NULL;
}

int decode_probe(const char *path, Error *e)
{
    uint8_t head[HEAD];
    FILE *f = open_picture(path, head, e);
    if (f) fclose(f);
    return f ? 0 : -1;
}

int decode(const char *path, const int64_t shape[3], uint8_t *image, Error *e)
{
    uint8_t head[HEAD];
    FILE *f = open_picture(path, head, e);
    if (!f) return -1;
    Decoding *r = array_of(Decoding, 1);
    memset(r, 0, sizeof *r);
    r->file = f, r->shape = shape, r->error = e;
    int bad = starts(head, png_begin, sizeof png_begin) ? read_png(r) : read_jpeg(r);
    if (r->resizing) resize_end(&r->resize, bad ? NULL : image);
    if (r->png) png_destroy_read_struct(&r->png, &r->info, NULL);
    if (r->jpeg.err) jpeg_destroy_decompress(&r->jpeg);
    free(r->bytes);
    free(r);
    fclose(f);
    return bad;
}
