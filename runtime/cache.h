/* cache.h: compiled objects kept on disk, by the SHA-256 of all that went into them. */
#ifndef BURIN_CACHE_H
#define BURIN_CACHE_H
#include "hash.h"
#include "text.h"
#include <stdbool.h>

/* The folder: $BURIN_CACHE, else $XDG_CACHE_HOME/burin, else ~/.cache/burin, else out/cache where none of those can be
 * written. It is made if need be.                                                                                  */
int cache_folder(Path *, Error *);
Path cache_object(const char *folder, const Digest *key);
bool cache_holds(const char *folder, const Digest *key);         /* there, and whole */
bool cache_read(const char *folder, const Digest *key, char **bytes, size_t *size);      /* the same, with what it holds; malloced */

/* Notes that an object was used: those not used for longest go when there are more than CACHE_LIMIT. */
enum { CACHE_LIMIT = 256 };
void cache_used(const char *folder, const Digest *key);

/* A new folder to build in, inside the cache's; those that dead processes left behind are removed. */
int cache_workshop(const char *folder, Path *workshop, Error *);
/* Seals the object that was built in the workshop and moves it to its place at one stroke: when two processes build the
 * same thing, the later one wins and both are right. Removes the workshop.                                          */
int cache_keep(const char *folder, const Digest *key, const char *workshop, const char *object, Error *);
int cache_write(const char *folder, const Digest *key, const char *bytes, size_t size, Error *);     /* the same, of what is in memory */
#endif
