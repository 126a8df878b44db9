#include "base/utf8.h"

static const char replacement[] = "\xEF\xBF\xBD";

static bool continues(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Bytes of the UTF-8 character at `s` (which ends in NUL), 0 where there is none: overlong forms, surrogates
 * and what lies past U+10FFFF count as none. */
static size_t character_bytes(const unsigned char *s)
{
    if (s[0] < 0x80) return 1;
    if (s[0] < 0xC2 || s[0] > 0xF4 || !continues(s[1])) return 0;
    if (s[0] < 0xE0) return 2;
    if (!continues(s[2])) return 0;
    if (s[0] < 0xF0) {
        bool overlong = s[0] == 0xE0 && s[1] < 0xA0, surrogate = s[0] == 0xED && s[1] >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    bool overlong = s[0] == 0xF0 && s[1] < 0x90, beyond = s[0] == 0xF4 && s[1] >= 0x90;
    return continues(s[3]) && !overlong && !beyond ? 4 : 0;
}

size_t sw_utf8_next(const char **out, const char **text)
{
    size_t bytes = character_bytes((const unsigned char *)*text);
    *out = bytes ? *text : replacement;
    *text += bytes ? bytes : 1;
    return bytes ? bytes : sizeof replacement - 1;
}

bool sw_utf8_is_valid(const char *text, size_t length)
{
    const char *end = text + length;
    size_t bytes = 1;
    for (; text < end && bytes; text += bytes) bytes = character_bytes((const unsigned char *)text);
    return bytes > 0;
}

void sw_utf8_append(sw_str *out, const char *text)
{
    sw_str_append(out, "");
    while (*text) {
        const char *character;
        size_t bytes = sw_utf8_next(&character, &text);
        sw_str_append_bytes(out, character, bytes);
    }
}
