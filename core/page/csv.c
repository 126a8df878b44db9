#include "page/csv.h"

#include <math.h>
#include <string.h>

void sw_csv_text(sw_str *out, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        sw_str_append(out, text);
        return;
    }
    sw_str_append(out, "\"");
    for (const char *c = text; *c; c++) {
        if (*c == '"') sw_str_append(out, "\"");
        sw_str_append_bytes(out, c, 1);
    }
    sw_str_append(out, "\"");
}

void sw_csv_number(sw_str *out, double value, int digits)
{
    sw_str_append(out, ",");
    if (!isnan(value)) sw_str_printf(out, "%.*g", digits, value);
}
