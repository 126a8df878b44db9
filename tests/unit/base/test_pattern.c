/* Patterns of names. */
#include <criterion/criterion.h>

#include "base/pattern.h"

Test(pattern, a_star_stands_for_any_characters_or_for_none)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"dc1.seq.0.weight", "dc1.seq.0.weight", true},
        {"dc1.seq.0.weight", "dc1.seq.0.weights", false},
        {"dc1.seq.0.weights", "dc1.seq.0.weight", false},
        {"*", "", true},
        {"", "", true},
        {"", "a", false},
        {"dc1.*", "dc1.", true},
        {"dc1.*", "dc1", false},
        {"dc1.*", "dc10.seq", false},
        {"*.bias", "uc1.seq.3.bias", true},
        {"*.bias", ".bias", true},
        {"*.bias", "bias", false},
        {"*.bn*.*", "layer1.0.bn2.weight", true},
        {"*.bn*.*", "layer1.0.conv2.weight", false},
        {"a*b*c", "abcbc", true},
        {"a*b*c", "abcb", false},
        {"*ab", "aab", true},
        {"**a", "ba", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(sw_pattern_matches(cases[i].pattern, cases[i].text), cases[i].matches, "'%s' and '%s'",
                     cases[i].pattern, cases[i].text);
}

static void expect_renamed(const char *from, const char *to, const char *text, const char *renamed)
{
    sw_str out = {0};
    cr_expect_eq(sw_pattern_rename(&out, from, to, text), renamed != NULL, "%s", text);
    cr_expect_str_eq(sw_str_text(&out), renamed ? renamed : "");
    sw_str_deinit(&out);
}

Test(pattern, a_name_takes_what_the_star_stands_for_to_its_new_place)
{
    expect_renamed("features.0.*", "dc1.seq.0.*", "features.0.bias", "dc1.seq.0.bias");
    expect_renamed("features.0.*", "dc1.seq.0.*", "features.0.", "dc1.seq.0.");
    expect_renamed("features.0.*", "dc1.seq.0.*", "features.10.bias", NULL);
    expect_renamed("*.weight", "encoder.*.w", "conv1.weight", "encoder.conv1.w");
    expect_renamed("fc.weight", "head.weight", "fc.weight", "head.weight");
    expect_renamed("fc.weight", "head.weight", "fc.bias", NULL);
    expect_renamed("*", "*", "anything", "anything");
}
