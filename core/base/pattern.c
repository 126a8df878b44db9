#include "base/pattern.h"

#include <string.h>

/* Where the rest does not match, the last '*' takes one character more. Earlier ones keep what they have:
 * with less or more of it the rest would match nothing new. */
bool sw_pattern_matches(const char *pattern, const char *text)
{
    /* The last '*' of the pattern that was passed, and the end of the part of the text that it matches so
     * far. */
    const char *star = NULL, *matched = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            matched = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++matched;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return !*pattern;
}

bool sw_pattern_rename(sw_str *out, const char *from, const char *to, const char *text)
{
    if (!sw_pattern_matches(from, text)) return false;
    const char *star = strchr(from, '*'), *place = strchr(to, '*');
    if (!star || !place) {
        sw_str_append(out, to);
        return true;
    }
    const size_t before = (size_t)(star - from), after = strlen(star + 1);
    sw_str_append_bytes(out, to, (size_t)(place - to));
    sw_str_append_bytes(out, text + before, strlen(text) - before - after);
    sw_str_append(out, place + 1);
    return true;
}
