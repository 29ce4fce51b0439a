/* new.c: `burin new NAME`: copies a spec of models/new, and tells the editor's Lua language server where the types are. */
#include "new.h"
#include "file.h"
#include "json.h"
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file that must not be there yet. */
static int write_new(const char *path, const char *text, size_t size, Error *e)
{
    if (file_exists(path)) return failed(e, "%s is there already, and stays as it is; choose another name", path);
    return file_write(path, text, size, e);
}

/* The text with "NAME" replaced; malloced. */
static char *with_name(const char *text, const char *name, size_t *size)
{
    char *out = NULL;
    FILE *f = open_memstream(&out, size);
    if (!f) bug("new: no memory");
    for (const char *at; (at = strstr(text, "NAME")); text = at + 4) {
        fwrite(text, 1, (size_t)(at - text), f);
        fputs(name, f);
    }
    fputs(text, f);
    fclose(f);
    return out;
}

/* .luarc.json beside the spec: for LuaLS, which completes and explains the words of the language in an editor. */
static int write_luarc(const char *home, const char *folder, Error *e)
{
    static const char *const missing[] = {"io", "os", "debug", "coroutine", "package"};     /* a spec has none of these */
    Path path = path_of("%s/.luarc.json", folder);
    if (file_exists(path.s)) return 0;
    char *text = NULL, types[PATH_MAX];
    size_t size;
    if (!realpath(path_of("%s/models/types", home).s, types)) return failed(e, "%s/models/types: %s", home, strerror(errno));
    FILE *f = open_memstream(&text, &size);
    if (!f) bug("new: no memory");
    fputs("{\n  \"runtime.version\": \"Lua 5.4\",\n  \"runtime.builtin\": {", f);
    for (int i = 0; i < 5; i++) fprintf(f, "%s\"%s\": \"disable\"", i ? ", " : "", missing[i]);
    fputs("},\n  \"workspace.library\": [", f);
    json_string(f, types);
    fputs("]\n}\n", f);
    fclose(f);
    int bad = file_write(path.s, text, size, e);
    free(text);
    if (!bad) printf("%s: written, for editors with the Lua language server\n", path.s);
    return bad;
}

int new_spec(const char *home, const char *kind, const char *name, Error *e)
{
    size_t n = strlen(name), size;
    bool has_end = n > 4 && !strcmp(name + n - 4, ".lua");
    Path path = path_of("%s%s", name, has_end ? "" : ".lua");
    char *text, *own;
    if (file_read(path_of("%s/models/new/%s.lua", home, kind).s, &text, &size, e)) return -1;
    own = with_name(text, path.s, &size);
    int bad = write_new(path.s, own, size, e);
    free(text);
    free(own);
    if (bad) return -1;
    printf("%s: written; edit it, then: burin train %s\n", path.s, path.s);
    return write_luarc(home, path_folder(path.s).s, e);
}
