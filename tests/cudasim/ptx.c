/* ptx.c: PTX, as NVRTC makes it, turned into C, and that into x86-64 code.
 *
 * An instruction becomes one statement, on the line where it stood, so that what the C compiler says names the PTX's line:
 *
 *     @%p1 mad.lo.s32 %r7, %r5, 16, %r2;            if (_p1) _r7 = mad_lo_s32(_r5, 16, _r2);
 *     ld.shared.v4.f32 {%f1, %f2, ...}, [%r12+16];  { u64 v[4]; ld_v4_f32(v, SHARED(_r12+16)); _f1 = v[0]; ... }
 *
 * Nothing here knows what an instruction does: that is ptx_ops.h, a function each. One that is not there is an error of the C
 * compiler, which names it. Not covered: functions that were not inlined, carries, clusters, textures.               */
#include "ptx.h"
#include "command.h"
#include "machine.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 256, KERNELS = 512, SYMBOLS = 1024, OPERANDS = 16, VECTOR = 8, PARAMETERS = 64 };

typedef struct { const char *at; int n; } Text;     /* a piece of the PTX */

typedef struct { char name[NAME]; size_t bytes, align, offset; bool placed, dynamic; } Shared;
typedef struct { char name[NAME]; int arguments; size_t shared; } Kernel;

typedef struct {
    FILE *out;
    Shared shared[SYMBOLS];     int shareds;
    Kernel kernel[KERNELS];     int kernels;
    Text parameter[PARAMETERS]; int parameters;     /* of the kernel at hand */
    size_t used;                                    /* its static shared memory */
    char *said;
    size_t room;
    bool failed;
} Translator;

__attribute__((format(printf, 2, 3))) static void complain(Translator *t, const char *format, ...)
{
    va_list a;
    if (t->failed) return;
    t->failed = true;
    va_start(a, format);
    vsnprintf(t->said, t->room, format, a);
    va_end(a);
}

/* ---- pieces of text ---- */

static bool in_name(char c) { return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '%'; }

static Text trim(const char *from, const char *to)
{
    while (from < to && isspace((unsigned char)*from)) from++;
    while (to > from && isspace((unsigned char)to[-1])) to--;
    return (Text){from, (int)(to - from)};
}

static bool same(Text x, const char *word) { return (int)strlen(word) == x.n && !strncmp(x.at, word, (size_t)x.n); }
static bool begins(Text x, const char *word) { return (int)strlen(word) <= x.n && !strncmp(x.at, word, strlen(word)); }
static const char *end(Text x) { return x.at + x.n; }

/* Splits at the separator, but not inside brackets. */
static int split(Text x, char separator, Text *part, int most)
{
    int n = 0, depth = 0;
    const char *from = x.at;
    if (!x.n) return 0;
    for (const char *p = x.at; p <= end(x); p++) {
        if (p < end(x)) depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
        if (p < end(x) && (*p != separator || depth)) continue;
        if (n < most) part[n++] = trim(from, p);
        from = p + 1;
    }
    return n;
}

static Text last_word(Text x)
{
    const char *p = end(x);
    while (p > x.at && in_name(p[-1])) p--;
    return (Text){p, (int)(end(x) - p)};
}

/* ---- operands ---- */

/* A name as C has it: %r1 is _r1, $L__BB0_7 is _L__BB0_7. */
static void put_name(FILE *f, Text x)
{
    for (int i = 0; i < x.n; i++) fputc(x.at[i] == '%' || x.at[i] == '$' ? '_' : x.at[i], f);
}

/* Where the kernel at hand has a variable of shared memory; it gets its place when it is first met. */
static bool put_shared(Translator *t, FILE *f, Text x)
{
    for (int i = 0; i < t->shareds; i++) {
        Shared *s = &t->shared[i];
        if (!same(x, s->name)) continue;
        if (s->dynamic) return fputs("DYNAMIC", f), true;
        if (!s->placed) {
            s->offset = (t->used + s->align - 1) / s->align * s->align;
            t->used = s->offset + s->bytes;
            s->placed = true;
        }
        return fprintf(f, "%zu", s->offset), true;
    }
    return false;
}

