/* IDX files, good and bad, and the order of an epoch. Every message word for word. */
#include "test.h"
#include "../../runtime/data.h"
#include "../../runtime/shuffle.h"
#include "../../runtime/file.h"
#include <zlib.h>

static Path at(const char *name) { return path_of("%s/%s", test_folder(), name); }

/* An IDX file: magic's last two bytes, dimensions, and `bytes` of body (i % 251). */
static void idx(const char *name, int type, int rank, const int *size, int bytes, bool gz)
{
    unsigned char h[20] = {0, 0, (unsigned char)type, (unsigned char)rank};
    for (int i = 0; i < rank; i++) h[4 + 4 * i + 2] = (unsigned char)(size[i] >> 8), h[4 + 4 * i + 3] = (unsigned char)size[i];
    unsigned char *body = malloc((size_t)bytes + 1);
    for (int i = 0; i < bytes; i++) body[i] = (unsigned char)(i % 251);
    gzFile f = gzopen(at(name).s, gz ? "wb" : "wbT");
    gzwrite(f, h, (unsigned)(4 + 4 * rank));
    if (bytes) gzwrite(f, body, (unsigned)bytes);
    gzclose(f);
    free(body);
}

static void chop(const char *name, long bytes)
{
    if (truncate(at(name).s, bytes)) perror(name);
}

#define WANT(format, file) path_of(format, at(file).s).s

/* The same is said of a file that a thread has read. */
static void bad(const char *name, const char *file, const char *want)
{
    Idx x;
    Error e = {""};
    int failed_as_it_should = idx_read(&x, at(file).s, 0, &e);
    if (test(name, failed_as_it_should, "it was read")) test_text(path_of("%s: message", name).s, e.text, want);
    e.text[0] = 0;
    failed_as_it_should = ahead_read(ahead_start(at(file).s), &x, at(file).s, &e);
    if (test(path_of("%s, read ahead", name).s, failed_as_it_should, "it was read"))
        test_text(path_of("%s, read ahead: message", name).s, e.text, want);
}

static void test_idx(void)
{
    int shape[] = {5, 4, 3}, five[] = {5}, none[] = {0}, two[] = {2, 2}, huge[] = {65535, 65535, 65535, 65535};
    Idx x;
    Error e = {""};
    idx("plain", 8, 3, shape, 60, false);
    idx("zip.gz", 8, 3, shape, 60, true);
    test("idx: plain", !idx_read(&x, at("plain").s, 0, &e) && x.rank == 3 && x.size[0] == 5 && x.size[2] == 3 && x.byte[59] == 59, "%s", e.text);
    idx_free(&x);
    test("idx: gzip", !idx_read(&x, at("zip.gz").s, 0, &e) && x.size[1] == 4 && x.byte[59] == 59, "%s", e.text);
    idx_free(&x);
    test("idx: header only", !idx_read(&x, at("zip.gz").s, 1, &e) && x.size[1] == 4 && !x.byte, "%s", e.text);

    bad("idx: missing", "nowhere", WANT("cannot read %s: No such file or directory", "nowhere"));
    test("idx: a folder", idx_read(&x, test_folder(), 0, &e), "it was read");
    test_text("idx: a folder: message", e.text, path_of("cannot read %s: Is a directory", test_folder()).s);
    idx("short", 8, 3, shape, 59, false);
    bad("idx: a byte short", "short", WANT("%s is cut short: 75 bytes where its header promises 76; get it again (make data)", "short"));
    idx("head", 8, 3, shape, 0, false);
    chop("head", 10);
    bad("idx: header cut", "head", WANT("%s is cut short: 10 bytes where its header promises 16; get it again (make data)", "head"));
    idx("empty", 8, 3, shape, 0, false);
    chop("empty", 0);
    bad("idx: empty file", "empty", WANT("%s is cut short: 0 bytes where its header promises 4; get it again (make data)", "empty"));
    idx("long", 8, 3, shape, 61, false);
    bad("idx: a byte too many", "long", WANT("%s is damaged: bytes follow the 76 that its header promises", "long"));
    idx("float", 13, 3, shape, 60, false);
    bad("idx: not bytes", "float", WANT("%s is no IDX file of images or labels: it starts with 00000d03; 00000803 are images, 00000801 labels", "float"));
    idx("rank2", 8, 2, two, 4, false);
    bad("idx: rank 2", "rank2", WANT("%s is no IDX file of images or labels: it starts with 00000802; 00000803 are images, 00000801 labels", "rank2"));
    idx("none", 8, 1, none, 0, false);
    bad("idx: nothing in it", "none", WANT("%s is empty: dimension 0 is 0", "none"));
    idx("huge", 8, 4, huge, 10, false);
    bad("idx: a promise of exabytes", "huge", WANT("%s is damaged: its header promises more than a terabyte", "huge"));
    idx("cut.gz", 8, 3, shape, 60, true);
    chop("cut.gz", 40);
    bad("idx: gzip cut", "cut.gz", WANT("%s is cut short: the compressed data end too early; get it again (make data)", "cut.gz"));
    idx("labels", 8, 1, five, 5, false);

    idx("crc.gz", 8, 3, shape, 60, true);
    char *bytes;
    size_t size;
    file_read(at("crc.gz").s, &bytes, &size, &e);
    bytes[size - 6] ^= 1;
    file_write(at("crc.gz").s, bytes, size, &e);
    free(bytes);
    bad("idx: gzip damaged", "crc.gz", path_of("%s is damaged: %s: incorrect data check; get it again (make data)", at("crc.gz").s, at("crc.gz").s).s);
}

