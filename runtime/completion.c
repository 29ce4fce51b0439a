/* completion.c: what shells need to complete burin's words, from the tables of commands and flags. What follows a flag or a command
 * says by its name what it is: a folder, a file, one of some words.                                                   */
#include "cpu.h"
#include "flag.h"
#include "help.h"
#include <string.h>

typedef enum { NOTHING, FOLDERS, FILES, WORDS, COMMAND_NAMES } Source;

/* What completes an argument; for WORDS the words, with spaces between. */
static Source source_of(const char *argument, char words[256])
{
    *words = 0;
    if (!strcmp(argument, "DIR")) return FOLDERS;
    if (!strcmp(argument, "[COMMAND]")) return COMMAND_NAMES;
    if (!strcmp(argument, "WHICH") || !strncmp(argument, "SPEC", 4) || strstr(argument, "FILE")) return FILES;
    if (!strcmp(argument, "SHELL")) argument = "bash|zsh|fish";
    if (!strcmp(argument, "DEVICE")) argument = "auto|cpu|cuda";
    if (!strcmp(argument, "ISA"))
        for (int i = 0; isa_names[i]; i++) strcat(strcat(words, i ? " " : ""), isa_names[i]);
    else if (is_choice(argument)) snprintf(words, 256, "%s", argument);
    else return NOTHING;
    for (char *p = words; (p = strchr(p, '|')); ) *p = ' ';
    return WORDS;
}

static const Flag *next_flag(const Flag *after, int command)
{
    for (const Flag *f = after ? after + 1 : flags; f < flags + flag_count; f++)
        if (f->commands & command) return f;
    return NULL;
}

/* ---- bash ---- */

/* A line of a case of the flag before the cursor: "--outdir) ... ;;" */
static void bash_flag(FILE *f, const Flag *flag)
{
    char words[256];
    static const char *const what[] = {"", "_burin_files -d; ", "_burin_files -f; "};
    Source s = source_of(flag->argument, words);
    fprintf(f, "        %s%s%s--%s) ", *flag->letter ? "-" : "", flag->letter, *flag->letter ? "|" : "", flag->name);
    if (s == WORDS) fprintf(f, "COMPREPLY=($(compgen -W '%s' -- \"$word\")); ", words);
    else fputs(what[s], f);
    fputs("return ;;\n", f);
}

static void bash_command(FILE *f, const Command *c)
{
    char words[256];
    fprintf(f, "    %s)\n        case $before in\n", c->name);
    for (const Flag *x = NULL; (x = next_flag(x, c->bit));)
        if (*x->argument && *x->argument != '[') bash_flag(f, x);
    fputs("        esac\n        flags='", f);
    for (const Flag *x = NULL; (x = next_flag(x, c->bit));) fprintf(f, "--%s ", x->name);
    fputs("'", f);
    Source s = source_of(c->argument, words);
    if (s == FILES) fputs(" files=yes", f);
    if (s == COMMAND_NAMES) fputs(" words=$commands", f);
    if (s == WORDS) fprintf(f, " words='%s'", words);
    fputs(" ;;\n", f);
}

static void bash(FILE *f)
{
    fputs("# bash completion for burin, printed by `burin completion bash`\n"
          "_burin_files() {\n"
          "    compopt -o filenames 2>/dev/null\n"
          "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$word\")\n"
          "}\n"
          "_burin() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} flags= words= files=\n"
          "    local commands='", f);
    for (int i = 0; i < COMMAND_COUNT; i++) fprintf(f, "%s ", commands[i].name);
    fputs("'\n    COMPREPLY=()\n"
          "    [ \"$word\" != = ] || word=\n"
          "    [ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD-2]}\n"
          "    if [ \"$COMP_CWORD\" = 1 ]; then COMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$word\")); return; fi\n"
          "    case ${COMP_WORDS[1]} in\n", f);
    for (int i = 0; i < COMMAND_COUNT; i++) bash_command(f, &commands[i]);
    fputs("    esac\n"
          "    case $word in\n"
          "    -*) COMPREPLY=($(compgen -W \"$flags\" -- \"$word\")) ;;\n"
          "    *) if [ -n \"$files\" ]; then _burin_files -f; else COMPREPLY=($(compgen -W \"$words\" -- \"$word\")); fi ;;\n"
          "    esac\n}\ncomplete -F _burin burin\n", f);
}

/* ---- zsh ---- */

/* Text inside '...' of an _arguments item: its quotes, brackets and colons are escaped. */
static void zsh_text(FILE *f, const char *s)
{
    for (; *s; s++) {
        if (*s == '\'') fputs("'\\''", f);
        else if (strchr("[]:\\", *s)) fprintf(f, "\\%c", *s);
        else fputc(*s, f);
    }
}

