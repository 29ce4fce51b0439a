/* runs.h: a program made by hand that trains in a process of its own, as an emitted program runs: burin_main() with flags. */
#ifndef TEST_RUNS_H
#define TEST_RUNS_H
#include "fake.h"
#include "../../runtime/burin.h"
#include "../../runtime/file.h"
#include <sys/wait.h>
#include <unistd.h>

static Path images, runs;                           /* runs_begin() */
static char *out, *err;                             /* of the last run */

static char *slurp(const char *path)
{
    char *text;
    size_t size;
    Error e;
    return file_read(path, &text, &size, &e) ? strdup(e.text) : text;
}

static pid_t start(BurinProgram *p, const char *flags)
{
    char *word[32] = {"fake"}, *copy = strdup(flags), *rest = NULL;
    int n = 1;
    for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) word[n++] = w;
    pid_t pid = fork();
    if (pid) {
        free(copy);
        return pid;
    }
    if (!freopen(path_of("%s/out", test_folder()).s, "w", stdout) || !freopen(path_of("%s/err", test_folder()).s, "w", stderr)) _exit(99);
    exit(burin_main(p, n, word));
}

static int finish(pid_t pid)
{
    int status;
    waitpid(pid, &status, 0);
    free(out), free(err);
    out = slurp(path_of("%s/out", test_folder()).s);
    err = slurp(path_of("%s/err", test_folder()).s);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static inline int run(BurinProgram *p, const char *flags) { return finish(start(p, path_of("--outdir %s %s", runs.s, flags).s)); }

static inline bool there(const char *name) { return file_exists(path_of("%s/%s", runs.s, name).s); }

static inline bool has(const char *text, const char *what) { return strstr(text, what) != NULL; }
/* Folders of this test's own, and data for the program. */
static inline void runs_begin(void)
{
    images = path_of("%s/images", test_folder());
    runs = path_of("%s/runs", test_folder());
    setenv("BURIN_CACHE", path_of("%s/cache", test_folder()).s, 1);
    unsetenv("BURIN_DATA");
    fake_images(images.s);
}
#endif
