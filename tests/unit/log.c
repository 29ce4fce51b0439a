/* The run's folder and the plot. */
#include "test.h"
#include "../../runtime/file.h"
#include "../../runtime/log.h"
#include "../../runtime/plot.h"
#include <sys/stat.h>
#include <sys/wait.h>

/* Eight runs that start at once get a folder each. */
static void test_race(const char *runs)
{
    int status, good = 0;
    fflush(stdout);
    for (int i = 0; i < 8; i++)
        if (fork() == 0) {
            Log l;
            Error e;
            log_start(&l);
            _exit(log_folder(&l, runs, "x", &e) ? 1 : 0);
        }
    for (int i = 0; i < 8; i++) good += wait(&status) > 0 && status == 0;
    int folders = 0;
    for (int i = 0; i < 8; i++) folders += file_exists(path_of("%s/%05d-x/log.txt", runs, i).s);
    test("folders: eight runs at once get eight", good == 8 && folders == 8, "%d good, %d folders", good, folders);
}

static void test_number(const char *runs)
{
    Log l;
    Error e = {""};
    mkdir(path_of("%s/00041-other", runs).s, 0777);
    mkdir(path_of("%s/99-short", runs).s, 0777);
    log_start(&l);
    test("folders: one more than the highest", !log_folder(&l, runs, "x", &e), "%s", e.text);
    test_text("folders: its name", path_name(l.folder.s), "00042-x");
    log_end(&l);
    log_start(&l);
    test("folders: a file in the way", log_folder(&l, path_of("%s/00042-x/log.txt", runs).s, "x", &e), "it was made");
    log_end(&l);
}

static void test_history(void)
{
    static History h;
    history_start(&h, 1);
    int64_t steps = 100000;
    for (int64_t i = 0; i < steps; i++) history_add(&h, (float[]){(float)i});
    test("history: never more points than it has room for", h.points <= POINTS && h.points >= POINTS / 2, "%d", h.points);
    test("history: a stretch is a power of two", h.stretch == 128, "%lld", (long long)h.stretch);
    bool right = true;
    for (int i = 0; i < h.points; i++) right &= h.value[0][i] == (float)(128 * i) + 63.5f;
    test("history: each point is the mean of its steps", right, "it is not");
}

static void test_plot(void)
{
    static History h;
    BurinOutput output[] = {{"loss<D>", BURIN_LOSS, 0, {0}, 0, 0, 0}, {"D(x)", BURIN_REPORT, 0, {0}, 0, 0, 0}};
    BurinEntry entry = {.output = output, .outputs = 2};
    Path file = path_of("%s/losses.svg", test_folder());
    Error e = {""};
    char *text = NULL;
    size_t size;
    history_start(&h, 2);
    for (int i = 0; i < 50; i++) history_add(&h, (float[]){1.0f / (float)(1 + i), 0.5f});
    test("plot: written", !plot_write(&h, &entry, 10, "a & b", file.s, &e) && !file_read(file.s, &text, &size, &e), "%s", e.text);
    test("plot: two panels, their lines and labels", strstr(text, ">loss</text>") && strstr(text, ">report</text>") && strstr(text, ">epoch</text>") &&
         strstr(text, ">loss&lt;D></text>") && strstr(text, ">D(x)</text>") && strstr(text, "a &amp; b"), "%s", text);
    test("plot: no number is nan or inf", !strstr(text, "nan") && !strstr(text, "inf"), "%s", text);
    free(text);
    history_start(&h, 2);
    for (int i = 0; i < 5; i++) history_add(&h, (float[]){0, 0});
    test("plot: all zeros", !plot_write(&h, &entry, 10, "", file.s, &e) && !file_read(file.s, &text, &size, &e) && !strstr(text, "nan"), "%s", e.text);
    free(text);
}

int main(void)
{
    Path runs = path_of("%s/runs", test_folder());
    test_race(runs.s);
    test_number(runs.s);
    test_history();
    test_plot();
    test_folder_end();
    return test_end();
}
