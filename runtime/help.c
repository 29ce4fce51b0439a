/* help.c: --help and the manual page, from the tables of commands (command.h) and flags (options.c). */
#include "help.h"
#include "program.h"
#include "flag.h"
#include "options.h"
#include <string.h>

static const struct { const char *name, *help; } environment[] = {
    {"BURIN_DATA", "folder of the data, as --data"},
    {"BURIN_IMAGES", "MiB of pictures that are kept decoded (1024)"},
    {"BURIN_DEVICE", "what runs the kernels, as --device"},
    {"BURIN_CACHE", "folder of compiled kernels (~/.cache/burin)"},
    {"BURIN_HOME", "folder with models and templates, when burin was moved"},
    {"CC", "the C compiler"},
    {"BURIN_CFLAGS", "more flags for it"},
    {"BURIN_NVRTC", "folder of NVRTC, which compiles for NVIDIA's cards"},
    {"NO_COLOR", "no colours on the terminal"},
};
static const struct { const char *name, *help; } files[] = {
    {"out/runs/NNNNN-NAME", "a run: pictures, curves, report.html, log, checkpoints"},
    {"~/.cache/burin", "compiled kernels, and what burin tune found; all is made anew when needed"},
    {"PREFIX/share/burin", "models, templates and docs, where burin was installed"},
};
static const struct { const char *status, *help; } ends[] = {{"0", "done"}, {"1", "failed"}, {"130", "stopped by Ctrl-C (and saved)"}};
static const char about[] =
    "A Lua file says what the nets and the training step are; burin turns it into C\n"
    "for exactly those shapes, has it compiled, and trains.\n";
enum { ENVIRONMENT = sizeof environment / sizeof *environment, FILES = sizeof files / sizeof *files, ENDS = sizeof ends / sizeof *ends };

void help_all(FILE *f)
{
    static const int first[] = {NEW, TRAIN, SAMPLE};
    fprintf(f, "burin: a compiler of neural nets.\n%s\nusage: burin COMMAND ...\n\n", about);
    for (int i = 0; i < COMMAND_COUNT; i++) fprintf(f, "  %-10s %-9s %s\n", commands[i].name, commands[i].argument, commands[i].help);
    fputs("\nto begin:\n", f);
    for (int i = 0; i < 3; i++) fprintf(f, "  burin %s %s\n", command_of(first[i])->name, command_of(first[i])->example);
    fputs("\nburin COMMAND --help lists a command's flags. Read from the environment:\n", f);
    for (int i = 0; i < ENVIRONMENT; i++) fprintf(f, "  %-12s %s\n", environment[i].name, environment[i].help);
    fputs("\nexit status:", f);
    for (int i = 0; i < ENDS; i++) fprintf(f, "%s %s %s", i ? "," : "", ends[i].status, ends[i].help);
    fputc('\n', f);
}

void help_command(FILE *f, const Command *c)
{
    fprintf(f, "usage: burin %s%s%s [flags]\n\n%s.\n", c->name, *c->argument ? " " : "", c->argument, c->help);
    if (*c->example) fprintf(f, "for instance:\n  burin %s %s\n", c->name, c->example);
    fputs("\nflags:\n", f);
    options_help(f, c->bit);
}

/* ---- the manual page ---- */

/* Text that is no request to troff: its backslashes, hyphens and dots in front are what they are. */
static void plain(FILE *f, const char *s)
{
    if (*s == '.' || *s == '\'') fputs("\\&", f);
    for (; *s; s++) {
        if (*s == '\\') fputs("\\e", f);
        else if (*s == '-') fputs("\\-", f);
        else fputc(*s, f);
    }
}

static void item(FILE *f, const char *what, const char *help)
{
    fputs(".TP\n.B ", f);
    plain(f, what);
    fputc('\n', f);
    plain(f, help);
    fputc('\n', f);
}

static void manual_command(FILE *f, const Command *c)
{
    fputs(".SS ", f);
    plain(f, path_of("burin %s %s", c->name, c->argument).s);
    fputc('\n', f);
    plain(f, c->help);
    fputs(".\n", f);
    for (int i = 0; i < flag_count; i++)
        if (flags[i].commands & c->bit && strcmp(flags[i].name, "help")) item(f, flag_text(&flags[i]).s, flags[i].help);
}

void manual(FILE *f)
{
    fputs(".TH BURIN 1 \"\" \"burin " BURIN_VERSION "\" \"User Commands\"\n.SH NAME\nburin \\- a compiler of neural nets\n"
          ".SH SYNOPSIS\n.B burin\n.I COMMAND\n[word ...] [flags]\n.SH DESCRIPTION\n", f);
    plain(f, about);
    fputs("The language of these files is described in models/README.md, step by step in docs/tutorial.md: in burin's checkout, or\n"
          "installed in PREFIX/share/burin.\n.SH COMMANDS\n", f);
    for (int i = 0; i < COMMAND_COUNT; i++) manual_command(f, &commands[i]);
    fputs(".SH ENVIRONMENT\n", f);
    for (int i = 0; i < ENVIRONMENT; i++) item(f, environment[i].name, environment[i].help);
    fputs(".SH FILES\n", f);
    for (int i = 0; i < FILES; i++) item(f, files[i].name, files[i].help);
    fputs(".SH EXIT STATUS\n", f);
    for (int i = 0; i < ENDS; i++) item(f, ends[i].status, ends[i].help);
    fputs(".SH EXAMPLES\n.nf\n", f);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (!*commands[i].example) continue;
        plain(f, path_of("burin %s %s", commands[i].name, commands[i].example).s);
        fputc('\n', f);
    }
    fputs(".fi\n", f);
}
