/* JSON: what is written reads back, and what is wrong is refused. */
#include "test.h"
#include "../../runtime/json.h"

static char *written(const char *s)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    json_string(f, s);
    fclose(f);
    return text;
}

static void round_trip(const char *name, const char *s)
{
    char *text = written(s), *back = NULL;
    Json j = {text, text + strlen(text)};
    test(name, json_take_string(&j, &back) && json_at_end(&j) && !strcmp(back, s), "%s gave %s", text, back ? back : "nothing");
    free(text);
    free(back);
}

static void refused(const char *name, const char *text)
{
    char *s = NULL;
    Json j = {text, text + strlen(text)};
    test(name, !json_take_string(&j, &s) && j.at == text, "%s was taken", text);
}

static void refused_uint(const char *text)
{
    uint64_t n;
    Json j = {text, text + strlen(text)};
    test(text, !json_take_uint(&j, &n), "it was taken as a number");
}

int main(void)
{
    round_trip("json: plain", "generator.0.weight");
    round_trip("json: quotes, backslash, lines, controls", "a \"b\" \\ c\n\td\001");
    round_trip("json: UTF-8", "µ é 字 😀");
    char *text = written("a\xff" "b\xc3");
    test_text("json: bytes that are no UTF-8", text, "\"a\\ufffdb\\ufffd\"");
    free(text);
    const char *escapes = "\"\\u00e9\\ud83d\\ude00\\/\"";
    char *s = NULL;
    Json j = {escapes, escapes + strlen(escapes)};
    test("json: \\u and pairs of \\u", json_take_string(&j, &s) && !strcmp(s, "é😀/"), "got %s", s ? s : "nothing");
    free(s);
    refused("json: a string without end", "\"abc");
    refused("json: an escape cut off", "\"abc\\");
    refused("json: half a pair", "\"\\ud83d\"");
    refused("json: \\u cut off", "\"\\u12\"");
    refused("json: \\u0000", "\"\\u0000\"");
    refused("json: an unknown escape", "\"\\q\"");
    refused("json: a bare control", "\"a\nb\"");
    refused_uint("-1");
    refused_uint("1.5");
    refused_uint("1e3");
    refused_uint("01");
    refused_uint("18446744073709551616");
    const char *largest = "18446744073709551615";
    uint64_t n;
    Json most = {largest, largest + strlen(largest)};
    test("json: the largest number", json_take_uint(&most, &n) && n == UINT64_MAX, "refused");
    return test_end();
}