static bool put_special(FILE *f, Text x)
{
    static const char *const table[][2] = {
        {"%tid.x", "sim->thread.x"}, {"%tid.y", "sim->thread.y"}, {"%tid.z", "sim->thread.z"},
        {"%ctaid.x", "sim->block.x"}, {"%ctaid.y", "sim->block.y"}, {"%ctaid.z", "sim->block.z"},
        {"%ntid.x", "sim->threads.x"}, {"%ntid.y", "sim->threads.y"}, {"%ntid.z", "sim->threads.z"},
        {"%nctaid.x", "sim->blocks.x"}, {"%nctaid.y", "sim->blocks.y"}, {"%nctaid.z", "sim->blocks.z"},
        {"%laneid", "(u32)(sim->at % 32)"}, {"%warpid", "(u32)(sim->at / 32)"}, {"WARP_SZ", "32"},
    };
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++)
        if (same(x, table[i][0])) return fputs(table[i][1], f), true;
    return false;
}

static void put_operand(Translator *t, FILE *f, Text x)
{
    if (x.n && *x.at == '!') fputc('!', f), x.at++, x.n--;
    if (begins(x, "0f") || begins(x, "0F")) fprintf(f, "0x%.*su", x.n - 2, x.at + 2);                /* the bits of a float */
    else if (begins(x, "0d") || begins(x, "0D")) fprintf(f, "0x%.*sull", x.n - 2, x.at + 2);
    else if (isdigit((unsigned char)*x.at) || *x.at == '-') fprintf(f, "%.*s", x.n, x.at);
    else if (put_special(f, x) || put_shared(t, f, x)) {}
    else if (*x.at == '%') put_name(f, x);
    else fputs("(u64)", f), put_name(f, x);                                                         /* of global or local memory */
}

static void put_vector(Translator *t, FILE *f, Text x)
{
    Text part[VECTOR];
    int n = split((Text){x.at + 1, x.n - 2}, ',', part, VECTOR);
    fputs("(const u64[]){", f);
    for (int i = 0; i < n; i++) {
        if (i) fputs(", ", f);
        put_operand(t, f, part[i]);
    }
    fputc('}', f);
}

/* "[%rd6+4]" in a space: "shared", "param", or any other. */
static void put_address(Translator *t, FILE *f, Text x, Text space)
{
    Text inner = trim(x.at + 1, end(x) - 1), base = inner;
    const char *plus = memchr(inner.at, '+', (size_t)inner.n);
    if (plus) base = trim(inner.at, plus);
    if (same(space, "param"))
        for (int i = 0; i < t->parameters; i++)
            if (t->parameter[i].n == base.n && !strncmp(t->parameter[i].at, base.at, (size_t)base.n)) {
                fprintf(f, "(const char *)&argument[%d]", i);
                return;
            }
    fputs(same(space, "shared") ? "SHARED(" : "GLOBAL(", f);
    put_operand(t, f, base);
    fprintf(f, "%.*s)", plus ? (int)(end(inner) - plus) : 0, plus ? plus : "");
}

/* ---- instructions ---- */

static bool is_space(Text x) { return same(x, "shared") || same(x, "global") || same(x, "local") || same(x, "param") || same(x, "const"); }

/* Parts of an opcode that change nothing here: memory spaces (they are in the addresses), caches, the default rounding, how
 * near an approximation must come. Those with "::" are hints.                                                        */
