/* log.c: what a run says, on the terminal and in its folder. */
#include "log.h"
#include "file.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

void log_start(Log *l)
{
    struct winsize size;
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    memset(l, 0, sizeof *l);
    l->terminal = isatty(1) && term && strcmp(term, "dumb");
    l->color = l->terminal && !(no_color && *no_color);
    l->columns = l->terminal && !ioctl(1, TIOCGWINSZ, &size) && size.ws_col >= 20 && size.ws_col < 80 ? size.ws_col : 80;
    l->early_stream = open_memstream(&l->early, &l->early_size);
}

/* One more than the highest number in use. */
static int next_number(const char *outdir)
{
    DIR *d = opendir(outdir);
    int next = 0, n;
    for (struct dirent *x; d && (x = readdir(d));)
        if (strspn(x->d_name, "0123456789") >= 5 && sscanf(x->d_name, "%9d-", &n) == 1 && n >= next) next = n + 1;
    if (d) closedir(d);
    return next;
}

/* log.txt and stats.jsonl, to be added to; what was said before goes first. */
static int open_logs(Log *l, Error *e)
{
    l->stats = fopen(path_of("%s/stats.jsonl", l->folder.s).s, "a");
    if (l->stats && flock(fileno(l->stats), LOCK_EX | LOCK_NB)) return failed(e, "%s: another process trains in this folder", l->folder.s);
    l->text = l->stats ? fopen(path_of("%s/log.txt", l->folder.s).s, "a") : NULL;      /* not before: errors are written to it, too */
    if (!l->text) return failed(e, "cannot write in %s: %s", l->folder.s, strerror(errno));
    fclose(l->early_stream);
    l->early_stream = NULL;
    fwrite(l->early, 1, l->early_size, l->text);
    return 0;
}

int log_folder(Log *l, const char *outdir, const char *name, Error *e)
{
    if (folder_make(outdir, e)) return -1;
    do l->folder = path_of("%s/%05d-%s", outdir, next_number(outdir), name);
    while (mkdir(l->folder.s, 0777) && errno == EEXIST);
    struct stat s;
    if (stat(l->folder.s, &s)) {
        Path wanted = l->folder;
        l->folder.s[0] = 0;
        return failed(e, "cannot make the run's folder %s: %s", wanted.s, strerror(errno));
    }
    return open_logs(l, e);
}

/* Where the lines of the first `step` steps end. */
static long end_of_steps(const char *text, int64_t step)
{
    const char *line = text;
    for (const char *next; (next = strchr(line, '\n')); line = next + 1) {
        const char *at = strstr(line, "\"step\":");
        if (!at || at > next || strtoll(at + 7, NULL, 10) > step) break;
    }
    return line - text;
}

int log_again(Log *l, const char *folder, int64_t step, Error *e)
{
    char *text;
    size_t size;
    l->folder = path_of("%s", folder);
    if (open_logs(l, e)) return -1;
    folder_sweep(folder);
    if (file_read(path_of("%s/stats.jsonl", folder).s, &text, &size, e)) return -1;
    int bad = ftruncate(fileno(l->stats), end_of_steps(text, step));
    free(text);
    return bad ? failed(e, "cannot write %s/stats.jsonl: %s", folder, strerror(errno)) : 0;
}

void log_end(Log *l)
{
    log_bar_clear(l);
    if (l->early_stream) fclose(l->early_stream);
    if (l->text) fclose(l->text);
    if (l->stats) fclose(l->stats);
    free(l->early);
    memset(l, 0, sizeof *l);
}

void log_say(Log *l, const char *format, ...)
{
    FILE *also = l->text ? l->text : l->early_stream;
    va_list a;
    log_bar_clear(l);
    va_start(a, format);
    vprintf(format, a);
    va_end(a);
    va_start(a, format);
    if (also) vfprintf(also, format, a);
    va_end(a);
    putchar('\n');
    if (also) fputc('\n', also);
    fflush(stdout);
}

void log_write(Log *l, const char *line)
{
    FILE *to = l->text ? l->text : l->early_stream;
    if (to) fprintf(to, "%s\n", line);
}

int log_stats(Log *l, const char *line, Error *e)
{
    fseek(l->stats, 0, SEEK_END);
    long before = ftell(l->stats);
    errno = 0;
    if (fflush(l->text) || ferror(l->text))
        return failed(e, "cannot write %s/log.txt: %s", l->folder.s, errno ? strerror(errno) : "a write failed");
    if (fprintf(l->stats, "%s\n", line) < 0 || fflush(l->stats)) {
        int why = errno;
        if (ftruncate(fileno(l->stats), before)) {}      /* nothing more can be done about it */
        return failed(e, "cannot write %s/stats.jsonl: %s", l->folder.s, strerror(why));
    }
    return 0;
}

void log_bar(Log *l, double done, const char *before, const char *after)
{
    static const char *const part[] = {"·", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!l->terminal) return;
    int room = l->columns - 1, left = room - (int)strlen(before) - (int)strlen(after) - 2;
    int cells = left < 4 ? 4 : left > 24 ? 24 : left, eighths = (int)(done * cells * 8);
    int words = room - (int)strlen(before) - cells - 2;
    printf("\r%s %s", before, l->color ? "\033[36m" : "");
    for (int i = 0; i < cells; i++) fputs(eighths >= 8 * (i + 1) ? "█" : eighths > 8 * i ? part[eighths - 8 * i] : "·", stdout);
    printf("%s %.*s\033[K", l->color ? "\033[0m" : "", words > 0 ? words : 0, after);
    fflush(stdout);
    l->bar = true;
}

void log_bar_clear(Log *l)
{
    if (l->bar) fputs("\r\033[K", stdout);
    l->bar = false;
}
