/* A folder of pictures: what is found in it, and that a batch is the same whatever decodes it, and when. */
#include "test.h"
#include "picture_files.h"
#include "runs.h"
#include "../../runtime/data.h"
#include "../../runtime/shuffle.h"
#include "../../runtime/decode.h"
#include "../../runtime/feed.h"
#include "../../runtime/image.h"
#include <sys/stat.h>

enum { H = FAKE_H, W = FAKE_W, PIXELS = H * W };

static Path at(const char *name) { return path_of("%s/%s", test_folder(), name); }
static void folder(const char *name) { mkdir(at(name).s, 0777); }

/* A gray picture that is `value` all over, of a size of its own. */
static void picture(const char *name, int value)
{
    int h = H + value % 3 * 7, w = W + value % 2 * 9;
    Picture p = {h, w, 1, malloc((size_t)(h * w))};
    Error e;
    memset(p.byte, value, (size_t)(h * w));
    if (picture_write(&p, at(name).s, &e)) printf("%s\n", e.text);
    picture_free(&p);
}

static void text_file(const char *name, const char *text)
{
    FILE *f = fopen(at(name).s, "wb");
    fputs(text, f);
    fclose(f);
}

static void cut(const char *name, long bytes)
{
    if (truncate(at(name).s, bytes)) perror(name);
}

static void refused(const char *name, const char *dir, const char *want)
{
    Folder f;
    Error e = {""};
    if (test(path_of("folder: %s", name).s, folder_open(&f, at(dir).s, &e), "it was opened")) test_text(path_of("folder: %s: message", name).s, e.text, want);
}

static void test_refused(void)
{
    Path d = at("none");
    refused("missing", "none", path_of("cannot read %s: No such file or directory", d.s).s);
    folder("none");
    refused("empty", "none", path_of("%s is empty: pictures are wanted in it, .png, .jpg or .jpeg", d.s).s);
    text_file("none/.hidden.png", "x");
    folder("none/inside");
    refused("only folders in it", "none", path_of("%s is empty: pictures are wanted in it, .png, .jpg or .jpeg", d.s).s);
    text_file("none/inside/b.txt", "x"), text_file("none/a.gif", "x");
    refused("no pictures", "none", path_of("%s holds no picture: none of its 2 files is named .png, .jpg or .jpeg (for instance %s/a.gif)", d.s, d.s).s);
    text_file("none/x.png", ""), text_file("none/y.jpg", "");
    refused("no whole picture", "none", path_of("%s holds no picture that can be read: 2 were skipped, for instance: %s/x.png is empty", d.s, d.s).s);
    text_file("file", "x");
    refused("a file", "file", path_of("%s is a file, and a folder of pictures is wanted", at("file").s).s);
}

static void link_to(const char *to, const char *name)
{
    if (symlink(to, at(name).s)) perror(name);
}

