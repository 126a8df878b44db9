/* A comparison as tables for people. */
#ifndef STUDY_COMPARE_SHEETS_H
#define STUDY_COMPARE_SHEETS_H

#include "comparison.h"
#include "page/sheet.h"

/* Fills the page; the caller frees it, also on an error. */
sw_status comparison_sheet(sw_sheet *out, const sw_comparison *c) SW_NODISCARD;

/* Fills row `at` of a table that has a column for each one of the comparison after a first one of names: a
 * figure (comparison.h) of each, the best marked, and the difference from the first. */
void comparison_put_row(sw_sheet *s, sw_sheet_table *table, int at, const sw_comparison *c, int row,
                        int figure);

/* Writes the difference of a figure from another one, as that row does: "+0.0021", "+12.5 %"; "" where there
 * is none to tell. */
void comparison_difference(char *text, size_t bytes, const sw_comparison *c, int row, int figure,
                           double value, double first);

#endif
