/* A page of tables for people, written as text of a given width, as Markdown or as HTML. */
#ifndef PAGE_SHEET_H
#define PAGE_SHEET_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

typedef struct sw_sheet_cell {
    const char *text, *delta; /* "0.8433", "+0.0021"; NULL: nothing */
    bool best;
    double shade; /* 0..1, strength of the background; in HTML only, as the property --shade */
} sw_sheet_cell;

/* In HTML, the names of rows or columns may each have a short line in a colour (class c0, c1...). */
typedef enum sw_sheet_keys { SW_SHEET_NO_KEYS, SW_SHEET_ROW_KEYS, SW_SHEET_COLUMN_KEYS } sw_sheet_keys;

typedef struct sw_sheet_table {
    const char *title, *remark; /* remark: a sentence below the title; NULL: none */
    bool figures; /* a first column of names and columns of figures, which text breaks into blocks; else
                     columns of words, which wrap */
    sw_sheet_keys keys;
    int columns, rows;
    const char **heads;
    sw_sheet_cell *cells; /* (rows, columns) */
} sw_sheet_table;

enum { SW_SHEET_WARNINGS = 16 };

typedef struct sw_sheet {
    const char *title;
    const char *warnings[SW_SHEET_WARNINGS]; /* shown before everything */
    int warning_count;
    const char *closing;    /* the last line; NULL: none */
    sw_sheet_table *tables; /* owned */
    int table_count;
    bool failed;             /* memory ran out; sw_sheet_status says it once */
    sw_sheet_table no_table; /* filled in once memory ran out, as is the cell */
    sw_sheet_cell no_cell;
    sw_arena arena;
} sw_sheet;

/* Adds an empty table, valid until the next one is added. */
sw_sheet_table *sw_sheet_add(sw_sheet *s, const char *title, int columns, int rows);
/* Fill in heads and cells. Texts are copied; what lies beyond the table's rows and columns is lost. */
void sw_sheet_heads(sw_sheet *s, sw_sheet_table *table, const char *const *texts); /* (columns) */
void sw_sheet_head(sw_sheet *s, sw_sheet_table *table, int column, const char *text);
void sw_sheet_row(sw_sheet *s, sw_sheet_table *table, int row, const char *const *texts); /* (columns) */
sw_sheet_cell *sw_sheet_put(sw_sheet *s, sw_sheet_table *table, int row, int column, const char *text);
void sw_sheet_printf(sw_sheet *s, sw_sheet_table *table, int row, int column, const char *fmt, ...)
    SW_PRINTF(5, 6);
/* Puts the text into a cell and empties it. */
sw_sheet_cell *sw_sheet_take(sw_sheet *s, sw_sheet_table *table, int row, int column, sw_str *text);
void sw_sheet_put_delta(sw_sheet *s, sw_sheet_table *table, int row, int column, const char *delta);
void sw_sheet_warn(sw_sheet *s, const char *text);
sw_status sw_sheet_status(const sw_sheet *s) SW_NODISCARD;
void sw_sheet_deinit(sw_sheet *s);

void sw_sheet_text(sw_str *out, const sw_sheet *s, int width);
void sw_sheet_markdown(sw_str *out, const sw_sheet *s);
void sw_sheet_html(sw_str *out, const sw_sheet *s);
/* Appends the tables as elements of a page, and empties the sheet. A table that is too wide scrolls by
 * itself, with the keyboard too. Its title becomes its label, its remark its caption. Where memory ran out,
 * *out says so. */
void sw_sheet_elements(sw_str *out, sw_sheet *s);

/* Appends one table alone, as text for a terminal of 80 columns. Each line of `lines` is a row, with tabs
 * between its cells. The first one has the heads and sets the number of columns; a short row ends in empty
 * cells. The first `names` columns are flush left, all others flush right. Empties `lines`. Where memory ran
 * out for one of the two texts, *out has failed. */
void sw_sheet_columns(sw_str *out, sw_str *lines, int names);

/* Returns a cell. */
static inline const sw_sheet_cell *sw_sheet_at(const sw_sheet_table *table, int row, int column)
{
    return &table->cells[row * table->columns + column];
}

#endif
