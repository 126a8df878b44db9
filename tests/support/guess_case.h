/* Folders of small pictures and masks below the test's scratch folder, and what is guessed of them. */
#ifndef GUESS_CASE_H
#define GUESS_CASE_H

#include "data/guess.h"

enum { WIDTH = 12, HEIGHT = 8, PIXELS = WIDTH * HEIGHT }; /* of pictures and masks */

/* A mask with upright stripes of these values; valid until the next. */
const uint8_t *stripes(const uint8_t *values, int count);
#define STRIPES(...) stripes((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Pictures FOLDER/p0, p1, .. with this ending; masks FOLDER/p0ENDING.png, .. with these values. */
void write_pictures(const char *folder, int count, const char *ending);
void write_masks(const char *folder, int count, const char *ending, const uint8_t *values);

/* The description guessed from a folder; the caller frees it with sw_guess_deinit. */
sw_guess guessed(const char *folder);
void expect_class(const sw_guess *guess, int c, const char *name, unsigned code);
void expect_ignored(const sw_guess *guess, int count, unsigned first);
/* The guess fails, with these words in its message. */
void expect_failure(const char *folder, sw_status status, const char *words);

#endif
