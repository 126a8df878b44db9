#include "page/csv.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

void sw_csv_text(sw_str *out, const char *text)
{
    const bool quoted = text[strcspn(text, ",\"\r\n")] != '\0';
    if (quoted) sw_str_append(out, "\"");
    while (*text) {
        const char *character;
        const size_t bytes = sw_utf8_next(&character, &text);
        if (*character == '"') sw_str_append(out, "\"");
        sw_str_append_bytes(out, character, bytes);
    }
    if (quoted) sw_str_append(out, "\"");
}

void sw_csv_number(sw_str *out, double value, int digits)
{
    sw_str_append(out, ",");
    if (!isnan(value)) sw_str_printf(out, "%.*g", digits, value);
}

char *sw_csv_take_field(char **at, bool *last)
{
    char *field = *at, *from = *at, *to = *at;
    bool inside = *from == '"';
    const bool quoted = inside;
    if (quoted) from++;
    while (*from && (inside || (*from != ',' && *from != '\n'))) {
        if (quoted && !inside) return NULL;
        if (inside && *from == '"' && *++from != '"') /* two quotes are one, a single one is the end */
            inside = false;
        else
            *to++ = *from++;
    }
    if (inside) return NULL;
    *last = *from != ',';
    *at = *from ? from + 1 : from;
    *to = '\0';
    return field;
}
