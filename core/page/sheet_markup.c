/* A page of tables as Markdown (GitHub's tables) and as a page of HTML that needs nothing from elsewhere. */
#include "page/html.h"
#include "page/sheet.h"

/* ---- Markdown ---- */

static void markdown_text(sw_str *out, const char *text)
{
    static const char *const instead[256] = {['|'] = "\\|", ['*'] = "\\*",   ['`'] = "\\`",  ['['] = "\\[",
                                             [']'] = "\\]", ['\\'] = "\\\\", ['<'] = "&lt;", ['&'] = "&amp;"};
    for (const char *c = text ? text : ""; *c; c++) {
        const char *escape = instead[(unsigned char)*c];
        if (escape)
            sw_str_append(out, escape);
        else
            sw_str_append_bytes(out, c, 1);
    }
}

static void markdown_cell(sw_str *out, const sw_sheet_cell *cell)
{
    sw_str_append(out, cell->best ? " **" : " ");
    markdown_text(out, cell->text);
    if (cell->best) sw_str_append(out, "**");
    if (cell->delta) sw_str_printf(out, " (%s)", cell->delta);
    sw_str_append(out, " |");
}

static void markdown_table(sw_str *out, const sw_sheet_table *table)
{
    sw_str_append(out, "|");
    for (int c = 0; c < table->columns; c++) markdown_cell(out, &(sw_sheet_cell){.text = table->heads[c]});
    sw_str_append(out, "\n|");
    for (int c = 0; c < table->columns; c++) sw_str_append(out, table->figures && c ? "---:|" : "---|");
    sw_str_append(out, "\n");
    for (int r = 0; r < table->rows; r++) {
        sw_str_append(out, "|");
        for (int c = 0; c < table->columns; c++) markdown_cell(out, sw_sheet_at(table, r, c));
        sw_str_append(out, "\n");
    }
}

static void markdown_line(sw_str *out, const char *before, const char *text, const char *after)
{
    sw_str_append(out, before);
    markdown_text(out, text);
    sw_str_append(out, after);
}

void sw_sheet_markdown(sw_str *out, const sw_sheet *s)
{
    markdown_line(out, "# ", s->title, "\n");
    for (int i = 0; i < s->warning_count; i++) markdown_line(out, i ? "- " : "\n- ", s->warnings[i], "\n");
    for (int i = 0; i < s->table_count; i++) {
        const sw_sheet_table *table = &s->tables[i];
        markdown_line(out, "\n## ", table->title, "\n\n");
        if (table->remark) markdown_line(out, "", table->remark, "\n\n");
        if (table->rows) markdown_table(out, table);
    }
    if (s->closing) sw_str_append(out, "\nBold: the best. In brackets: against A.\n");
}

/* ---- HTML ---- */

static const char html_style[] =
    ":root { color-scheme: light dark; --ink: #1d2330; --faint: #646c7c; --line: #d8dce4; --page: #fff; "
    "--good: #0b6e4f; --good-bg: #e3f4ec; --bad-bg: #fdf1dc; --bad: #7a4a00 }\n"
    "@media (prefers-color-scheme: dark) { :root { --ink: #e4e8f0; --faint: #9aa3b5; --line: #39414f; "
    "--page: #161a22; --good: #7fd8b4; --good-bg: #173a2e; --bad-bg: #3d2f14; --bad: #f0c878 } }\n"
    "body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); "
    "margin: 2rem auto; max-width: 75rem; padding: 0 1rem }\n"
    "h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem } p { margin: .25rem 0 .5rem }\n"
    ".scroll { overflow-x: auto } .faint { color: var(--faint) }\n"
    "table { border-collapse: collapse } th, td { padding: .25rem .75rem; text-align: left; "
    "vertical-align: top; border-bottom: 1px solid var(--line) }\n"
    "caption { text-align: left; color: var(--faint); padding: .25rem 0 .5rem }\n"
    "td.word { overflow-wrap: anywhere }\n"
    "thead th { border-bottom: 2px solid var(--line) } tbody th { font-weight: normal; white-space: nowrap "
    "}\n"
    ".figures th + th, .figures td { text-align: right; font-variant-numeric: tabular-nums; "
    "white-space: nowrap }\n"
    ".figures tbody th { position: sticky; left: 0; background: var(--page) }\n"
    "td.best { color: var(--good); background: var(--good-bg); font-weight: 600 }\n"
    "small { color: var(--faint); font-weight: normal; margin-left: .5em }\n"
    ".warn { background: var(--bad-bg); color: var(--bad); padding: .4rem .75rem; border-radius: 4px }\n";

