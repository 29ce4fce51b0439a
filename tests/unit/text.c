/* Words as people read them, and the nearest name. */
#include "test.h"
#include "../../runtime/text.h"

static const char *near(const char *word)
{
    static const char *const name[] = {"seed", "steps", "set", "snap", "threads", "outdir", "data"};
    const char *found = nearest(word, name, 7);
    return found ? found : "(none)";
}

int main(void)
{
    test_text("count", word_count(1234567).s, "1,234,567");
    test_text("count, small", word_count(999).s, "999");
    test_text("count, negative", word_count(-1000).s, "-1,000");
    test_text("bytes", word_bytes(512).s, "512 bytes");
    test_text("bytes, mebi", word_bytes(1.5 * 1048576).s, "1.50 MiB");
    test_text("bytes, large", word_bytes(250.0 * 1073741824).s, "250 GiB");
    test_text("flops", word_flops(56.2e6).s, "56.2 MFLOP");
    test_text("time, short", word_time(0.414).s, "0.41 s");
    test_text("time, minutes", word_time(65).s, "1:05");
    test_text("time, hours", word_time(7269).s, "2:01:09");
    test_text("nearest: letters swapped", near("sede"), "seed");
    test_text("nearest: one missing", near("thread"), "threads");
    test_text("nearest: a name begun", near("out"), "outdir");
    test_text("nearest: none", near("wobble"), "(none)");
    test_text("folder of a path", path_folder("a/b/c.lua").s, "a/b");
    test_text("folder of a name", path_folder("c.lua").s, ".");
    Error e = {""};
    test("failed returns -1", failed(&e, "no %s", "x") == -1 && !strcmp(e.text, "no x"), "it said \"%s\"", e.text);
    char *large = malloc(20000);
    memset(large, 'x', 19999), large[19999] = 0;
    failed_more(&e, "%s", large);
    test("a long message is cut, not written past", strlen(e.text) == sizeof e.text - 1, "length %zu", strlen(e.text));
    free(large);
    return test_end();
}
