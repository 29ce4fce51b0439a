/* The cache of compiled objects, and the compiler: hit, damage, other flags, no compiler, a compiler that fails. */
#include "test.h"
#include "damage.h"
#include "fake.h"
#include "../../runtime/cache.h"
#include "../../runtime/cpu.h"
#include "../../runtime/file.h"
#include "../../runtime/session.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static Path cache;

/* Builds; returns how, or the message. */
static const char *build(BurinProgram *p)
{
    static Word how;
    static Error e;
    Session s;
    DeviceOptions o = {.threads = 1};
    e.text[0] = 0;
    if (session_open(&s, p, &dev_cpu, &o, 0, &e)) return e.text;
    how = s.built;
    session_close(&s);
    *strrchr(how.s, ' ') = 0, *strrchr(how.s, ' ') = 0;         /* without "0.12 s" */
    return how.s;
}

static int entries(Path *one)
{
    DIR *d = opendir(cache.s);
    int n = 0;
    for (struct dirent *x; d && (x = readdir(d));)
        if (x->d_name[0] != '.') n++, *one = path_of("%s/%s", cache.s, x->d_name);
    if (d) closedir(d);
    return n;
}

static void test_cache(void)
{
    BurinProgram *p = fake_program(0, 0, NULL);
    Path one;
    test_text("cache: the first time", build(p), "compiled in");
    test_text("cache: the second time", build(p), "from the cache in");
    test("cache: one entry, and no workshop left", entries(&one) == 1, "%d entries", entries(&one));
    damage(one.s, false);
    test_text("cache: a damaged entry is built anew", build(p), "compiled in");
    damage(one.s, true);
    test_text("cache: an entry cut short is built anew", build(p), "compiled in");
    test_text("cache: and is good again", build(p), "from the cache in");
    test("cache: still one entry", entries(&one) == 1, "%d entries", entries(&one));
    setenv("BURIN_CFLAGS", "-DOTHER", 1);
    test_text("cache: other flags, another entry", build(p), "compiled in");
    unsetenv("BURIN_CFLAGS");
    test("cache: two entries", entries(&one) == 2, "%d entries", entries(&one));
    p->code = "void fake_step(const void *c) { (void)c; }\nvoid fake_sample(const void *c) { (void)c; }\n";
    test_text("cache: code of one unit", build(p), "compiled in");
    folder_make(path_of("%s/work-999999999-abcdef", cache.s).s, &(Error){""});
    p->cflags = "-DAGAIN";
    build(p);
    test("cache: what dead processes left is swept", !file_exists(path_of("%s/work-999999999-abcdef", cache.s).s), "it is still there");
}

/* A cache that is full: the entry not used for longest goes. */
static void test_limit(void)
{
    BurinProgram *p = fake_program(0, 0, NULL);
    Path one, first = path_of("%s/%064d.bin", cache.s, 0), second = path_of("%s/%064d.bin", cache.s, 1);
    Error e;
    int before = entries(&one);
    for (int i = 0; i < CACHE_LIMIT - before; i++) file_write(path_of("%s/%064d.bin", cache.s, i).s, "", 0, &e);
    struct timespec old[] = {{1000, 0}, {1000, 0}}, older[] = {{999, 0}, {999, 0}};
    utimensat(AT_FDCWD, first.s, old, 0);
    utimensat(AT_FDCWD, second.s, older, 0);
    p->cflags = "-DNAN_AT=0 -DMS=0 -DONE_MORE";
    test_text("cache: one more than its limit", build(p), "compiled in");
    test("cache: the entry not used for longest is gone, and only that", !file_exists(second.s) && file_exists(first.s) && entries(&one) == CACHE_LIMIT,
         "%d entries", entries(&one));
}

/* Eight processes build the same thing at once. */
static void test_race(void)
{
    BurinProgram *p = fake_program(0, 0, NULL);
    int good = 0, status;
    setenv("BURIN_CACHE", path_of("%s/race", test_folder()).s, 1);
    for (int i = 0; i < 8; i++)
        if (fork() == 0) {
            const char *how = build(p);
            _exit(strcmp(how, "compiled in") && strcmp(how, "from the cache in"));
        }
    for (int i = 0; i < 8; i++) good += wait(&status) > 0 && status == 0;
    test("cache: eight starts at once", good == 8, "%d of 8 were good", good);
    setenv("BURIN_CACHE", cache.s, 1);
}

static void test_compiler(void)
{
    BurinProgram *p = fake_program(0, 0, NULL);
    Path old = path_of("%s", getenv("PATH"));
    p->cflags = "-DNAN_AT=0 -DMS=0 -DNEW";
    setenv("PATH", "/nowhere", 1);
    test_text("compiler: none", build(p),
              "no C compiler on the PATH (looked for cc, gcc, clang): burin turns the spec into C and has it compiled when it starts; "
              "install one (Debian, Ubuntu: apt-get install gcc) or set CC to its path");
    setenv("CC", "wrongcc -m64", 1);
    test_text("compiler: CC names none", build(p), "no C compiler: CC names \"wrongcc\", which is not on the PATH; unset CC or name another");
    setenv("CC", "/bin/false", 1);
    test_text("compiler: CC that fails", build(p), "the C compiler /bin/false does not run (\"/bin/false --version\" failed); set CC to one that does");
    unsetenv("CC");
    setenv("PATH", old.s, 1);
    p->code = "int broken(void) { return nothing; }\n";
    const char *said = build(p);
    test("compiler: says what it was and what it said", !strncmp(said, "the C compiler failed:\n  cc -O3 ", 32) && strstr(said, "nothing") && strstr(said, "what it was given is in "),
         "\"%s\"", said);
    p->isa = "avx512";
    if (cpu_runs("avx512")) test_skip("isa: one that this processor lacks", "it runs AVX-512");
    else test("isa: one that this processor lacks", strstr(build(p), "does not run AVX-512 (16 floats a vector); use --isa "), "\"%s\"", build(p));
}

static void test_memory(void)
{
    BurinProgram *p = fake_program(0, 0, NULL);
    p->scratch_bytes = (size_t)1 << 50;
    const char *said = build(p), *want = "fake needs 1024 TiB of memory (1.38 KiB persistent, 1024 TiB scratch, 64 bytes for 1 thread), and ";
    test("memory: more than there is", !strncmp(said, want, strlen(want)) && strstr(said, " are free; try a smaller batch"), "\"%s\"", said);
}

int main(void)
{
    unsetenv("BURIN_CFLAGS");
    unsetenv("CC");
    cache = path_of("%s/cache", test_folder());
    setenv("BURIN_CACHE", cache.s, 1);
    test_cache();
    test_limit();
    test_race();
    test_compiler();
    test_memory();
    test_folder_end();
    return test_end();
}
