#include "base/pattern.h"

#include <string.h>

/* Goes back to the last '*' only: what an earlier one took need never change. */
bool sw_pattern_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *taken = NULL; /* the last '*', and the end of what it stands for */
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            taken = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++taken;
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
