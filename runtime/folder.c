/* folder.c: the pictures in a folder, in an order that is the same on every machine. */
#include "folder.h"
#include "decode.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { DEEPEST = 64 };

/* A folder on the way down: one that is met again below itself is a loop of links. */
typedef struct Level { const struct Level *above; dev_t device; ino_t inode; int depth; } Level;

void skipped_add(Skipped *s, const char *path, const char *why)
{
    size_t size = strlen(path) * 4 + strlen(why) + 3;
    s->line = array_grow(s->line, char *, s->count + 1);
    s->line[s->count] = array_of(char, size);
    snprintf(s->line[s->count++], size, "%s %s", path_shown(path).s, why);
}

void skipped_free(Skipped *s)
{
    while (s->count) free(s->line[--s->count]);
    free(s->line);
    s->line = NULL;
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The names in a folder, sorted; -1: it cannot be read. */
static int64_t names_in(const char *path, char ***names)
{
    DIR *d = opendir(path);
    int64_t n = 0;
    char **name = NULL;
    if (!d) return -1;
    for (struct dirent *x; (x = readdir(d));) {
        if (*x->d_name == '.') continue;
        name = array_grow(name, char *, n + 1);
        name[n++] = strdup(x->d_name);
    }
    closedir(d);
    if (n) qsort(name, (size_t)n, sizeof *name, compare_names);
    *names = name;
    return n;
}

static bool is_named_so(const char *name)
{
    const char *end = strrchr(name, '.');
    return end && (!strcasecmp(end, ".png") || !strcasecmp(end, ".jpg") || !strcasecmp(end, ".jpeg"));
}

static void add_file(Folder *f, const char *path, int label)
{
    Error e;
    if (!is_named_so(path)) {
        if (!f->others++) f->other = path_shown(path);
    } else if (decode_probe(path, &e)) skipped_add(&f->skipped, path, e.text);
    else {
        if (f->files % 1024 == 0) {
            f->file = array_grow(f->file, char *, f->files + 1024);
            f->label = array_grow(f->label, int, f->files + 1024);
        }
        f->file[f->files] = strdup(path);
        f->label[f->files++] = label;
        f->loose += label < 0;
    }
}

static bool is_loop(const Level *level, const struct stat *s)
{
    for (; level; level = level->above)
        if (level->device == s->st_dev && level->inode == s->st_ino) return true;
    return false;
}

static void walk(Folder *, const char *path, const Level *, int label);

/* A folder inside; of those directly in ours, each with a picture in it is a class. */
static void walk_inside(Folder *f, const char *path, const char *name, const struct stat *s, const Level *level, int label)
{
    Level below = {level, s->st_dev, s->st_ino, level->depth + 1};
    int64_t before = f->files;
    if (is_loop(level, s)) skipped_add(&f->skipped, path, "is a link to a folder that it lies in");
    else if (below.depth > DEEPEST) skipped_add(&f->skipped, path, "lies too deep");
    else walk(f, path, &below, level->depth ? label : f->classes);
    if (level->depth || f->files == before) return;
    f->name = array_grow(f->name, char *, f->classes + 1);
    f->name[f->classes++] = strdup(name);
}

static void walk(Folder *f, const char *path, const Level *level, int label)
{
    char **name = NULL;
    int64_t n = names_in(path, &name);
    if (n < 0) skipped_add(&f->skipped, path, path_of("cannot be read: %s", strerror(errno)).s);
    for (int64_t i = 0; i < n; i++) {
        struct stat s;
        Path inside = path_of("%s/%s", path, name[i]);
        if (strlen(path) + strlen(name[i]) + 2 > sizeof inside.s) skipped_add(&f->skipped, path, "holds a name that is too long");
        else if (!stat(inside.s, &s) && S_ISDIR(s.st_mode)) walk_inside(f, inside.s, name[i], &s, level, label);
        else add_file(f, inside.s, label);
        free(name[i]);
    }
    free(name);
}

static int nothing_there(const Folder *f, const char *path, Error *e)
{
    if (f->skipped.count)
        return failed(e, "%s holds no picture that can be read: %s were skipped, for instance: %s", path_shown(path).s, word_count(f->skipped.count).s, f->skipped.line[0]);
    if (f->others)
        return failed(e, "%s holds no picture: none of its %s files is named .png, .jpg or .jpeg (for instance %s)", path_shown(path).s, word_count(f->others).s, f->other.s);
    return failed(e, "%s is empty: pictures are wanted in it, .png, .jpg or .jpeg", path_shown(path).s);
}

int folder_open(Folder *f, const char *path, Error *e)
{
    struct stat s;
    memset(f, 0, sizeof *f);
    if (stat(path, &s)) return failed(e, "cannot read %s: %s", path_shown(path).s, strerror(errno));
    if (!S_ISDIR(s.st_mode)) return failed(e, "%s is a file, and a folder of pictures is wanted", path_shown(path).s);
    const Level top = {NULL, s.st_dev, s.st_ino, 0};
    walk(f, path, &top, -1);
    if (f->files) return 0;
    nothing_there(f, path, e);
    folder_free(f);
    return -1;
}

void folder_free(Folder *f)
{
    while (f->files) free(f->file[--f->files]);
    while (f->classes) free(f->name[--f->classes]);
    free(f->file);
    free(f->label);
    free(f->name);
    skipped_free(&f->skipped);
    memset(f, 0, sizeof *f);
}