/* A program with one source, and a variable for its labels if they are wanted. */
static BurinProgram program(const char *images, const char *labels, int batch, int h, int w)
{
    static BurinSource s;
    static BurinVar v;
    static Path path[2];
    path[0] = at(images), path[1] = at(labels ? labels : "");
    s = (BurinSource){.kind = "idx", .images = path[0].s, .labels = labels ? path[1].s : NULL, .batch = batch, .shape = {h, w, 1}, .hi = 1, .where = "x.lua:3"};
    v = (BurinVar){.kind = BURIN_BATCH, .dtype = BURIN_U8, .source = 0, .field = 1};
    return (BurinProgram){.source = &s, .sources = 1, .var = &v, .vars = labels ? 1 : 0};
}

static void cannot(const char *name, BurinProgram p, const char *want)
{
    Data d;
    DataPlaces places = {0};
    Error e = {""};
    if (test(name, data_open(&d, &p, 0, &places, &e), "it was opened")) test_text(path_of("%s: message", name).s, e.text, want);
}

/* Opened twice: what was read ahead can be taken once, then the file is read. */
static void test_ahead(const BurinProgram *p)
{
    DataPlaces places = {0};
    Error e = {""};
    Data d;
    data_ahead(&places, p->source);
    test("data: reading starts ahead", places.ahead, "it does not");
    for (int i = 0; i < 2; i++) {
        if (!test(i ? "data: opens again" : "data: opens what was read ahead", !data_open(&d, p, 0, &places, &e), "%s", e.text)) return;
        test(i ? "data: again its images" : "data: its images", d.count == 5 && d.image_bytes == 12 && d.image[59] == 59, "they are not");
        data_free(&d);
    }
}

