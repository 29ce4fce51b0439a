/* test.h: what a test program prints: "ok NAME", "FAIL NAME: why", "skip NAME: why". tests/run counts these lines. */
#ifndef TEST_H
#define TEST_H
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int test_fails;

/* The name, whether it is so, and what to say when it is not. */
__attribute__((format(printf, 3, 4), unused)) static bool test(const char *name, bool good, const char *why, ...)
{
    va_list a;
    va_start(a, why);
    printf(good ? "ok %s\n" : "FAIL %s: ", name);
    if (!good) vprintf(why, a), putchar('\n'), test_fails++;
    va_end(a);
    fflush(stdout);
    return good;
}

__attribute__((unused)) static bool test_text(const char *name, const char *got, const char *want)
{
    return test(name, !strcmp(got, want), "got \"%s\", want \"%s\"", got, want);
}

__attribute__((unused)) static void test_skip(const char *name, const char *why) { printf("skip %s: %s\n", name, why); }

__attribute__((unused)) static int test_end(void) { return test_fails ? 1 : 0; }

/* A folder of this test's own, in $TMPDIR or /tmp; test_folder_end() removes it with all in it. */
__attribute__((unused)) static const char *test_folder(void)
{
    static char name[256];
    const char *tmp = getenv("TMPDIR");
    if (*name) return name;
    snprintf(name, sizeof name, "%s/burin-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(name)) perror(name), exit(1);
    return name;
}

__attribute__((unused)) static void test_folder_end(void)
{
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s'", test_folder());
    if (system(command)) perror(command);
}
#endif
