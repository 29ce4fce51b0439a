/* folder.h: the pictures in a folder and in the folders inside it, whose names are the classes. */
#ifndef BURIN_FOLDER_H
#define BURIN_FOLDER_H
#include "text.h"
#include <stdbool.h>

/* Files that are left out, each with a line that says why. */
typedef struct { char **line; int64_t count; } Skipped;

void skipped_add(Skipped *, const char *path, const char *why);
void skipped_free(Skipped *);

typedef struct {
    char **file;                /* paths, sorted byte by byte, folder by folder */
    int *label;                 /* of each file, its class; -1: it lies beside the classes' folders */
    int64_t files, loose;       /* how many; of label -1 */
    char **name; int classes;   /* the folders directly in it that hold pictures, sorted; no more than are counted */
    int64_t others;             /* files that are not named as pictures are */
    Path other;                 /* one of them, "" */
    Skipped skipped;
} Folder;

/* Lists the .png, .jpg and .jpeg files, and looks at how each begins: those that are none are skipped. Names that start with a dot
 * are passed over. Fails where there is no such folder, or no picture in it.                                           */
int folder_open(Folder *, const char *path, Error *);
void folder_free(Folder *);
#endif
