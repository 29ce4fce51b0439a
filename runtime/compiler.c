/* compiler.c: the system's C compiler: found, asked who it is, run on the units of a program side by side. */
#include "compiler.h"
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { WORDS = 64, UNITS = 256 };

/* `name` as the shell would find it */
static int on_path(const char *name, Path *found)
{
    if (strchr(name, '/')) {
        *found = path_of("%s", name);
        return access(name, X_OK);
    }
    const char *p = getenv("PATH");
    for (; p && *p;) {
        int n = (int)strcspn(p, ":");
        *found = path_of("%.*s%s%s", n, p, n ? "/" : "", name);
        if (access(found->s, X_OK) == 0) return 0;
        p += n + (p[n] == ':');
    }
    return -1;
}

/* Splits at spaces into words[from..]; the words are malloced. Returns the number of words after. */
static int split(const char *text, char **word, int from, int room)
{
    int n = from;
    for (const char *p = text; *p;) {
        size_t space = strspn(p, " \t\n"), length = strcspn(p + space, " \t\n");
        if (length && n < room - 1) word[n++] = strndup(p + space, length);
        p += space + length;
    }
    word[n] = NULL;
    return n;
}

/* Starts a command with its output and errors going to a file. Returns its process id, or -1. */
static pid_t start(const char *path, char *const *word, const char *output)
{
    posix_spawn_file_actions_t files;
    pid_t pid;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    int why = posix_spawn(&pid, path, &files, NULL, word, environ);
    posix_spawn_file_actions_destroy(&files);
    if (why) errno = why;
    return why ? -1 : pid;
}

static int succeeded(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }

static int ask_version(Compiler *c, Error *e)
{
    char name[] = "/tmp/burin-cc-XXXXXX", *text = NULL, *word[20];
    int n = 0, fd = mkstemp(name), status = -1;
    size_t size;
    if (fd < 0) return failed(e, "cannot write in /tmp: %s", strerror(errno));
    close(fd);
    for (; c->word[n]; n++) word[n] = c->word[n];
    word[n] = "--version", word[n + 1] = NULL;
    pid_t pid = start(c->path.s, word, name);
    if (pid > 0) while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    int bad = pid < 0 || !succeeded(status) || file_read(name, &text, &size, e);
    unlink(name);
    if (bad) return failed(e, "the C compiler %s does not run (\"%s --version\" failed); set CC to one that does", c->path.s, c->path.s);
    snprintf(c->version, sizeof c->version, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
    return 0;
}

static int choose(Compiler *c, Error *e)
{
    static const char *const usual[] = {"cc", "gcc", "clang"};
    const char *wish = getenv("CC");
    if (wish) split(wish, c->word, 0, 16);
    if (c->word[0]) {
        if (!on_path(c->word[0], &c->path)) return 0;
        return failed(e, "no C compiler: CC names \"%s\", which is not on the PATH; unset CC or name another", c->word[0]);
    }
    for (int i = 0; i < 3; i++)
        if (!on_path(usual[i], &c->path)) {
            c->word[0] = strdup(usual[i]);
            return 0;
        }
    return failed(e, "no C compiler on the PATH (looked for cc, gcc, clang): burin turns the spec into C and has it compiled when "
                     "it starts; install one (Debian, Ubuntu: apt-get install gcc) or set CC to its path");
}

int compiler_find(Compiler *c, Error *e)
{
    memset(c, 0, sizeof *c);
    int bad = choose(c, e) || ask_version(c, e);
    if (bad) compiler_free(c);
    return bad ? -1 : 0;
}

void compiler_free(Compiler *c)
{
    for (int i = 0; c->word[i]; i++) free(c->word[i]), c->word[i] = NULL;
}

/* One command of the build: its words, where its words go, how it ended. */
typedef struct { char *word[WORDS]; Path log; pid_t pid; int status; } Job;

static void job_make(Job *j, const Compiler *c, const char *flags, Path log)
{
    int n = 0;
    memset(j, 0, sizeof *j);
    for (; c->word[n]; n++) j->word[n] = strdup(c->word[n]);
    split(flags, j->word, n, WORDS - 8);
    j->log = log;
    j->status = -1;
}

static void job_add(Job *j, const char *word)
{
    int n = 0;
    while (j->word[n]) n++;
    if (n < WORDS - 1) j->word[n] = strdup(word), j->word[n + 1] = NULL;
}

static void jobs_free(Job *j, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; j[i].word[k]; k++) free(j[i].word[k]);
    free(j);
}

/* Runs them all, `side` at a time. */
static void jobs_run(const Compiler *c, Job *j, int n, int side)
{
    int started = 0, running = 0;
    while (started < n || running) {
        if (started < n && running < side) {
            j[started].pid = start(c->path.s, j[started].word, j[started].log.s);
            running += j[started].pid > 0;
            started++;
            continue;
        }
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid < 0 && errno != EINTR) break;
        for (int i = 0; i < started; i++)
            if (pid > 0 && j[i].pid == pid) j[i].pid = 0, j[i].status = status, running--;
    }
}

