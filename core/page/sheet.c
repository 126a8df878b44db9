/* A page of tables: filled in here, and written as text in blocks of a given width. */
#include "page/sheet.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/terminal.h"
#include "base/utf8.h"

enum { GAP = 2, NARROWEST = 6, MOST_COLUMNS = 8 /* of a table of words */, MOST_IN_BLOCK = 24 };

/* Copies a text as one line of valid UTF-8 without control characters. */
static const char *keep(sw_sheet *s, const char *text)
{
    sw_str clean = {0};
    sw_utf8_append(&clean, text);
    char *copy = clean.failed ? NULL : sw_arena_strdup(&s->arena, clean.text);
    sw_str_deinit(&clean);
    if (!copy) s->failed = true;
    for (char *c = copy; c && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
    return copy;
}

sw_sheet_table *sw_sheet_add(sw_sheet *s, const char *title, int columns, int rows)
{
    sw_sheet_table table = {.title = keep(s, title), .columns = columns, .rows = rows};
    table.heads = sw_arena_alloc(&s->arena, (size_t)columns * sizeof *table.heads);
    table.cells = sw_arena_alloc(&s->arena, (size_t)columns * (size_t)(rows + 1) * sizeof *table.cells);
    if (!table.heads || !table.cells || !table.title ||
        SW_ARRAY_GROW(s->tables, s->table_count, "a page of tables") != SW_OK) {
        s->failed = true;
        s->no_table = (sw_sheet_table){0};
        return &s->no_table;
    }
    s->tables[s->table_count] = table;
    return &s->tables[s->table_count++];
}

void sw_sheet_head(sw_sheet *s, sw_sheet_table *table, int column, const char *text)
{
    if (column < table->columns) table->heads[column] = keep(s, text);
}

void sw_sheet_heads(sw_sheet *s, sw_sheet_table *table, const char *const *texts)
{
    for (int c = 0; c < table->columns; c++) sw_sheet_head(s, table, c, texts[c]);
}

static sw_sheet_cell *cell_at(sw_sheet *s, sw_sheet_table *table, int row, int column)
{
    const bool is_there = row < table->rows && column < table->columns;
    return is_there ? &table->cells[row * table->columns + column] : &s->no_cell;
}

sw_sheet_cell *sw_sheet_put(sw_sheet *s, sw_sheet_table *table, int row, int column, const char *text)
{
    sw_sheet_cell *cell = cell_at(s, table, row, column);
    cell->text = keep(s, text);
    return cell;
}

void sw_sheet_row(sw_sheet *s, sw_sheet_table *table, int row, const char *const *texts)
{
    for (int c = 0; c < table->columns; c++) sw_sheet_put(s, table, row, c, texts[c]);
}

void sw_sheet_printf(sw_sheet *s, sw_sheet_table *table, int row, int column, const char *fmt, ...)
{
    sw_str text = {0};
    va_list args;
    va_start(args, fmt);
    sw_str_vprintf(&text, fmt, args);
    va_end(args);
    sw_sheet_take(s, table, row, column, &text);
}

sw_sheet_cell *sw_sheet_take(sw_sheet *s, sw_sheet_table *table, int row, int column, sw_str *text)
{
    s->failed |= text->failed;
    const bool is_there = text->text && !text->failed;
    sw_sheet_cell *cell = sw_sheet_put(s, table, row, column, is_there ? text->text : "");
    sw_str_deinit(text);
    return cell;
}

void sw_sheet_put_delta(sw_sheet *s, sw_sheet_table *table, int row, int column, const char *delta)
{
    cell_at(s, table, row, column)->delta = keep(s, delta);
}

void sw_sheet_warn(sw_sheet *s, const char *text)
{
    if (s->warning_count < SW_SHEET_WARNINGS) s->warnings[s->warning_count++] = keep(s, text);
}

sw_status sw_sheet_status(const sw_sheet *s)
{
    return s->failed ? sw_fail_alloc("a page of tables", 0) : SW_OK;
}

void sw_sheet_deinit(sw_sheet *s)
{
    free(s->tables);
    sw_arena_deinit(&s->arena);
    *s = (sw_sheet){0};
}

/* ---- text ---- */

/* Returns the columns on a terminal: code points, not bytes. */
static int width_of(const char *text)
{
    int width = 0;
    for (const char *c = text ? text : ""; *c; c++) width += ((unsigned char)*c & 0xc0) != 0x80;
    return width;
}

static void pad(sw_str *out, int count)
{
    if (count > 0) sw_str_printf(out, "%*s", count, "");
}

static void put_right(sw_str *out, const char *text, int width)
{
    pad(out, width - width_of(text));
    sw_str_append(out, text ? text : "");
}

static void put_left(sw_str *out, const char *text, int width)
{
    sw_str_append(out, text ? text : "");
    pad(out, width - width_of(text));
}

/* Ends the line without blanks at its end. */
static void end_line(sw_str *out)
{
    while (out->length > 0 && out->text[out->length - 1] == ' ') out->text[--out->length] = '\0';
    sw_str_append(out, "\n");
}

/* Returns the bytes of `text` that fit into a line of `width` columns, up to the last place where it may
 * break. */
static size_t first_line(const char *text, int width)
{
    size_t at = 0, cut = 0, breaks = 0, last_resort = 0;
    int used = 0;
    while (text[at] && used < width) {
        do at++;
        while (((unsigned char)text[at] & 0xc0) == 0x80);
        used++;
        cut = at;
        if (strchr(" /,;", text[at - 1])) breaks = at;
        if (strchr(".=", text[at - 1])) last_resort = at;
    }
    if (!text[at] || text[at] == ' ') return at;
    return breaks ? breaks : last_resort ? last_resort : cut;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " ");
}

