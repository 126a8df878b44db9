/* Values of a swept key: what separates them, what a range is, what is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "train/sweep.h"

/* The values joined by '|'. */
static void expect_values(const char *text, const char *key, const char *want, bool varies)
{
    sw_arena arena = {0};
    sw_sweep_axis axis;
    char got[512] = "";
    cr_assert_eq(sw_sweep_axis_parse(&axis, &arena, text), SW_OK, "%s: %s", text, sw_error_message());
    for (int i = 0; i < axis.count; i++) {
        if (i) strncat(got, "|", sizeof got - strlen(got) - 1);
        strncat(got, axis.values[i], sizeof got - strlen(got) - 1);
    }
    cr_expect_str_eq(got, want, "%s gave %s", text, got);
    cr_expect_str_eq(axis.key, key);
    cr_expect_eq(axis.varies, varies, "%s", text);
    sw_arena_deinit(&arena);
}

static void expect_refused(const char *text, const char *words)
{
    sw_arena arena = {0};
    sw_sweep_axis axis;
    cr_expect_eq(sw_sweep_axis_parse(&axis, &arena, text), SW_E_USAGE, "%s", text);
    cr_expect_not_null(strstr(sw_error_message(), words), "%s: expected '%s' in: %s", text, words,
                       sw_error_message());
    sw_arena_deinit(&arena);
}

Test(sweep_values, commas_separate)
{
    expect_values("loss.gamma=0,1,2", "loss.gamma", "0|1|2", true);
    expect_values("optimizer.lr=1e-3, 2e-3 ,0.1", "optimizer.lr", "1e-3|2e-3|0.1", true);
    expect_values("loss.kind=focal", "loss.kind", "focal", false);
    expect_values("a=b=c,d", "a", "b=c|d", true);
    expect_values("init.from=", "init.from", "", false);
}

Test(sweep_values, commas_within_brackets_braces_and_quotes_do_not)
{
    expect_values("loss.class_weights=[1,1,2]", "loss.class_weights", "[1,1,2]", false);
    expect_values("loss.class_weights=none,[1,1,2],[1, 1, 3]", "loss.class_weights", "none|[1,1,2]|[1, 1, 3]",
                  true);
    expect_values("m=[{a: 1, b: [2, 3]}, {a: 2}],x", "m", "[{a: 1, b: [2, 3]}, {a: 2}]|x", true);
    expect_values("n='a,b',\"c,d\"", "n", "'a,b'|\"c,d\"", true);
    expect_values("n=['a]', \"b,]\"],c", "n", "['a]', \"b,]\"]|c", true);
    expect_values("n='it''s, so',b", "n", "'it''s, so'|b", true);
    expect_values("n=\"a\\\",b\",c", "n", "\"a\\\",b\"|c", true);
    /* in the middle of a word they mean nothing to YAML either */
    expect_values("n=it's,b[1,c]", "n", "it's|b[1|c]", true);
}

Test(sweep_values, ranges_of_whole_numbers_have_both_ends)
{
    expect_values("seed=0..2", "seed", "0|1|2", true);
    expect_values("seed=7..7", "seed", "7", true);
    expect_values("seed=-1..1,5,8..9", "seed", "-1|0|1|5|8|9", true);
    expect_values("seed=9223372036854775806..9223372036854775807", "seed",
                  "9223372036854775806|9223372036854775807", true);
    /* these are texts, and whoever reads them may complain */
    expect_values("n=0.5..2", "n", "0.5..2", false);
    expect_values("n=../a,..", "n", "../a|..", true);
    expect_values("n=a..b", "n", "a..b", false);
}

Test(sweep_values, mistakes_are_named)
{
    expect_refused("loss.gamma", "expected key=value");
    expect_refused("=1,2", "expected key=value");
    expect_refused("a=1,,2", "a value between commas is empty");
    expect_refused("a=,1", "a value between commas is empty");
    expect_refused("a=1,", "a value between commas is empty");
    expect_refused("a=1,2,1", "the value 1 is given twice");
    expect_refused("a=0..3,2", "the value 2 is given twice");
    expect_refused("a=[1,2", "[ has no counterpart");
    expect_refused("a=[1,2}", "} has no counterpart");
    expect_refused("a='b,c", "' has no counterpart");
    expect_refused("a=3..1", "the range 3..1 runs backwards");
    expect_refused("a=0..1000", "more than 1000 values");
    expect_refused("a=0..9223372036854775807", "more than 1000 values");
}
