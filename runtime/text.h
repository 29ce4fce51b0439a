/* text.h: errors as values, and words as people read them.
 *
 * A function that can fail takes an Error, leaves one message in it ("cannot read x: No such file or directory", no newline
 * at its end) and returns non-zero (or NULL). The caller passes it up; main prints it and exits 1.                        */
#ifndef BURIN_TEXT_H
#define BURIN_TEXT_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { char text[8192]; } Error;
typedef struct { char s[4096]; } Path;
typedef struct { char s[48]; } Word;

void error_set(Error *, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define failed(e, ...) (error_set(e, __VA_ARGS__), -1)           /* as in: return failed(e, "cannot read %s", path); */
void failed_more(Error *, const char *format, ...) __attribute__((format(printf, 2, 3)));    /* adds to the message */
void bug(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));     /* a fault of ours: aborts */
void *grow(void *, size_t bytes);                   /* realloc that does not return when memory is out */
#define array_of(type, n) ((type *)grow(NULL, (size_t)(n) * sizeof(type)))
#define array_grow(array, type, n) ((type *)grow(array, (size_t)(n) * sizeof(type)))

Path path_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
Path path_folder(const char *path);                 /* "a/b.c" -> "a"; "b.c" -> "." */
const char *path_name(const char *path);            /* "a/b.c" -> "b.c" */
Path path_shown(const char *path);                  /* on one line, whatever is in it: a newline becomes \x0a */

Word word_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
Word word_count(int64_t);                           /* "1,234,567" */
Word word_bytes(double bytes);                      /* "512 bytes", "1.9 MiB" */
Word word_flops(double flops);                      /* "56.2 MFLOP" */
Word word_time(double seconds);                     /* "0.41 s", "1:05", "2:01:09" */

/* The name nearest to a mistyped word, or NULL when none is near. */
const char *nearest(const char *word, const char *const *name, int names);

void sort_numbers(double *, int n);                  /* ascending */
double seconds_now(void);                           /* monotonic */
#endif
