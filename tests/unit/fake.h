/* fake.h: a Program made by hand, small enough to know every number of: the runtime is tested without the generator.
 *
 * Its step adds 0.001 * (mean of the batch's bytes / 255) to all of net.weight and counts steps in net.count; its reports are
 * that mean, D(x), and a loss that is NaN at step `nan_at` (1, 2, ...; 0: never). Its samples are a ramp. It says that its
 * launch took SECONDS, a macro.                                                                                    */
#ifndef TEST_FAKE_H
#define TEST_FAKE_H
#include "../../runtime/compiler.h"
#include "../../runtime/program.h"
#include <stdio.h>

enum { FAKE_BATCH = 4, FAKE_H = 6, FAKE_W = 5, FAKE_SAMPLES = 8 };

static const char fake_code[] =
    "#include <math.h>\n#include <stdint.h>\n#include <time.h>\n#ifndef SECONDS\n#define SECONDS 1e-3\n#endif\n"
    "typedef struct BurinCall { char *persistent, *scratch, *thread; uint64_t seed, step; int32_t threads, first, last; double *seconds; } BurinCall;\n"
    "double mean_of(const unsigned char *, int);\n" UNIT_LINE "\n"
    "double mean_of(const unsigned char *x, int n)\n{\n    double sum = 0;\n    for (int i = 0; i < n; i++) sum += x[i];\n    return sum / n / 255;\n}\n"
    UNIT_LINE "\n"
    "void fake_step(const BurinCall *c)\n{\n"
    "    float *weight = (float *)c->persistent, *count = (float *)(c->persistent + 192), *out = (float *)(c->persistent + 384);\n"
    "    double mean = mean_of((unsigned char *)c->persistent + 256, 120);\n"
    "    #pragma omp parallel for num_threads(c->threads)\n"
    "    for (int i = 0; i < 24; i++) weight[i] += 0.001f * (float)mean;\n"
    "    *count += 1;\n"
    "    out[0] = NAN_AT && *count == NAN_AT ? NAN : 1 / *count;\n"
    "    out[1] = (float)mean;\n"
    "    struct timespec t = {0, 1000000L * MS};\n"
    "    while (MS && nanosleep(&t, &t)) {}\n"
    "    if (c->seconds) c->seconds[0] += SECONDS;\n"
    "}\n" UNIT_LINE "\n"
    "void fake_sample(const BurinCall *c)\n{\n"
    "    float *x = (float *)(c->persistent + 448);\n"
    "    for (int i = 0; i < 240; i++) x[i] = (float)i / 239 * 2 - 1 + (float)c->step;\n"
    "}\n";

/* ms: how long a step sleeps. The program is static: one at a time. */
__attribute__((unused)) static BurinProgram *fake_program(int nan_at, int ms, const char *images)
{
    static const BurinVar var[] = {
        {"net.weight", BURIN_PARAM, BURIN_F32, 4, {1, 2, 3, 4}, {3, 2, 0, 1}, 0, 96, BURIN_INIT_NORMAL, 0, 0.02, -1, -1, "fake.lua:1"},
        {"net.bias", BURIN_PARAM, BURIN_F32, 1, {4}, {0}, 128, 16, BURIN_INIT_CONST, 0.5, 0, -1, -1, "fake.lua:2"},
        {"net.count", BURIN_STATE, BURIN_F32, 0, {0}, {0}, 192, 4, BURIN_INIT_CONST, 0, 0, -1, -1, "fake.lua:3"},
        {"images", BURIN_BATCH, BURIN_U8, 4, {FAKE_BATCH, FAKE_H, FAKE_W, 1}, {0, 1, 2, 3}, 256, 120, BURIN_INIT_CONST, 0, 0, 0, 0, "fake.lua:4"},
    };
    static const BurinOutput step_output[] = {
        {"loss_D", BURIN_LOSS, 0, {0}, 384, 0, 0},
        {"D(x)", BURIN_REPORT, 0, {0}, 388, 0, 0},
    };
    static const BurinOutput sample_output[] = {{"samples", BURIN_SAMPLES, 4, {FAKE_SAMPLES, FAKE_H, FAKE_W, 1}, 448, -1, 1}};
    static const BurinKernel kernel[] = {{"k00_map", "map", "24", "", "fake.lua:1", 48, 192, "", "", ""}};
    static const BurinLaunch launch[] = {{0, "k00_map", "fake.lua:1", 1, 0, 1, 48, 192, NULL, 0, 0, 0}};
    static const BurinEntry entry[] = {
        {"step", "fake_step", launch, 1, step_output, 2, 0, 1, 3, 48, 60},
        {"sample", "fake_sample", launch, 1, sample_output, 1, 0, 0, 1, 24, 24},
    };
    static const BurinLayer layer[] = {
        {"generator", "g.fc", "linear 24", "6x5x1", 24, "models/fake.lua:11"},
        {"discriminator", "d.act", "leaky_relu 0.2", "6x5x1", 0, "models/fake.lua:20"},
        {"discriminator", "d.fc", "linear 1", "1", 4, "models/fake.lua:21"},
    };
    static const BurinOption option[] = {{"batch", "4", "4", "images in a batch"}};
    static BurinSource source;
    static BurinProgram p;
    static char flags[64];
    source = (BurinSource){"idx", images, NULL, FAKE_BATCH, {FAKE_H, FAKE_W, 1}, -1, 1, "models/fake.lua:4", 0};
    snprintf(flags, sizeof flags, "-DNAN_AT=%d -DMS=%d", nan_at, ms);
    p = (BurinProgram){.abi = BURIN_ABI, .name = "fake", .spec_path = "models/fake.lua", .spec_text = "return {} -- \"fake\"\n", .target = "cpu",
                       .isa = "c", .var = var, .vars = 4, .source = &source, .sources = images ? 1 : 0, .entry = entry, .entries = 2,
                       .kernel = kernel, .kernels = 1, .layer = layer, .layers = 3, .option = option, .options = 1,
                       .persistent_bytes = 1408, .scratch_bytes = 64, .thread_bytes = 64, .epochs = 2, .batch = FAKE_BATCH,
                       .code = fake_code, .cflags = flags};
    return &p;
}

/* Ten IDX images of 6x5: image i is all 20 * i. */
__attribute__((unused)) static void fake_images(const char *path)
{
    unsigned char h[16] = {0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, FAKE_H, 0, 0, 0, FAKE_W};
    FILE *f = fopen(path, "wb");
    fwrite(h, 1, 16, f);
    for (int i = 0; i < 10 * FAKE_H * FAKE_W; i++) fputc(i / (FAKE_H * FAKE_W) * 20, f);
    fclose(f);
}
#endif
