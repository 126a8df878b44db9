/* Diagrams of graphs that nobody would build: whatever is connected with what, it can be read. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "diagram_checks.h"

enum { GRAPHS = 150, MOST_BLOCKS = 40 };

static int roll(sw_rng *dice, int sides)
{
    return (int)sw_rng_below(dice, (uint32_t)sides);
}

static void add_block(sw_diagram *d, sw_rng *dice, int number)
{
    static const char *const names[] = {"", "e1", "encoder",
                                        "a_rather_long_name_for_one_layer_that_is_narrow",
                                        "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"};
    static const char *const notes[] = {"", "",
                                        "7\xC3\x97"
                                        "7",
                                        "3\xC3\x97"
                                        "3 + 1\xC3\x97"
                                        "1 d12"};
    static const int sizes[][2] = {{128, 128}, {64, 64}, {32, 32}, {37, 30}, {30, 37}, {1, 1}, {512, 1}};
    char title[32];
    const int size = roll(dice, 7);
    snprintf(title, sizeof title, "block %d", number);
    sw_diagram_block block = {.name = names[roll(dice, 5)],
                              .title = sw_arena_strdup(&d->arena, title),
                              .note = notes[roll(dice, 4)],
                              .family =
                                  number ? (sw_op_family)(1 + roll(dice, SW_FAMILIES - 1)) : SW_FAMILY_OTHER,
                              .norm = roll(dice, 2),
                              .activation = roll(dice, 2),
                              .counts = roll(dice, 2),
                              .height_px = sizes[size][0],
                              .width_px = sizes[size][1],
                              .channels = 1 << roll(dice, 13)};
    cr_assert_eq(sw_diagram_add_block(d, &block), SW_OK);
    for (int from = 1 + roll(dice, 4); number && from > 0; from--)
        cr_assert_eq(sw_diagram_add_arrow(d, roll(dice, number), number, roll(dice, 5) == 0), SW_OK);
}

static void make(sw_diagram *d, uint32_t graph)
{
    sw_rng dice = sw_rng_at(1, SW_RNG_TEST, graph);
    const int blocks = 1 + roll(&dice, MOST_BLOCKS);
    d->title = "made up";
    for (int f = 0; f < SW_FAMILIES; f++) d->legend[f] = "a kind of layer";
    for (int b = 0; b < blocks; b++) add_block(d, &dice, b);
    cr_assert_eq(sw_diagram_lay_out(d), SW_OK);
}

Test(diagram, any_graph_is_legible)
{
    int skips = 0, rows = 0;
    for (uint32_t graph = 0; graph < GRAPHS; graph++) {
        sw_diagram d = {0};
        char what[32];
        snprintf(what, sizeof what, "graph %u", (unsigned)graph);
        make(&d, graph);
        diagram_expect_legible(&d, what);
        for (int a = 0; a < d.arrow_count; a++) skips += d.arrows[a].flow == SW_DIAGRAM_SKIP;
        for (int b = 0; b < d.block_count; b++) rows += d.blocks[b].row;
        sw_diagram_deinit(&d);
    }
    cr_expect(skips > GRAPHS && rows > GRAPHS, "these were not worth a look");
}

Test(diagram, the_same_diagram_gives_the_same_bytes)
{
    sw_str texts[2] = {{0}};
    for (int i = 0; i < 2; i++) {
        sw_diagram d = {0};
        make(&d, 3);
        sw_diagram_svg(&texts[i], &d, true);
        sw_diagram_deinit(&d);
    }
    cr_expect_str_eq(texts[0].text, texts[1].text);
    cr_expect_null(strstr(texts[0].text, "href"));
    cr_expect_null(strstr(texts[0].text, "url("));
    sw_str_deinit(&texts[0]);
    sw_str_deinit(&texts[1]);
}

Test(diagram, an_element_of_a_page_has_no_namespace_and_texts_cannot_break_out)
{
    sw_diagram d = {.title = "\"><b>"};
    sw_str text = {0};
    const sw_diagram_block images = {
        .name = "a<b", .title = "a&b", .note = "", .height_px = 8, .width_px = 8, .channels = 3};
    cr_assert_eq(sw_diagram_add_block(&d, &images), SW_OK);
    cr_assert_eq(sw_diagram_lay_out(&d), SW_OK);
    sw_diagram_svg(&text, &d, false);
    cr_expect_eq(strncmp(text.text, "<svg class=", 11), 0);
    cr_expect_null(strstr(text.text, "http:"));
    cr_expect_not_null(strstr(text.text, "a&lt;b</text>"));
    cr_expect_not_null(strstr(text.text, "<title>a&amp;b</title>"));
    cr_expect_not_null(strstr(text.text, "aria-label=\"&quot;&gt;&lt;b&gt;\""));
    sw_str_deinit(&text);
    sw_diagram_deinit(&d);
}

/* Two arrows between the same blocks would lie upon each other. */
Test(diagram, an_arrow_is_drawn_once)
{
    sw_diagram d = {0};
    const sw_diagram_block block = {.name = "", .title = "", .note = "", .height_px = 8, .width_px = 8};
    for (int b = 0; b < 2; b++) cr_assert_eq(sw_diagram_add_block(&d, &block), SW_OK);
    for (int a = 0; a < 2; a++) cr_assert_eq(sw_diagram_add_arrow(&d, 0, 1, false), SW_OK);
    cr_expect_eq(d.arrow_count, 1);
    cr_assert_eq(sw_diagram_add_arrow(&d, 0, 1, true), SW_OK);
    cr_expect_eq(d.arrow_count, 2);
    sw_diagram_deinit(&d);
}
