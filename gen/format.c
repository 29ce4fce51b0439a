/* format.c: `burin fmt`: a spec's text laid out as the models' are.
 *
 * takes    the text of a Lua file that is free of syntax errors
 * gives    the same tokens and comments: lines indented by two blanks a level, no blanks at ends of lines, at most one empty line
 *          at once, a blank after a comma and around = and comparisons
 * keeps    what people align by hand: blanks inside a line, and lines that go on with a bracket or an expression that was begun on the
 *          line before move along with that line; strings and comments of several lines are left alone
 *
 * That nothing else changed is checked each time: the tokens are the same, and Lua makes the same bytecode of both.   */
#include "pass.h"
#include <ctype.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

enum { LEVEL = 2 };             /* blanks; a tab counts as one level */

typedef enum { WORD, STRING, COMMENT, SIGN } Kind;      /* numbers are words */

typedef struct {
    Kind kind;
    const char *at;
    int length;
    int indent;                 /* of the first token of a line; else -1 */
} Token;

typedef struct { const char *text; Token *token; int tokens; } Tokens;

/* ---- tokens ---- */

/* The number of = in "[==[" at p, or -1. */
static int long_level(const char *p)
{
    if (*p != '[') return -1;
    int n = (int)strspn(p + 1, "=");
    return p[1 + n] == '[' ? n : -1;
}

static const char *long_end(const char *p, int level)
{
    for (p = strchr(p, ']'); p; p = strchr(p + 1, ']'))
        if (p[1 + strspn(p + 1, "=")] == ']' && (int)strspn(p + 1, "=") == level) return p + level + 2;
    die("format: a long bracket has no end");
}

static const char *string_end(const char *p)
{
    for (char quote = *p++; *p && *p != quote; p++)
        if (*p == '\\' && p[1]) {
            if (*++p == 'z') p += strspn(p + 1, " \t\r\n\v\f");
        }
    return p + 1;
}

static const char *number_end(const char *p)
{
    const char *exponent = p[0] == '0' && (p[1] == 'x' || p[1] == 'X') ? "pP" : "eE";
    for (; isalnum((unsigned char)*p) || *p == '.'; p++)
        if (strchr(exponent, *p) && (p[1] == '+' || p[1] == '-')) p++;
    return p;
}

static const char *sign_end(const char *p)
{
    static const char *const longer[] = {"...", "..", "<<", ">>", "//", "==", "~=", "<=", ">=", "::", NULL};
    for (const char *const *s = longer; *s; s++)
        if (!strncmp(p, *s, strlen(*s))) return p + strlen(*s);
    return p + 1;
}

static const char *token_end(const char *p, Kind *kind)
{
    *kind = SIGN;
    if (!strncmp(p, "--", 2)) {
        *kind = COMMENT;
        if (long_level(p + 2) >= 0) return long_end(p + 2, long_level(p + 2));
        return p + strcspn(p, "\n");
    }
    if (*p == '"' || *p == '\'') return *kind = STRING, string_end(p);
    if (long_level(p) >= 0) return *kind = STRING, long_end(p, long_level(p));
    if (isdigit((unsigned char)*p) || (*p == '.' && isdigit((unsigned char)p[1]))) return *kind = WORD, number_end(p);
    if (!isalpha((unsigned char)*p) && *p != '_') return sign_end(p);
    *kind = WORD;
    while (isalnum((unsigned char)*p) || *p == '_') p++;
    return p;
}

static Tokens read_tokens(const char *text)
{
    Tokens s = {.text = text};
    for (const char *p = text; *(p += strspn(p, " \t\r\n\v\f"));) {
        Token t = {.at = p, .indent = -1};
        p = token_end(p, &t.kind);
        t.length = (int)(p - t.at);
        if (t.kind == COMMENT) while (isspace((unsigned char)t.at[t.length - 1])) t.length--;
        s.token = mem_more(s.token, s.tokens, sizeof t);
        s.token[s.tokens++] = t;
    }
    return s;
}

static bool is(const Token *t, const char *word) { return t && (int)strlen(word) == t->length && !strncmp(t->at, word, (size_t)t->length); }

