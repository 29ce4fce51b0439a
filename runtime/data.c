/* data.c: images and labels: found, checked against the program, put in an order, handed out in batches. */
#include "data.h"
#include "cpu.h"
#include "file.h"
#include "shuffle.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const file_names[2][2] = {
    {"train-images-idx3-ubyte", "train-images.idx3-ubyte"},
    {"train-labels-idx1-ubyte", "train-labels.idx1-ubyte"},
};

/* The file of images (0) or labels (1) in a folder, plain or gzip. */
static int find_file(const char *folder, int labels, Path *found)
{
    for (int i = 0; i < 2; i++)
        for (int gz = 0; gz < 2; gz++) {
            *found = path_of("%s/%s%s", folder, file_names[labels][i], gz ? ".gz" : "");
            if (file_exists(found->s)) return 0;
        }
    return -1;
}

/* Looks in a folder and in the folders inside it where people keep such a set. */
static int find_in(const char *folder, int fashion, int labels, Path *found)
{
    static const char *const inside[2][4] = {
        {"", "/mnist", "/MNIST/raw", NULL},
        {"/fashion_mnist", "/fashion-mnist", "/FashionMNIST/raw", ""},
    };
    for (int i = 0; i < 4; i++)
        if (inside[fashion][i] && !find_file(path_of("%s%s", folder, inside[fashion][i]).s, labels, found)) return 0;
    return -1;
}

/* The usual places: beside the checkout, in its out/data, and where Debian's package puts Fashion-MNIST. */
static int find_usual(const char *home, int fashion, int labels, Path *found)
{
    const char *set = fashion ? "fashion_mnist" : "mnist";
    for (int i = 0; i < 2; i++) {
        const char *root = i ? "." : home;
        if (!root) continue;
        if (!find_file(path_of("%s/../shared/data/%s", root, set).s, labels, found)) return 0;
        if (!find_file(path_of("%s/out/data/%s", root, set).s, labels, found)) return 0;
    }
    return fashion ? find_file("/usr/share/datasets/fashion-mnist", labels, found) : -1;
}

bool data_is_folder(const BurinSource *s) { return !strcmp(s->kind, "images"); }

/* A folder as the spec names it, or in that of the data; ~ is the home of the user, where no shell has said so already. */
static Path find_folder(const char *dir, const char *data)
{
    const char *user = getenv("HOME");
    if (!strncmp(dir, "~/", 2) && user) return path_of("%s%s", user, dir + 1);
    if (data && *dir != '/' && !file_exists(dir)) return path_of("%s/%s", data, dir);
    return path_of("%s", dir);
}

/* Fills in the path of the images or labels of a source. */
static int find_source(const BurinSource *s, const DataPlaces *p, int labels, Path *found, char *note, size_t room, Error *e)
{
    int fashion = !strcmp(s->kind, "fashion_mnist");
    const char *data = p->data ? p->data : getenv("BURIN_DATA");
    if (data_is_folder(s)) {
        *found = find_folder(s->images, data);
        return 0;
    }
    if (!strcmp(s->kind, "idx")) {
        const char *path = labels ? s->labels : s->images;
        if (!path) return failed(e, "%s: data.idx: no %s are named, and the spec uses them", s->where, labels ? "labels" : "images");
        *found = data && *path != '/' && !file_exists(path) ? path_of("%s/%s", data, path) : path_of("%s", path);
        return 0;
    }
    if (data && *data) {
        if (!find_in(data, fashion, labels, found)) return 0;
        return failed(e, "no %s in %s: looked for %s, plain or .gz, there and in %s", fashion ? "Fashion-MNIST" : "MNIST", data,
                      file_names[labels][0], fashion ? "fashion_mnist, fashion-mnist, FashionMNIST/raw" : "mnist, MNIST/raw");
    }
    if (!find_usual(p->home, fashion, labels, found)) return 0;
    if (!fashion && !find_usual(p->home, 1, labels, found)) {
        if (note) snprintf(note, room, "MNIST is not here: using Fashion-MNIST in its place (the same format; make data gets MNIST where it can)");
        return 0;
    }
    return failed(e, "no %s here: run `make data`, or name its folder with --data DIR or BURIN_DATA (it holds %s, plain or .gz)",
                  fashion ? "Fashion-MNIST" : "MNIST", file_names[0][0]);
}

