#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "base/yaml.h"

static sw_arena arena;

static void drop_arena(void)
{
    sw_arena_deinit(&arena);
}

TestSuite(yaml, .fini = drop_arena);

static const sw_yaml_node *parsed(const char *text)
{
    const sw_yaml_node *root = NULL;
    cr_assert_eq(sw_yaml_parse_text(&root, &arena, text, strlen(text), "t.yaml"), SW_OK, "%s\n%s", text,
                 sw_error_message());
    return root;
}

static void expect_failure(const char *text, size_t length, const char *place, const char *words)
{
    const sw_yaml_node *root = NULL;
    sw_status status = sw_yaml_parse_text(&root, &arena, text, length, "t.yaml");
    cr_expect_eq(status, SW_E_CONFIG, "status %d for\n%s", status, text);
    cr_expect_null(root);
    const char *message = sw_error_message();
    cr_expect(strncmp(message, place, strlen(place)) == 0, "expected %s, found '%s' for\n%s", place, message,
              text);
    cr_expect_not_null(strstr(message, words), "expected '%s' in '%s' for\n%s", words, message, text);
}

static void expect_place(const sw_yaml_node *node, int line, int column)
{
    cr_assert_not_null(node);
    cr_expect_str_eq(node->place.source, "t.yaml");
    cr_expect(node->place.line == line && node->place.column == column, "expected %d:%d, found %d:%d", line,
              column, node->place.line, node->place.column);
}

Test(yaml, every_node_and_key_knows_where_it_stood)
{
    const sw_yaml_node *root = parsed("# comment\n"
                                      "train:\n"
                                      "  epochs: 20\n"
                                      "list: [1, {a: b}]\n");
    expect_place(root, 2, 1);
    expect_place(sw_yaml_find(root, "train"), 3, 3);
    expect_place(sw_yaml_find(root, "train.epochs"), 3, 11);
    expect_place(sw_yaml_find(root, "list"), 4, 7);
    expect_place(sw_yaml_find(root, "list.0"), 4, 8);
    expect_place(sw_yaml_find(root, "list.1.a"), 4, 15);
    const sw_yaml_entry *list = sw_yaml_entry_get(root, "list");
    cr_assert_not_null(list);
    cr_expect_eq(list->key_place.line, 4);
    cr_expect_eq(list->key_place.column, 1);
}

Test(yaml, columns_count_characters_not_bytes)
{
    expect_place(sw_yaml_find(parsed("{\"\xc3\xbc\xc3\xb6\": x, b: y}"), "b"), 1, 14);
}

Test(yaml, a_scalar_knows_whether_it_was_quoted)
{
    const sw_yaml_node *root = parsed("[1, '1', \"1\"]");
    const bool quoted[] = {false, true, true};
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(root->items[i]->quoted, quoted[i], "item %zu", i);
        cr_expect_str_eq(root->items[i]->text, "1");
    }
    cr_expect(sw_yaml_find(parsed("a: |\n  1\n"), "a")->quoted);
}

Test(yaml, null_is_nothing_null_or_a_tilde_unquoted)
{
    const sw_yaml_node *root = parsed("[~, null, Null, NULL, 'null', nil, '']");
    for (size_t i = 0; i < root->count; i++)
        cr_expect_eq(sw_yaml_is_null(root->items[i]), i < 4, "item %zu", i);
    cr_expect(sw_yaml_is_null(sw_yaml_find(parsed("a:\n"), "a")));
    cr_expect_not(sw_yaml_is_null(root));
}

