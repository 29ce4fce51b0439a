/* Pictures: the bytes that a PNG decodes to. */
#include "test.h"
#include "../../runtime/image.h"
#include <math.h>
#include <png.h>

static uint8_t *decode(const char *path, int channels, int *h, int *w)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&image, path)) return NULL;
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    uint8_t *byte = malloc(PNG_IMAGE_SIZE(image));
    *h = (int)image.height, *w = (int)image.width;
    return png_image_finish_read(&image, NULL, byte, 0, NULL) ? byte : NULL;
}

int main(void)
{
    const int64_t shape[3] = {2, 3, 1}, rgb[3] = {2, 2, 3};
    float x[5 * 6];
    for (int i = 0; i < 30; i++) x[i] = (float)i / 29 * 2 - 1;
    x[0] = -7, x[1] = 7, x[2] = NAN;
    Picture p = picture_grid(x, 5, shape, -1, 1, 3);
    test("grid: its size", p.height == 2 * 2 + 2 && p.width == 3 * 3 + 2 * 2, "%dx%d", (int)p.height, (int)p.width);
    test("grid: clamped, and NaN is black", p.byte[0] == 0 && p.byte[1] == 255 && p.byte[2] == 0, "%d %d %d", p.byte[0], p.byte[1], p.byte[2]);
    test("grid: second image of the second row", p.byte[4 * p.width + 5] == (int)((x[24] + 1) / 2 * 255 + 0.5), "%d", p.byte[4 * p.width + 5]);
    test("grid: gaps and cells left over are black", p.byte[3] == 0 && p.byte[2 * p.width] == 0 && p.byte[4 * p.width + 12] == 0, "they are not");
    Error e = {""};
    Path file = path_of("%s/grid.png", test_folder());
    int h, w;
    test("png: written", !picture_write(&p, file.s, &e), "%s", e.text);
    uint8_t *back = decode(file.s, 1, &h, &w);
    test("png: decodes to the same bytes", back && h == p.height && w == p.width && !memcmp(back, p.byte, (size_t)(h * w)), "it does not");
    free(back);
    uint8_t color[12] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7};
    Picture c = picture_grid_bytes(color, 1, rgb, 1);
    test("png: RGB written", !picture_write(&c, file.s, &e), "%s", e.text);
    back = decode(file.s, 3, &h, &w);
    test("png: RGB decodes to the same bytes", back && h == 2 && w == 2 && !memcmp(back, color, 12), "it does not");
    free(back);
    Picture strip = {0};
    picture_append(&strip, &p);
    picture_append(&strip, &p);
    test("append: two rows and a gap", strip.height == 2 * p.height + 2 && !memcmp(strip.byte + (p.height + 2) * p.width, p.byte, (size_t)(p.height * p.width)), "they differ");
    test("columns: 64 are 8x8, 10 are 4 wide, 1 is 1", picture_columns(64) == 8 && picture_columns(10) == 4 && picture_columns(1) == 1, "not so");
    test("png: a folder that is not there", picture_write(&p, "/nowhere/x.png", &e), "written");
    test_text("png: a folder that is not there: message", e.text, "cannot write /nowhere/x.png: No such file or directory");
    picture_free(&p), picture_free(&c), picture_free(&strip);
    test_folder_end();
    return test_end();
}
