/* folder.c: folders of pictures are left out, as this program reads none. */
#include "folder.h"

int folder_open(Folder *f, const char *path, Error *e)
{
    *f = (Folder){0};
    return failed(e, "%s: this program reads no pictures", path);
}

void folder_free(Folder *f) { (void)f; }
