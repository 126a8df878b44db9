#include "html.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

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

/* The next character of *text: its bytes, or the replacement's where it can't be shown. Moves *text on. */
static size_t next_character(const char **out, const char **text, bool keep_breaks)
{
    const unsigned char *at = (const unsigned char *)*text;
    size_t bytes = character_bytes(at);
    bool control = at[0] < 0x20 || at[0] == 0x7F;
    bool c1 = bytes == 2 && at[0] == 0xC2 && at[1] < 0xA0;
    bool kept = keep_breaks && (at[0] == '\t' || at[0] == '\n');
    *out = *text;
    *text += bytes ? bytes : 1;
    if (bytes > 0 && !c1 && (!control || kept)) return bytes;
    *out = replacement;
    return sizeof replacement - 1;
}

void sw_html_text(sw_str *out, const char *text)
{
    while (*text) {
        const char *character;
        size_t bytes = next_character(&character, &text, true);
        switch (*character) {
        case '&':
            sw_str_append(out, "&amp;");
            break;
        case '<':
            sw_str_append(out, "&lt;");
            break;
        case '>':
            sw_str_append(out, "&gt;");
            break;
        case '"':
            sw_str_append(out, "&quot;");
            break;
        case '\'':
            sw_str_append(out, "&#39;");
            break;
        default:
            sw_str_append_bytes(out, character, bytes);
        }
    }
}

void sw_html_json_string(sw_str *out, const char *text)
{
    sw_str_append(out, "\"");
    while (*text) {
        const char *character;
        size_t bytes = next_character(&character, &text, false);
        if (*character == '"' || *character == '\\')
            sw_str_printf(out, "\\%c", *character);
        else if (*character == '<' || *character == '&')
            sw_str_printf(out, "\\u%04x", (unsigned)*character);
        else
            sw_str_append_bytes(out, character, bytes);
    }
    sw_str_append(out, "\"");
}

void sw_html_json_number(sw_str *out, double value, int digits)
{
    if (isfinite(value))
        sw_str_printf(out, "%.*g", digits, value);
    else
        sw_str_append(out, "null");
}

void sw_html_data_uri(sw_str *out, const char *mime, const void *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *from = bytes;
    sw_str_printf(out, "data:%s;base64,", mime);
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t triple = (uint32_t)from[i] << 16 | (left > 1 ? (uint32_t)from[i + 1] << 8 : 0) |
                          (left > 2 ? (uint32_t)from[i + 2] : 0);
        const char four[4] = {digits[triple >> 18], digits[triple >> 12 & 63],
                              left > 1 ? digits[triple >> 6 & 63] : '=',
                              left > 2 ? digits[triple & 63] : '='};
        sw_str_append_bytes(out, four, sizeof four);
    }
}

char *sw_html_clean(const char *text)
{
    sw_str clean = {0};
    char *taken;
    sw_str_append(&clean, "");
    while (*text) {
        const char *character;
        size_t bytes = next_character(&character, &text, false);
        sw_str_append_bytes(&clean, character, bytes);
    }
    return sw_str_take(&taken, &clean) == SW_OK ? taken : NULL;
}