/* Is the token one of the words, which have blanks between them? */
static bool among(const Token *t, const char *words)
{
    if (!t || t->kind == STRING || t->kind == COMMENT) return false;
    for (const char *p = words; *p; p += strspn(p, " ")) {
        int n = (int)strcspn(p, " ");
        if (n == t->length && !strncmp(t->at, p, (size_t)n)) return true;
        p += n;
    }
    return false;
}

/* ---- the indent of lines ---- */

/* An open block or bracket. */
typedef struct {
    bool bracket, hangs;        /* hangs: something stands behind the bracket on its line */
    bool loop;                  /* for, while: its "do" is still to come */
    int outer, inner;           /* indent of the line that opened it, of the lines inside */
    int shift;                  /* by how much the line that opened it moved */
    int item_shift;             /* the same of the last statement or item that began inside */
} Frame;

typedef struct { Frame *frame; int frames; int indent, shift; } Layout;      /* the last two: of the line where we are */

/* Blanks in front of the first token of a line. */
static int column(const char *text, const Token *t)
{
    int n = 0;
    for (const char *p = t->at; p > text && p[-1] != '\n'; p--) n += p[-1] == '\t' ? LEVEL : 1;
    return n;
}

/* Does a line that begins with t, after the token `before`, go on with a statement? */
static bool goes_on(const Token *before, const Token *t)
{
#define OPERATORS "= + - * / // % ^ & | ~ << >> .. == ~= < > <= >= and or . : ,"
    return among(before, OPERATORS " # not in local") || among(t, OPERATORS " {") || t->kind == STRING;
}

static int indent_of(Layout *l, const Tokens *s, const Token *before, const Token *t)
{
    Frame *f = &l->frame[l->frames - 1];
    int was = column(s->text, t);
    if (among(t, "} ) ] end else elseif until then") || (f->loop && is(t, "do"))) return f->outer;
    int moved = was + (f->hangs ? f->shift : f->item_shift);
    bool begins = f->bracket ? among(before, "{ ( [ , ;") : !goes_on(before, t);
    if (f->hangs || !begins) return moved > 0 ? moved : 0;
    if (t->kind != COMMENT) f->item_shift = f->inner - was;
    return f->inner;
}

static void open_frame(Layout *l, Frame f)
{
    f.outer = l->indent, f.inner = l->indent + LEVEL, f.shift = f.item_shift = l->shift;
    l->frame = mem_more(l->frame, l->frames, sizeof f);
    l->frame[l->frames++] = f;
}

static void follow(Layout *l, const Token *t, const Token *next)
{
    Frame *top = &l->frame[l->frames - 1];
    if (among(t, "{ ( [")) open_frame(l, (Frame){.bracket = true, .hangs = next && next->indent != 0 && next->kind != COMMENT});
    else if (among(t, "for while")) open_frame(l, (Frame){.loop = true});
    else if (is(t, "do") && top->loop) top->loop = false;
    else if (among(t, "if function repeat do")) open_frame(l, (Frame){0});
    else if (among(t, "} ) ] end until") && l->frames > 1) l->frames--;
}

/* Sets the indent of the tokens that begin a line: they come with 0. */
static void lay_out(Tokens *s)
{
    Layout l = {0};
    const Token *before = NULL;
    open_frame(&l, (Frame){0});
    l.frame[0].inner = 0;
    for (int i = 0; i < s->tokens; i++) {
        Token *t = &s->token[i];
        if (t->indent == 0) {
            l.indent = indent_of(&l, s, before, t);
            l.shift = l.indent - column(s->text, t);
            t->indent = l.indent;
        }
        if (t->kind == STRING) before = t;
        if (t->kind == STRING || t->kind == COMMENT) continue;
        follow(&l, t, i + 1 < s->tokens ? t + 1 : NULL);
        before = t;
    }
}

/* ---- writing ---- */

static int newlines(const char *from, const char *to)
{
    int n = 0;
    for (; from < to; from++) n += *from == '\n';
    return n;
}