static void test_tree(void)
{
    Folder f;
    Error e = {""};
    folder("tree"), folder("tree/b class"), folder("tree/a"), folder("tree/a/deeper"), folder("tree/empty"), folder("tree/.git");
    picture("tree/b class/2.png", 2), picture("tree/b class/10.PNG", 10), picture("tree/a/deeper/x.png", 1), picture("tree/a/new\nline.png", 3);
    picture("tree/loose.png", 4), picture("tree/.git/no.png", 5);
    make_jpeg(at("tree/a/y.JPeG").s, 9, 9, 3, 0);
    text_file("tree/notes.txt", "x"), text_file("tree/a/bad\nname.jpg", "hello"), text_file("tree/png", "x");
    link_to("..", "tree/a/loop"), link_to("nowhere", "tree/a/dangling.png"), link_to("b class", "tree/c");
    if (!test("folder: opens", !folder_open(&f, at("tree").s, &e), "%s", e.text)) return;
    static const struct { const char *file; int class; } want[] = {
        {"a/deeper/x.png", 0}, {"a/new\nline.png", 0}, {"a/y.JPeG", 0}, {"b class/10.PNG", 1}, {"b class/2.png", 1}, {"c/10.PNG", 2}, {"c/2.png", 2}, {"loose.png", -1}};
    test("folder: finds all pictures", f.files == 8, "%d", (int)f.files);
    for (int i = 0; i < 8 && i < f.files; i++) {
        test_text(path_of("folder: picture %d, in the order of names", i).s, f.file[i] + strlen(at("tree/").s), want[i].file);
        test(path_of("folder: class of picture %d", i).s, f.label[i] == want[i].class, "%d", f.label[i]);
    }
    test("folder: three classes, none for folders without pictures", f.classes == 3 && !strcmp(f.name[0], "a") && !strcmp(f.name[1], "b class"), "%d", f.classes);
    test("folder: one in no class", f.loose == 1, "%d", (int)f.loose);
    test("folder: two other files", f.others == 2, "%d", (int)f.others);
    Path d = at("tree");
    char said[16384] = "";
    for (int64_t i = 0; i < f.skipped.count; i++) strcat(strcat(said, f.skipped.line[i]), "\n");
    test_text("folder: what is skipped", said, path_of("%s/a/bad\\x0aname.jpg is no PNG or JPEG: it starts with 68656c6c\n%s/a/dangling.png cannot be read: No such file or directory\n"
              "%s/a/loop is a link to a folder that it lies in\n", d.s, d.s, d.s).s);
    folder_free(&f);
}

/* ---- batches ---- */

/* A program with a source of pictures, and a variable for its labels if they are wanted. */
static BurinProgram program(const char *dir, int batch, bool labels, int classes)
{
    static BurinSource s;
    static BurinVar v;
    static Path path;
    path = at(dir);
    s = (BurinSource){.kind = "images", .images = path.s, .batch = batch, .shape = {H, W, 1}, .hi = 1, .where = "x.lua:3", .classes = classes};
    v = (BurinVar){.kind = BURIN_BATCH, .dtype = BURIN_U8, .source = 0, .field = 1};
    return (BurinProgram){.source = &s, .sources = 1, .var = &v, .vars = labels};
}

static void cannot(const char *name, BurinProgram p, const char *want)
{
    Data d;
    DataPlaces places = {0};
    Error e = {""};
    if (test(name, data_open(&d, &p, 0, &places, &e), "it was opened")) test_text(path_of("%s: message", name).s, e.text, want);
    else data_free(&d);
}

static void test_open(void)
{
    Path d = at("tree"), n = at("none2");
    cannot("pictures: missing", program("none2", 4, false, 0), path_of("x.lua:3: data.images: cannot read %s: No such file or directory", n.s).s);
    cannot("pictures: fewer than a batch", program("tree", 9, false, 0),
           path_of("x.lua:3: a batch of 9 is larger than the data: %s has 8 images; use a batch of at most that (--batch)", d.s).s);
    cannot("pictures: some in no class", program("tree", 2, true, 0),
           path_of("x.lua:3: the spec uses labels, and pictures lie in %s beside the folders of the classes: 1, for instance %s/loose.png", d.s, d.s).s);
    cannot("pictures: another number of classes", program("tree", 2, false, 10), path_of("x.lua:3: the spec says classes = 10, and %s has 3 folders with pictures in them", d.s).s);
    cannot("pictures: no classes", program("tree/b class", 2, true, 0),
           path_of("x.lua:3: the spec uses labels, and %s/b class has no folders in it: one for each class is wanted", d.s).s);
    DataPlaces places = {.data = test_folder()};
    BurinProgram p = program("", 2, false, 0);
    BurinSource s = *p.source;
    p.source = &s;
    s.images = "tree";
    Data data;
    Error e = {""};
    bool opened = test("pictures: in the folder of the data", !data_open(&data, &p, 0, &places, &e), "%s", e.text);
    if (opened) data_free(&data);
    setenv("HOME", test_folder(), 1);
    s.images = "~/tree";
    places.data = NULL;
    opened = test("pictures: in the home folder", !data_open(&data, &p, 0, &places, &e), "%s", e.text);
    if (opened) data_free(&data);
}

