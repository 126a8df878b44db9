#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/rng.h"

typedef struct part {
    int size;
} part;

typedef struct thing {
    bool flag;
    int number;
    uint64_t wide;
    float real;
    const char *text;
    int colour;
    const char *const *words;
    int word_count;
    part inner;
    part parts[2];
    int part_count;
} thing;

static const char *const colours[] = {"red", "green", NULL};
static const sw_field part_fields[] = {{.key = "size",
                                        .type = SW_FIELD_INT,
                                        .offset = offsetof(part, size),
                                        .min = 1,
                                        .max = 9,
                                        .help = "Size"}};
static const sw_field_table part_table = {.struct_bytes = sizeof(part), .fields = part_fields, .count = 1};
static const sw_field optional_fields[] = {{.key = "size",
                                            .type = SW_FIELD_INT,
                                            .offset = offsetof(part, size),
                                            .fallback = "3",
                                            .min = 1,
                                            .max = 9}};
static const sw_field_table optional_table = {
    .struct_bytes = sizeof(part), .fields = optional_fields, .count = 1};
static const sw_field thing_fields[] = {
    {.key = "flag", .type = SW_FIELD_BOOL, .offset = offsetof(thing, flag), .fallback = "true"},
    {.key = "number",
     .type = SW_FIELD_INT,
     .offset = offsetof(thing, number),
     .fallback = "7",
     .min = -10,
     .max = 10},
    {.key = "wide",
     .type = SW_FIELD_UINT64,
     .offset = offsetof(thing, wide),
     .fallback = "0",
     .max = 9007199254740991.0},
    {.key = "real",
     .type = SW_FIELD_FLOAT,
     .offset = offsetof(thing, real),
     .fallback = "0.5",
     .max = INFINITY,
     .above_min = true},
    {.key = "text", .type = SW_FIELD_TEXT, .offset = offsetof(thing, text), .fallback = "plain"},
    {.key = "colour",
     .type = SW_FIELD_ENUM,
     .offset = offsetof(thing, colour),
     .fallback = "green",
     .choices = colours},
    {.key = "words",
     .type = SW_FIELD_TEXT_LIST,
     .offset = offsetof(thing, words),
     .fallback = "[]",
     .max = 3,
     .count_offset = offsetof(thing, word_count)},
    {.key = "inner", .type = SW_FIELD_RECORD, .offset = offsetof(thing, inner), .record = &optional_table},
    {.key = "parts",
     .type = SW_FIELD_RECORD_LIST,
     .offset = offsetof(thing, parts),
     .fallback = "[]",
     .max = 2,
     .count_offset = offsetof(thing, part_count),
     .record = &part_table},
};
static const sw_field_table thing_table = {.struct_bytes = sizeof(thing),
                                           .fields = thing_fields,
                                           .count = sizeof thing_fields / sizeof *thing_fields};

static sw_arena arena;

static void drop_arena(void)
{
    sw_arena_deinit(&arena);
}

TestSuite(fields, .fini = drop_arena);

static sw_status read_thing(thing *out, const char *text)
{
    const sw_yaml_node *root = NULL;
    sw_problems problems = {0};
    cr_assert_eq(sw_yaml_parse_text(&root, &arena, text, strlen(text), "t.yaml"), SW_OK, "%s",
                 sw_error_message());
    cr_assert_eq(sw_fields_read(out, &thing_table, root, &arena, &problems), SW_OK);
    return sw_problems_finish(&problems);
}

Test(fields, an_empty_mapping_gives_the_defaults)
{
    thing t;
    cr_assert_eq(read_thing(&t, "{}"), SW_OK, "%s", sw_error_message());
    cr_expect(t.flag && t.number == 7 && t.wide == 0 && t.real == 0.5f && t.colour == 1);
    cr_expect_str_eq(t.text, "plain");
    cr_expect(t.word_count == 0 && t.part_count == 0 && t.inner.size == 3);
}

Test(fields, every_type_is_read)
{
    thing t;
    cr_assert_eq(
        read_thing(&t, "flag: false\nnumber: -3\nwide: 9007199254740991\nreal: 1e-3\ntext: 12 # a text\n"
                       "colour: red\nwords: [a, 'true']\ninner: {size: 9}\nparts: [{size: 1}, {size: 2}]\n"),
        SW_OK, "%s", sw_error_message());
    cr_expect(!t.flag && t.number == -3 && t.wide == 9007199254740991u && t.real == 1e-3f && t.colour == 0);
    cr_expect_str_eq(t.text, "12");
    cr_assert_eq(t.word_count, 2);
    cr_expect_str_eq(t.words[1], "true");
    cr_expect(t.inner.size == 9 && t.part_count == 2 && t.parts[1].size == 2);
}

