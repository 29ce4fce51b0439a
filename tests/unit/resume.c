/* Going on with a run: the bits of one that was never stopped, whatever stopped it; and what is said when it cannot be. */
#include "test.h"
#include "runs.h"
#include "../../runtime/checkpoint.h"
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>

enum { EPOCHS = 40, KILLS = 24 };

/* The lines of stats.jsonl without what depends on time. */
static char *stats(const char *folder)
{
    char *text = slurp(path_of("%s/%s/stats.jsonl", runs.s, folder).s), *to = text;
    for (const char *from = text; *from;) {
        if (!strncmp(from, "\"images_per_s\":", 15) || !strncmp(from, "\"seconds\":", 10)) from += strcspn(from, ",");
        else *to++ = *from++;
    }
    *to = 0;
    return text;
}

static int files(const char *folder, const char *part)
{
    DIR *d = opendir(path_of("%s/%s", runs.s, folder).s);
    int n = 0;
    for (struct dirent *x; d && (x = readdir(d));) n += strstr(x->d_name, part) != NULL;
    if (d) closedir(d);
    return n;
}

static bool same_file(const char *name, const char *a, const char *b)
{
    char *x, *y;
    size_t n = 0, m = 0;
    Error e;
    bool same = !file_read(path_of("%s/%s/%s", runs.s, a, name).s, &x, &n, &e) && !file_read(path_of("%s/%s/%s", runs.s, b, name).s, &y, &m, &e) &&
                n == m && !memcmp(x, y, n);
    return same;                                    /* a test may leak */
}

