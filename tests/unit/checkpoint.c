/* Checkpoints: a round trip, the order of the axes, and files made to do harm. Every message word for word. */
#include "test.h"
#include "fake.h"
#include "../../runtime/checkpoint.h"
#include "../../runtime/file.h"
#include <math.h>
#include <sys/stat.h>

static Path file;

static Session open_fake(BurinProgram *p, uint64_t seed)
{
    Session s;
    Error e;
    DeviceOptions o = {.threads = 1};
    if (session_open(&s, p, &dev_cpu, &o, seed, &e)) puts(e.text), exit(1);
    return s;
}

static int write_it(Session *s, const Progress *at, Error *e)
{
    char *variables = array_of(char, session_variables_bytes(s->program));
    int bad = session_variables(s, variables, e) || checkpoint_write(file.s, s->program, variables, at, e);
    free(variables);
    return bad;
}

static void test_round_trip(void)
{
    BurinProgram *p = fake_program(0, 0, NULL);
    Session s = open_fake(p, 3), t = open_fake(p, 4);
    Error e = {""};
    Checkpoint c;
    float a[24], b[24];
    Progress at = {.seed = 3, .step = 1234, .epoch = 5, .epoch_steps = 234, .summed = 64, .sums = 2, .sum = {0.1, -3}};
    session_init(&s, &e), session_init(&t, &e);
    session_get(&s, &p->var[0], a, &e), session_get(&t, &p->var[0], b, &e);
    test("init: another seed, other weights", memcmp(a, b, sizeof a), "the same");
    test("checkpoint: written", !write_it(&s, &at, &e), "%s", e.text);
    if (!test("checkpoint: read", !checkpoint_read(&c, file.s, &e), "%s", e.text)) return;
    test("checkpoint: restored", !checkpoint_restore(&c, file.s, &t, NULL, &e), "%s", e.text);
    session_get(&t, &p->var[0], b, &e);
    test("checkpoint: the same bits come back", !memcmp(a, b, sizeof a), "other bits");
    test_text("checkpoint: the spec is in it", checkpoint_value(&c, "burin.spec"), p->spec_text);
    test_text("checkpoint: the step is in it", checkpoint_value(&c, "burin.step"), "1234");
    test_text("checkpoint: the options are in it", checkpoint_value(&c, "option.batch"), "4");
    Progress back;
    test("checkpoint: where the run stands", !checkpoint_progress(&c, file.s, &back, &e) && !memcmp(&back, &at, sizeof at), "another place");
    test("checkpoint: no batch variable", c.tensors == 3, "%d tensors", c.tensors);
    const FileTensor *w = &c.tensor[2];             /* net.weight: (H,W,I,O) in memory, (O,I,H,W) in the file */
    test("checkpoint: the file has PyTorch's shape", !strcmp(w->name, "net.weight") && w->shape[0] == 4 && w->shape[1] == 3 && w->shape[2] == 1 && w->shape[3] == 2, "it has not");
    const float *f = (const float *)(c.bytes + c.data + w->begin);
    bool right = true;
    for (int o = 0; o < 4; o++)
        for (int i = 0; i < 3; i++)
            for (int x = 0; x < 2; x++) right &= f[(o * 3 + i) * 2 + x] == a[(x * 3 + i) * 4 + o];
    test("checkpoint: the file has PyTorch's order", right, "it has not");
    checkpoint_free(&c);

    a[7] = NAN;
    session_put(&s, &p->var[0], a, &e);
    test("checkpoint: refuses a NaN", write_it(&s, &at, &e), "it was written");
    test_text("checkpoint: refuses a NaN: message", e.text, "fake.lua:1: net.weight is nan after step 1234; no checkpoint was written of it");
    test("checkpoint: the one before is still whole", !checkpoint_read(&c, file.s, &e), "%s", e.text);
    checkpoint_free(&c);
    session_close(&s), session_close(&t);
}

static void write_raw(const char *header, int data)
{
    uint64_t n = strlen(header);
    FILE *f = fopen(file.s, "wb");
    fwrite(&n, 8, 1, f);                            /* little endian, as all machines that this runs on */
    fwrite(header, 1, n, f);
    for (int i = 0; i < data; i++) fputc(0, f);
    fclose(f);
}

static void hostile(const char *name, const char *header, int data, const char *want)
{
    Checkpoint c;
    Error e = {""};
    write_raw(header, data);
    if (!test(name, checkpoint_read(&c, file.s, &e), "it was read")) return;
    bool starts = !strncmp(e.text, file.s, strlen(file.s));
    test_text(path_of("%s: message", name).s, starts ? e.text + strlen(file.s) : e.text, want);
}

