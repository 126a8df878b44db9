#include "page/html.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/utf8.h"

static const char replacement[] = "\xEF\xBF\xBD";

/* The next character of *text, or the replacement where it can't be shown. Moves *text on. */
static size_t next_character(const char **out, const char **text, bool keep_breaks)
{
    size_t bytes = sw_utf8_next(out, text);
    const unsigned char *at = (const unsigned char *)*out;
    bool control = at[0] < 0x20 || at[0] == 0x7F || (at[0] == 0xC2 && at[1] < 0xA0);
    bool kept = keep_breaks && (at[0] == '\t' || at[0] == '\n');
    if (!control || kept) return bytes;
    *out = replacement;
    return sizeof replacement - 1;
}

void sw_html_text(sw_str *out, const char *text)
{
    static const char *const instead[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    while (*text) {
        const char *character;
        size_t bytes = next_character(&character, &text, true);
        const char *escape = instead[(unsigned char)*character];
        if (escape)
            sw_str_append(out, escape);
        else
            sw_str_append_bytes(out, character, bytes);
    }
}

void sw_html_between(sw_str *out, const char *before, const char *text, const char *after)
{
    sw_str_append(out, before);
    if (text) sw_html_text(out, text);
    sw_str_append(out, after);
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
