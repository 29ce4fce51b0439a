/* json.c: just enough JSON. */
#include "json.h"
#include "text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The length of the UTF-8 sequence at p, or 0: overlong forms, surrogates and cut sequences are none. */
static int utf8_length(const unsigned char *p)
{
    if (p[0] < 0x80) return 1;
    int n = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
    for (int i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (n == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0))) return 0;
    if (n == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))) return 0;
    return n;
}

void json_string(FILE *f, const char *s)
{
    fputc('"', f);
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        int n = utf8_length(p);
        if (n == 0) fputs("\\ufffd", f), p++;
        else if (n > 1) fwrite(p, 1, (size_t)n, f), p += n;
        else {
            if (*p == '"' || *p == '\\') fprintf(f, "\\%c", *p);
            else if (*p == '\n') fputs("\\n", f);
            else if (*p == '\t') fputs("\\t", f);
            else if (*p < 0x20) fprintf(f, "\\u%04x", *p);
            else fputc(*p, f);
            p++;
        }
    }
    fputc('"', f);
}

void json_number(FILE *f, double x)
{
    char text[32];
    if (!isfinite(x)) { fputs("null", f); return; }
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtof(text, NULL) == (float)x) break;
    }
    fputs(text, f);
}

static void skip_space(Json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\t' || *j->at == '\r')) j->at++;
}

bool json_take(Json *j, char c)
{
    skip_space(j);
    if (j->at == j->end || *j->at != c) return false;
    j->at++;
    return true;
}

bool json_at_end(Json *j)
{
    skip_space(j);
    return j->at == j->end;
}

static bool take_hex(const char **at, const char *end, unsigned *value)
{
    if (end - *at < 4) return false;
    *value = 0;
    for (int i = 0; i < 4; i++) {
        char c = *(*at)++;
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return false;
        *value = *value * 16 + (unsigned)digit;
    }
    return true;
}

/* the part of a string after \u: a code point, two escapes for one beyond U+FFFF; as UTF-8 */
static bool take_code(const char **at, const char *end, char **out)
{
    unsigned c, low;
    if (!take_hex(at, end, &c) || c == 0 || (c >= 0xdc00 && c < 0xe000)) return false;
    if (c >= 0xd800 && c < 0xdc00) {
        if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') return false;
        *at += 2;
        if (!take_hex(at, end, &low) || low < 0xdc00 || low > 0xdfff) return false;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    char *o = *out;
    if (c < 0x80) *o++ = (char)c;
    else if (c < 0x800) *o++ = (char)(0xc0 | c >> 6), *o++ = (char)(0x80 | (c & 63));
    else if (c < 0x10000) *o++ = (char)(0xe0 | c >> 12), *o++ = (char)(0x80 | (c >> 6 & 63)), *o++ = (char)(0x80 | (c & 63));
    else {
        *o++ = (char)(0xf0 | c >> 18), *o++ = (char)(0x80 | (c >> 12 & 63));
        *o++ = (char)(0x80 | (c >> 6 & 63)), *o++ = (char)(0x80 | (c & 63));
    }
    *out = o;
    return true;
}

bool json_take_string(Json *j, char **text)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    skip_space(j);
    const char *at = j->at, *end = j->end;
    if (at == end || *at++ != '"') return false;
    const char *close = at;
    while (close < end && *close != '"') close += *close == '\\' ? 2 : 1;
    if (close >= end) return false;
    char *out = array_of(char, close - at + 1), *o = out;      /* text only shrinks as it is unescaped */
    bool good = true;
    while (good && at < close) {
        if ((unsigned char)*at < 0x20) good = false;
        else if (*at != '\\') *o++ = *at++;
        else if (at[1] == 'u') at += 2, good = take_code(&at, close, &o);
        else {
            const char *k = strchr(from, at[1]);
            if (!at[1] || !k) good = false;
            else *o++ = to[k - from], at += 2;
        }
    }
    if (!good) {
        free(out);
        return false;
    }
    *o = 0;
    *text = out;
    j->at = close + 1;
    return true;
}

bool json_take_uint(Json *j, uint64_t *value)
{
    skip_space(j);
    const char *p = j->at;
    uint64_t n = 0;
    while (p < j->end && *p >= '0' && *p <= '9') {
        unsigned digit = (unsigned)(*p++ - '0');
        if (n > (UINT64_MAX - digit) / 10) return false;
        n = n * 10 + digit;
    }
    if (p == j->at || (*j->at == '0' && p > j->at + 1)) return false;
    if (p < j->end && (*p == '.' || *p == 'e' || *p == 'E')) return false;
    *value = n;
    j->at = p;
    return true;
}
