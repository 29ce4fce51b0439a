/* A generator saved by PyTorch, sampled by burin: the images that PyTorch drew of it (tests/model/torch_checkpoint.py made dcgan_images.txt).
 *
 * The file is made here, by the script's formula, with the keys and the order of torch's state_dict: no data are stored but the result. */
#include "test.h"
#include "../../runtime/file.h"
#include <math.h>
#include <stdint.h>

enum { COUNT = 2, SIZE = 28 };

static const struct { const char *name, *shape; int count; double mean, scale; } tensor[] = {
    {"0.weight", "100,128,4,4", 204800, 0, 0.25},
    {"1.weight", "128", 128, 1, 0.5}, {"1.bias", "128", 128, 0, 0.5}, {"1.running_mean", "128", 128, 0, 0.5}, {"1.running_var", "128", 128, 1, 1}, {"1.num_batches_tracked", "", 1, 0, 0},
    {"3.weight", "128,64,3,3", 73728, 0, 0.25},
    {"4.weight", "64", 64, 1, 0.5}, {"4.bias", "64", 64, 0, 0.5}, {"4.running_mean", "64", 64, 0, 0.5}, {"4.running_var", "64", 64, 1, 1}, {"4.num_batches_tracked", "", 1, 0, 0},
    {"6.weight", "64,32,4,4", 32768, 0, 0.25},
    {"7.weight", "32", 32, 1, 0.5}, {"7.bias", "32", 32, 0, 0.5}, {"7.running_mean", "32", 32, 0, 0.5}, {"7.running_var", "32", 32, 1, 1}, {"7.num_batches_tracked", "", 1, 0, 0},
    {"9.weight", "32,1,4,4", 512, 0, 0.25},
};
enum { TENSORS = sizeof tensor / sizeof *tensor };

static double by_formula(int k, int i)
{
    uint32_t h = (uint32_t)i * 2654435761u + (uint32_t)(k * 40503 + 12345);
    h = (h ^ h >> 15) * 0x2C1B3C6Du;
    return tensor[k].mean + tensor[k].scale * (((h ^ h >> 12) >> 8) / 16777216.0 - 0.5);
}

/* Without tensor `without`; -1: with all. */
static void write_file(const char *path, int without)
{
    char *head = NULL;
    size_t size, at = 0;
    FILE *h = open_memstream(&head, &size), *f = fopen(path, "wb");
    for (int k = 0; k < TENSORS; k++) {
        bool counter = !*tensor[k].shape;
        size_t bytes = (size_t)tensor[k].count * (counter ? 8 : 4);
        if (k == without) continue;
        fprintf(h, "%c\"generator.%s\": {\"dtype\": \"%s\", \"shape\": [%s], \"data_offsets\": [%zu, %zu]}", at ? ',' : '{', tensor[k].name, counter ? "I64" : "F32",
                tensor[k].shape, at, at + bytes);
        at += bytes;
    }
    fputc('}', h);
    fclose(h);
    for (int i = 0; i < 8; i++) fputc((int)(size >> 8 * i & 255), f);
    fwrite(head, 1, size, f);
    for (int k = 0; k < TENSORS; k++)
        for (int i = 0; i < tensor[k].count && k != without; i++) {
            float x = (float)by_formula(k, i);
            int64_t zero = 0;
            if (*tensor[k].shape) fwrite(&x, sizeof x, 1, f);
            else fwrite(&zero, sizeof zero, 1, f);
        }
    fclose(f);
    free(head);
}

static int burin(const char *words)
{
    return system(path_of("out/burin %s >%s/out 2>%s/err", words, test_folder(), test_folder()).s);
}

static char *said(const char *name)
{
    char *text;
    size_t size;
    Error e;
    return file_read(path_of("%s/%s", test_folder(), name).s, &text, &size, &e) ? strdup(e.text) : text;
}

static void test_images(const char *path)
{
    const char *sample = path_of("sample %s --spec models/dcgan_mnist.lua --device cpu --seed 7 -n %d -o %s/x.npy", path, COUNT, test_folder()).s;
    char *npy;
    size_t size;
    Error e;
    if (!test("torch: burin draws from PyTorch's file", burin(sample) == 0, "%s", said("err"))) return;
    test("torch: says what the file has nothing of", strstr(said("out"), "note: the file has nothing of discriminator\n"), "%s", said("out"));
    if (file_read(path_of("%s/x.npy", test_folder()).s, &npy, &size, &e)) return;
    test("torch: an .npy file", size == 128 + COUNT * SIZE * SIZE * 4 && !memcmp(npy, "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 28, 28, 1), }", 73) &&
         npy[127] == '\n', "it is none");
    FILE *f = fopen("tests/model/dcgan_images.txt", "r");
    double worst = 0, most = 0;
    int n = 0;
    for (double want; f && n < COUNT * SIZE * SIZE && fscanf(f, "%lf", &want) == 1; n++) {
        float got;
        memcpy(&got, npy + 128 + 4 * n, sizeof got);
        worst = fmax(worst, fabs(got - want)), most = fmax(most, fabs(want));
    }
    if (f) fclose(f);
    test("torch: the images that PyTorch draws", n == COUNT * SIZE * SIZE && most > 0.5 && worst < 2e-5, "off by %g, of %g, in %d", worst, most, n);
}

int main(void)
{
    Path path = path_of("%s/torch.safetensors", test_folder());
    write_file(path.s, -1);
    test_images(path.s);
    burin(path_of("sample %s", path.s).s);
    test_text("torch: without the spec", said("err"), path_of("burin: %s was not written by burin: its metadata hold no spec; name it with --spec\n", path.s).s);
    burin(path_of("sample %s --spec models/classifier.lua", path.s).s);
    test_text("torch: another spec", said("err"), path_of("burin: %s has nothing of what the spec needs: no tensor is called as one of its variables\n", path.s).s);
    burin(path_of("sample %s --spec models/dcgan_mnist.lua --set nz=50", path.s).s);
    test_text("torch: another option", said("err"), path_of("burin: %s does not fit the spec:\n  generator.0.weight: of another shape or type in the file\n", path.s).s);
    write_file(path.s, 3);
    burin(path_of("sample %s --spec models/dcgan_mnist.lua", path.s).s);
    test_text("torch: a tensor is missing", said("err"), path_of("burin: %s does not fit the spec:\n  generator.1.running_mean: not in the file\n", path.s).s);
    test_folder_end();
    return test_end();
}
