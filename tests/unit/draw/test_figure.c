/* Figures: where their pictures are, that they are what was given, and colours of numbers. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "draw/figure.h"
#include "draw/tiles.h"

static uint32_t pixel(const sw_image *image, int y, int x)
{
    const uint8_t *p = image->pixels + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static size_t count(const sw_image *image, uint32_t rgb)
{
    size_t found = 0;
    for (int i = 0; i < image->width * image->height; i++) found += pixel(image, 0, i) == rgb;
    return found;
}

static void draw(sw_image *out, const sw_figure *figure, bool titled)
{
    cr_assert_eq(sw_figure_picture(out, figure, titled), SW_OK, "%s", sw_error_message());
}

static void begin(sw_figure *f, int columns, int tile_px)
{
    sw_figure_init(f, columns, tile_px);
    f->title = "A title";
    f->text = "What it shows, in more words than there is room for on one line of a figure of this width, so "
              "that it is "
              "broken.";
}

Test(figure, a_px_is_a_square_of_its_colour_and_every_tile_is_as_large)
{
    static const uint8_t rgb[] = {250, 0, 10, 0, 250, 20, 0, 0, 250, 250, 250, 30};
    sw_figure f;
    sw_image image;
    begin(&f, 3, 50);
    for (int i = 0; i < 4; i++) sw_figure_add_rgb(&f, (sw_size){2, 2}, rgb);
    draw(&image, &f, true);
    /* 50 px of a page are 100 of the picture, 50 for each px; the frame takes some of the edge */
    for (int i = 0; i < 4; i++) {
        const uint32_t colour = (uint32_t)rgb[3 * i] << 16 | (uint32_t)rgb[3 * i + 1] << 8 | rgb[3 * i + 2];
        const size_t found = count(&image, colour);
        cr_expect(found > 4 * 46 * 46 && found <= 4 * 50 * 50, "%06X: %zu", colour, found);
    }
    sw_image_deinit(&image);
    sw_figure_deinit(&f);
    sw_tiles_cleanup();
}

Test(figure, has_its_title_only_where_wanted_and_is_the_same_each_time)
{
    sw_figure f;
    sw_image titled, plain, again;
    begin(&f, 2, 40);
    sw_figure_add(&f, (sw_size){4, 4})->name = "named";
    sw_figure_add(&f, (sw_size){0, 0});
    sw_figure_add_row(&f, "a row\nof two lines");
    sw_figure_scale(&f, SW_COLOURS_HEAT, "0", "1");
    sw_figure_add_key(&f, 0x123456, "a class");
    draw(&titled, &f, true);
    draw(&plain, &f, false);
    draw(&again, &f, true);
    cr_expect_eq(titled.width, plain.width);
    cr_expect_gt(titled.height, plain.height + 60);
    cr_expect(titled.height == again.height && titled.width == again.width);
    cr_expect_eq(memcmp(titled.pixels, again.pixels, (size_t)titled.width * (size_t)titled.height * 3), 0);
    cr_expect_gt(count(&plain, 0x123456), 100, "the key's colour");
    sw_image_deinit(&titled);
    sw_image_deinit(&plain);
    sw_image_deinit(&again);
    sw_figure_deinit(&f);
    sw_tiles_cleanup();
}

