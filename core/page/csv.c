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