Test(fields, what_does_not_fit_is_refused_with_place_expectation_and_finding)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"flag: yes", "t.yaml:1:7: flag: expected true | false, found 'yes'"},
        {"flag: 'true'", "t.yaml:1:7: flag: expected true | false, found the quoted text \"true\""},
        {"number: 11", "t.yaml:1:9: number: expected integer in -10..10, found '11'"},
        {"number: 1.0", "t.yaml:1:9: number: expected integer in -10..10, found '1.0'"},
        {"number: 007", "t.yaml:1:9: number: expected integer in -10..10, found '007'"},
        {"number: 99999999999999999999", "t.yaml:1:9: number: expected integer in -10..10"},
        {"number: '1'", "t.yaml:1:9: number: expected integer in -10..10, found the quoted text \"1\""},
        {"number:", "t.yaml:1:8: number: expected integer in -10..10, found nothing"},
        {"number: [1]", "t.yaml:1:9: number: expected integer in -10..10, found a list of 1"},
        {"wide: -1", "t.yaml:1:7: wide: expected integer in 0..9007199254740991, found '-1'"},
        {"wide: 9007199254740992", "t.yaml:1:7: wide: expected integer in 0..9007199254740991"},
        {"real: 0", "t.yaml:1:7: real: expected number > 0, found '0'"},
        {"real: 1e-60", "t.yaml:1:7: real: expected number > 0, found '1e-60'"},
        {"real: 1e60", "t.yaml:1:7: real: expected number > 0, found '1e60'"},
        {"real: nan", "t.yaml:1:7: real: expected number > 0, found 'nan'"},
        {"text: true", "t.yaml:1:7: text: expected text, found 'true'"},
        {"text: {a: b}", "t.yaml:1:7: text: expected text, found a mapping"},
        {"colour: gren", "t.yaml:1:9: colour: expected red | green, found 'gren'; did you mean green"},
        {"colour: purple", "t.yaml:1:9: colour: expected red | green, found 'purple'"},
        {"colour: 1", "t.yaml:1:9: colour: expected red | green, found '1'"},
        {"words: a", "t.yaml:1:8: words: expected list of 0..3 texts, found 'a'"},
        {"words: [a, b, c, d]", "t.yaml:1:8: words: expected list of 0..3 texts, found a list of 4"},
        {"words: [a, {b: c}]", "t.yaml:1:12: words: item 2 of the list: expected text, found a mapping"},
        {"inner: 3", "t.yaml:1:8: inner: expected mapping, found '3'"},
        {"parts: {}", "t.yaml:1:8: parts: expected list of 0..2 mappings, found a mapping"},
        {"parts: [{size: 1}, {size: 2}, {size: 3}]", "t.yaml:1:8: parts: expected list of 0..2 mappings"},
        {"parts: [{size: 1}, 5]", "t.yaml:1:20: parts.1: expected a mapping, found '5'"},
        {"parts: [{}]", "t.yaml:1:9: parts.0.size is missing: expected integer in 1..9"},
        {"parts: [{size: 1}, {size: x}]", "t.yaml:1:27: parts.1.size: expected integer in 1..9, found 'x'"},
        {"[1]", "t.yaml:1:1: expected a mapping of keys to values, found a list of 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        thing t;
        cr_expect_eq(read_thing(&t, cases[i].text), SW_E_CONFIG, "%s", cases[i].text);
        const char *message = sw_error_message();
        cr_expect_eq(strncmp(message, cases[i].message, strlen(cases[i].message)), 0,
                     "expected %s\nfound    %s", cases[i].message, message);
    }
}

Test(fields, an_unknown_key_names_the_nearest_known_one)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"nubmer: 1", "t.yaml:1:1: unknown key 'nubmer'; the nearest known key is 'number'"},
        {"FLAG: true", "t.yaml:1:1: unknown key 'FLAG'; the nearest known key is 'flag'"},
        {"inner: {sice: 1}", "t.yaml:1:9: unknown key 'inner.sice'; the nearest known key is 'inner.size'"},
        {"size: 1", "t.yaml:1:1: unknown key 'size'; the nearest known key is 'inner.size'"},
        {"\"\\e[flag\": 1", "t.yaml:1:1: unknown key '?[flag'; the nearest known key is 'flag'"},
        {"parts: [{size: 1, sizes: 2}]",
         "t.yaml:1:19: unknown key 'parts.0.sizes'; the nearest known key is 'parts[].size'"},
        {"inner: {zebra: 1}", "t.yaml:1:9: unknown key 'inner.zebra'; there are size"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        thing t;
        cr_expect_eq(read_thing(&t, cases[i].text), SW_E_CONFIG);
        cr_expect_str_eq(sw_error_message(), cases[i].message);
    }
}

Test(fields, several_problems_are_reported_together_up_to_ten)
{
    thing t;
    cr_expect_eq(read_thing(&t, "flag: 1\nnumber: x\n"), SW_E_CONFIG);
    cr_expect_str_eq(sw_error_message(), "2 problems:\nt.yaml:1:7: flag: expected true | false, found '1'\n"
                                         "t.yaml:2:9: number: expected integer in -10..10, found 'x'");
    cr_expect_eq(
        read_thing(&t,
                   "{a1: 1, a2: 1, a3: 1, a4: 1, a5: 1, a6: 1, a7: 1, a8: 1, a9: 1, b1: 1, b2: 1, b3: 1}"),
        SW_E_CONFIG);
    cr_expect_eq(strncmp(sw_error_message(), "12 problems:\n", 13), 0);
    cr_expect_not_null(strstr(sw_error_message(), "\n... and 2 more"));
    cr_expect_not_null(strstr(sw_error_message(), "'b1'"));
    cr_expect_null(strstr(sw_error_message(), "'b2'"));
}