/* H, W, C of images with these dimensions */
static int image_shape(const Idx *x, const char *path, int64_t shape[3], Error *e)
{
    if (x->rank < 3) return failed(e, "%s holds labels (rank %d), and images are wanted", path, x->rank);
    shape[0] = x->size[1], shape[1] = x->size[2], shape[2] = x->rank == 4 ? x->size[3] : 1;
    return 0;
}

/* What the named sets look like is known without them: showing, emitting and sampling need no data. */
int data_describe(const BurinSource *s, const DataPlaces *p, int64_t shape[3], Error *e)
{
    Path path;
    Idx x;
    if (find_source(s, p, 0, &path, NULL, 0, e)) {
        shape[0] = shape[1] = 28, shape[2] = 1;
        return strcmp(s->kind, "idx") ? 0 : -1;
    }
    if (idx_read(&x, path.s, 1, e)) return -1;
    return image_shape(&x, path.s, shape, e);
}

int data_folder(Folder *f, Path *path, const BurinSource *s, const DataPlaces *p, Error *e)
{
    return find_source(s, p, 0, path, NULL, 0, e) || folder_open(f, path->s, e) ? -1 : 0;
}

static bool wants_labels(const BurinProgram *p, int index)
{
    for (int i = 0; i < p->vars; i++)
        if (p->var[i].kind == BURIN_BATCH && p->var[i].source == index && p->var[i].field == 1) return true;
    return false;
}

int data_size(const BurinProgram *p, int index, const DataPlaces *places, int64_t *images, size_t *bytes, Error *e)
{
    const BurinSource *s = &p->source[index];
    size_t image = (size_t)(s->shape[0] * s->shape[1] * s->shape[2]);
    Path path;
    Idx x;
    Folder f;
    if (data_is_folder(s)) {
        if (data_folder(&f, &path, s, places, e)) return -1;
        *images = f.files;
        *bytes = decoder_room(f.files, image, s->batch, NULL);
        folder_free(&f);
    } else {
        if (find_source(s, places, 0, &path, NULL, 0, e) || idx_read(&x, path.s, 1, e)) return -1;
        *images = x.size[0];
        *bytes = (size_t)x.size[0] * (image + wants_labels(p, index));
    }
    *bytes += (size_t)*images * sizeof(uint32_t) + (size_t)s->batch * image;       /* the order; feed.h */
    return 0;
}

void data_ahead(DataPlaces *p, const BurinSource *s)
{
    Path path;
    Error later;                                    /* data_open() will find the same fault */
    if (!p->ahead && !data_is_folder(s) && !find_source(s, p, 0, &path, NULL, 0, &later)) p->ahead = ahead_start(path.s);
}

static int check_count(const Data *d, const BurinSource *s, Error *e)
{
    if (d->count < s->batch)
        return failed(e, "%s: a batch of %s is larger than the data: %s has %s images; use a batch of at most that (--batch)", s->where,
                      word_count(s->batch).s, path_shown(d->images.s).s, word_count(d->count).s);
    return d->count > UINT32_MAX ? failed(e, "%s has more than 2^32 images", d->images.s) : 0;
}

static int read_images(Data *d, const BurinSource *s, Ahead *ahead, Error *e)
{
    Idx *x = &d->file[0];
    int64_t shape[3];
    if (ahead_read(ahead, x, d->images.s, e)) return -1;
    d->image = x->byte;
    d->count = x->size[0];
    if (image_shape(x, d->images.s, shape, e)) return -1;
    d->image_bytes = (size_t)(shape[0] * shape[1] * shape[2]);
    if (memcmp(shape, s->shape, sizeof shape))
        return failed(e, "%s: the spec takes images of %lldx%lldx%lld, and %s has %lldx%lldx%lld", s->where, (long long)s->shape[0],
                      (long long)s->shape[1], (long long)s->shape[2], d->images.s, (long long)shape[0], (long long)shape[1], (long long)shape[2]);
    return check_count(d, s, e);
}

static int read_labels(Data *d, Error *e)
{
    Idx *x = &d->file[1];
    if (idx_read(x, d->labels.s, 0, e)) return -1;
    d->label = x->byte;
    if (x->rank != 1) return failed(e, "%s holds images (rank %d), and labels are wanted", d->labels.s, x->rank);
    if (x->size[0] != d->count)
        return failed(e, "%s has %s labels, and %s has %s images: they do not belong together", d->labels.s, word_count(x->size[0]).s,
                      d->images.s, word_count(d->count).s);
    return 0;
}