enum { MANY = 37, BATCH = 5, CLASSES = 4 };

/* Picture i is i all over, in class i % 4; 10, 11 and 36 are cut short: after 36, the last of its class, another class comes. */
static void make_many(const char *name)
{
    folder(name);
    for (int i = 0; i < MANY; i++) {
        folder(path_of("%s/class%d", name, i % CLASSES).s);
        Path p = path_of("%s/class%d/%02d.png", name, i % CLASSES, i);
        picture(p.s, i);
        if (i == 10 || i == 11 || i == 36) cut(p.s, 45);
    }
}

typedef struct { uint8_t image[BATCH * PIXELS], label[BATCH]; } Batch;

/* What must be in a batch: by the order of the files and of the epoch, without threads. */
static Batch expected(const Folder *f, uint64_t seed, int64_t epoch, int64_t index)
{
    Batch b;
    Error e;
    uint32_t order[MANY];
    data_shuffle(order, f->files, seed, epoch);
    for (int i = 0; i < BATCH; i++) {
        int64_t file = order[index * BATCH + i];
        while (decode(f->file[file], (int64_t[]){H, W, 1}, b.image + i * PIXELS, &e)) file = (file + 1) % f->files;
        b.label[i] = (uint8_t)f->label[file];
    }
    return b;
}

/* As a run asks, with a jump ahead, one back, another seed, and a batch of another size in between. */
static void same_batches(const char *name, int threads, const char *limit)
{
    static const struct { int seed, epoch, index; } ask[] = {{7, 0, 0}, {7, 0, 0}, {7, 0, 1}, {7, 0, 2}, {7, 0, 3}, {7, 0, 4}, {7, 0, 5}, {7, 0, 6}, {7, 1, 0},
        {7, 1, 1}, {7, 4, 3}, {7, 4, 4}, {7, 0, 1}, {8, 0, 1}, {8, 0, 2}, {7, 2, 6}, {7, 3, 0}};
    BurinProgram p = program("many", BATCH, true, CLASSES);
    DataPlaces places = {.threads = threads};
    Data d;
    Error e = {""};
    int wrong = 0, skipped = 0;
    limit ? setenv("BURIN_IMAGES", limit, 1) : unsetenv("BURIN_IMAGES");
    if (!test(path_of("pictures: %s: opens", name).s, !data_open(&d, &p, 0, &places, &e), "%s", e.text)) return;
    test(path_of("pictures: %s: %s", name, limit ? "all are not kept" : "all are kept").s, decoder_keeps(d.decoder) == !limit, "not so");
    for (size_t i = 0; i < sizeof ask / sizeof *ask; i++) {
        Batch got, want = expected(&d.folder, (uint64_t)ask[i].seed, ask[i].epoch, ask[i].index);
        uint8_t three[3 * PIXELS];
        wrong += data_batch(&d, (uint64_t)ask[i].seed, ask[i].epoch, ask[i].index, BATCH, got.image, NULL, &e);
        wrong += data_batch(&d, (uint64_t)ask[i].seed, ask[i].epoch, ask[i].index, BATCH, NULL, got.label, &e);
        wrong += memcmp(&got, &want, sizeof got) != 0;
        if (i % 4 != 3 || ask[i].index) continue;
        wrong += data_batch(&d, (uint64_t)ask[i].seed, ask[i].epoch, 0, 3, three, NULL, &e) || memcmp(three, want.image, sizeof three);
    }
    test(path_of("pictures: %s: the images and labels of each batch", name).s, wrong == 0, "%d batches have others", wrong);
    for (const char *line; (line = decoder_skipped(d.decoder));) skipped += strstr(line, ".png is cut short") != NULL;
    test(path_of("pictures: %s: three damaged files are named once", name).s, skipped == 3, "%d", skipped);
    data_free(&d);
}

