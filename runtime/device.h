/* device.h: what runs a Program: a table of nine functions.
 *
 * The order of calls: open, alloc, build, then put, get, launch and sync as often as wanted, close. Functions that return
 * int return non-zero with a message on failure. Offsets are in the persistent arena.                              */
#ifndef BURIN_DEVICE_H
#define BURIN_DEVICE_H
#include "program.h"
#include "text.h"

typedef struct {
    int threads;                /* at least 1 */
    const char *cache;          /* folder of compiled objects; NULL: the user's (cache.h) */
} DeviceOptions;

typedef struct Device Device;

typedef struct {
    const char *name;           /* "cpu" */
    int (*describe)(char *text, size_t size);       /* "AMD EPYC, 2 cores, AVX2 (8 floats a vector)"; non-zero: none here */
    Device *(*open)(const DeviceOptions *, Error *);
    void (*close)(Device *);
    int (*build)(Device *, const BurinProgram *, Word *how, Error *);    /* how: "compiled by gcc ... in 3.4 s" */
    int (*alloc)(Device *, const BurinProgram *, Error *);               /* the arenas, zeroed; refuses what will not fit */
    int (*put)(Device *, size_t offset, const void *, size_t bytes, Error *);
    int (*get)(Device *, size_t offset, void *, size_t bytes, Error *);
    int (*launch)(Device *, int entry, const BurinCall *, Error *);      /* of the call: seed, step, first, last, seconds */
    int (*sync)(Device *, Error *);
} DeviceType;

extern const DeviceType dev_cpu;
extern const DeviceType *const devices[];           /* best first, ended by NULL */

/* "auto" or a device's name -> the device; NULL with a message. */
const DeviceType *device_find(const char *name, Error *);
#endif
