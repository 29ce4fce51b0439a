/* What a run leaves of one moment: the same from a thread as at once, and while the thread writes, others go on. */
#include "test.h"
#include "fake.h"
#include "../../runtime/aside.h"
#include "../../runtime/file.h"
#include <fcntl.h>
#include <sys/stat.h>

static char variables[96 + 16 + 4];                 /* of the fake program, all but its batch */
static Aside a;

static Path snapshot(int n) { return path_of("%s/snapshot_%04d.safetensors", test_folder(), n); }

/* A moment of which only the checkpoint is wanted. */
static void begin(const BurinProgram *p, int n, bool now)
{
    a.moment = (Moment){.program = p, .step = p->entry, .folder = test_folder(), .epoch_steps = 2, .checkpoint = snapshot(n), .variables = variables,
                        .keep = 5, .at = {.seed = 1, .step = 7, .epoch_steps = 2}};
    history_start(&a.moment.history, 2);
    aside_begin(&a, now);
}

static bool same_file(const char *a, const char *b)
{
    char *x = NULL, *y = NULL;
    size_t n = 0, m = 0;
    Error e;
    bool same = !file_read(a, &x, &n, &e) && !file_read(b, &y, &m, &e) && n == m && n > sizeof variables && !memcmp(x, y, n);
    free(x), free(y);
    return same;
}

static void test_written(const BurinProgram *p)
{
    Error e = {""};
    test("aside: nothing to wait for", aside_finished(&a) && !aside_end(&a, &e), "%s", e.text);
    begin(p, 1, true);
    test("aside: at once", aside_finished(&a) && file_exists(snapshot(1).s) && !aside_end(&a, &e) && a.saved, "%s", e.text);
    begin(p, 2, false);
    test("aside: by a thread", !aside_end(&a, &e) && a.saved && same_file(snapshot(1).s, snapshot(2).s), "%s", e.text);
}

/* A file that cannot be opened until someone reads it, nor be brought to the disk. */
static void test_meanwhile(const BurinProgram *p)
{
    Error e = {""};
    char some[4096];
    Path pipe = path_of("%s.tmp%ld", snapshot(3).s, (long)getpid());
    if (mkfifo(pipe.s, 0600)) puts("no pipe");
    begin(p, 3, false);
    test("aside: what began it goes on", !aside_finished(&a), "it waited");
    int in = open(pipe.s, O_RDONLY);
    while (read(in, some, sizeof some) > 0) {}
    close(in);
    test("aside: how it went", aside_end(&a, &e) && !a.saved && a.unsaved && aside_finished(&a), "%s", e.text);
    test_text("aside: how it went, in words", e.text, path_of("cannot write %s: Invalid argument", snapshot(3).s).s);
    test("aside: earlier checkpoints stay", same_file(snapshot(1).s, snapshot(2).s) && !file_exists(snapshot(3).s), "they do not");
}

int main(void)
{
    const BurinProgram *p = fake_program(0, 0, NULL);
    test_written(p);
    test_meanwhile(p);
    test_folder_end();
    return test_end();
}
