/* standalone.c: the command line of an emitted program, which trains. */
#include "standalone.h"
#include "loop.h"
#include <stdlib.h>

static void show_help(const BurinProgram *p, int command, const char *self)
{
    printf("usage: %s [flags]\n\nTrains %s (batch %d, for %s), as burin %s emitted it.\n\nflags:\n", self, p->name, p->batch, p->isa, BURIN_VERSION);
    options_help(stdout, command);
}

static int run(const BurinProgram *p, const DeviceType *const *types, const Options *o, const DataPlaces *places, Error *e)
{
    Resume resume;
    Chosen on;
    if (choose_device(o, types, &on, e)) return 1;
    int found = find_resume(&resume, o, p->name, e);
    if (found < 0) return 1;
    int status = train(p, o, &on, places, found ? &resume : NULL, e);
    if (found) resume_free(&resume);
    return status;
}

int standalone_main(const BurinProgram *p, const DeviceType *const *types, int command, int argc, char **argv)
{
    Options o = {.begin = seconds_now()};
    Error e = {""};
    int status = 1;
    if (!options_parse(&o, command, argc - 1, argv + 1, &e)) {
        DataPlaces places = {.data = o.data, .home = getenv("BURIN_HOME"), .threads = (int)o.threads};
        if (o.help) show_help(p, command, argv[0]), status = 0;
        else status = run(p, types, &o, &places, &e);
    }
    if (status == 1) fprintf(stderr, "%s: %s\n", path_name(argv[0]), e.text);
    options_free(&o);
    return status;
}
