/* home.c: where burin's own files are: of a checkout, or installed. Nothing is fixed at compile time, so both can be moved. */
#include "home.h"
#include "file.h"
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static bool holds(Path home) { return file_exists(path_of("%s/templates", home.s).s) && file_exists(path_of("%s/models/lib", home.s).s); }

int find_home(Path *home, Error *e)
{
    char self[PATH_MAX];
    const char *own = getenv("BURIN_HOME");
    if (own && *own) {
        *home = path_of("%s", own);
        return holds(*home) ? 0 : failed(e, "BURIN_HOME, %s, holds no templates and models/lib: set it to burin's checkout, or unset it", own);
    }
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0) return failed(e, "cannot tell where burin is; set BURIN_HOME to its checkout");
    self[n] = 0;
    Path above = path_folder(path_folder(self).s);
    *home = above;
    if (holds(*home)) return 0;
    *home = path_of("%s/share/burin", above.s);
    if (holds(*home)) return 0;
    return failed(e, "%s finds neither its checkout (%s/templates) nor what make install puts in %s: run it from there, or set BURIN_HOME "
                     "to the checkout", self, above.s, home->s);
}