static bool says_nothing(Text x)
{
    static const char *const words[] = {"rn", "approx", "full", "ftz", "sync", "aligned", "uni", "nc", "volatile", "relaxed", "weak", "cta", "gpu", "sys", "ca", "cg", "cs", "lu"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (same(x, words[i])) return true;
    return is_space(x) || memchr(x.at, ':', (size_t)x.n);
}

typedef struct {
    Text part[OPERANDS], operand[OPERANDS];         /* of the opcode; of the rest */
    int parts, operands;
} Instruction;

/* mad.lo.s32 is mad_lo_s32; `but` is left out. */
static void put_opcode(FILE *f, const Instruction *x, const char *but)
{
    bool all = same(x->part[0], "cvta"), first = true;
    for (int i = 0; i < x->parts; i++) {
        if ((!all && says_nothing(x->part[i])) || (but && same(x->part[i], but))) continue;
        fprintf(f, "%s%.*s", first ? "" : "_", x->part[i].n, x->part[i].at);
        first = false;
    }
}

/* The operands from the nth on, as arguments; an opcode names the spaces of its addresses in their order. */
static void put_arguments(Translator *t, FILE *f, const Instruction *x, int from, int to, const char *comma)
{
    Text space[OPERANDS] = {{"", 0}};
    int spaces = 0, addresses = 0;
    for (int i = 0; i < x->parts; i++)
        if (is_space(x->part[i])) space[spaces++] = x->part[i];
    for (int i = 0; i < to; i++) {
        Text o = x->operand[i];
        bool address = *o.at == '[';
        if (i >= from) {
            fputs(comma, f);
            comma = ", ";
            if (address) put_address(t, f, o, addresses < spaces ? space[addresses] : (Text){"", 0});
            else if (*o.at == '{') put_vector(t, f, o);
            else put_operand(t, f, o);
        }
        addresses += address;
    }
}

static void put_call(Translator *t, FILE *f, const Instruction *x, int from)
{
    put_opcode(f, x, NULL);
    fputc('(', f);
    put_arguments(t, f, x, from, x->operands, "");
    fputs(");", f);
}

/* {%f1, %f2} = ...: through an array. */
static void put_vector_result(Translator *t, FILE *f, const Instruction *x)
{
    Text part[VECTOR], d = x->operand[0];
    int n = split((Text){d.at + 1, d.n - 2}, ',', part, VECTOR);
    fprintf(f, "{ u64 v[%d]; ", n);
    put_opcode(f, x, NULL);
    if (same(x->part[0], "mov")) fprintf(f, "_%d", n);
    fputs("(v", f);
    put_arguments(t, f, x, 1, x->operands, ", ");
    fputs(");", f);
    for (int i = 0; i < n; i++)
        if (!same(part[i], "_")) fputc(' ', f), put_name(f, part[i]), fprintf(f, " = v[%d];", i);
    fputs(" }", f);
}

/* setp.ge.and.f32 %p|%q, a, b, %r: the comparison, and what it is combined with. */
static void put_setp(Translator *t, FILE *f, const Instruction *x)
{
    static const char *const combine[][2] = {{"and", "&"}, {"or", "|"}, {"xor", "^"}};
    Text d[2];
    int n = split(x->operand[0], '|', d, 2), how = -1;
    for (int i = 0; i < 3; i++)
        for (int k = 1; k < x->parts; k++)
            if (same(x->part[k], combine[i][0])) how = i;
    if (n == 2 && how >= 0) complain(t, "setp with two results and a third operand");
    put_name(f, d[0]);
    fputs(" = ", f);
    put_opcode(f, x, how < 0 ? NULL : combine[how][0]);
    fputc('(', f);
    put_arguments(t, f, x, 1, 3, "");
    fputc(')', f);
    if (how >= 0) fprintf(f, " %s ", combine[how][1]), put_operand(t, f, x->operand[3]);
    fputc(';', f);
    if (n == 2) fputc(' ', f), put_name(f, d[1]), fputs(" = !", f), put_name(f, d[0]), fputc(';', f);
}

/* shfl.sync.idx.b32 %r|%p, ...: the second result through a pointer. */
static void put_shuffle(Translator *t, FILE *f, const Instruction *x)
{
    Text d[2];
    int n = split(x->operand[0], '|', d, 2);
    put_name(f, d[0]);
    fputs(" = ", f);
    put_opcode(f, x, NULL);
    fputs("(&", f);
    put_name(f, n == 2 ? d[1] : (Text){"none", 4});
    put_arguments(t, f, x, 1, x->operands, ", ");
    fputs(");", f);
}

static void put_move(Translator *t, FILE *f, const Instruction *x)
{
    Text part[VECTOR], from = x->operand[1];
    put_name(f, x->operand[0]);
    fputs(" = ", f);
    if (*from.at != '{') put_operand(t, f, from);
    else {
        put_opcode(f, x, NULL);
        fprintf(f, "_from_%d(", split((Text){from.at + 1, from.n - 2}, ',', part, VECTOR));
        put_vector(t, f, from);
        fputc(')', f);
    }
    fputc(';', f);
}

static bool has_result(const Instruction *x)
{
    static const char *const without[] = {"bar", "barrier", "membar", "fence", "cp", "red", "st", "trap", "prefetch", "nanosleep"};
    for (unsigned i = 0; i < sizeof without / sizeof *without; i++)
        if (same(x->part[0], without[i])) return false;
    return x->operands > 0;
}

static void put_instruction(Translator *t, FILE *f, Text s)
{
    Instruction x;
    int n = 0;
    while (n < s.n && !isspace((unsigned char)s.at[n])) n++;
    x.parts = split((Text){s.at, n}, '.', x.part, OPERANDS);
    x.operands = split(trim(s.at + n, end(s)), ',', x.operand, OPERANDS);
    Text op = x.part[0];
    if (same(op, "bra")) fputs("goto ", f), put_name(f, x.operand[0]), fputc(';', f);
    else if (same(op, "brx")) fputs("goto *", f), put_name(f, x.operand[1]), fputc('[', f), put_operand(t, f, x.operand[0]), fputs("];", f);
    else if (same(op, "ret") || same(op, "exit")) fputs("return;", f);
    else if (same(op, "call")) complain(t, "a call of a function that was not inlined: %.*s", s.n, s.at);
    else if (same(op, "setp")) put_setp(t, f, &x);
    else if (same(op, "shfl")) put_shuffle(t, f, &x);
    else if (!has_result(&x)) put_call(t, f, &x, 0);
    else if (*x.operand[0].at == '{') put_vector_result(t, f, &x);
    else if (same(op, "mov")) put_move(t, f, &x);
    else put_name(f, x.operand[0]), fputs(" = ", f), put_call(t, f, &x, 1);
}

/* ---- declarations ---- */

/* ".reg .b32 %r<13>, %x": variables of C, unsigned whatever they hold. */
static void put_registers(FILE *f, Text s)
{
    Text part[OPERANDS];
    const char *type = strchr(s.at + 1, '.');
    int bits = type[1] == 'p' ? 0 : atoi(type + 2), n = 0;
    while (!isspace((unsigned char)type[n])) n++;
    int parts = split(trim(type + n, end(s)), ',', part, OPERANDS);
    for (int i = 0; i < parts; i++) {
        const char *angle = memchr(part[i].at, '<', (size_t)part[i].n);
        Text name = angle ? trim(part[i].at, angle) : part[i];
        int count = angle ? atoi(angle + 1) : 1;
        for (int k = 0; k < count; k++) {
            fputs(k ? ", " : bits ? bits == 64 ? "u64 " : bits == 32 ? "u32 " : "u16 " : "bool ", f);
            put_name(f, name);
            if (angle) fprintf(f, "%d", k);
        }
        fputs("; ", f);
    }
}

/* ".shared .align 16 .b8 NAME[4096]", ".local ...": its name, size, alignment; an array without size is dynamic. */
static Shared declared(Text s)
{
    const char *align = strstr(s.at, ".align "), *bracket = memchr(s.at, '[', (size_t)s.n), *b = bracket ? bracket : end(s);
    Text name = last_word(trim(s.at, b));
    const char *type = name.at - 1;
    while (*type != '.') type--;
    size_t each = (size_t)atoi(type + 2) / 8;
    Shared x = {.align = align && align < end(s) ? (size_t)atol(align + 7) : each, .bytes = each * (bracket ? strtoul(bracket + 1, NULL, 10) : 1)};
    x.dynamic = bracket && x.bytes == 0;
    snprintf(x.name, sizeof x.name, "%.*s", name.n, name.at);
    return x;
}

static void add_shared(Translator *t, Text s)
{
    if (t->shareds == SYMBOLS) complain(t, "more than %d variables in shared memory", SYMBOLS);
    else t->shared[t->shareds++] = declared(s);
}

static void put_local(FILE *f, Text s)
{
    Shared x = declared(s);
    fprintf(f, "char %s[%zu] __attribute__((aligned(%zu)));", x.name, x.bytes, x.align);
}

/* ".global .align 4 .b8 NAME[8] = {1, 2}" and ".const": of the module. */
static void put_global(FILE *f, Text s)
{
    const char *equals = memchr(s.at, '=', (size_t)s.n);
    Shared x = declared(equals ? trim(s.at, equals) : s);
    const char *type = strstr(s.at, " .b8 ") ? "u8" : strstr(s.at, "64 ") ? "u64" : strstr(s.at, "32 ") ? "u32" : "u16";
    size_t each = type[1] == '8' ? 1 : (size_t)atoi(type + 1) / 8;
    fprintf(f, "static %s %s[%zu] __attribute__((aligned(%zu)))", type, x.name, x.bytes / each, x.align);
    if (equals) {
        Text value = trim(equals + 1, end(s));
        fprintf(f, *value.at == '{' ? " = %.*s" : " = {%.*s}", value.n, value.at);
    }
    fputc(';', f);
}

/* "$L_brx_0: .branchtargets $L1, $L2": a table of labels. */
static void put_targets(FILE *f, Text label, Text s)
{
    Text part[256];
    int n = split(trim(s.at + strlen(".branchtargets"), end(s)), ',', part, 256);
    fputs("static void *const ", f);
    put_name(f, label);
    fputs("[] = {", f);
    for (int i = 0; i < n; i++) fputs("&&", f), put_name(f, part[i]), fputs(", ", f);
    fputs("};", f);
}

/* ---- kernels ---- */

static void put_statement(Translator *t, FILE *f, Text s)
{
    Text label = {s.at, 0};
    while (label.n < s.n && in_name(s.at[label.n])) label.n++;
    if (label.n && label.n < s.n && s.at[label.n] == ':') {
        s = trim(s.at + label.n + 1, end(s));
        if (begins(s, ".branchtargets")) {
            put_targets(f, label, s);
            return;
        }
        put_name(f, label);
        fputs(":; ", f);
        put_statement(t, f, s);
        return;
    }
    if (!s.n || begins(s, ".pragma")) return;
    if (begins(s, ".reg")) put_registers(f, s);
    else if (begins(s, ".shared")) add_shared(t, s);
    else if (begins(s, ".local")) put_local(f, s);
    else if (*s.at == '@') {
        const char *space = s.at;
        while (!isspace((unsigned char)*space)) space++;
        fputs("if (", f);
        put_operand(t, f, trim(s.at + 1, space));
        fputs(") { ", f);
        put_instruction(t, f, trim(space, end(s)));
        fputs(" }", f);
    } else put_instruction(t, f, s);
}

/* Statements end at ';'. A brace where one could begin opens or closes a block of C; elsewhere it is an operand's. */
static void put_body(Translator *t, FILE *f, Text body)
{
    const char *from = body.at;
    int depth = 0;
    for (const char *p = body.at; p < end(body); p++) {
        bool fresh = trim(from, p).n == 0;
        if (*p == '\n' && fresh) fputc('\n', f), from = p + 1;
        else if (fresh && (*p == '{' || *p == '}')) fputc(*p, f), from = p + 1;
        else if (*p == '{' || *p == '}') depth += *p == '{' ? 1 : -1;
        else if (*p == ';' && !depth) {
            put_statement(t, f, trim(from, p));
            for (const char *q = from; q < p; q++)
                if (*q == '\n') fputc('\n', f);
            from = p + 1;
        }
    }
}

static const char *matching_brace(const char *open)
{
    int depth = 0;
    for (const char *p = open; *p; p++) {
        depth += (*p == '{') - (*p == '}');
        if (depth == 0) return p;
    }
    return open + strlen(open) - 1;
}

static void put_lines(FILE *f, const char *from, const char *to)
{
    for (; from < to; from++)
        if (*from == '\n') fputc('\n', f);
}

/* ".visible .entry NAME(.param .u64 NAME_param_0, ...) .maxntid 128, 1, 1 {...}". Returns where it ends. */
static const char *put_kernel(Translator *t, const char *entry)
{
    const char *open = strchr(entry, '('), *close = open ? strchr(open, ')') : NULL, *brace = close ? strchr(close, '{') : NULL;
    char *body;
    size_t size;
    int outer = t->shareds;
    if (!brace || t->kernels == KERNELS) return complain(t, "a kernel that has no end"), entry + strlen(entry);
    Kernel *k = &t->kernel[t->kernels++];
    Text name = last_word(trim(entry, open));
    snprintf(k->name, sizeof k->name, "%.*s", name.n, name.at);
    t->parameters = split(trim(open + 1, close), ',', t->parameter, PARAMETERS);
    for (int i = 0; i < t->parameters; i++) {
        Text p = t->parameter[i];
        if (!begins(p, ".param .u64") && !begins(p, ".param .b64")) complain(t, "%s: a parameter that is no pointer: %.*s", k->name, p.n, p.at);
        t->parameter[i] = last_word(p);
    }
    t->used = 0;
    for (int i = 0; i < outer; i++) t->shared[i].placed = false;
    FILE *f = open_memstream(&body, &size);
    const char *last = matching_brace(brace);
    put_body(t, f, (Text){brace + 1, (int)(last - brace - 1)});
    fclose(f);
    k->arguments = t->parameters;
    k->shared = (t->used + 15) / 16 * 16;
    fprintf(t->out, "static void call_%s(const u64 *argument) { enum { DYNAMIC = %zu }; bool none;", k->name, k->shared);
    put_lines(t->out, entry, brace);
    fprintf(t->out, "%s}", body);
    free(body);
    t->shareds = outer;
    return last + 1;
}

static void put_module(Translator *t, const char *ptx)
{
    for (const char *p = ptx; *p && !t->failed;) {
        if (*p == '\n') fputc('\n', t->out);
        if (isspace((unsigned char)*p)) {
            p++;
            continue;
        }
        Text line = {p, (int)strcspn(p, "\n")}, statement = {p, (int)strcspn(p, ";")};
        if (begins(line, ".version") || begins(line, ".target") || begins(line, ".address_size") || begins(line, ".file")) p = end(line);
        else if (begins(line, ".section")) {                    /* for debuggers and profilers */
            const char *close = p + strcspn(p, "}");
            put_lines(t->out, p, close);
            p = close + (*close == '}');
        } else if (memmem(p, (size_t)line.n, ".entry ", 7)) p = put_kernel(t, p);
        else if (memmem(p, (size_t)line.n, ".func ", 6)) complain(t, "a function that was not inlined: %.*s", line.n, line.at);
        else if (memmem(p, (size_t)line.n, ".shared ", 8)) add_shared(t, statement), p = end(statement) + (*end(statement) == ';');
        else if (memmem(p, (size_t)line.n, ".global ", 8) || memmem(p, (size_t)line.n, ".const ", 7)) {
            put_global(t->out, statement);
            put_lines(t->out, p, end(statement));
            p = end(statement) + (*end(statement) == ';');
        } else complain(t, "a line that says nothing known: %.*s", line.n, line.at);
    }
}

/* Without what this begins to the end of its line. */
static void blank(char *ptx, const char *what)
{
    for (char *p = ptx; (p = strstr(p, what));)
        for (p += *p == '\n'; *p && *p != '\n';) *p++ = ' ';
}

/* Without comments, and without .loc, which says the line of a source that what follows came from, and has no ';'. */
static char *without_notes(const char *ptx)
{
    char *copy = strdup(ptx);
    blank(copy, "//");
    blank(copy, "\n\t.loc\t");
    return copy;
}

static void put_table(const Translator *t)
{
    fputs("\nconst SimKernel sim_kernels[] = {\n", t->out);
    for (int i = 0; i < t->kernels; i++) {
        const Kernel *k = &t->kernel[i];
        fprintf(t->out, "    {\"%s\", call_%s, %d, %zu, NULL, NULL},\n", k->name, k->name, k->arguments, k->shared);
    }
    fputs("    {0}\n};\n", t->out);
}

int ptx_compile(const char *ptx, char **object, size_t *bytes, char *said, size_t room)
{
    char *made, *text = without_notes(ptx);
    size_t size;
    const char *compiler = getenv("SIM_CC");
    const char *const word[] = {compiler ? compiler : "cc", "-std=gnu11", "-O2", "-march=native", "-ffp-contract=off", "-fwrapv", "-fno-strict-aliasing",
                                "-Werror=implicit-function-declaration", "-fPIC", "-shared", "-I" SIM_FOLDER, "kernel.c", "-o", "out.so", "-lm", NULL};
    Translator *t = calloc(1, sizeof *t);
    *t = (Translator){.out = open_memstream(&made, &size), .said = said, .room = room};
    fputs("#include \"ptx_ops.h\"\n#line 1 \"kernel.ptx\"\n", t->out);
    put_module(t, text);
    put_table(t);
    fclose(t->out);
    int bad = t->failed;
    if (!bad && command_build(word, "kernel.c", made, object, bytes)) {
        snprintf(said, room, "%s", *object);
        free(*object);
        bad = true;
    }
    free(made);
    free(text);
    free(t);
    return bad;
}