static void put_wrapped(sw_str *out, const char *text, int indent, int width)
{
    for (bool first = true; *text || first; first = false) {
        size_t length = first_line(text, width - indent);
        if (!first) pad(out, indent);
        sw_str_append_bytes(out, text, length);
        end_line(out);
        text = skip_blanks(text + length);
    }
}

/* Returns the width of a column, its head included. */
static int column_width(const sw_sheet_table *table, int column)
{
    int widest = width_of(table->heads[column]);
    for (int r = 0; r < table->rows; r++) {
        int width = width_of(sw_sheet_at(table, r, column)->text);
        if (width > widest) widest = width;
    }
    return widest;
}

/* --- figures, in blocks --- */

typedef struct figure_width {
    int text, delta, whole;
} figure_width;

typedef struct layout {
    int names; /* columns at the left, in every block */
    int name_widths[MOST_COLUMNS];
    int gap, mark; /* before a column; behind a figure, where any is marked as the best */
} layout;

static figure_width measure(const sw_sheet_table *table, int column, int mark)
{
    figure_width w = {.text = column_width(table, column)};
    for (int r = 0; r < table->rows; r++) {
        int delta = width_of(sw_sheet_at(table, r, column)->delta);
        if (delta > w.delta) w.delta = delta;
    }
    w.whole = w.text + mark + (w.delta ? 1 + w.delta : 0);
    return w;
}

static void put_figure(sw_str *out, const sw_sheet_cell *cell, figure_width w, const layout *l)
{
    pad(out, l->gap);
    put_right(out, cell->text, w.text);
    if (l->mark) sw_str_append(out, cell->best ? "*" : " ");
    if (w.delta) {
        pad(out, 1);
        put_right(out, cell->delta, w.delta);
    }
}

static void put_name(sw_str *out, const char *text, int column, const layout *l)
{
    if (column) pad(out, l->gap);
    put_left(out, text, l->name_widths[column]);
}

/* Columns from..from + count. */
static void put_block(sw_str *out, const sw_sheet_table *table, int from, int count,
                      const figure_width *widths, const layout *l)
{
    for (int c = 0; c < l->names; c++) put_name(out, table->heads[c], c, l);
    for (int c = 0; c < count; c++)
        put_figure(out, &(sw_sheet_cell){.text = table->heads[from + c]}, widths[c], l);
    end_line(out);
    for (int r = 0; r < table->rows; r++) {
        for (int c = 0; c < l->names; c++) put_name(out, sw_sheet_at(table, r, c)->text, c, l);
        for (int c = 0; c < count; c++) put_figure(out, sw_sheet_at(table, r, from + c), widths[c], l);
        end_line(out);
    }
}

/* Sets a gap of one blank where that keeps the table in one block. */
static void choose_gap(layout *l, const sw_sheet_table *table, int width)
{
    int used = 0;
    for (int c = 0; c < l->names; c++) used += l->name_widths[c];
    for (int c = l->names; c < table->columns; c++) used += measure(table, c, l->mark).whole;
    int gaps = table->columns - 1;
    l->gap = used + GAP * gaps > width && used + gaps <= width ? 1 : GAP;
}

static layout lay_out(const sw_sheet_table *table, int names, int width)
{
    layout l = {.names = names < MOST_COLUMNS ? names : MOST_COLUMNS};
    for (int i = 0; i < table->rows * table->columns; i++) l.mark |= table->cells[i].best;
    for (int c = 0; c < l.names; c++) l.name_widths[c] = column_width(table, c);
    choose_gap(&l, table, width);
    return l;
}