Test(yaml, only_finite_decimal_numbers_are_numbers)
{
    static const char *const good[] = {"0", "-1", "+1", "1.5", ".5", "1.", "1e-3", "1E+3", "007"};
    static const char *const bad[] = {"",      "x",   "1x",  "0x10", "nan", ".inf", "inf", "1e999",
                                      "1_000", "1 2", "--1", "e5",   "'1'", "[1]",  "1e",  "."};
    double value = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(sw_yaml_number(&value, parsed(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(sw_yaml_number(&value, parsed(bad[i])), "%s", bad[i]);
    cr_assert(sw_yaml_number(&value, parsed("1e-3")));
    cr_expect_eq(value, 1e-3);
}

Test(yaml, an_empty_document_is_nothing_at_its_first_character)
{
    static const char *const empties[] = {"", "\n\n", "# only a comment\n", "---\n"};
    for (size_t i = 0; i < sizeof empties / sizeof *empties; i++)
        cr_expect(sw_yaml_is_null(parsed(empties[i])), "document %zu", i);
    expect_place(parsed(""), 1, 1);
}

Test(yaml, an_alias_shares_the_anchored_node_and_keeps_its_place)
{
    const sw_yaml_node *root = parsed("a: &x {k: 1}\nb: *x\nc: &y 5\nd: [*y, *y]\n");
    cr_expect_eq(sw_yaml_find(root, "a"), sw_yaml_find(root, "b"));
    expect_place(sw_yaml_find(root, "b.k"), 1, 11);
    expect_place(sw_yaml_find(root, "d.1"), 3, 4);
}

Test(yaml, what_is_no_configuration_is_refused_with_its_place)
{
    static const struct {
        const char *text, *place, *words;
    } cases[] = {
        {"a: 1\nb: *nobody\n", "t.yaml:2:4: ", "unknown alias '*nobody'"},
        {"a: &x [1, *x]\n", "t.yaml:1:11: ", "is inside the value that it names"},
        {"a: &x 1\nb: &x 2\n", "t.yaml:2:4: ", "anchor '&x' is given twice; the first is at line 1"},
        {"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: ", "duplicate key 'a'; the first is at line 1"},
        {"b: &b {k: 1}\nm: {<<: *b}\n", "t.yaml:2:5: ", "merge keys (<<) are not read"},
        {"m:\n  k: 1\n  k: 2\n", "t.yaml:3:3: ", "duplicate key 'k'"},
        {"a: 1\n---\nb: 2\n", "t.yaml:2:1: ", "a second document"},
        {"a: !!int 1\n", "t.yaml:1:4: ", "tags ('tag:yaml.org,2002:int')"},
        {"a: !mine [1]\n", "t.yaml:1:4: ", "tags"},
        {"[1, 2]: x\n", "t.yaml:1:1: ", "key must be a plain text"},
        {"&k a: x\n", "t.yaml:1:1: ", "key must be a plain text"},
        {"a: \"x\\0y\"\n", "t.yaml:1:4: ", "NUL"},
        {"a:\n\t- b\n", "t.yaml:2:1: ", "found character that cannot start any token"},
        {"a: [1, 2\n",
         "t.yaml:2:1: ", "did not find expected ',' or ']', while parsing a flow sequence that begins"},
        {"a: b: c\n", "t.yaml:1:5: ", "mapping values are not allowed"},
        {"a: 'open\n", "t.yaml:2:1: ", "found unexpected end of stream"},
        {"a: 1\n  b: 2\n", "t.yaml:2:4: ", "mapping values are not allowed"},
        {"ok: 1\nx: \xff\n", "t.yaml:2:4: ", "invalid leading UTF-8 octet"},
        {"a: \x01\n", "t.yaml:1:4: ", "control characters are not allowed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_failure(cases[i].text, strlen(cases[i].text), cases[i].place, cases[i].words);
    expect_failure("a: 1\0b: 2", 9, "t.yaml:1:5: ", "control characters are not allowed");
}

Test(yaml, nesting_has_a_limit_which_aliases_do_not_escape)
{
    char text[512] = "";
    for (int i = 0; i < SW_YAML_MAX_DEPTH; i++) strcat(text, "[");
    strcat(text, "1");
    for (int i = 0; i < SW_YAML_MAX_DEPTH; i++) strcat(text, "]");
    (void)parsed(text);
    char deeper[600];
    snprintf(deeper, sizeof deeper, "[%s]", text);
    expect_failure(deeper, strlen(deeper), "t.yaml:1:34: ", "nested deeper than 32 levels");
    snprintf(deeper, sizeof deeper,
             "- &a [[[[[[[[[[1]]]]]]]]]]\n- &b [[[[[[[[[[*a]]]]]]]]]]\n"
             "- &c [[[[[[*b]]]]]]\n- [[[[[[*c]]]]]]\n");
    expect_failure(deeper, strlen(deeper), "t.yaml:4:9: ", "nested deeper than 32 levels");
    /* a bracket bomb ends at the limit, not at the end of the file */
    char *bomb = malloc(SW_YAML_MAX_BYTES);
    cr_assert_not_null(bomb);
    memset(bomb, '[', SW_YAML_MAX_BYTES);
    expect_failure(bomb, SW_YAML_MAX_BYTES, "t.yaml:1:34: ", "nested deeper");
    free(bomb);
}

Test(yaml, an_alias_bomb_is_refused_before_it_goes_off)
{
    sw_str text = {0};
    sw_str_append(&text, "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]\n");
    for (int i = 1; i < 9; i++)
        sw_str_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1,
                      i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    expect_failure(text.text, text.length, "t.yaml:5:", "more than 20000 values, with every alias counted");
    sw_str_deinit(&text);
}

Test(yaml, sizes_have_limits)
{
    const sw_yaml_node *root = NULL;
    char *big = malloc(SW_YAML_MAX_BYTES + 2);
    cr_assert_not_null(big);
    memset(big, ' ', SW_YAML_MAX_BYTES + 1);
    big[0] = '#';
    big[SW_YAML_MAX_BYTES + 1] = '\0';
    cr_expect_eq(sw_yaml_parse_text(&root, &arena, big, SW_YAML_MAX_BYTES, "t.yaml"), SW_OK);
    cr_expect_eq(sw_yaml_parse_text(&root, &arena, big, SW_YAML_MAX_BYTES + 1, "t.yaml"), SW_E_CONFIG);
    cr_expect_not_null(strstr(sw_error_message(), "1048577 bytes"));
    free(big);
}

Test(yaml, a_value_from_elsewhere_has_its_origin_for_a_place)
{
    const sw_yaml_node *root = NULL;
    cr_assert_eq(sw_yaml_parse_value(&root, &arena, "[1, {a: 2}]", "--set x=..."), SW_OK);
    sw_str place = {0};
    sw_yaml_place_append(&place, sw_yaml_find(root, "1.a")->place);
    cr_expect_str_eq(place.text, "--set x=...");
    sw_str_deinit(&place);
    cr_expect_eq(sw_yaml_parse_value(&root, &arena, "[1", "--set x=[1"), SW_E_CONFIG);
    cr_expect_str_eq(sw_error_message(), "--set x=[1: did not find expected ',' or ']'");
}

Test(yaml, a_file_that_is_missing_is_an_io_error)
{
    const sw_yaml_node *root = NULL;
    cr_expect_eq(sw_yaml_parse_file(&root, &arena, "/nonexistent/x.yaml"), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "/nonexistent/x.yaml"));
}

Test(yaml, paths_lead_only_to_what_is_there)
{
    const sw_yaml_node *root = parsed("a: {b: [x, y]}");
    cr_expect_str_eq(sw_yaml_find(root, "a.b.1")->text, "y");
    static const char *const nowhere[] = {"a.b.2", "a.b.-1",  "a.b.x",   "a.c",
                                          "z",     "a.b.1.q", "a.b.0x1", "a.b. 1"};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
        cr_expect_null(sw_yaml_find(root, nowhere[i]), "%s", nowhere[i]);
}

Test(yaml, a_key_given_twice_in_a_text_without_lines_has_no_line_in_the_message)
{
    sw_arena scratch = {0};
    const sw_yaml_node *value = NULL;
    cr_expect_eq(sw_yaml_parse_value(&value, &scratch, "{a: 1, a: 2}", "--set x={a: 1, a: 2}"), SW_E_CONFIG);
    cr_expect_not_null(strstr(sw_error_message(), "duplicate key 'a'"));
    cr_expect_null(strstr(sw_error_message(), "line 0"), "%s", sw_error_message());
    sw_arena_deinit(&scratch);
}

/* Whatever stands in a file, the answer is a tree or a message with a place: never a crash. */
static void parse_anything(const char *text, size_t length)
{
    sw_arena scratch = {0};
    const sw_yaml_node *root = NULL;
    sw_status status = sw_yaml_parse_text(&root, &scratch, text, length, "t.yaml");
    cr_assert(status == SW_OK || status == SW_E_CONFIG);
    cr_assert_eq(root != NULL, status == SW_OK);
    if (status != SW_OK) cr_assert_eq(strncmp(sw_error_message(), "t.yaml:", 7), 0, "%s", sw_error_message());
    sw_arena_deinit(&scratch);
}

Test(yaml, every_prefix_and_every_small_damage_of_a_file_is_survived)
{
    static const char *const files[] = {"configs/model/segnet.yaml", "experiments/segnet_baseline.yaml"};
    static const char damage[] = "\t\n:-[]{}&*!|>'\"%@`#,?\\\xff\x00 ";
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        char *text = NULL;
        size_t length = 0;
        cr_assert_eq(sw_fs_read(&text, &length, files[f], SW_YAML_MAX_BYTES), SW_OK);
        for (size_t i = 0; i <= length; i++) parse_anything(text, i);
        for (size_t i = 0; i < length; i++) {
            char kept = text[i];
            text[i] = damage[i % (sizeof damage - 1)];
            parse_anything(text, length);
            text[i] = kept;
        }
        free(text);
    }
}
