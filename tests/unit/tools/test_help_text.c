/* The text of --help taken apart, and the words that say what an argument is. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "details.h"

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

/* A line a block: its kind, '+' after a gap, the tag and the text. */
static void append_block(void *user, const details_block *block)
{
    static const char *const names[] = {
        [DETAILS_TEXT] = "text", [DETAILS_TAGGED] = "tagged", [DETAILS_VERBATIM] = "verbatim"};
    sw_str_printf(user, "%s%s %s: %s\n", names[block->kind], block->after_gap ? "+" : "",
                  block->kind == DETAILS_TAGGED ? block->tag : "", sw_str_text(block->text));
}

static void assert_blocks(const char *details, const char *want)
{
    sw_str out = {0};
    details_visit(details, append_block, &out);
    cr_assert_str_eq(out.text, want, "found:\n%s", out.text);
    sw_str_deinit(&out);
}

Test(help_text, lines_of_a_paragraph_are_joined_and_what_is_indented_stays)
{
    assert_blocks("A paragraph of two\nshort lines.\n\nExamples:\n  as   it\n    is\nAnd on.",
                  "text : A paragraph of two short lines.\n"
                  "text+ : Examples:\n"
                  "verbatim :   as   it\n    is\n\n"
                  "text : And on.\n");
}

Test(help_text, a_word_and_two_blanks_begin_a_tagged_paragraph)
{
    assert_blocks("fetch  gets all that is needed, and this goes on in a second line\n"
                  "       and more.\n"
                  "go     does.\n"
                  "Not a word but a sentence.",
                  "tagged fetch: gets all that is needed, and this goes on in a second line and more.\n"
                  "tagged go: does.\n"
                  "text : Not a word but a sentence.\n");
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