static void same_run(const char *what, const char *a, const char *b)
{
    static const char *const name[] = {"snapshot_0040.safetensors", "fakes_0040.png", "progress.png", "losses.svg", "reals.png"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        test(path_of("%s: the same %s", what, name[i]).s, same_file(name[i], a, b), "they differ");
    char *x = stats(a), *y = stats(b);
    test_text(path_of("%s: the same stats.jsonl", what).s, y, x);
    free(x), free(y);
}

/* Killed at any moment, again and again, and taken up each time. */
static void test_kills(void)
{
    BurinProgram *p = fake_program(0, 4, images.s);     /* 4 ms a step: it takes 320 ms at the least */
    Path flags = path_of("--epochs %d --seed 9 --snap-steps 1", EPOCHS);
    test("kill: a run that is never stopped", run(p, flags.s) == 0, "%s", err);
    unsigned random = 12345;
    int killed = 0, status = 1009;
    Path again = path_of("--outdir %s/killed %s --resume latest", runs.s, flags.s);
    for (int i = 0; i < 400 && status == 1009; i++) {
        pid_t pid = start(p, again.s);
        random = random * 1103515245 + 12345;
        usleep((random >> 16) % 20000 + (killed < KILLS ? 1000 : 1000000));
        kill(pid, SIGKILL);
        status = finish(pid);
        killed += status == 1009;
    }
    test("kill: done in the end", status == 0, "status %d: %s", status, err);
    test("kill: often enough", killed >= 20, "%d times", killed);
    int last = 0;                                   /* one that was killed before its first checkpoint is not gone on with */
    while (there(path_of("killed/%05d-fake", last + 1).s)) last++;
    if (rename(path_of("%s/killed/%05d-fake", runs.s, last).s, path_of("%s/killed-run", runs.s).s)) perror("rename");
    same_run("kill", "00000-fake", "killed-run");
    test("kill: nothing half-written is left", files("killed-run", ".tmp") == 0, "something is");
    test("kill: the last five are kept", files("killed-run", "snapshot_") == 5, "%d are", files("killed-run", "snapshot_"));
}

static void test_again(void)
{
    BurinProgram *p = fake_program(0, 0, images.s);
    test("resume: half a run", run(p, "--steps 39 --seed 9 --keep 2") == 0 && there("00001-fake/snapshot_0020.safetensors"), "%s", err);
    test("resume: keeps two", files("00001-fake", "snapshot_") == 2, "%d", files("00001-fake", "snapshot_"));
    test("resume: the other half", run(p, path_of("--resume %s/00001-fake --epochs 40", runs.s).s) == 0, "%s", err);
    test("resume: says from where", has(out, path_of("resume   %s/00001-fake/snapshot_0020.safetensors\n         after step 39 of 80, epoch 20 of 40\n", runs.s).s), "%s", out);
    same_run("resume", "00000-fake", "00001-fake");

    test("resume: nothing is left", run(p, path_of("--resume %s/00001-fake --epochs 40", runs.s).s) == 0 &&
         has(out, "done     nothing is left to do; --epochs N trains on, to N in all\n"), "%s%s", out, err);
    test("resume: latest", run(p, "--resume latest --epochs 41") == 0 && has(out, "00001-fake/snapshot_0040.safetensors"), "%s%s", out, err);
    test("resume: latest, where there is none", run(p, path_of("--outdir %s/other --resume latest", runs.s).s) == 0 &&
         has(out, path_of("resume   no run of fake in %s/other has a checkpoint: a new one begins\n", runs.s).s) && there("other/00000-fake"), "%s%s", out, err);

    run(p, path_of("--resume %s/00001-fake/snapshot_0040.safetensors --epochs 42", runs.s).s);
    test("resume: from a checkpoint a run of its own begins", there("00002-fake/fakes_0040.png") && there("00002-fake/snapshot_0042.safetensors") &&
         !there("00002-fake/fakes_0039.png") && !there("00001-fake/snapshot_0042.safetensors"), "%s%s", out, err);
    test("resume: another seed is noted", run(p, "--resume latest --epochs 43 --seed 1") == 0 && has(out, "note     the seed was 9 then\n"), "%s%s", out, err);
    p->spec_text = "-- another";
    test("resume: another spec is noted", run(p, "--resume latest --epochs 44") == 0 && has(out, "note     the spec's text has changed since\n"), "%s%s", out, err);

    Path last = path_of("%s/00002-fake/snapshot_0044.safetensors", runs.s);
    if (truncate(last.s, 700)) perror(last.s);
    test("resume: a damaged checkpoint is passed over", run(p, "--resume latest --epochs 45") == 0 &&
         has(out, path_of("note     %s is damaged; the one before it is taken\nresume   %s/00002-fake/snapshot_0043.safetensors\n", last.s, runs.s).s), "%s%s", out, err);
    pid_t busy = start(fake_program(0, 50, images.s), path_of("--outdir %s --epochs 9999 --resume latest", runs.s).s);
    for (int i = 0; i < 500 && !there("00002-fake/fakes_0046.png"); i++) usleep(10000);
    int status = run(p, "--resume latest --epochs 9999");
    kill(busy, SIGKILL), waitpid(busy, NULL, 0);
    char *log = slurp(path_of("%s/00002-fake/log.txt", runs.s).s);
    test("resume: a run that is going on: its log is left alone", !has(log, "another process"), "%s", log);
    free(log);
    test("resume: a run that is going on", status == 1, "status %d: %s", status, out);
    test_text("resume: a run that is going on: message", err, path_of("fake: %s/00002-fake: another process trains in this folder\n", runs.s).s);
}

static void test_refusals(void)
{
    BurinProgram *p = fake_program(0, 0, images.s);
    test("refused: no such run", run(p, "--resume nowhere") == 1, "it ran");
    test_text("refused: no such run: message", err, "fake: nowhere: no such run or checkpoint\n");
    run(p, path_of("--resume %s", runs.s).s);
    test_text("refused: a folder without checkpoints", err, path_of("fake: %s: no checkpoint in this folder (snapshot_*.safetensors)\n", runs.s).s);
    run(p, "--partial");
    test_text("refused: --partial alone", err, "fake: --partial: of what? Give --resume too\n");

    static BurinVar var[8];
    memcpy(var, p->var, (size_t)p->vars * sizeof *var);
    for (int i = 0; i < p->vars; i++)
        if (!strcmp(var[i].name, "net.bias")) var[i].name = "net.shift";
    p->var = var;
    Path from = path_of("%s/00001-fake/snapshot_0040.safetensors", runs.s);
    run(p, path_of("--resume %s --epochs 50", from.s).s);
    test_text("refused: another net", err, path_of("fake: %s does not fit the spec:\n  net.shift: not in the file\n  net.bias: not in the spec\n"
                                                   "--partial begins a new run with what fits\n", from.s).s);
    test("partial: begins anew with what fits", run(p, path_of("--resume %s --partial --epochs 2", from.s).s) == 0 &&
         has(out, "partial  2 of its tensors fit the spec\n  net.shift: not in the file\n  net.bias: not in the spec\n") && has(out, "epoch 1/2 "), "%s%s", out, err);
}

int main(void)
{
    runs_begin();
    test_kills();
    test_again();
    test_refusals();
    test_folder_end();
    return test_end();
}
