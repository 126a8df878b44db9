/* Fields of CSV files. */
#ifndef PAGE_CSV_H
#define PAGE_CSV_H

#include <stdbool.h>

#include "base/str.h"

/* Appends a text, quoted where it has a comma, a quote or a line break. */
void sw_csv_text(sw_str *out, const char *text);

/* Appends a comma and a number of so many significant digits; only the comma for NaN. */
void sw_csv_number(sw_str *out, double value, int digits);

/* Takes the next field of a line, in place and without its quotes, and moves *at behind it and the comma or
 * line break that ends it. *last: it is the line's last. NULL: quotes that are not closed, or something
 * behind them. */
char *sw_csv_take_field(char **at, bool *last);

#endif