static void test_batches(void)
{
    make_many("many");
    same_batches("one thread", 1, NULL);
    same_batches("two threads", 2, NULL);
    same_batches("seven threads", 7, NULL);
    same_batches("one thread, decoded each time", 1, "0");
    same_batches("five threads, decoded each time", 5, "0");
    unsetenv("BURIN_IMAGES");
    folder("ruins");
    for (int i = 0; i < 6; i++) {
        Path p = path_of("ruins/%d.png", i);
        picture(p.s, i);
        cut(p.s, 45);
    }
    BurinProgram p = program("ruins", 2, false, 0);
    DataPlaces places = {.threads = 1};
    Data d;
    Error e = {""};
    uint8_t image[2 * PIXELS];
    if (!test("pictures: all damaged: opens", !data_open(&d, &p, 0, &places, &e), "%s", e.text)) return;
    test("pictures: all damaged", data_batch(&d, 1, 0, 0, 2, image, NULL, &e), "a batch came");
    test("pictures: all damaged: message", !strncmp(e.text, "not one of the 6 pictures can be read, for instance: ", 53), "%s", e.text);
    data_free(&d);
}

/* ---- runs ---- */

/* The snapshot of a run, as text; its place is its name. */
static bool same_snapshot(const char *a, const char *b)
{
    char *x, *y;
    size_t n = 0, m = 0;
    Error e;
    return !file_read(path_of("%s/%s/snapshot_0006.safetensors", runs.s, a).s, &x, &n, &e) &&
           !file_read(path_of("%s/%s/snapshot_0006.safetensors", runs.s, b).s, &y, &m, &e) && n == m && !memcmp(x, y, n);
}

static void test_runs(void)
{
    runs_begin();
    BurinProgram *p = fake_program(0, 1, at("many").s);
    BurinSource s = *p->source;
    s.kind = "images", s.images = at("many").s;
    Path dir = at("many");
    s.images = dir.s;
    p->source = &s;
    test("run: all kept", run(p, "--epochs 6 --seed 3 --threads 2") == 0, "%s", err);
    test("run: says what it read", has(out, path_of("data     %s\n         37 pictures in 4 classes (class0, class1, class2, class3)\n         as images of 6x5x1, decoded ahead and kept (", dir.s).s), "%s", out);
    test("run: names a damaged file", has(out, "skipped  ") && has(out, "/class3/11.png is cut short\n"), "%s", out);
    test("run: counts them", has(out, "3 damaged files skipped, the next one in its place (log.txt names them)\n"), "%s", out);
    test("run: says how long it waited", has(out, "data     waited for pictures "), "%s", out);
    test("run: shows them", there("00000-fake/reals.png"), "no reals.png");
    setenv("BURIN_IMAGES", "0", 1);
    test("run: none kept, one thread", run(p, "--epochs 6 --seed 3 --threads 1") == 0 && has(out, ", decoded ahead ("), "%s%s", out, err);
    test("run: the same bits", same_snapshot("00000-fake", "00001-fake"), "they differ");
    test("run: stopped in an epoch", run(p, "--steps 13 --seed 3") == 0, "%s", err);
    unsetenv("BURIN_IMAGES");
    test("run: gone on with", run(p, path_of("--epochs 6 --resume %s/00002-fake", runs.s).s) == 0, "%s", err);
    test("run: the same bits after that", same_snapshot("00000-fake", "00002-fake"), "they differ");
    test("run: a dry run says it, too", run(p, "-n") == 0 && has(out, "37 pictures in 4 classes (") && has(out, "dry run  "), "%s", out);
}

int main(void)
{
    test_refused();
    test_tree();
    test_open();
    test_batches();
    test_runs();
    test_folder_end();
    return test_end();
}
