/* command.h: the table of commands. It and the table of flags (options.c) make the parser, --help, the manual page and what shells
 * complete; main.c has a function run_NAME for each row.                                                             */
#ifndef BURIN_COMMAND_H
#define BURIN_COMMAND_H
#include "text.h"

/* name, bit, what follows it, what it does, an example. "[X]" may be missing, "X..." are several. */
#define COMMANDS(X) \
    X(new, NEW, "NAME", "write NAME.lua, a spec with comments, to start from", "mine --kind gan") \
    X(check, CHECK, "SPEC...", "say what is wrong with specs, without compiling anything", "models/dcgan_mnist.lua") \
    X(fmt, FMT, "SPEC...", "lay the text of specs out as the models are, in place", "models/dcgan_mnist.lua --check") \
    X(train, TRAIN, "SPEC", "train the nets of a spec, into a folder of the run's own", "models/dcgan_mnist.lua --epochs 3") \
    X(sample, SAMPLE, "RUN|FILE", "draw images from a checkpoint, or the last one of a run", "out/runs/00000-dcgan_mnist -n 64 -o grid.png") \
    X(show, SHOW, "SPEC", "print a stage on the way from the spec to the kernels", "models/dcgan_mnist.lua --kernels") \
    X(emit, EMIT, "SPEC", "write standalone C that trains the nets, with a Makefile", "models/dcgan_mnist.lua -o dcgan") \
    X(bench, BENCH, "SPEC", "time the step or the samples: images/s, share of the peak", "models/dcgan_mnist.lua") \
    X(tune, TUNE, "SPEC", "measure what the kernels leave open; later runs use it", "models/dcgan_mnist.lua") \
    X(doctor, DOCTOR, "", "say what training needs, what is missing, and what helps", "") \
    X(devices, DEVICES, "", "say what this machine can run on", "") \
    X(completion, COMPLETION, "SHELL", "print what bash, zsh or fish needs to complete words", "bash >~/.local/share/bash-completion/completions/burin") \
    X(manual, MANUAL, "", "print all of the help as a page for man", "| man -l -") \
    X(version, VERSION, "", "say which version this is", "") \
    X(help, HELP, "[COMMAND]", "this text, or a command's flags", "train")

#define COMMAND_INDEX(name, bit, ...) INDEX_##bit,
enum { COMMANDS(COMMAND_INDEX) COMMAND_COUNT };

/* The commands, as bits: a flag belongs to some of them. STANDALONE is an emitted program, which trains; ONE_FILE one of a single file, which
 * leaves out what runtime/single/ stands in for.                                                                      */
#define COMMAND_BIT(name, bit, ...) bit = 1 << INDEX_##bit,
enum { COMMANDS(COMMAND_BIT) STANDALONE = 1 << COMMAND_COUNT, ONE_FILE = 1 << (COMMAND_COUNT + 1) };

typedef struct { const char *name; int bit; const char *argument, *help, *example; } Command;
extern const Command commands[COMMAND_COUNT];

const Command *command_find(const char *name, Error *);         /* NULL with a message that may have a nearer name */
const Command *command_of(int bit);                             /* NULL: STANDALONE, ONE_FILE */

/* "train: which spec? For instance: ..." Returns non-zero, as failed(). */
int command_needs(int bit, const char *what, Error *);
#endif