static void html_name(sw_str *out, const char *open, const char *text, int key)
{
    sw_str_append(out, open);
    if (key >= 0) sw_str_printf(out, "<span class=\"key c%d\"></span>", key);
    sw_html_between(out, "", text, "</th>");
}

static void html_cell(sw_str *out, const sw_sheet_cell *cell, bool figures)
{
    sw_str_append(out, cell->best ? "<td class=\"best\"" : figures ? "<td" : "<td class=\"word\"");
    if (cell->shade > 0) sw_str_printf(out, " style=\"--shade:%.3f\"", cell->shade);
    sw_html_between(out, ">", cell->text, "");
    if (cell->delta) sw_html_between(out, "<small>", cell->delta, "</small>");
    sw_str_append(out, "</td>");
}

static void html_table(sw_str *out, const sw_sheet_table *table)
{
    const bool row_keys = table->keys == SW_SHEET_ROW_KEYS, column_keys = table->keys == SW_SHEET_COLUMN_KEYS;
    sw_html_between(out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"", table->title,
                    table->figures ? "\"><table class=\"figures\">" : "\"><table>");
    if (table->remark) sw_html_between(out, "<caption><span>", table->remark, "</span></caption>");
    sw_str_append(out, "\n<thead><tr>");
    for (int c = 0; c < table->columns; c++)
        html_name(out, "<th scope=\"col\">", table->heads[c], column_keys ? c - 1 : -1);
    sw_str_append(out, "</tr></thead>\n<tbody>\n");
    for (int r = 0; r < table->rows; r++) {
        html_name(out, "<tr><th scope=\"row\">", sw_sheet_at(table, r, 0)->text, row_keys ? r : -1);
        for (int c = 1; c < table->columns; c++) html_cell(out, sw_sheet_at(table, r, c), table->figures);
        sw_str_append(out, "</tr>\n");
    }
    sw_str_append(out, "</tbody></table></div>\n");
}

void sw_sheet_elements(sw_str *out, sw_sheet *s)
{
    for (int i = 0; i < s->table_count && !s->failed; i++) html_table(out, &s->tables[i]);
    out->failed |= s->failed;
    sw_sheet_deinit(s);
}

void sw_sheet_html(sw_str *out, const sw_sheet *s)
{
    sw_html_between(out,
                    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
                    "name=\"viewport\" content=\"width=device-width\">\n<title>",
                    s->title, "</title>\n<style>\n");
    sw_str_append(out, html_style);
    sw_html_between(out, "</style>\n</head>\n<body>\n<h1>", s->title, "</h1>\n");
    for (int i = 0; i < s->warning_count; i++)
        sw_html_between(out, "<p class=\"warn\">", s->warnings[i], "</p>\n");
    for (int i = 0; i < s->table_count; i++) {
        const sw_sheet_table *table = &s->tables[i];
        sw_html_between(out, "<h2>", table->title, "</h2>\n");
        if (table->rows) html_table(out, table);
    }
    if (s->closing) sw_str_append(out, "<p class=\"faint\">Coloured: the best. Small: against A.</p>\n");
    sw_str_append(out, "</body>\n</html>\n");
}
