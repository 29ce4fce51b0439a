/* cache.c: compiled objects kept on disk.
 *
 * An entry is KEY.bin with a seal after the end that ELF knows of: 8 bytes of mark, then the SHA-256 of the object's bytes
 * and the key. An entry that was cut short, damaged or renamed does not fit its seal and is built anew.             */
#include "cache.h"
#include "file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MARK = 8, SEAL = MARK + 32 };
static const char mark[MARK + 1] = "burin\n01";

static bool usable(const char *folder)
{
    Error e;
    return !folder_make(folder, &e) && !access(folder, W_OK | X_OK);
}

int cache_folder(Path *p, Error *e)
{
    const char *own = getenv("BURIN_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (own && *own) {
        *p = path_of("%s", own);
        if (folder_make(p->s, e)) return -1;
        return access(p->s, W_OK | X_OK) ? failed(e, "cannot write in $BURIN_CACHE, %s: %s", p->s, strerror(errno)) : 0;
    }
    if (xdg && *xdg == '/' && (*p = path_of("%s/burin", xdg), usable(p->s))) return 0;
    if (home && *home == '/' && (*p = path_of("%s/.cache/burin", home), usable(p->s))) return 0;
    *p = path_of("out/cache");
    if (usable(p->s)) return 0;
    return failed(e, "no folder for compiled kernels: neither ~/.cache/burin nor %s can be written; set BURIN_CACHE to one that can", p->s);
}

Path cache_object(const char *folder, const Digest *key) { return path_of("%s/%s.bin", folder, key->hex); }

static Digest seal_of(const char *bytes, size_t size, const Digest *key)
{
    Sha256 s;
    sha256_start(&s);
    sha256_add(&s, bytes, size);
    sha256_add(&s, key->byte, sizeof key->byte);
    return sha256_end(&s);
}

bool cache_read(const char *folder, const Digest *key, char **bytes, size_t *size)
{
    Error e;
    if (file_read(cache_object(folder, key).s, bytes, size, &e)) return false;
    const char *end = *bytes + *size;
    bool whole = *size > SEAL && !memcmp(end - SEAL, mark, MARK) && !memcmp(seal_of(*bytes, *size - SEAL, key).byte, end - 32, 32);
    if (!whole) free(*bytes);
    *size -= whole ? SEAL : 0;
    return whole;
}

bool cache_holds(const char *folder, const Digest *key)
{
    char *bytes;
    size_t size;
    bool whole = cache_read(folder, key, &bytes, &size);
    if (whole) free(bytes);
    return whole;
}

void cache_used(const char *folder, const Digest *key) { utimensat(AT_FDCWD, cache_object(folder, key).s, NULL, 0); }

/* Removes the object not used for longest, when there are more than CACHE_LIMIT. A process that has it loaded keeps it. */
static void make_room(const char *folder)
{
    DIR *d = opendir(folder);
    struct timespec oldest = {0};
    Path loser = path_of("%s", "");
    int objects = 0;
    for (struct dirent *x; d && (x = readdir(d));) {
        struct stat s;
        Path p = path_of("%s/%s", folder, x->d_name);
        if (strlen(x->d_name) != 64 + 4 || strcmp(x->d_name + 64, ".bin") || stat(p.s, &s)) continue;
        struct timespec t = s.st_mtim;
        if (objects++ == 0 || t.tv_sec < oldest.tv_sec || (t.tv_sec == oldest.tv_sec && t.tv_nsec < oldest.tv_nsec)) oldest = t, loser = p;
    }
    if (d) closedir(d);
    if (objects > CACHE_LIMIT) unlink(loser.s);
}

/* Removes "work-PID-XXXXXX" of processes that are no more. */
static void sweep(const char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *x; d && (x = readdir(d));) {
        long pid;
        if (sscanf(x->d_name, "work-%ld-", &pid) == 1 && pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH)
            folder_remove(path_of("%s/%s", folder, x->d_name).s);
    }
    if (d) closedir(d);
}

int cache_workshop(const char *folder, Path *workshop, Error *e)
{
    sweep(folder);
    *workshop = path_of("%s/work-%ld-XXXXXX", folder, (long)getpid());
    return mkdtemp(workshop->s) ? 0 : failed(e, "cannot make a folder in %s: %s", folder, strerror(errno));
}

int cache_write(const char *folder, const Digest *key, const char *bytes, size_t size, Error *e)
{
    Digest seal = seal_of(bytes, size, key);
    Writer w;
    if (writer_open(&w, cache_object(folder, key).s, e)) return -1;
    fwrite(bytes, 1, size, w.file);
    fwrite(mark, 1, MARK, w.file);
    fwrite(seal.byte, 1, sizeof seal.byte, w.file);
    if (writer_close(&w, e)) return -1;
    make_room(folder);
    return 0;
}

int cache_keep(const char *folder, const Digest *key, const char *workshop, const char *object, Error *e)
{
    char *bytes;
    size_t size;
    if (file_read(object, &bytes, &size, e)) return -1;
    int bad = cache_write(folder, key, bytes, size, e);
    free(bytes);
    if (!bad) folder_remove(workshop);
    return bad;
}