static void text_figures(sw_str *out, const sw_sheet_table *table, int names, int width)
{
    figure_width widths[MOST_IN_BLOCK];
    const layout l = lay_out(table, names, width);
    int left = l.gap * (l.names - 1);
    for (int c = 0; c < l.names; c++) left += l.name_widths[c];
    for (int from = l.names, count; from < table->columns; from += count) {
        int used = left;
        for (count = 0; from + count < table->columns && count < MOST_IN_BLOCK; count++) {
            widths[count] = measure(table, from + count, l.mark);
            used += l.gap + widths[count].whole;
            if (used > width && count > 0) break;
        }
        if (from > l.names) sw_str_append(out, "\n");
        put_block(out, table, from, count, widths, &l);
    }
}

/* --- words, wrapped in their columns --- */

/* Narrows the widest columns until the line fits. */
static void fit(int widths[MOST_COLUMNS], int columns, int width)
{
    for (;;) {
        int widest = 0, total = GAP * (columns - 1);
        for (int c = 0; c < columns; c++) {
            total += widths[c];
            if (widths[c] > widths[widest]) widest = c;
        }
        if (total <= width || widths[widest] <= NARROWEST) return;
        widths[widest]--;
    }
}

static void put_words(sw_str *out, const char *const texts[MOST_COLUMNS], const int widths[MOST_COLUMNS],
                      int columns)
{
    const char *rest[MOST_COLUMNS];
    for (int c = 0; c < columns; c++) rest[c] = texts[c] ? texts[c] : "";
    for (bool more = true; more;) {
        more = false;
        for (int c = 0; c < columns; c++) {
            size_t length = first_line(rest[c], widths[c]);
            int used = 0;
            for (size_t i = 0; i < length; i++) used += ((unsigned char)rest[c][i] & 0xc0) != 0x80;
            if (c) pad(out, GAP);
            sw_str_append_bytes(out, rest[c], length);
            pad(out, widths[c] - used);
            rest[c] = skip_blanks(rest[c] + length);
            more |= *rest[c] != '\0';
        }
        end_line(out);
    }
}

static void text_words(sw_str *out, const sw_sheet_table *table, int width)
{
    const char *texts[MOST_COLUMNS];
    int widths[MOST_COLUMNS], columns = table->columns < MOST_COLUMNS ? table->columns : MOST_COLUMNS;
    for (int c = 0; c < columns; c++) widths[c] = column_width(table, c);
    fit(widths, columns, width);
    put_words(out, table->heads, widths, columns);
    for (int r = 0; r < table->rows; r++) {
        for (int c = 0; c < columns; c++) texts[c] = sw_sheet_at(table, r, c)->text;
        put_words(out, texts, widths, columns);
    }
}

void sw_sheet_text(sw_str *out, const sw_sheet *s, int width)
{
    put_wrapped(out, s->title, 0, width);
    for (int i = 0; i < s->warning_count; i++) {
        sw_str_append(out, "! ");
        put_wrapped(out, s->warnings[i], 2, width);
    }
    for (int i = 0; i < s->table_count; i++) {
        const sw_sheet_table *table = &s->tables[i];
        sw_str_append(out, "\n");
        put_wrapped(out, table->title, 0, width);
        if (table->remark) put_wrapped(out, table->remark, 0, width);
        if (table->rows == 0) continue;
        if (table->figures)
            text_figures(out, table, 1, width);
        else
            text_words(out, table, width);
    }
    if (s->closing) {
        sw_str_append(out, "\n");
        put_wrapped(out, s->closing, 0, width);
    }
}

/* Cuts *text at the next `end`, and moves it behind that. */
static char *cut(char **text, char end)
{
    char *piece = *text, *at = strchr(piece, end);
    *text = at ? at + 1 : piece + strlen(piece);
    if (at) *at = '\0';
    return piece;
}

static int count_of(const char *text, char c)
{
    int count = 0;
    for (; *text; text++) count += *text == c;
    return count;
}

void sw_sheet_columns(sw_str *out, sw_str *lines, int names)
{
    sw_sheet s = {.failed = lines->failed};
    char *rest = lines->text;
    if (!s.failed && rest) {
        int rows = count_of(rest, '\n') - 1;
        char *line = cut(&rest, '\n');
        int columns = 1 + count_of(line, '\t');
        sw_sheet_table *table = sw_sheet_add(&s, "", columns, rows);
        for (int c = 0; c < columns; c++) sw_sheet_head(&s, table, c, cut(&line, '\t'));
        for (int r = 0; r < rows; r++) {
            line = cut(&rest, '\n');
            for (int c = 0; c < columns && *line; c++) sw_sheet_put(&s, table, r, c, cut(&line, '\t'));
        }
        if (!s.failed) text_figures(out, table, names, SW_TERMINAL_DEFAULT_COLUMNS);
    }
    out->failed |= s.failed;
    sw_sheet_deinit(&s);
    sw_str_deinit(lines);
}
