/* Training from end to end with a Program made by hand, in a process of its own for each run, as an emitted program runs:
 * burin_main() with flags. What it prints, writes, and how it ends when things go wrong.                            */
#include "test.h"
#include "runs.h"
#include "../../runtime/checkpoint.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void test_whole(void)
{
    BurinProgram *p = fake_program(0, 0, images.s);
    int status = run(p, "--seed 5 --threads 2");
    test("train: ends well", status == 0, "status %d: %s", status, err);
    static const char *const said[] = {
        "spec     models/fake.lua, batch 4, seed 5\n", "         2 threads, compiled for plain C", "  g.fc   linear 24", "          24  fake.lua:11\n",
        "work     1 kernels a step (1 launches, 1 barriers) for 3 graph nodes\n",
        "         12 FLOP an image (15 FLOP with the multiplications by padding)\n", "memory   1,600 bytes (1.56 KiB):\n",
        "         1,408 persistent + 64 scratch + 2 x 64 for tiles\n", "         10 images of 6x5x1 (300 bytes in memory)\n",
        "         the 2 that do not fill a batch are left out of an epoch (drop_last)\n", "plan     4 steps: 2 epochs of 2 steps\n",
        "epoch 1/2 loss_D 0.750 D(x) ", "epoch 2/2 loss_D 0.292 D(x) ", "snapshot_0002.safetensors\n"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) test(path_of("train says %zu", i).s, has(out, said[i]), "no \"%s\" in:\n%s", said[i], out);
    int wide = 0;
    for (const char *line = strstr(out, "spec "), *next; *line; line = next) {
        next = strchr(line, '\n') + 1;
        if (next - line > 81 && !strstr(out, runs.s)) wide++;
    }
    test("train: lines of at most 80 columns", wide == 0, "%d are longer:\n%s", wide, out);
    static const char *const file[] = {"log.txt", "stats.jsonl", "options.json", "reals.png", "fakes_0000.png", "fakes_0001.png", "fakes_0002.png",
                                       "progress.png", "losses.svg", "snapshot_0001.safetensors", "snapshot_0002.safetensors"};
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) test(path_of("train writes %s", file[i]).s, there(path_of("00000-fake/%s", file[i]).s), "it is not there");
    char *log = slurp(path_of("%s/00000-fake/log.txt", runs.s).s), *stats = slurp(path_of("%s/00000-fake/stats.jsonl", runs.s).s);
    test_text("train: log.txt is what was printed", log, out);
    test("train: stats.jsonl", has(stats, "{\"epoch\":1,\"step\":2,\"images_per_s\":") && has(stats, "\"loss_D\":0.75,\"D(x)\":") && has(stats, "{\"epoch\":2,\"step\":4,"),
         "it is:\n%s", stats);
    free(log), free(stats);

    status = run(p, "--seed 5");
    test("train: a second run gets the next folder", status == 0 && there("00001-fake/log.txt"), "status %d: %s", status, err);
    char *a = slurp(path_of("%s/00000-fake/snapshot_0002.safetensors", runs.s).s), *b = slurp(path_of("%s/00001-fake/snapshot_0002.safetensors", runs.s).s);
    Checkpoint c;
    Error e = {""};
    Path last = path_of("%s/00001-fake/snapshot_0002.safetensors", runs.s);
    if (test("train: the checkpoint reads", !checkpoint_read(&c, last.s, &e), "%s", e.text)) {
        test("train: the same seed, the same bits", !memcmp(a, b, c.size), "they differ");
        checkpoint_free(&c);
    }
    free(a), free(b);
}

static void test_flags(void)
{
    BurinProgram *p = fake_program(0, 0, images.s);
    test("steps: beyond the epochs", run(p, "--steps 5 --snap 2") == 0 && has(out, "plan     5 steps: 3 epochs of 2 steps\n"), "%s%s", out, err);
    test("steps: saved at the end, within an epoch", there("00002-fake/snapshot_0003.safetensors"), "no checkpoint");
    test("snap: every second epoch", there("00002-fake/snapshot_0002.safetensors") && !there("00002-fake/snapshot_0001.safetensors"), "other files");
    test("dry run: says and stops", run(p, "-n") == 0 && has(out, "dry run  nothing was trained or written\n") && !there("00003-fake"), "%s%s", out, err);
    test("flags: an unknown one", run(p, "--sede 4") == 1, "it was taken");
    test_text("flags: an unknown one: message", err, "fake: unknown flag --sede; did you mean --seed?\n");
    run(p, "--seed x");
    test_text("flags: a seed that is no number", err, "fake: --seed x: a whole number is wanted, from 0 to 18446744073709551615\n");
    run(p, "--epochs 0");
    test_text("flags: no epochs", err, "fake: --epochs 0: a whole number is wanted, from 1 to 1000000000\n");
    run(p, "--threads");
    test_text("flags: a value missing", err, "fake: --threads: N is missing after it\n");
    run(p, "more");
    test_text("flags: a word too many", err, "fake: more: one word too many\n");
    run(p, "--device cuda");
    test_text("flags: a device that is not built", err, "fake: --device cuda: no such device; use auto or cpu\n");
    run(p, "--device gpu");
    test_text("flags: an unknown device", err, "fake: --device gpu: no such device; use auto or cpu\n");
    run(p, "--batch 3");
    test_text("flags: the batch of an emitted program", err, "fake: unknown flag --batch; --help lists them\n");
    test("flags: help", run(p, "--help") == 0 && has(out, "  --outdir DIR        where the run's folder is made (out/runs)\n"), "%s%s", out, err);
    test_text("outdir: a file in its place", (finish(start(p, path_of("--outdir %s", images.s).s)), err),
              path_of("fake: cannot make the folder %s: a file has that name\n", images.s).s);
}