static void test_hostile(void)
{
    const char *unreadable = " is no whole safetensors file: its header cannot be read at byte ";
#define T(name, type, shape, from, to) "\"" name "\":{\"dtype\":\"" type "\",\"shape\":[" shape "],\"data_offsets\":[" #from "," #to "]}"
    hostile("hostile: an array", "[]", 0, path_of("%s8", unreadable).s);
    hostile("hostile: nothing after the brace", "{ ", 0, path_of("%s10", unreadable).s);
    hostile("hostile: words after the end", "{} x", 0, path_of("%s11", unreadable).s);
    hostile("hostile: no offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, path_of("%s39", unreadable).s);
    hostile("hostile: a key twice in a tensor", "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[]}}", 4, path_of("%s35", unreadable).s);
    hostile("hostile: a negative size", "{" T("a", "F32", "-1", 0, 4) "}", 4, path_of("%s37", unreadable).s);
    hostile("hostile: nine axes", "{" T("a", "F32", "1,1,1,1,1,1,1,1,1", 0, 4) "}", 4, path_of("%s53", unreadable).s);
    hostile("hostile: metadata that are no strings", "{\"__metadata__\":{\"a\":1}}", 0, path_of("%s29", unreadable).s);
    hostile("hostile: a type unknown here", "{" T("a", "F7", "1", 0, 8) "}", 8, ": tensor \"a\" is of a type that is not known here");
    hostile("hostile: an end beyond the file", "{" T("a", "F32", "2", 0, 8) "}", 4, " is cut short: tensor \"a\" ends at byte 8 of 4");
    hostile("hostile: offsets that do not fit the shape", "{" T("a", "F32", "3", 0, 8) "}", 8, " is damaged: the offsets of tensor \"a\" do not fit its shape");
    hostile("hostile: an end before the beginning", "{" T("a", "F32", "1", 8, 4) "}", 8, " is damaged: the offsets of tensor \"a\" do not fit its shape");
    hostile("hostile: a size that overflows", "{" T("a", "F32", "1099511627776,1099511627776", 0, 0) "}", 0, " is no whole safetensors file: a tensor's shape is too large");
    hostile("hostile: an overlap", "{" T("a", "F32", "2", 0, 8) "," T("b", "F32", "1", 4, 8) "}", 8, " is damaged: tensor \"b\" overlaps another");
    hostile("hostile: a hole", "{" T("a", "F32", "1", 0, 4) "," T("b", "F32", "1", 8, 12) "}", 12, " is damaged: tensor \"b\" comes after a hole");
    hostile("hostile: bytes after the last", "{" T("a", "F32", "1", 0, 4) "}", 8, " is no whole safetensors file: bytes follow the last tensor");
    hostile("hostile: a name twice", "{" T("a", "F32", "1", 0, 4) "," T("a", "F32", "1", 4, 8) "}", 8, " is damaged: tensor \"a\" is there twice");

    Checkpoint c;
    Error e = {""};
    write_raw("{}", 0);
    if (truncate(file.s, 5)) perror(file.s);
    test("hostile: five bytes", checkpoint_read(&c, file.s, &e), "it was read");
    write_raw("{}", 0);
    if (truncate(file.s, 9)) perror(file.s);
    test("hostile: cut in the header", checkpoint_read(&c, file.s, &e), "it was read");
    test_text("hostile: cut in the header: message", e.text, path_of("%s is no whole safetensors file: it ends within its header", file.s).s);
    FILE *f = fopen(file.s, "wb");
    fwrite("\377\377\377\377\377\377\377\377{}", 1, 10, f);
    fclose(f);
    test("hostile: a header of exabytes", checkpoint_read(&c, file.s, &e), "it was read");
    test_text("hostile: a header of exabytes: message", e.text, path_of("%s is no whole safetensors file: its header's length makes no sense", file.s).s);
}

static void test_misfit(void)
{
    BurinProgram *p = fake_program(0, 0, NULL);
    Session s = open_fake(p, 0);
    Checkpoint c;
    Error e = {""};
    write_raw("{" T("net.weight", "F32", "4,3,2,1", 0, 96) "," T("net.bias", "U8", "4", 96, 100) "," T("extra", "F32", "", 100, 104) "}", 104);
    if (!test("misfit: the file itself is good", !checkpoint_read(&c, file.s, &e), "%s", e.text)) return;
    test("misfit: refused", checkpoint_restore(&c, file.s, &s, NULL, &e), "it was taken");
    test_text("misfit: message", e.text,
              path_of("%s does not fit the spec:\n  net.weight: F32 4x3x2x1 in the file, F32 4x3x1x2 in the spec\n"
                      "  net.bias: U8 4 in the file, F32 4 in the spec\n  net.count: not in the file\n  extra: not in the spec", file.s).s);
    int fitted = -1;
    test("misfit: what fits is taken", !checkpoint_restore(&c, file.s, &s, &fitted, &e) && fitted == 0 && strstr(e.text, "net.count: not in the file"), "%d: %s", fitted, e.text);
    Progress at;
    test("misfit: no place to go on from", checkpoint_progress(&c, file.s, &at, &e), "there is one");
    test_text("misfit: no place to go on from: message", e.text, path_of("%s does not say where its run stood: burin did not write it", file.s).s);
    checkpoint_free(&c);
    session_close(&s);
}

int main(void)
{
    file = path_of("%s/x.safetensors", test_folder());
    setenv("BURIN_CACHE", path_of("%s/cache", test_folder()).s, 1);
    test_round_trip();
    test_hostile();
    test_misfit();
    test_folder_end();
    return test_end();
}
