/* file.h: files that are whole or not there. */
#ifndef BURIN_FILE_H
#define BURIN_FILE_H
#include "text.h"
#include <stdbool.h>
#include <stdio.h>

/* A file being written under a temporary name beside its own; writer_close() gives it its name. A reader sees the old file,
 * or the new one, never a part. After writer_open() one of writer_close() and writer_drop() must follow.            */
typedef struct { FILE *file; Path path, temporary; } Writer;

int writer_open(Writer *, const char *path, Error *);
int writer_close(Writer *, Error *);                /* flush, fsync, rename; on failure nothing is left behind */
void writer_drop(Writer *);                         /* as if it had never been opened */

int file_write(const char *path, const void *bytes, size_t size, Error *);
int file_replace(const char *path, const void *bytes, size_t size, Error *);    /* the same, of a file that is there: keeps its rights, follows a link */
int file_read(const char *path, char **bytes, size_t *size, Error *);    /* malloced, a 0 after its end; the caller frees */
bool file_exists(const char *path);
int folder_make(const char *path, Error *);         /* and its parents; fine if it is there */
void folder_sweep(const char *path);                /* removes what writers left that were killed */
void folder_remove(const char *path);               /* with the files in it (not folders) */
#endif
