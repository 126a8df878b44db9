/* The text of a comparison, and what is said to mistakes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_case.h"
#include "data/pets.h"
#include "scratch.h"

TestSuite(compare, .init = scratch_create, .fini = scratch_remove);

/* ---- text ---- */

static void expect_narrow(const char *text)
{
    for (const char *line = text; *line;) {
        size_t bytes = strcspn(line, "\n");
        int columns = 0;
        for (size_t i = 0; i < bytes; i++) columns += ((unsigned char)line[i] & 0xc0) != 0x80;
        cr_expect_leq(columns, 80, "%d columns: %.*s", columns, (int)bytes, line);
        line += bytes + (line[bytes] == '\n');
    }
}

Test(compare, however_many_runs_text_keeps_to_80_columns)
{
    const char *names[MOST] = {NULL};
    char text[MOST][64];
    const sw_compare_options all = {.rank = "val_loss", .each_epoch = NAMES("all")};
    for (int i = 0; i < 30; i++) {
        char config[64];
        if (i > 1 && i < 24) { /* blocks of every width on the way */
            char *some = written(names, &all, SW_COMPARE_TEXT);
            expect_narrow(some);
            free(some);
        }
        snprintf(text[i], sizeof text[i], "%s/run-%d", i % 2 ? "a/rather/long/way/to/the/folder" : "x", i);
        snprintf(config, sizeof config, "seed: %d\noptimizer: {lr: %g}\n", i % 3, 0.001 * (i / 2 + 1));
        made(text[i], config, 0.01 * i, 0.5 - 0.01 * i);
        names[i] = text[i];
    }
    char *out = written(names, &all, SW_COMPARE_TEXT);
    expect_narrow(out);
    expect_words(out, "\nO2  finished");
    expect_words(out, "boundary_f1_border, epoch by epoch");
    free(out);
}

static int occurrences(const char *text, const char *words)
{
    int count = 0;
    for (const char *found = text; (found = strstr(found, words)); found += strlen(words)) count++;
    return count;
}

Test(compare, no_table_that_is_asked_for_is_left_out_however_many_there_are)
{
    const sw_compare_options once = {.rank = "val_loss", .each_epoch = NAMES("all")},
                             often = {.rank = "val_loss", .each_epoch = NAMES("all", "all", "all", "all")};
    made("a", "", 0.1, 0.2);
    char *one = written(NAMES("a"), &once, SW_COMPARE_TEXT),
         *four = written(NAMES("a"), &often, SW_COMPARE_TEXT);
    int tables = occurrences(one, ", epoch by epoch\n");
    cr_expect_gt(4 * tables, 64);
    cr_expect_eq(occurrences(four, ", epoch by epoch\n"), 4 * tables);
    expect_words(four, "\nCost\n");
    free(one);
    free(four);
}

Test(compare, control_characters_of_a_folder_or_value_do_not_reach_the_terminal)
{
    made("evil\x1b[2J", "", 0.1, 0.2);
    char *out = written(NAMES("evil\x1b[2J"), &by_border, SW_COMPARE_TEXT);
    cr_expect_null(strchr(out, '\x1b'));
    expect_words(out, "evil [2J");
    free(out);
}

Test(compare, a_path_that_is_no_utf8_is_shown_as_far_as_it_is)
{
    static const sw_compare_format formats[] = {SW_COMPARE_TEXT, SW_COMPARE_MARKDOWN, SW_COMPARE_HTML,
                                                SW_COMPARE_JSON};
    made("Gr\xC3\xB6\xDF"
         "e",
         "", 0.1, 0.2);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *out = written(NAMES("Gr\xC3\xB6\xDF"
                                  "e"),
                            &by_border, formats[i]);
        cr_expect_null(strstr(out, "\xDF"), "format %zu:\n%s", i, out);
        expect_words(out, "Gr\xC3\xB6\xEF\xBF\xBD"
                          "e");
        free(out);
    }
}

/* ---- mistakes ---- */

static void expect_refused(const char *const *names, const sw_compare_options *options, sw_status kind,
                           const char *words)
{
    sw_comparison *c;
    cr_expect_eq(open_paths(&c, names, options), kind, "%s", sw_error_message());
    cr_expect_null(c);
    expect_words(sw_error_message(), words);
    sw_comparison_close(c);
}

Test(compare, mistakes_are_refused_with_what_is_wrong)
{
    const sw_compare_options plain = {0}, odd = {.rank = "beauty"}, lr = {.rank = "lr"},
                             epochs = {.each_epoch = NAMES("iou", "nope")};
    made("a", "", 0.1, 0.2);
    scratch_write("empty/readme.txt", "x");
    scratch_write("wrong.yaml", "optimizer: {lr: fast}\n");
    expect_refused(NAMES("a", "nowhere"), &plain, SW_E_USAGE, "nowhere: there is no such run folder");
    expect_refused(NAMES("a", "./a/"), &plain, SW_E_USAGE, "is given twice");
    expect_refused(NAMES("empty"), &plain, SW_E_USAGE, "not the folder of a run");
    expect_refused(NAMES("a", "wrong.yaml"), &plain, SW_E_CONFIG, "optimizer.lr");
    expect_refused(NAMES("a"), &odd, SW_E_USAGE, "there is no metric 'beauty'");
    expect_refused(NAMES("a"), &lr, SW_E_USAGE, "can't rank");
    expect_refused(NAMES("a"), &epochs, SW_E_USAGE, "there is no metric 'nope'");
    scratch_write("a/metrics.jsonl", "{\"epoch\":");
    scratch_write("a/metrics.jsonl", "hello\nworld\n");
    expect_refused(NAMES("a"), &plain, SW_E_DATA, "metrics.jsonl:1:");
    cr_expect_eq(sw_compare_check_rank("iou_border", &sw_pets_class_list.classes, NULL), SW_OK);
    cr_expect_eq(sw_compare_check_rank("beauty", &sw_pets_class_list.classes, NULL), SW_E_USAGE);
}
