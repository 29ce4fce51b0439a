/* burin tune with Programs made by hand, whose launches say how long they took: what is kept, what is not, and the file. */
#include "test.h"
#include "fake.h"
#include "../../runtime/cpu.h"
#include "../../runtime/file.h"
#include "../../runtime/hash.h"
#include "../../runtime/tune.h"
#include <dirent.h>

/* A kernel "map SHAPE" with candidates; flags: of the program as usual, then with each choice */
typedef struct { const char *shape, *choices[3], *flags[3]; const char *images; } Case;

static const BurinProgram *make(void *context, const char *tuned, int candidate, Error *e)
{
    (void)e;
    const Case *c = context;
    BurinProgram *p = grow(NULL, sizeof *p);
    BurinKernel *k = grow(NULL, sizeof *k);
    for (int i = 1; i < 3; i++)
        if (c->choices[i] && strstr(tuned, c->choices[i])) candidate = i;
    if (candidate > 2 || !c->choices[candidate]) candidate = 0;
    *p = *fake_program(0, 0, c->images);
    *k = p->kernel[0];
    k->shape = c->shape;
    k->choice = candidate ? c->choices[candidate] : "";
    p->kernel = k;
    p->cflags = strdup(path_of("-DNAN_AT=0 %s", c->flags[candidate]).s);
    return p;                                       /* it stays until the test ends */
}

/* Tunes; returns what is on the standard output, or the message. */
static const char *tuned(Case *c)
{
    static char text[65536];
    static Error e;
    Path file = path_of("%s/out", test_folder()), images = path_of("%s/images", test_folder());
    Options o = {.file = "models/fake.lua", .seconds = 0.05};
    DataPlaces places = {0};
    Chosen on = {&dev_cpu, {.threads = 1}, {"c"}};
    e.text[0] = 0;
    fake_images(images.s);
    c->images = images.s;
    fflush(stdout);
    int kept = dup(1);
    if (!freopen(file.s, "w", stdout)) exit(1);
    int bad = tune(make, c, &o, &on, &places, &e);
    fflush(stdout);
    dup2(kept, 1);
    FILE *f = fopen(file.s, "r");
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return bad ? e.text : text;
}

static void has(const char *name, const char *text, const char *part) { test(name, strstr(text, part) != NULL, "no \"%s\" in \"%s\"", part, text); }

static Path the_file(void)
{
    DIR *d = opendir(getenv("BURIN_CACHE"));
    Path p = path_of("none");
    for (struct dirent *x; d && (x = readdir(d));)
        if (!strncmp(x->d_name, "tuned-c-", 8)) p = path_of("%s/%s", getenv("BURIN_CACHE"), x->d_name);
    if (d) closedir(d);
    return p;
}

/* What tuned_read() gives and says when the file is this. */
static void test_read(const char *name, const char *bytes, const char *lines, const char *said)
{
    char *text;
    size_t size;
    Error e;
    Path file = the_file(), log = path_of("%s/err", test_folder());
    file_write(file.s, bytes, strlen(bytes), &e);
    int kept = dup(2);
    if (!freopen(log.s, "w", stderr)) exit(1);
    char *got = tuned_read("c");
    fflush(stderr);
    dup2(kept, 2);
    test_text(name, got, lines);
    if (file_read(log.s, &text, &size, &e)) exit(1);
    test_text(path_of("%s: what is said", name).s, text, *said ? path_of("burin: %s %s and is not used; burin tune writes it anew\n", file.s, said).s : "");
    free(got), free(text);
}

static const char *sealed(const char *text) { return strdup(path_of("%s%.40s\n", text, sha256(text, strlen(text)).hex).s); }

static void test_file(void)
{
    Cpu cpu;
    cpu_read(&cpu);
    const char *head = strdup(path_of("burin tuned 1 %s\n", cpu.identity.hex).s);
    const char *good = sealed(path_of("%sconv a -> b: panel 2\nmap 3: rows 4\n", head).s);
    test_read("file: a good one", good, "conv a -> b: panel 2\nmap 3: rows 4\n", "");
    test_read("file: without lines", sealed(head), "", "");
    test_read("file: cut short", path_of("%.*s", (int)strlen(good) - 30, good).s, "", "is damaged");
    test_read("file: empty", "", "", "is damaged");
    char *other = strdup(good);
    *strstr(other, "panel 2") = 'P';
    test_read("file: a letter changed", other, "", "is damaged");
    test_read("file: no seal", "burin tuned 1 x\nconv a: panel 1\n", "", "is damaged");
    other = strdup(path_of("%sconv a -> b: panel 2\n", head).s);
    other[14] ^= 1;
    test_read("file: another processor's", sealed(other), "", "was measured on another processor");
}

int main(void)
{
    setenv("BURIN_CACHE", path_of("%s/cache", test_folder()).s, 1);
    Case better = {"24", {"", "panel 2", "panel 1"}, {"-DMS=2", "-DMS=1 -DSECONDS=0.8e-3", "-DMS=2 -DSECONDS=1.2e-3"}, NULL};
    Case also = {"7 -> 3", {"", "rows 1", "rows 2"}, {"-DMS=2", "-DMS=1 -DSECONDS=0.9e-3", "-DMS=1 -DSECONDS=0.7e-3"}, NULL};
    Case equal = {"24", {"", "panel 2", NULL}, {"-DMS=0", "-DMS=0", ""}, NULL};
    Case noisy = {"24", {"", "panel 2", NULL}, {"-DMS=0", "-DMS=0 -DSECONDS=((int)*count%2?0.2e-3:1.5e-3)", ""}, NULL};
    Case slow = {"24", {"", "panel 2", NULL}, {"-DMS=1", "-DMS=50 -DSECONDS=0.5e-3", ""}, NULL};
    Case wrong = {"24", {"", "panel 2", NULL}, {"-DMS=0", "-DMS=0 -DSECONDS=(weight[0]+=1,1e-3)", ""}, NULL};
    Case none = {"24", {"", NULL, NULL}, {"-DMS=0", "", ""}, NULL};

    test_text("tune: no file, no lines", tuned_read("c"), "");
    const char *said = tuned(&better);
    has("tune: says how much", said, "           map 24\n             panel 2: -20.0% (-20.0 to -20.0)\nstep     ");
    has("tune: says where it is kept", said, path_of("\nkept     %s\n", the_file().s).s);
    test_text("tune: keeps what is better", tuned_read("c"), "map 24: panel 2\n");
    tuned(&also);
    test_text("tune: the best of several, and what others had", tuned_read("c"), "map 24: panel 2\nmap 7 -> 3: rows 2\n");
    test_text("tune: other bits", tuned(&wrong),
              "models/fake.lua: net.weight has other bits with candidate 1 of the kernels: a fault of burin or of the compiler; nothing is kept");
    test_text("tune: after that the file is as before", tuned_read("c"), "map 24: panel 2\nmap 7 -> 3: rows 2\n");
    has("tune: nothing is better", tuned(&equal), " by more than noise:\n           none\n");
    test_text("tune: then the kernel's line goes", tuned_read("c"), "map 7 -> 3: rows 2\n");
    has("tune: noise is no gain", tuned(&noisy), "           none\n");
    has("tune: a step that is slower", tuned(&slow), "         they are not kept: the step as a whole is slower\n");
    test_text("tune: which leaves no line", tuned_read("c"), "map 7 -> 3: rows 2\n");
    has("tune: nothing to choose", tuned(&none), "         its kernels leave nothing open\n");
    test_file();
    test_folder_end();
    return test_end();
}
