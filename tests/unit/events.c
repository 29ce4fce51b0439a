/* Event files for TensorBoard: the records are read again, with a checksum computed another way. */
#include "test.h"
#include "../../runtime/events.h"
#include "../../runtime/file.h"
#include "../../runtime/image.h"
#include <math.h>

static uint32_t slow_crc(const unsigned char *x, size_t n)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < 8 * n; i++) {
        uint32_t bit = (crc ^ x[i / 8] >> i % 8) & 1;
        crc = crc >> 1 ^ (bit ? 0x82f63b78u : 0);
    }
    return ~crc;
}

static uint64_t little(const unsigned char *x, int n)
{
    uint64_t v = 0;
    while (n--) v = v << 8 | x[n];
    return v;
}

static bool sum_fits(const unsigned char *x, size_t n)
{
    uint32_t rotated = (uint32_t)little(x + n, 4) - 0xa282ead8u;
    return slow_crc(x, n) == (rotated << 15 | rotated >> 17);
}

/* The records of a file; -1 where a length or a checksum does not fit. */
static int read_records(const unsigned char *x, size_t size, const unsigned char **at, size_t *length, int room)
{
    int n = 0;
    while (size) {
        if (size < 16 || !sum_fits(x, 8)) return -1;
        size_t bytes = little(x, 8);
        if (bytes > size - 16 || !sum_fits(x + 12, bytes) || n == room) return -1;
        at[n] = x + 12, length[n++] = bytes;
        x += 16 + bytes, size -= 16 + bytes;
    }
    return n;
}

static bool holds(const unsigned char *x, size_t n, const void *what, size_t size) { return memmem(x, n, what, size) != NULL; }

int main(void)
{
    static const BurinOutput output[] = {{"loss_D", BURIN_LOSS, 0, {0}, 0, 0, 0}, {"D(x)", BURIN_REPORT, 0, {0}, 0, 0, 0}};
    BurinEntry step = {.output = output, .outputs = 2};
    Error e = {""};
    Events v, none = {0};
    uint8_t pixel[12] = {0};
    Picture p = {3, 4, 1, pixel};
    Path png = path_of("%s/a.png", test_folder());
    test("checksum: the known one", crc32c("123456789", 9) == 0xe3069283u, "%08x", crc32c("123456789", 9));
    events_step(&none, &step, (float[]){1, 2}, 2, 1);
    test("events: nothing where none are wanted", !events_flush(&none, &e) && !none.summed, "%s", e.text);
    if (!test("events: opened", !events_open(&v, test_folder(), 700, &e) && !picture_write(&p, png.s, &e), "%s", e.text)) return test_end();
    Path path = v.path;
    for (int i = 1; i <= 25; i++) events_step(&v, &step, (float[]){(float)i, 0.5f}, 2, 700 + i);
    events_picture(&v, "samples", png.s, 725);
    events_picture(&v, "none", "/nowhere.png", 725);
    test("events: closed", !events_close(&v, &e), "%s", e.text);

    char *bytes;
    size_t size, length[16];
    const unsigned char *at[16];
    if (!test("events: read", !file_read(path.s, &bytes, &size, &e), "%s", e.text)) return test_end();
    int n = read_records((unsigned char *)bytes, size, at, length, 16);
    if (!test("events: version, start, twice two means of ten steps, a picture; all checksums fit", n == 7, "%d records", n)) return test_end();
    test("events: the version", holds(at[0], length[0], "\x1a\x0d" "brain.Event:2", 15), "it is not in the first record");
    test("events: the start of a session at step 701", holds(at[1], length[1], "\x10\xbd\x05\x3a\x02\x08\x01", 7), "not so");
    float mean = 5.5f;
    char value[16] = "\x15";                        /* field 2, 4 bytes */
    memcpy(value + 1, &mean, 4);
    memcpy(value + 5, "\x0a\x06loss_D", 8);
    test("events: the mean of the first ten losses, at step 710", holds(at[2], length[2], value, 13) && holds(at[2], length[2], "\x10\xc6\x05", 3), "not so");
    test("events: the other report", holds(at[3], length[3], "\x0a\x04" "D(x)", 6), "not so");
    char *file;
    test("events: the picture, whole", !file_read(png.s, &file, &size, &e) && holds(at[6], length[6], file, size) &&
         holds(at[6], length[6], "\x08\x03\x10\x04\x18\x01\x22", 7), "not so");
    bytes[40] ^= 1;
    test("events: a bit that is wrong is noticed", read_records((unsigned char *)bytes, size, at, length, 16) < 0, "it was not");
    test("events: a folder that is not there", events_open(&v, "/nowhere", 0, &e) && strstr(e.text, "cannot write /nowhere/events.out.tfevents."), "%s", e.text);
    free(bytes), free(file);
    test_folder_end();
    return test_end();
}