/* The command and the first lines of what it said. */
static int job_failed(const Job *j, const char *folder, Error *e)
{
    char *text = NULL, *rest = NULL;
    size_t size;
    Error unread;
    error_set(e, "the C compiler failed:\n ");
    for (int k = 0; j->word[k]; k++) failed_more(e, " %s", j->word[k]);
    if (j->status != -1 && WIFSIGNALED(j->status)) failed_more(e, "\n  ended by signal %d", WTERMSIG(j->status));
    if (!file_read(j->log.s, &text, &size, &unread)) {
        if (strstr(text, "-lomp") || strstr(text, "omp.h")) failed_more(e, "\n  clang needs libomp-dev for OpenMP; or set CC=gcc");
        char *line = strtok_r(text, "\n", &rest);
        for (int k = 0; line && k < 20; k++, line = strtok_r(NULL, "\n", &rest)) failed_more(e, "\n  %.300s", line);
    }
    free(text);
    failed_more(e, "\nwhat it was given is in %s", folder);
    return -1;
}

static int jobs_check(const Job *j, int n, const char *folder, Error *e)
{
    for (int i = 0; i < n; i++)
        if (!succeeded(j[i].status)) return job_failed(&j[i], folder, e);
    return 0;
}

/* The start of the next UNIT_LINE at or after p, or NULL. */
static const char *next_unit(const char *code, const char *p)
{
    size_t n = sizeof UNIT_LINE - 1;
    for (; (p = strstr(p, UNIT_LINE)); p += n)
        if ((p == code || p[-1] == '\n') && (p[n] == '\n' || !p[n])) return p;
    return NULL;
}

char *unit_text(const char *code, int i)
{
    const char *p = next_unit(code, code), *end;
    size_t prelude = p ? (size_t)(p - code) : 0, length = sizeof UNIT_LINE - 1;
    if (!p) return i ? NULL : strdup(code);
    for (; p && i; i--) p = next_unit(code, p + length);
    if (!p) return NULL;
    end = next_unit(code, p += length);
    size_t part = end ? (size_t)(end - p) : strlen(p);
    char *text = grow(NULL, prelude + part + 1);
    memcpy(text, code, prelude);
    memcpy(text + prelude, p, part);
    text[prelude + part] = 0;
    return text;
}

/* Writes unit0.c, unit1.c, ... Returns how many, or -1. */
static int write_units(const char *code, const char *folder, Error *e)
{
    int n = 0;
    for (char *text; (text = unit_text(code, n)); n++) {
        if (n == UNITS) bug("compiler_build: more than %d units", UNITS);
        int bad = file_write(path_of("%s/unit%d.c", folder, n).s, text, strlen(text), e);
        free(text);
        if (bad) return -1;
    }
    return n;
}

static int compile_units(const Compiler *c, const char *flags, const char *folder, const char *object, int n, int side, Error *e)
{
    Job *job = grow(NULL, (size_t)n * sizeof *job);
    for (int i = 0; i < n; i++) {
        job_make(&job[i], c, flags, path_of("%s/unit%d.log", folder, i));
        job_add(&job[i], n == 1 ? "-shared" : "-c");
        job_add(&job[i], path_of("%s/unit%d.c", folder, i).s);
        job_add(&job[i], "-o");
        job_add(&job[i], n == 1 ? object : path_of("%s/unit%d.o", folder, i).s);
        if (n == 1) job_add(&job[i], "-lm");
    }
    jobs_run(c, job, n, side);
    int bad = jobs_check(job, n, folder, e);
    jobs_free(job, n);
    return bad;
}

/* The objects' names go through a file: there may be more of them than a Job has words. */
static int link_units(const Compiler *c, const char *flags, const char *folder, const char *object, int n, Error *e)
{
    Writer w;
    Path names = path_of("%s/units.txt", folder);
    if (writer_open(&w, names.s, e)) return -1;
    for (int i = 0; i < n; i++) fprintf(w.file, "\"%s/unit%d.o\"\n", folder, i);
    if (writer_close(&w, e)) return -1;
    Job *job = grow(NULL, sizeof *job);
    job_make(job, c, flags, path_of("%s/link.log", folder));
    job_add(job, "-shared");
    job_add(job, path_of("@%s", names.s).s);
    job_add(job, "-o");
    job_add(job, object);
    job_add(job, "-lm");
    jobs_run(c, job, 1, 1);
    int bad = jobs_check(job, 1, folder, e);
    jobs_free(job, 1);
    return bad;
}

Path compiler_flags(const char *flags)
{
    const char *more = getenv("BURIN_CFLAGS");
    return path_of("-O3 -std=gnu11 -fopenmp -fPIC -Wall -Wextra %s %s", flags, more ? more : "");
}

int compiler_build(const Compiler *c, const char *code, const char *flags, const char *folder, const char *object, int side, Error *e)
{
    int n = write_units(code, folder, e);
    if (n < 0 || compile_units(c, flags, folder, object, n, side, e)) return -1;
    return n == 1 ? 0 : link_units(c, flags, folder, object, n, e);
}