Test(figure, a_mark_lies_around_its_px_and_numbers_in_theirs)
{
    const char *numbers[] = {NULL, "8", NULL, NULL};
    const uint32_t mark = 0xFF0000;
    sw_figure f;
    sw_image image;
    begin(&f, 1, 100);
    sw_figure_tile *tile = sw_figure_add(&f, (sw_size){2, 2});
    tile->numbers = numbers;
    sw_figure_add_mark(&f, tile, (sw_figure_mark){1, 0, 1, 1, mark});
    draw(&image, &f, false);
    int left = image.width, right = 0, top = image.height, bottom = 0, white = 0;
    for (int y = 0; y < image.height; y++)
        for (int x = 0; x < image.width; x++) {
            if (pixel(&image, y, x) != mark) continue;
            left = x < left ? x : left, right = x > right ? x : right;
            top = y < top ? y : top, bottom = y > bottom ? y : bottom;
        }
    /* the tile is 200 px of the picture wide and its right upper quarter is marked; lines end at the tile */
    cr_expect(right - left > 94 && right - left < 104, "%d to %d", left, right);
    cr_expect(bottom - top > 94 && bottom - top < 104, "%d to %d", top, bottom);
    for (int y = top + 10; y < bottom - 10; y++)
        for (int x = left + 10; x < right - 10; x++) white += pixel(&image, y, x) == 0xFFFFFF;
    cr_expect_gt(white, 10, "the number is light on black");
    for (int y = top + 10; y < bottom - 10; y++)
        for (int x = left - 90; x < left - 10; x++) cr_assert_eq(pixel(&image, y, x), 0, "no number here");
    sw_image_deinit(&image);
    sw_figure_deinit(&f);
    sw_tiles_cleanup();
}

Test(figure, one_that_would_be_too_large_is_refused)
{
    sw_figure f;
    sw_image image;
    begin(&f, 1, 2000);
    for (int i = 0; i < 10; i++) sw_figure_add(&f, (sw_size){1, 1});
    cr_expect_eq(sw_figure_picture(&image, &f, true), SW_E_CONFIG);
    cr_expect_not_null(strstr(sw_error_message(), "'A title'"), "%s", sw_error_message());
    sw_figure_deinit(&f);
    sw_tiles_cleanup();
}

static double luminance(uint32_t rgb)
{
    return 0.2126 * (rgb >> 16) + 0.7152 * (rgb >> 8 & 0xFF) + 0.0722 * (rgb & 0xFF);
}

Test(figure, colours_go_from_end_to_end_and_heat_only_gets_lighter)
{
    for (int i = 0; i < 100; i++)
        cr_expect_geq(luminance(sw_colour_map_rgb(SW_COLOURS_HEAT, (i + 1) / 100.0)),
                      luminance(sw_colour_map_rgb(SW_COLOURS_HEAT, i / 100.0)), "%d", i);
    cr_expect_eq(sw_colour_map_rgb(SW_COLOURS_HEAT, 0), 0x000000);
    cr_expect_eq(sw_colour_map_rgb(SW_COLOURS_HEAT, -3), sw_colour_map_rgb(SW_COLOURS_HEAT, 0));
    cr_expect_eq(sw_colour_map_rgb(SW_COLOURS_HEAT, 3), sw_colour_map_rgb(SW_COLOURS_HEAT, 1));
    cr_expect_eq(sw_colour_map_rgb(SW_COLOURS_SIGNED, 0), 0xFFFFFF);
    cr_expect_neq(sw_colour_map_rgb(SW_COLOURS_SIGNED, -0.5), sw_colour_map_rgb(SW_COLOURS_SIGNED, 0.5));
    cr_expect_eq(sw_colour_map_rgb(SW_COLOURS_SIGNED, (double)NAN), 0x808080);
}

Test(figure, a_map_is_divided_by_its_most_and_one_of_zeros_is_all_zero)
{
    static const float values[] = {0, 2, 4, -1};
    sw_figure f;
    begin(&f, 2, 40);
    const sw_figure_tile tile = *sw_figure_add_map(&f, (sw_size){2, 2}, values, SW_COLOURS_SIGNED, 4);
    const sw_figure_tile none = *sw_figure_add_map(&f, (sw_size){2, 2}, values, SW_COLOURS_SIGNED, 0);
    cr_assert_eq(sw_figure_status(&f), SW_OK);
    for (int i = 0; i < 4; i++) {
        const uint32_t rgb =
            (uint32_t)tile.rgb[3 * i] << 16 | (uint32_t)tile.rgb[3 * i + 1] << 8 | tile.rgb[3 * i + 2];
        cr_expect_eq(rgb, sw_colour_map_rgb(SW_COLOURS_SIGNED, (double)values[i] / 4));
        cr_expect(none.rgb[3 * i] == 255 && none.rgb[3 * i + 1] == 255 && none.rgb[3 * i + 2] == 255);
    }
    sw_figure_deinit(&f);
}
