/* Fields of CSV files, written and read back. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "page/csv.h"

/* Takes the fields of a line, joined by '|'; "NULL" where one is none. */
static const char *fields_of(char *line)
{
    static char all[200];
    bool last = false;
    all[0] = '\0';
    for (char *at = line; !last;) {
        const char *field = sw_csv_take_field(&at, &last);
        if (!field) return "NULL";
        strcat(strcat(all, field), last ? "" : "|");
    }
    return all;
}

Test(csv, texts_come_back_as_they_were)
{
    static const char *const texts[] = {"plain", "",           "a, b",    "say \"no\"",
                                        "\"",    "two\nlines", "ends,\"", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sw_str line = {0};
        bool last = true;
        sw_csv_text(&line, texts[i]);
        sw_csv_number(&line, 0.25, 3);
        cr_assert_eq(sw_str_status(&line), SW_OK);
        char *at = line.text;
        cr_expect_str_eq(sw_csv_take_field(&at, &last), texts[i]);
        cr_expect_not(last);
        cr_expect_str_eq(sw_csv_take_field(&at, &last), "0.25");
        cr_expect(last);
        sw_str_deinit(&line);
    }
}

Test(csv, lines_and_empty_fields)
{
    char lines[] = "name,,\"x\"\nnext";
    bool last = false;
    char *at = lines;
    cr_expect_str_eq(sw_csv_take_field(&at, &last), "name");
    cr_expect_str_eq(sw_csv_take_field(&at, &last), "");
    cr_expect_not(last);
    cr_expect_str_eq(sw_csv_take_field(&at, &last), "x");
    cr_expect(last);
    cr_expect_str_eq(at, "next");
}

Test(csv, what_is_no_field)
{
    char open[] = "\"never closed, and on", behind[] = "\"closed\" too early,1", quote[] = "1,\"a\"\"b\",2",
         odd[] = "a\"b,c";
    cr_expect_str_eq(fields_of(open), "NULL");
    cr_expect_str_eq(fields_of(behind), "NULL");
    cr_expect_str_eq(fields_of(quote), "1|a\"b|2");
    cr_expect_str_eq(fields_of(odd), "a\"b|c", "quotes count at the beginning alone");
}

Test(csv, a_number_that_is_not_there_is_empty)
{
    sw_str line = {0};
    sw_csv_text(&line, "image");
    sw_csv_number(&line, (double)NAN, 6);
    sw_csv_number(&line, 2.0 / 3.0, 4);
    cr_expect_str_eq(line.text, "image,,0.6667");
    sw_str_deinit(&line);
}
