/* file.c: files that are whole or not there. */
#include "file.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int writer_open(Writer *w, const char *path, Error *e)
{
    w->path = path_of("%s", path);
    w->temporary = path_of("%s.tmp%ld", path, (long)getpid());
    w->file = fopen(w->temporary.s, "wb");
    if (!w->file) return failed(e, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

void writer_drop(Writer *w)
{
    if (w->file) fclose(w->file);
    unlink(w->temporary.s);
    w->file = NULL;
}

int writer_close(Writer *w, Error *e)
{
    FILE *f = w->file;
    errno = 0;
    int bad = fflush(f) || ferror(f) || fsync(fileno(f)), why = errno;
    if (fclose(f) && !bad) bad = 1, why = errno;
    if (!bad && rename(w->temporary.s, w->path.s)) bad = 1, why = errno;
    w->file = NULL;
    if (!bad) return 0;
    unlink(w->temporary.s);
    return failed(e, "cannot write %s: %s", w->path.s, why ? strerror(why) : "the write failed");
}

int file_write(const char *path, const void *bytes, size_t size, Error *e)
{
    Writer w;
    if (writer_open(&w, path, e)) return -1;
    fwrite(bytes, 1, size, w.file);
    return writer_close(&w, e);
}

int file_replace(const char *path, const void *bytes, size_t size, Error *e)
{
    struct stat s;
    char real[PATH_MAX];
    Writer w;
    if (!realpath(path, real) || stat(real, &s) || access(real, W_OK)) return failed(e, "cannot write %s: %s", path, strerror(errno));
    if (writer_open(&w, real, e)) return -1;
    fchmod(fileno(w.file), s.st_mode & 07777);
    fwrite(bytes, 1, size, w.file);
    return writer_close(&w, e);
}

int file_read(const char *path, char **bytes, size_t *size, Error *e)
{
    FILE *f = fopen(path, "rb");
    struct stat s;
    if (!f || fstat(fileno(f), &s)) {
        int why = errno;
        if (f) fclose(f);
        return failed(e, "cannot read %s: %s", path, strerror(why));
    }
    if (S_ISDIR(s.st_mode)) {
        fclose(f);
        return failed(e, "cannot read %s: it is a folder", path);
    }
    size_t room = (size_t)s.st_size + 1, used = 0, got;
    char *p = array_of(char, room + 1);
    while ((got = fread(p + used, 1, room - used, f)) > 0)      /* goes on past st_size: /proc files say 0 */
        if ((used += got) == room) p = array_grow(p, char, (room *= 2) + 1);
    int bad = ferror(f), why = errno;
    fclose(f);
    if (bad) {
        free(p);
        return failed(e, "cannot read %s: %s", path, strerror(why));
    }
    p[used] = 0;
    *bytes = p;
    *size = used;
    return 0;
}

bool file_exists(const char *path) { return access(path, F_OK) == 0; }

int folder_make(const char *path, Error *e)
{
    Path p = path_of("%s", path);
    for (char *c = p.s + 1;; c++) {
        if (*c && *c != '/') continue;
        char kept = *c;
        *c = 0;
        struct stat s;
        if (mkdir(p.s, 0777) && errno != EEXIST && (stat(p.s, &s) || !S_ISDIR(s.st_mode)))
            return failed(e, "cannot make the folder %s: %s", p.s, strerror(errno));
        *c = kept;
        if (!kept) break;
    }
    struct stat s;
    if (stat(path, &s) || !S_ISDIR(s.st_mode)) return failed(e, "cannot make the folder %s: a file has that name", path);
    return 0;
}

void folder_sweep(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *x; d && (x = readdir(d));) {
        const char *end = strstr(x->d_name, ".tmp");
        if (end && end[4] && strspn(end + 4, "0123456789") == strlen(end + 4)) unlink(path_of("%s/%s", path, x->d_name).s);
    }
    if (d) closedir(d);
}

void folder_remove(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *x; d && (x = readdir(d));)
        if (strcmp(x->d_name, ".") && strcmp(x->d_name, "..")) unlink(path_of("%s/%s", path, x->d_name).s);
    if (d) closedir(d);
    rmdir(path);
}