/* ":what:action" of an argument */
static void zsh_action(FILE *f, const char *argument)
{
    char words[256];
    fputc(':', f);
    zsh_text(f, argument);
    switch (source_of(argument, words)) {
    case FOLDERS: fputs(":_files -/", f); break;
    case FILES: fputs(":_files", f); break;
    case WORDS: fprintf(f, ":(%s)", words); break;
    case COMMAND_NAMES: fputs(":($burin_commands)", f); break;
    case NOTHING: fputs(": ", f); break;
    }
}

static void zsh_flag(FILE *f, const Flag *x)
{
    bool value = *x->argument && *x->argument != '[';
    for (int form = *x->letter ? 0 : 1; form < 2; form++) {
        fprintf(f, " \\\n            '%s%s%s[", x->kind == SET ? "*" : "", form ? "--" : "-", form ? x->name : x->letter);
        zsh_text(f, x->help);
        fputc(']', f);
        if (value) zsh_action(f, x->argument);
        fputc('\'', f);
    }
}

static void zsh(FILE *f)
{
    fputs("#compdef burin\n# zsh completion for burin, printed by `burin completion zsh`\n_burin() {\n    local -a burin_commands=(", f);
    for (int i = 0; i < COMMAND_COUNT; i++) fprintf(f, "%s ", commands[i].name);
    fputs(")\n    local -a described=(\n", f);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        fprintf(f, "        '%s:", commands[i].name);
        zsh_text(f, commands[i].help);
        fputs("'\n", f);
    }
    fputs("    )\n    if (( CURRENT == 2 )); then _describe command described; return; fi\n"
          "    local command=$words[2]\n    shift words; (( CURRENT-- ))\n    case $command in\n", f);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const Command *c = &commands[i];
        fprintf(f, "        %s) _arguments", c->name);
        for (const Flag *x = NULL; (x = next_flag(x, c->bit));) zsh_flag(f, x);
        if (*c->argument) {
            fprintf(f, " \\\n            \"%s", strstr(c->argument, "...") ? "*" : "1");
            zsh_action(f, c->argument);
            fputc('"', f);
        }
        fputs(" ;;\n", f);
    }
    fputs("    esac\n}\nif [ \"$funcstack[1]\" = _burin ]; then _burin \"$@\"; else compdef _burin burin; fi\n", f);
}

/* ---- fish ---- */

static void fish_text(FILE *f, const char *s)
{
    fputc('\'', f);
    for (; *s; s++) {
        if (*s == '\'' || *s == '\\') fputc('\\', f);
        fputc(*s, f);
    }
    fputc('\'', f);
}

/* " -x -a 'a b'": what completes an argument, and nothing else */
static void fish_source(FILE *f, const char *argument)
{
    char words[256];
    switch (source_of(argument, words)) {
    case FOLDERS: fputs(" -x -a '(__fish_complete_directories)'", f); break;
    case FILES: fputs(" -r -F", f); break;
    case WORDS: fprintf(f, " -x -a '%s'", words); break;
    case COMMAND_NAMES: fputs(" -x -a \"$burin_commands\"", f); break;
    case NOTHING: fputs(" -x", f); break;
    }
}

static void fish(FILE *f)
{
    fputs("# fish completion for burin, printed by `burin completion fish`\nset -g burin_commands", f);
    for (int i = 0; i < COMMAND_COUNT; i++) fprintf(f, " %s", commands[i].name);
    fputs("\ncomplete -c burin -f\n", f);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const Command *c = &commands[i];
        fprintf(f, "complete -c burin -n __fish_use_subcommand -a %s -d ", c->name);
        fish_text(f, c->help);
        fputc('\n', f);
        for (const Flag *x = NULL; (x = next_flag(x, c->bit));) {
            fprintf(f, "complete -c burin -n '__fish_seen_subcommand_from %s'%s%s -l %s", c->name, *x->letter ? " -s " : "", x->letter, x->name);
            if (*x->argument && *x->argument != '[') fish_source(f, x->argument);
            fputs(" -d ", f);
            fish_text(f, x->help);
            fputc('\n', f);
        }
        if (!*c->argument) continue;
        fprintf(f, "complete -c burin -n '__fish_seen_subcommand_from %s'", c->name);
        fish_source(f, c->argument);
        fputc('\n', f);
    }
}

int completion(FILE *f, const char *shell, Error *e)
{
    if (choice_check("completion", "bash|zsh|fish", shell, e)) return -1;
    (*shell == 'b' ? bash : *shell == 'z' ? zsh : fish)(f);
    return 0;
}
