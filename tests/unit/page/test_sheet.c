/* Tables as text: columns, blocks, marks. */
#include <criterion/criterion.h>
#include <string.h>

#include "page/sheet.h"

static void expect_columns(const char *lines, int names, const char *want)
{
    sw_str text = {0}, out = {0};
    sw_str_append(&text, lines);
    sw_sheet_columns(&out, &text, names);
    cr_expect_null(text.text);
    cr_expect_not(out.failed);
    cr_expect_str_eq(out.text ? out.text : "", want);
    sw_str_deinit(&out);
}

Test(sheet, names_are_flush_left_and_figures_flush_right)
{
    expect_columns("layer\top\tms\tshare\n"
                   "conv1\tconv2d 3x3\t12.50\t99.0%\n"
                   "a\tnorm\t0.13\t1.0%\n",
                   2,
                   "layer  op             ms  share\n"
                   "conv1  conv2d 3x3  12.50  99.0%\n"
                   "a      norm         0.13   1.0%\n");
}

Test(sheet, a_short_row_ends_in_empty_cells)
{
    expect_columns("split\tlisted\tpet\ntrain\t8\t0.25\ntest\tnone\n\n", 1,
                   "split  listed   pet\ntrain       8  0.25\ntest     none\n\n");
}

Test(sheet, columns_are_as_wide_as_characters_and_no_cell_breaks_the_line)
{
    expect_columns("name\tn\nGr\xC3\xB6\xC3\x9F"
                   "e\t1\nb\x1B[1m\t20\n",
                   1,
                   "name    n\nGr\xC3\xB6\xC3\x9F"
                   "e   1\nb [1m  20\n");
}

static void append_row(sw_str *lines, const char *name, const char *cell, int count)
{
    sw_str_append(lines, name);
    for (int i = 0; i < count; i++) sw_str_printf(lines, "\t%s", cell);
    sw_str_append(lines, "\n");
}

/* Of 8 columns of 8 figures: 8 + 8 * 9 = 80 with one blank between them. */
Test(sheet, columns_stand_closer_where_that_saves_a_block)
{
    sw_str lines = {0}, out = {0};
    append_row(&lines, "12345678", "12345678", 8);
    append_row(&lines, "a", "1", 8);
    sw_sheet_columns(&out, &lines, 1);
    cr_expect_eq(strcspn(out.text, "\n"), 80, "%s", out.text);
    sw_str_deinit(&out);
    append_row(&lines, "123456789", "12345678", 8);
    append_row(&lines, "a", "1", 8);
    sw_sheet_columns(&out, &lines, 1);
    cr_expect_eq(strcspn(out.text, "\n"), 9 + 7 * 10, "%s", out.text);
    cr_expect_not_null(strstr(out.text, "\n\n123456789  12345678\na "), "%s", out.text);
    sw_str_deinit(&out);
}

Test(sheet, memory_that_ran_out_for_the_lines_shows_in_the_text)
{
    sw_str lines = {.failed = true}, out = {0};
    sw_sheet_columns(&out, &lines, 1);
    cr_expect(out.failed);
    sw_str_deinit(&out);
}

static const char *as_text(sw_str *out, bool best)
{
    sw_sheet s = {.title = "Title"};
    sw_sheet_table *table = sw_sheet_add(&s, "Metrics", 3, 1);
    table->figures = true;
    for (int c = 0; c < 3; c++) sw_sheet_head(&s, table, c, (const char *const[]){"", "A", "B"}[c]);
    for (int c = 0; c < 3; c++) sw_sheet_put(&s, table, 0, c, (const char *const[]){"iou", "0.5", "0.7"}[c]);
    sw_sheet_put_delta(&s, table, 0, 2, "+0.2");
    table->cells[2].best = best;
    sw_sheet_text(out, &s, 80);
    cr_expect_eq(sw_sheet_status(&s), SW_OK);
    sw_sheet_deinit(&s);
    return out->text;
}

Test(sheet, room_for_a_mark_is_where_something_is_the_best)
{
    sw_str out = {0};
    cr_expect_str_eq(as_text(&out, true), "Title\n\nMetrics\n       A     B\niou  0.5   0.7* +0.2\n");
    sw_str_deinit(&out);
    cr_expect_str_eq(as_text(&out, false), "Title\n\nMetrics\n       A    B\niou  0.5  0.7 +0.2\n");
    sw_str_deinit(&out);
}

Test(sheet, a_table_of_a_page_has_label_caption_scopes_keys_and_shades)
{
    sw_sheet s = {0};
    sw_str out = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "A & B", 2, 2);
    table->remark = "<remark>";
    table->figures = true;
    table->keys = SW_SHEET_ROW_KEYS;
    sw_sheet_heads(&s, table, (const char *const[]){"run", "iou"});
    sw_sheet_put(&s, table, 0, 0, "a");
    sw_sheet_put(&s, table, 0, 1, "0.5")->best = true;
    sw_sheet_put(&s, table, 1, 0, "b");
    sw_sheet_printf(&s, table, 1, 1, "%.2f", 0.25);
    sw_sheet_put_delta(&s, table, 1, 1, "-0.25");
    table->cells[3].shade = 0.25;
    sw_sheet_elements(&out, &s);
    cr_expect_str_eq(
        out.text,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"A &amp; B\"><table "
        "class=\"figures\"><caption><span>&lt;remark&gt;</span></caption>\n"
        "<thead><tr><th scope=\"col\">run</th><th scope=\"col\">iou</th></tr></thead>\n<tbody>\n"
        "<tr><th scope=\"row\"><span class=\"key c0\"></span>a</th><td class=\"best\">0.5</td></tr>\n"
        "<tr><th scope=\"row\"><span class=\"key c1\"></span>b</th>"
        "<td style=\"--shade:0.250\">0.25<small>-0.25</small></td></tr>\n"
        "</tbody></table></div>\n");
    cr_expect_null(s.tables);
    sw_str_deinit(&out);
}

Test(sheet, what_does_not_fit_a_table_is_lost_and_memory_that_ran_out_shows_in_the_page)
{
    sw_sheet s = {0};
    sw_str out = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "t", 1, 1);
    sw_sheet_head(&s, table, 1, "beyond");
    sw_sheet_put(&s, table, 1, 0, "beyond")->best = true;
    sw_sheet_put(&s, table, 0, 1, "beyond");
    s.failed = true;
    sw_sheet_elements(&out, &s);
    cr_expect(out.failed);
    cr_expect_null(out.text);
    sw_str_deinit(&out);
}