/* A blank where there is none between two tokens of a line. */
static bool wants_blank(const Token *a, const Token *b)
{
    return among(a, ", ;") ? !among(b, "} ) ]") : among(a, "= == ~= <= >=") || among(b, "= == ~= <= >=") || b->kind == COMMENT;
}

/* With `marks` a line that goes is not taken out, but has "--" in it: what is around it stays on its line. */
static char *write_tokens(const Tokens *s, bool marks)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    const char *p = s->text;
    if (!f) die("format: no memory");
    for (int i = 0; i < s->tokens; i++) {
        const Token *t = &s->token[i];
        int lines = newlines(p, t->at), stay = i == 0 ? 0 : lines > 2 ? 2 : lines;
        for (int k = 0; k < lines - stay; k++) fputs(marks ? "--\n" : "", f);
        for (int k = 0; k < stay; k++) fputc('\n', f);
        if (t->indent >= 0) fprintf(f, "%*s", t->indent, "");
        else if (t->at > p) fwrite(p, 1, (size_t)(t->at - p), f);
        else if (i && wants_blank(t - 1, t)) fputc(' ', f);
        fwrite(t->at, 1, (size_t)t->length, f);
        p = t->at + t->length;
    }
    if (s->tokens) fputc('\n', f);
    fclose(f);
    return out;
}

/* ---- is it still the same? ---- */

static int append(lua_State *L, const void *part, size_t size, void *file)
{
    (void)L;
    return fwrite(part, 1, size, file) != size;
}

/* Lua's code for a text, without the names of lines; fail() on a syntax error. */
static char *bytecode(const char *path, const char *text, size_t *size)
{
    char *code = NULL;
    FILE *f = open_memstream(&code, size);
    lua_State *L = luaL_newstate();
    if (!f || !L) die("format: no memory");
    bool bad = luaL_loadbufferx(L, text, strlen(text), mem_print("@%s", path), "t") != LUA_OK;
    const char *message = bad ? mem_print("%s", lua_tostring(L, -1)) : NULL;
    if (!bad) lua_dump(L, append, f, 1);
    lua_close(L);
    fclose(f);
    if (!bad) return code;
    free(code);
    fail("%s", message);
}

static bool same_code(const char *path, const char *a, const char *b)
{
    size_t n, m;
    char *x = bytecode(path, a, &n), *y = bytecode(path, b, &m);
    bool same = n == m && !memcmp(x, y, n);
    free(x);
    free(y);
    return same;
}

static bool same_tokens(const Tokens *a, const Tokens *b)
{
    bool same = a->tokens == b->tokens;
    for (int i = 0; same && i < a->tokens; i++)
        same = a->token[i].length == b->token[i].length && !strncmp(a->token[i].at, b->token[i].at, (size_t)a->token[i].length);
    return same;
}

static char *format(const char *path, const char *given)
{
    char *text = mem_print("%s", given), *to = text;
    for (const char *p = given; *p; p++) if (p[0] != '\r' || p[1] != '\n') *to++ = *p;
    *to = 0;
    size_t size;
    free(bytecode(path, text, &size));              /* a syntax error leaves here */
    Tokens s = read_tokens(text);
    for (int i = 0; i < s.tokens; i++) {
        const char *from = i ? s.token[i - 1].at + s.token[i - 1].length : text;
        if (i == 0 || newlines(from, s.token[i].at)) s.token[i].indent = 0;
    }
    lay_out(&s);
    char *marked = write_tokens(&s, true), *out = write_tokens(&s, false);
    Tokens again = read_tokens(out);
    if (!same_code(path, given, marked) || !same_tokens(&s, &again)) die("format: %s would not be the same afterwards", path);
    free(marked);
    return out;
}

char *format_spec(const char *path, const char *text, char *error, size_t size)
{
    Catch catch;
    fail_to(&catch);
    if (setjmp(catch.jump) != 0) {
        if (size) snprintf(error, size, "%s", catch.message);
        mem_reset();
        return NULL;
    }
    char *out = format(path, text);
    fail_end(&catch);
    mem_reset();
    return out;
}
