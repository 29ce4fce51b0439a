/* command.c: the table of commands, looked up. */
#include "command.h"
#include <string.h>

#define ROW(name, bit, argument, help, example) {#name, bit, argument, help, example},
const Command commands[COMMAND_COUNT] = {COMMANDS(ROW)};

const Command *command_find(const char *name, Error *e)
{
    const char *all[COMMAND_COUNT];
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (!strcmp(name, commands[i].name)) return &commands[i];
        all[i] = commands[i].name;
    }
    const char *near = nearest(name, all, COMMAND_COUNT);
    if (near) error_set(e, "unknown command %s; did you mean %s?", name, near);
    else error_set(e, "unknown command %s; burin help lists them", name);
    return NULL;
}

const Command *command_of(int bit)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (commands[i].bit == bit) return &commands[i];
    return NULL;
}

int command_needs(int bit, const char *what, Error *e)
{
    const Command *c = command_of(bit);
    return failed(e, "%s: which %s? For instance: burin %s %s", c->name, what, c->name, c->example);
}