static void test_open(void)
{
    int four[] = {4};
    idx("labels4", 8, 1, four, 4, false);
    Path f = at("plain"), l = at("labels4");
    cannot("data: batch larger than the data", program("plain", NULL, 6, 4, 3),
           path_of("x.lua:3: a batch of 6 is larger than the data: %s has 5 images; use a batch of at most that (--batch)", f.s).s);
    cannot("data: another shape", program("plain", NULL, 2, 28, 28), path_of("x.lua:3: the spec takes images of 28x28x1, and %s has 4x3x1", f.s).s);
    cannot("data: labels in the place of images", program("labels", NULL, 2, 4, 3), path_of("%s holds labels (rank 1), and images are wanted", at("labels").s).s);
    cannot("data: images in the place of labels", program("plain", "plain", 2, 4, 3), path_of("%s holds images (rank 3), and labels are wanted", f.s).s);
    cannot("data: fewer labels than images", program("plain", "labels4", 2, 4, 3),
           path_of("%s has 4 labels, and %s has 5 images: they do not belong together", l.s, f.s).s);
    BurinProgram p = program("plain", "labels", 2, 4, 3);
    DataPlaces places = {0};
    Data d;
    Error e = {""};
    uint8_t image[24], label[2];
    if (!test("data: opens", !data_open(&d, &p, 0, &places, &e), "%s", e.text)) return;
    data_batch(&d, 7, 0, 1, 2, image, label, &e);
    bool right = true;
    for (int i = 0; i < 2; i++) right &= label[i] == d.order[2 + i] && image[12 * i] == 12 * label[i];
    test("data: images and labels of a batch belong together", right, "they do not");
    data_free(&d);
    test_ahead(&p);
    int64_t shape[3];
    test("data: describe", !data_describe(p.source, &places, shape, &e) && shape[0] == 4 && shape[1] == 3 && shape[2] == 1, "%s", e.text);
    BurinSource mnist = {.kind = "mnist", .batch = 1, .where = "x.lua:3"};
    DataPlaces here = {.data = test_folder()};
    test("data: describe knows MNIST without its files", !data_describe(&mnist, &here, shape, &e) && shape[0] == 28 && shape[1] == 28 && shape[2] == 1, "%s", e.text);
    p.source = &mnist;
    test("data: no MNIST in --data", data_open(&d, &p, 0, &here, &e), "it was found");
    test_text("data: no MNIST in --data: message", e.text,
              path_of("no MNIST in %s: looked for train-images-idx3-ubyte, plain or .gz, there and in mnist, MNIST/raw", test_folder()).s);
}

static void test_order(void)
{
    enum { N = 1000 };
    static uint32_t a[N], b[N];
    char seen[N] = {0};
    data_shuffle(a, N, 1, 0);
    int distinct = 0;
    for (int i = 0; i < N; i++) distinct += a[i] < N && !seen[a[i]]++;
    test("order: each image once", distinct == N, "%d of %d", distinct, N);
    data_shuffle(b, N, 1, 0);
    test("order: the same for the same seed and epoch", !memcmp(a, b, sizeof a), "another");
    data_shuffle(b, N, 1, 1);
    test("order: another in another epoch", memcmp(a, b, sizeof a), "the same");
    data_shuffle(b, N, 2, 0);
    test("order: another for another seed", memcmp(a, b, sizeof a), "the same");
    /* by an independent program, after philox.h's words */
    static const uint32_t first[12] = {11, 6, 7, 9, 10, 2, 0, 4, 8, 3, 5, 1}, eighth[12] = {9, 7, 0, 10, 8, 5, 1, 11, 6, 4, 2, 3};
    data_shuffle(b, 12, 1, 0);
    test("order: as it is defined, epoch 0", !memcmp(b, first, sizeof first), "another");
    data_shuffle(b, 12, 1, 7);
    test("order: as it is defined, epoch 7", !memcmp(b, eighth, sizeof eighth), "another");
    double moved = 0;
    for (int i = 0; i < N; i++) moved += a[i] > (uint32_t)i ? a[i] - (uint32_t)i : (uint32_t)i - a[i];
    test("order: images move by a third of the whole", moved / N > N / 3 - 40 && moved / N < N / 3 + 40, "by %g", moved / N);
}

int main(void)
{
    unsetenv("BURIN_DATA");
    test_idx();
    test_open();
    test_order();
    test_folder_end();
    return test_end();
}
