/* command.c: a compiler, run in a folder of its own in /tmp. */
#include "command.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *read_all(const char *folder, const char *name, size_t *bytes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    *bytes = (size_t)ftell(f);
    rewind(f);
    char *all = malloc(*bytes + 1);
    *bytes = fread(all, 1, *bytes, f);
    all[*bytes] = 0;
    fclose(f);
    return all;
}

static int run(const char *const *word, const char *folder)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        int log;
        if (chdir(folder) || (log = open("log", O_WRONLY | O_CREAT | O_TRUNC, 0600)) < 0) _exit(126);
        dup2(log, 1);
        dup2(log, 2);
        execvp(word[0], (char *const *)word);
        fprintf(stderr, "%s: %s\n", word[0], strerror(errno));
        _exit(127);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void remove_all(const char *folder, const char *name)
{
    const char *const file[] = {name, "out.so", "log"};
    char path[512];
    if (getenv("SIM_KEEP")) {
        fprintf(stderr, "cudasim: kept %s\n", folder);
        return;
    }
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, file[i]);
        unlink(path);
    }
    rmdir(folder);
}

int command_build(const char *const *word, const char *name, const char *text, char **object, size_t *bytes)
{
    char folder[] = "/tmp/cudasim-XXXXXX", path[512];
    *object = NULL;
    if (!mkdtemp(folder)) return *object = strdup("cannot write in /tmp"), -1;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (f) fputs(text, f);
    int bad = !f || fclose(f) || run(word, folder);
    *object = read_all(folder, bad ? "log" : "out.so", bytes);
    remove_all(folder, name);
    if (*object) return bad;
    return *object = strdup("the compiler did not run"), -1;
}
