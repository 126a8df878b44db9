/* What every fuzz target shares. A target is one function, LLVMFuzzerTestOneInput, that feeds bytes to a
 * reader and uses whatever the reader accepted; a crash, a leak or a sanitizer's finding is a bug of the
 * reader. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* A file that holds the bytes until the next call: its path, the same each time. */
const char *fuzz_file(const uint8_t *bytes, size_t length);

/* A folder with the files that the bytes hold, until the next call: its path, the same each time. Each file
 * begins with the line "==== NAME", and only files of `names`, which ends in NULL, are written. A name may
 * have one folder before it. */
const char *fuzz_folder(const uint8_t *bytes, size_t length, const char *const *names);

/* Ends the program where a promise of the code under test is broken. */
void fuzz_expect(int condition, const char *promise);

#endif
