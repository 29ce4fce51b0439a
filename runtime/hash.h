/* hash.h: SHA-256 (FIPS 180-4): names of compiled objects, and whether a file is whole. */
#ifndef BURIN_HASH_H
#define BURIN_HASH_H
#include <stddef.h>
#include <stdint.h>

typedef struct { uint32_t h[8]; uint64_t bytes; uint8_t block[64]; } Sha256;
typedef struct { uint8_t byte[32]; char hex[65]; } Digest;

void sha256_start(Sha256 *);
void sha256_add(Sha256 *, const void *, size_t bytes);
void sha256_text(Sha256 *, const char *);           /* with its 0: so "a","b" is not "ab","" */
Digest sha256_end(Sha256 *);
Digest sha256(const void *, size_t bytes);
#endif