Test(fields, long_garbage_is_cut_in_messages)
{
    char text[4000] = "number: ";
    memset(text + 8, 'x', 3000);
    text[3008] = '\0';
    thing t;
    cr_expect_eq(read_thing(&t, text), SW_E_CONFIG);
    cr_expect_lt(strlen(sw_error_message()), 200);
    cr_expect_not_null(strstr(sw_error_message(), "xxx...'"));
}

static void expect_text_round_trip(const char *text)
{
    thing before, after;
    cr_assert_eq(read_thing(&before, "{words: [a, b]}"), SW_OK);
    const char *words[] = {text, "b"};
    before.text = text;
    before.words = words;
    sw_str yaml = {0};
    sw_fields_write(&yaml, &thing_table, &before, NULL);
    cr_assert_eq(read_thing(&after, yaml.text), SW_OK, "%s\n%s", yaml.text, sw_error_message());
    cr_expect_str_eq(after.text, text, "%s", yaml.text);
    cr_expect_str_eq(after.words[0], text);
    sw_str_deinit(&yaml);
}

Test(fields, any_text_is_written_so_that_it_reads_back)
{
    static const char *const texts[] = {"",
                                        "plain",
                                        "data/oxford-iiit-pet",
                                        "/abs/path.d",
                                        "two words",
                                        " led and trailed ",
                                        "yes",
                                        "True",
                                        "null",
                                        "~",
                                        "1e5",
                                        "0:1",
                                        "a: b",
                                        "a #b",
                                        "- x",
                                        "[x]",
                                        "{x}",
                                        "*x",
                                        "&x",
                                        "!x",
                                        "%x",
                                        "quote \" and \\ and '",
                                        "line\nbreak\r\n\ttab",
                                        "\x01\x1f\x7f",
                                        "M\xc3\xbcller",
                                        "\xe2\x82\xac",
                                        "\xf0\x9f\x90\x95",
                                        "\xc2\x85 next line",
                                        "\xe2\x80\xa8 line separator",
                                        "\xef\xbb\xbf byte order mark",
                                        "\xef\xbf\xbe no character"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) expect_text_round_trip(texts[i]);
}

Test(fields, what_is_written_reads_back_and_writes_the_same)
{
    thing t;
    sw_str first = {0}, second = {0};
    cr_assert_eq(
        read_thing(&t,
                   "{real: 0.1, wide: 9007199254740990, parts: [{size: 4}], words: [x y], inner: {size: 8}}"),
        SW_OK);
    sw_fields_write(&first, &thing_table, &t, NULL);
    cr_assert_eq(read_thing(&t, first.text), SW_OK, "%s", first.text);
    sw_fields_write(&second, &thing_table, &t, NULL);
    cr_expect_str_eq(first.text, second.text);
    cr_expect_str_eq(first.text, "flag: true\nnumber: 7\nwide: 9007199254740990\nreal: 0.1\ntext: plain\n"
                                 "colour: green\nwords: [\"x y\"]\ninner:\n  size: 8\nparts:\n  - size: 4\n");
    sw_str_deinit(&first);
    sw_str_deinit(&second);
}

Test(fields, floats_are_written_short_and_exactly)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = {{0.1f, "0.1"}, {1e-3f, "0.001"}, {1e-5f, "1.0e-05"},        {0.7f, "0.7"},
                 {2, "2"},      {0, "0"},         {16777216.0f, "16777216"}, {1.0f / 3, "0.33333334"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sw_str text = {0};
        sw_float_append(&text, cases[i].value);
        cr_expect_str_eq(text.text, cases[i].text);
        sw_str_deinit(&text);
    }
    sw_rng rng = sw_rng_at(1, SW_RNG_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        uint32_t bits = sw_rng_u32(&rng);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        sw_str text = {0};
        sw_float_append(&text, value);
        float back = strtof(text.text, NULL);
        cr_assert_eq(memcmp(&back, &value, sizeof back), 0, "%s", text.text);
        sw_str_deinit(&text);
    }
}

Test(fields, edit_distance_counts_edits_and_swaps_but_not_case_or_dashes)
{
    cr_expect_eq(sw_edit_distance("epochs", "epochs"), 0);
    cr_expect_eq(sw_edit_distance("epoch", "epochs"), 1);
    cr_expect_eq(sw_edit_distance("epohcs", "epochs"), 1);
    cr_expect_eq(sw_edit_distance("BATCH-SIZE", "batch_size"), 0);
    cr_expect_eq(sw_edit_distance("", "abc"), 3);
    cr_expect_eq(sw_edit_distance("kitten", "sitting"), 3);
    char long_word[500];
    memset(long_word, 'a', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    cr_expect_eq(sw_edit_distance(long_word, ""), 63);
}
