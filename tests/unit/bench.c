/* The benchmark, with a Program made by hand: that its numbers are those of that program. Speed itself is not tested here. */
#include "test.h"
#include "fake.h"
#include "../../runtime/bench.h"
#include "../../runtime/cpu.h"
#include "../../runtime/peak.h"

static char *benched(const char *entry, bool json)
{
    Path images = path_of("%s/images", test_folder()), file = path_of("%s/out", test_folder());
    static char text[65536];
    Error e = {""};
    Chosen on = {&dev_cpu, {.threads = 1}, {"c"}};
    Options o = {.entry = entry, .seconds = 0.1, .repeats = 3, .json = json, .begin = seconds_now()};
    DataPlaces places = {0};
    fake_images(images.s);
    fflush(stdout);
    int kept = dup(1);
    if (!freopen(file.s, "w", stdout)) exit(1);
    int bad = bench(fake_program(0, 2, images.s), &o, &on, &places, 0.5, &e);
    fflush(stdout);
    dup2(kept, 1);
    test(word_of("bench%s runs: %s", json ? " --json" : "", entry).s, !bad, "%s", e.text);
    FILE *f = fopen(file.s, "r");
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static double number(const char *text, const char *after)
{
    const char *at = strstr(text, after);
    return at ? strtod(at + strlen(after), NULL) : -1;
}

int main(void)
{
    setenv("BURIN_CACHE", path_of("%s/cache", test_folder()).s, 1);
    char *text = benched("step", true);
    double rate = number(text, "\"images_per_s\":{\"min\":"), cold = number(text, "\"cold\":"), warm = number(text, "\"warm\":");
    test("bench: 4 images in 2 ms and a little", rate > 20 && rate <= 2000, "%g images/s in %s", rate, text);
    test("bench: a cold start compiles, a warm one does not", warm >= 0.5 && cold > warm, "cold %g, warm %g", cold, warm);
    test("bench: the memory", number(text, "\"memory_bytes\":") == 1408 + 64 + 64, "%s", text);
    test("bench: FLOPs of an image", number(text, "\"flops_per_image\":") == 12, "%s", text);
    test("bench: a launch's time is the one it gave", number(text, "{\"symbol\":\"k00_map\",\"launches\":1,\"us\":") == 1000, "%s", text);
    text = benched("step", false);
    test("bench: the table", strstr(text, "  kernel (one by one: 1.00 ms a step)\n  1000.0  100.0%") != NULL, "%s", text);
    test("bench: the table: 192 bytes, 48 operations", strstr(text, "% memory   k00_map\n") != NULL, "%s", text);
    text = benched("sample", true);
    test("bench: samples of 8", strstr(text, "\"entry\":\"sample\"") && number(text, "\"batch\":") == 8, "%s", text);
    test("bench: FLOPs of a sample", number(text, "\"flops_per_image\":") == 3, "%s", text);

    Cpu cpu;
    Peak k = {0};
    Bandwidth w;
    double gflops;
    Word how;
    Error e = {""};
    DeviceOptions o = {.threads = 2};
    cpu_read(&cpu);
    for (int i = 0; isa_names[i]; i++) {
        if (!cpu_runs(isa_names[i])) continue;
        how = word_of("peak: builds and runs for %s", isa_names[i]);
        bool good = !peak_open(&k, isa_names[i], &dev_cpu, &o, &e) && !peak_flops(&k, &gflops, &e) && !peak_bandwidth(&k, &w, &e);
        test(how.s, good && gflops > 0.1 && bandwidth_of(&w, 1) >= bandwidth_of(&w, 1e12) && bandwidth_of(&w, 1e12) > 0.1, "%s", e.text);
        peak_close(&k);
    }
    test_folder_end();
    return test_end();
}