bool data_labelled(Data *d)
{
    Error none;
    if (d->decoder) return d->folder.classes > 1 && d->folder.classes <= 256 && !d->folder.loose;
    if (!d->label && !find_file(path_folder(d->images.s).s, 1, &d->labels) && read_labels(d, &none)) d->label = NULL;
    return d->label != NULL;
}

/* What the spec wants of labels, a folder's classes must give. */
static int check_classes(const Folder *f, const BurinSource *s, const char *dir, bool labels, Error *e)
{
    if (s->classes && s->classes != f->classes)
        return failed(e, "%s: the spec says classes = %d, and %s has %d folders with pictures in them", s->where, s->classes, dir, f->classes);
    if (!labels) return 0;
    if (!f->classes) return failed(e, "%s: the spec uses labels, and %s has no folders in it: one for each class is wanted", s->where, dir);
    if (f->classes > 256) return failed(e, "%s: %s has %d classes, and at most 256 can be labels", s->where, dir, f->classes);
    if (f->loose)
        for (int64_t i = 0; i < f->files; i++)
            if (f->label[i] < 0)
                return failed(e, "%s: the spec uses labels, and pictures lie in %s beside the folders of the classes: %s, for instance %s", s->where, dir,
                              word_count(f->loose).s, path_shown(f->file[i]).s);
    return 0;
}

static int open_pictures(Data *d, const BurinSource *s, bool labels, int threads, Error *e)
{
    Cpu cpu;
    Error why;
    Path dir = path_shown(d->images.s);
    if (folder_open(&d->folder, d->images.s, &why)) return failed(e, "%s: data.images: %s", s->where, why.text);
    d->count = d->folder.files;
    d->image_bytes = (size_t)(s->shape[0] * s->shape[1] * s->shape[2]);
    if (check_classes(&d->folder, s, dir.s, labels, e) || check_count(d, s, e)) return -1;
    if (!threads) cpu_read(&cpu), threads = cpu.cores;
    d->decoder = decoder_open(&d->folder, s->shape, s->batch, threads);
    return 0;
}

static int open_files(Data *d, const BurinSource *s, bool labels, const DataPlaces *places, Error *e)
{
    if (read_images(d, s, places->ahead, e)) return -1;
    if (labels && (find_source(s, places, 1, &d->labels, NULL, 0, e) || read_labels(d, e))) return -1;
    d->order = array_of(uint32_t, d->count);
    return 0;
}

int data_open(Data *d, const BurinProgram *p, int index, const DataPlaces *places, Error *e)
{
    const BurinSource *s = &p->source[index];
    bool labels = wants_labels(p, index);
    memset(d, 0, sizeof *d);
    d->epoch = -1;
    int bad = find_source(s, places, 0, &d->images, d->note, sizeof d->note, e) ||
              (data_is_folder(s) ? open_pictures(d, s, labels, places->threads, e) : open_files(d, s, labels, places, e));
    if (bad) data_free(d);
    return bad ? -1 : 0;
}

void data_free(Data *d)
{
    if (d->decoder) decoder_close(d->decoder);
    folder_free(&d->folder);
    for (int i = 0; i < 2; i++) idx_free(&d->file[i]);
    free(d->order);
    d->decoder = NULL;
    d->image = d->label = NULL;
    d->order = NULL;
}

const uint32_t *data_rows(Data *d, uint64_t seed, int64_t epoch, int64_t index, int batch)
{
    if (d->epoch != epoch) data_shuffle(d->order, d->count, seed, epoch), d->epoch = epoch;
    return d->order + index * batch;
}

int data_batch(Data *d, uint64_t seed, int64_t epoch, int64_t index, int batch, uint8_t *images, uint8_t *labels, Error *e)
{
    if (d->decoder) return decoder_batch(d->decoder, seed, epoch, index, batch, images, labels, e);
    const uint32_t *row = data_rows(d, seed, epoch, index, batch);
    for (int i = 0; i < batch; i++) {
        if (images) memcpy(images + (size_t)i * d->image_bytes, d->image + (size_t)row[i] * d->image_bytes, d->image_bytes);
        if (labels) labels[i] = d->label[row[i]];
    }
    return 0;
}
