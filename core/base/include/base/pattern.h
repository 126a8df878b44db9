/* Patterns of names: each '*' stands for any characters, or for none. */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <stdbool.h>

#include "base/str.h"

/* Tells whether the pattern describes all of the text. */
bool sw_pattern_matches(const char *pattern, const char *text);

/* Where `from`, with at most one '*', describes all of the text, appends `to` with what the '*' stands for in
 * place of its own and returns true: ("features.0.*", "dc1.seq.0.*", "features.0.bias") gives
 * "dc1.seq.0.bias". */
bool sw_pattern_rename(sw_str *out, const char *from, const char *to, const char *text);

#endif
