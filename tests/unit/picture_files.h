/* picture_files.h: PNG and JPEG files for tests, made with the libraries that read them. */
#ifndef TEST_PICTURE_FILES_H
#define TEST_PICTURE_FILES_H
#include <stdint.h>
#include <stdio.h>
#include <jpeglib.h>
#include <png.h>

/* A smooth picture: the value of channel c at (y, x) of an image so large. */
__attribute__((unused)) static uint8_t ramp(int y, int x, int c, int height, int width)
{
    return (uint8_t)((c == 0 ? 200 * x / width : c == 1 ? 200 * y / height : 60 + 100 * (x + y) / (width + height)) + 20);
}

/* kind: PNG_COLOR_TYPE_GRAY, _GRAY_ALPHA, _RGB, _RGB_ALPHA or _PALETTE (256 grays); bits 1 (gray only), 8 or 16; alpha is 255 or 0 by turns. */
__attribute__((unused)) static void make_png(const char *path, int height, int width, int kind, int bits, int interlaced)
{
    int channels = kind == PNG_COLOR_TYPE_RGB ? 3 : kind == PNG_COLOR_TYPE_RGB_ALPHA ? 4 : kind == PNG_COLOR_TYPE_GRAY_ALPHA ? 2 : 1;
    png_color palette[256];
    FILE *f = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, f);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, bits, kind, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
    for (int i = 0; i < 256; i++) palette[i] = (png_color){(png_byte)i, (png_byte)i, (png_byte)i};
    if (kind == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette, 256);
    png_write_info(png, info);
    uint8_t *row = malloc((size_t)width * 8);
    for (int pass = png_set_interlace_handling(png); pass > 0; pass--)
        for (int y = 0; y < height; y++) {
            memset(row, 0, (size_t)width * 8);
            for (int x = 0; x < width; x++)
                for (int c = 0; c < channels; c++) {
                    int v = channels % 2 == 0 && c == channels - 1 ? (x + y) % 2 * 255 : ramp(y, x, channels > 2 ? c : 0, height, width);
                    int at = x * channels + c;
                    if (bits == 1) row[x / 8] |= (uint8_t)((v >= 128) << (7 - x % 8));
                    else if (bits == 8) row[at] = (uint8_t)v;
                    else row[2 * at] = (uint8_t)v, row[2 * at + 1] = (uint8_t)v;
                }
            png_write_row(png, row);
        }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(row);
    fclose(f);
}

/* channels 1, 3 or 4 (inks, upside down as Adobe writes them) */
__attribute__((unused)) static void make_jpeg(const char *path, int height, int width, int channels, int progressive)
{
    struct jpeg_compress_struct j;
    struct jpeg_error_mgr error;
    FILE *f = fopen(path, "wb");
    j.err = jpeg_std_error(&error);
    jpeg_create_compress(&j);
    jpeg_stdio_dest(&j, f);
    j.image_width = (JDIMENSION)width, j.image_height = (JDIMENSION)height, j.input_components = channels;
    j.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&j);
    jpeg_set_quality(&j, 98, TRUE);
    if (progressive) jpeg_simple_progression(&j);
    if (channels == 4) j.write_Adobe_marker = TRUE;
    jpeg_start_compress(&j, TRUE);
    uint8_t *row = malloc((size_t)width * 4);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++) row[x * channels + c] = c == 3 ? 255 : ramp(y, x, c, height, width);
        jpeg_write_scanlines(&j, &(JSAMPROW){row}, 1);
    }
    jpeg_finish_compress(&j);
    jpeg_destroy_compress(&j);
    free(row);
    fclose(f);
}
#endif