static void test_nan(void)
{
    BurinProgram *p = fake_program(4, 0, images.s);
    int status = run(p, "--epochs 9");
    test("nan: exit 1", status == 1, "status %d", status);
    test_text("nan: message", err, path_of("fake: loss_D is nan at step 4 (epoch 2): training stopped; the last good checkpoint is "
                                           "%s/00003-fake/snapshot_0001.safetensors\n", runs.s).s);
    test("nan: nothing of the bad state is saved", there("00003-fake/snapshot_0001.safetensors") && !there("00003-fake/snapshot_0002.safetensors"), "not so");
    char *log = slurp(path_of("%s/00003-fake/log.txt", runs.s).s);
    test("nan: the log says it too", has(log, "loss_D is nan at step 4"), "%s", log);
    free(log);
    run(fake_program(1, 0, images.s), "");
    test_text("nan: in the first step", err, "fake: loss_D is nan at step 1 (epoch 1): training stopped; no checkpoint had been written yet\n");
}

static void await(const char *name)
{
    for (int i = 0; i < 1000 && !there(name); i++) usleep(10000);
}

static void test_signals(void)
{
    BurinProgram *p = fake_program(0, 50, images.s);
    Path flags = path_of("--outdir %s --epochs 100000", runs.s);
    pid_t pid = start(p, flags.s);
    await("00005-fake/snapshot_0001.safetensors");
    kill(pid, SIGINT);
    int status = finish(pid);
    test("Ctrl-C: exit 130", status == 130, "status %d: %s", status, err);
    test("Ctrl-C: says so", has(out, "stopped  by Ctrl-C after step ") && has(out, "saved    "), "%s", out);
    const char *saved = strstr(out, "saved    ");
    Path file = path_of("%.*s", saved ? (int)strcspn(saved + 9, "\n") : 0, saved ? saved + 9 : "");
    Checkpoint c;
    Error e = {""};
    if (test("Ctrl-C: the checkpoint is whole", !checkpoint_read(&c, file.s, &e), "%s", e.text)) {
        test("Ctrl-C: of the last step", has(out, path_of("after step %s\n", checkpoint_value(&c, "burin.step")).s), "step %s: %s", checkpoint_value(&c, "burin.step"), out);
        checkpoint_free(&c);
    }
    pid = start(p, flags.s);
    await("00006-fake/snapshot_0001.safetensors");
    kill(pid, SIGTERM);
    status = finish(pid);
    test("SIGTERM: saves too, exit 143", status == 143 && has(out, "stopped  by SIGTERM"), "status %d: %s", status, out);
    pid = start(fake_program(0, 2000, images.s), flags.s);
    await("00007-fake/fakes_0000.png");
    usleep(300000);
    kill(pid, SIGINT);
    usleep(300000);
    kill(pid, SIGINT);
    status = finish(pid);
    test("Ctrl-C twice: ends at once", status == 1000 + SIGINT, "status %d", status);
}

static int leftovers(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    for (struct dirent *x; d && (x = readdir(d));) n += has(x->d_name, ".tmp");
    if (d) closedir(d);
    return n;
}

/* A file system of 160 KiB, by root. */
static void test_full_disk(void)
{
    Path small = path_of("%s/small", test_folder());
    mkdir(small.s, 0777);
    if (mount("none", small.s, "tmpfs", 0, "size=160k")) {
        test_skip("full disk", "mounting a small file system needs root");
        return;
    }
    BurinProgram *p = fake_program(0, 0, images.s);
    int status = finish(start(p, path_of("--outdir %s --epochs 60 --keep 60", small.s).s));
    Path start_of = path_of("fake: cannot write %s/00000-fake/", small.s);
    test("full disk: exit 1", status == 1, "status %d: %s", status, out);
    test("full disk: message", !strncmp(err, start_of.s, strlen(start_of.s)) && has(err, ": No space left on device"), "%s", err);
    test("full disk: nothing half-written", leftovers(path_of("%s/00000-fake", small.s).s) == 0, "temporary files are left");
    Checkpoint c;
    Error e = {""};
    Path first = path_of("%s/00000-fake/snapshot_0001.safetensors", small.s);
    if (test("full disk: earlier checkpoints are whole", !checkpoint_read(&c, first.s, &e), "%s", e.text)) checkpoint_free(&c);
    umount(small.s);
}

int main(void)
{
    runs_begin();
    test_whole();
    test_flags();
    test_nan();
    test_signals();
    test_full_disk();
    test_folder_end();
    return test_end();
}
