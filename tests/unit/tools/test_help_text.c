/* The text of --help taken apart and laid out, and the words that say what an argument is. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "details.h"

static void assert_laid_out(const char *details, const char *want)
{
    sw_str out = {0};
    details_append(&out, details);
    cr_assert_str_eq(out.text, want, "found:\n%s", out.text);
    sw_str_deinit(&out);
}

/* ---- wrapping ---- */

Test(help_text, words_are_wrapped_at_the_column_and_indented)
{
    sw_str out = {0};
    sw_str_append(&out, "key: ");
    sw_str_wrap(&out, "one two  three four a-word-too-long-for-a-line five", 5, 2, 12);
    cr_expect_str_eq(out.text, "key: one two\n  three four\n  a-word-too-long-for-a-line\n  five");
    sw_str_deinit(&out);
    sw_str_wrap(&out, "", 0, 0, 12);
    sw_str_wrap(&out, "   ", 0, 0, 12);
    cr_expect_null(out.text);
    sw_str_wrap(&out, "exactly here now", 0, 0, 12);
    cr_expect_str_eq(out.text, "exactly here\nnow");
    sw_str_deinit(&out);
}

/* ---- details ---- */

Test(help_text, paragraphs_are_filled_and_what_is_indented_stays)
{
    assert_laid_out("A paragraph of two\nshort lines.\n\nExamples:\n  as   it\n    is\nAnd on.",
                    "A paragraph of two short lines.\n\nExamples:\n  as   it\n    is\nAnd on.\n");
}

Test(help_text, a_word_and_two_blanks_begin_a_hanging_paragraph)
{
    assert_laid_out("fetch  gets all that is needed, and this is long enough to go on in a second line\n"
                    "       and more.\n"
                    "go     does.\n"
                    "Not a word but a sentence.",
                    "fetch  gets all that is needed, and this is long enough to go on in a second\n"
                    "       line and more.\n"
                    "go     does.\n"
                    "Not a word but a sentence.\n");
}

Test(help_text, a_command_that_is_too_long_goes_on_behind_a_backslash_before_an_option)
{
    assert_laid_out(
        "  segwork eval --checkpoint pytorch.safetensors --config experiments/segnet_baseline.yaml",
        "  segwork eval --checkpoint pytorch.safetensors \\\n      --config "
        "experiments/segnet_baseline.yaml\n");
    assert_laid_out(
        "  no command but a table that is wider than a terminal has columns: it is left as it is",
        "  no command but a table that is wider than a terminal has columns: it is left as it is\n");
}

Test(help_text, a_command_is_broken_as_often_as_needed_at_any_width)
{
    static const char command[] =
        "  segwork run a.yaml --set train.epochs=3 --set optimizer.lr=5e-4 --out here now";
    for (int columns = 1; columns < 90; columns++) {
        sw_str out = {0};
        details_append_line(&out, command, (int)strlen(command), columns);
        char words[128] = "";
        for (char *line = strtok(out.text, "\n"); line; line = strtok(NULL, "\n")) {
            /* an option and its value stay together unless the width forbids it */
            if (columns >= 40) cr_assert_leq((int)strlen(line), columns, "%d: %s", columns, line);
            char *end = strstr(line, " \\");
            if (end) *end = '\0';
            strcat(words, line + strspn(line, " "));
            strcat(words, " ");
        }
        cr_assert(strncmp(words, command + 2, strlen(command) - 2) == 0, "%d columns: %s", columns, words);
        sw_str_deinit(&out);
    }
}

/* ---- arguments ---- */

static char kinds[512];

static void note_kind(void *user, const argument *a)
{
    (void)user;
    size_t used = strlen(kinds);
    snprintf(kinds + used, sizeof kinds - used, "%d %s %s;", (int)a->kind, a->word, a->endings);
}

static void assert_kinds(const char *description, const char *want)
{
    kinds[0] = '\0';
    arguments_visit(description, note_kind, NULL);
    cr_assert_str_eq(kinds, want, "%s: %s", description, kinds);
}

Test(help_text, the_words_of_a_usage_line_say_what_an_argument_is)
{
    char want[128];
    snprintf(want, sizeof want, "%d best ;%d last ;", ARGUMENT_CHOICE, ARGUMENT_CHOICE);
    assert_kinds("best|last", want);
    snprintf(want, sizeof want, "%d RUN ;%d CHECKPOINT safetensors;", ARGUMENT_RUN, ARGUMENT_FILE);
    assert_kinds("RUN|CHECKPOINT", want);
    snprintf(want, sizeof want, "%d RUN_A ;", ARGUMENT_RUN);
    assert_kinds("[RUN_A...]", want);
    snprintf(want, sizeof want, "%d EXPERIMENT.yaml yaml yml;", ARGUMENT_EXPERIMENT);
    assert_kinds("EXPERIMENT.yaml", want);
    snprintf(want, sizeof want, "%d REPORT.html html;", ARGUMENT_FILE);
    assert_kinds("REPORT.html", want);
    snprintf(want, sizeof want, "%d FILE.svg svg;%d FILE.png png;", ARGUMENT_FILE, ARGUMENT_FILE);
    assert_kinds("FILE.svg|FILE.png", want);
    snprintf(want, sizeof want, "%d FILE ;", ARGUMENT_FILE);
    assert_kinds("FILE", want);
    snprintf(want, sizeof want, "%d KEY=VALUE ;", ARGUMENT_KEY);
    assert_kinds("KEY=VALUE", want);
    for (const char *const *other = (const char *const[]){"N", "RUNNER", "DEVICE", "0..1", "", NULL}; *other;
         other++) {
        snprintf(want, sizeof want, **other ? "%d %s ;" : "", ARGUMENT_OTHER, *other);
        assert_kinds(*other, want);
    }
}

Test(help_text, the_last_argument_may_be_repeated)
{
    static const struct {
        const char *arguments;
        int number;
        const char *want;
    } cases[] = {
        {"synth|stats DIR", 0, "synth|stats"},
        {"synth|stats DIR", 1, "DIR"},
        {"synth|stats DIR", 2, ""},
        {"RUN RUN...", 0, "RUN"},
        {"RUN RUN...", 5, "RUN..."},
        {"", 0, ""},
        {"", 3, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char found[64];
        const sw_command command = {.arguments = cases[i].arguments};
        arguments_at(found, sizeof found, &command, cases[i].number, "synth");
        cr_expect_str_eq(found, cases[i].want, "case %zu: %s", i, found);
    }
}

Test(help_text, of_several_usages_the_first_word_decides)
{
    static const struct {
        const char *first;
        int number;
        const char *want;
    } cases[] = {
        {NULL, 0, "synth|stats|browse|watch"},
        {"synth", 1, "DIR"},
        {"stats", 1, "DIR"},
        {"stats", 2, ""},
        {"browse", 1, "RUN|FILE"},
        {"browse", 2, "RUN..."},
        {"browse", 7, "RUN..."},
        {"watch", 1, ""},
        {"syn", 1, ""},
        {"", 1, ""},
        {NULL, 1, ""},
    };
    const sw_command command = {.arguments = "synth|stats DIR, or browse RUN|FILE RUN..., or watch"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char found[64];
        arguments_at(found, sizeof found, &command, cases[i].number, cases[i].first);
        cr_expect_str_eq(found, cases[i].want, "case %zu: %s", i, found);
    }
}
