/* A page of tables for people, written as text of a given width, as Markdown or as HTML. */
#ifndef PAGE_SHEET_H
#define PAGE_SHEET_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

typedef struct sheet_cell {
    const char *text, *delta; /* "0.8433", "+0.0021"; NULL: nothing */
    bool best;
} sheet_cell;

typedef struct sheet_table {
    const char *title, *remark; /* remark: a sentence below the title; NULL: none */
    bool figures; /* a first column of names and columns of figures, which text breaks into blocks; else
                     columns of words, which wrap */
    int columns, rows;
    const char **heads;
    sheet_cell *cells; /* (rows, columns) */
} sheet_table;

enum { SHEET_WARNINGS = 16 };

typedef struct sheet {
    const char *title;
    const char *warnings[SHEET_WARNINGS]; /* shown before everything */
    int warning_count;
    const char *closing; /* the last line; NULL: none */
    sheet_table *tables; /* owned */
    int table_count, table_capacity;
    bool failed; /* memory ran out; sheet_status says it once */
    sw_arena arena;
} sheet;

/* Valid until the next one is added; NULL when memory is out. */
sheet_table *sheet_add(sheet *s, const char *title, int columns, int rows);
/* The text is copied; the table may be NULL. */
void sheet_head(sheet *s, sheet_table *table, int column, const char *text);
void sheet_put(sheet *s, sheet_table *table, int row, int column, const char *text);
void sheet_put_delta(sheet *s, sheet_table *table, int row, int column, const char *delta);
void sheet_warn(sheet *s, const char *text);
sw_status sheet_status(const sheet *s) SW_NODISCARD;
void sheet_deinit(sheet *s);

void sheet_text(sw_str *out, const sheet *s, int width);
void sheet_markdown(sw_str *out, const sheet *s);
void sheet_html(sw_str *out, const sheet *s);

/* What is shared by the writers. */
static inline const sheet_cell *sheet_at(const sheet_table *table, int row, int column)
{
    return &table->cells[row * table->columns + column];
}

#endif
