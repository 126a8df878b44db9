/* The prediction grid, read back pixel by pixel. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "draw/tiles.h"
#include "scratch.h"
#include "tiles_case.h"

TestSuite(tiles, .init = scratch_create, .fini = clean_up);

Test(tiles, images_stand_in_rows_two_pixels_apart)
{
    sw_tiles_spec spec = make_spec(21, 7, 128);
    picture pic = draw(&spec);
    area first = find(&pic, image_rgb(0));
    for (int i = 0; i < 21; i++) {
        area a = find(&pic, image_rgb(i));
        cr_assert(is_square(a, 128), "image %d: %d px from (%d, %d) to (%d, %d)", i, a.count, a.x0, a.y0,
                  a.x1, a.y1);
        cr_assert_eq(a.x0, first.x0 + i % 7 * 130, "image %d", i);
        cr_assert_eq(a.y0, first.y0 + i / 7 * 130, "image %d", i);
    }
    free(pic.rgb);
}

Test(tiles, small_images_are_enlarged_by_a_whole_factor_to_at_least_128_px)
{
    static const int sizes[][2] = {{1, 128},   {32, 128},  {48, 144}, {64, 128},
                                   {127, 254}, {128, 128}, {160, 160}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        sw_tiles_spec spec = make_spec(2, 2, sizes[s][0]);
        picture pic = draw(&spec);
        cr_assert(is_square(find(&pic, image_rgb(1)), sizes[s][1]), "%d px", sizes[s][0]);
        free(pic.rgb);
    }
}

Test(tiles, a_rectangle_keeps_its_aspect_ratio_and_its_longer_side_has_at_least_128_px)
{
    static const struct {
        sw_size size, drawn;
    } cases[] = {
        {{45, 60}, {135, 180}}, {{60, 45}, {180, 135}}, {{100, 160}, {100, 160}}, {{1, 64}, {2, 128}}};
    for (size_t s = 0; s < sizeof cases / sizeof *cases; s++) {
        const sw_size drawn = cases[s].drawn;
        sw_tiles_spec spec = make_spec(4, 2, 160);
        spec.size = cases[s].size;
        picture pic = draw(&spec);
        area first = find(&pic, image_rgb(0)), last = find(&pic, image_rgb(3));
        cr_assert_eq(last.count, (int)sw_size_pixels(drawn));
        cr_assert(last.x1 - last.x0 + 1 == drawn.width && last.y1 - last.y0 + 1 == drawn.height);
        cr_assert(last.x0 - first.x0 == drawn.width + 2 && last.y0 - first.y0 == drawn.height + 2);
        free(pic.rgb);
    }
}

Test(tiles, a_rectangle_is_drawn_row_by_row)
{
    sw_tiles_spec spec = make_spec(1, 7, 64);
    spec.size = (sw_size){.height = 20, .width = 32};
    for (int p = 0; p < 20 * 32; p++) {
        photo_bytes[0][3 * p] = (uint8_t)(p % 32 + 100);
        photo_bytes[0][3 * p + 1] = (uint8_t)(p / 32 + 50);
        photo_bytes[0][3 * p + 2] = 7;
    }
    picture pic = draw(&spec);
    area corner = find(&pic, 100u << 16 | 50u << 8 | 7);
    cr_assert(is_square(corner, 4));
    for (int y = 0; y < 80; y++)
        for (int x = 0; x < 128; x++)
            cr_assert_eq(pic.rgb[(corner.y0 + y) * pic.width + corner.x0 + x],
                         (uint32_t)(x / 4 + 100) << 16 | (uint32_t)(y / 4 + 50) << 8 | 7, "(%d, %d)", x, y);
    free(pic.rgb);
}

Test(tiles, an_image_is_drawn_as_it_is_not_flipped_and_not_blurred)
{
    sw_tiles_spec spec = make_spec(1, 7, 32);
    for (int p = 0; p < 32 * 32; p++) {
        photo_bytes[0][3 * p] = (uint8_t)(p % 32 + 100);
        photo_bytes[0][3 * p + 1] = (uint8_t)(p / 32 + 50);
        photo_bytes[0][3 * p + 2] = 7;
    }
    picture pic = draw(&spec);
    area corner = find(&pic, 100u << 16 | 50u << 8 | 7);
    cr_assert(is_square(corner, 4));
    for (int y = 0; y < 128; y++)
        for (int x = 0; x < 128; x++)
            cr_assert_eq(pic.rgb[(corner.y0 + y) * pic.width + corner.x0 + x],
                         (uint32_t)(x / 4 + 100) << 16 | (uint32_t)(y / 4 + 50) << 8 | 7, "(%d, %d)", x, y);
    free(pic.rgb);
}

Test(tiles, truth_stands_above_prediction_in_the_colours_of_the_classes)
{
    enum { PET_PX = 11, BORDER_PX = 5 };
    sw_tiles_spec spec = make_spec(7, 7, 32);
    picture before = draw(&spec);
    area pet_before = find(&before, sw_class_default_rgb(0)),
         border_before = find(&before, sw_class_default_rgb(2));
    memset(truth_bytes[0], 0, PET_PX);
    memset(predicted_bytes[6] + 32 * 31, 2, BORDER_PX);
    picture after = draw(&spec);
    area pet = find(&after, sw_class_default_rgb(0)), border = find(&after, sw_class_default_rgb(2));
    cr_assert_eq(pet.count - pet_before.count, PET_PX * 16);
    cr_assert_eq(border.count - border_before.count, BORDER_PX * 16);
    area inputs = find(&after, image_rgb(0));
    cr_assert_eq(pet.x0, inputs.x0, "in the first image's column");
    cr_assert_gt(pet.y0, inputs.y1, "truth below the inputs");
    cr_assert_gt(border.y0, pet.y0 + 128, "prediction below the truth");
    free(before.rgb);
    free(after.rgb);
}

Test(tiles, a_label_that_is_no_class_takes_no_class_s_colour)
{
    sw_tiles_spec spec = make_spec(1, 1, 128);
    picture before = draw(&spec);
    int background = find(&before, sw_class_default_rgb(1)).count;
    memset(truth_bytes[0], 255, 128);
    picture after = draw(&spec);
    cr_assert_eq(find(&after, sw_class_default_rgb(1)).count, background - 128);
    for (int c = 0; c < 32; c++) {
        if (c == 1) continue;
        cr_assert_eq(find(&after, sw_class_default_rgb(c)).count,
                     find(&before, sw_class_default_rgb(c)).count);
    }
    free(before.rgb);
    free(after.rgb);
}

static int dark_pixels(const picture *pic, int y0, int y1)
{
    int dark = 0;
    for (int i = y0 * pic->width; i < y1 * pic->width; i++) dark += (pic->rgb[i] >> 8 & 0xFF) < 0x60;
    return dark;
}

Test(tiles, a_title_is_written_and_one_too_wide_is_made_to_fit)
{
    sw_tiles_spec spec = make_spec(1, 7, 128);
    char endless[600] = "";
    for (int i = 0; i < 99; i++)
        strcat(endless, "\xC3\xA4"
                        "bcde");
    const char *const titles[] = {"x", title, endless, ""};
    int dark[4], width = 0, height = 0;
    for (int i = 0; i < 4; i++) {
        spec.title = titles[i];
        picture pic = draw(&spec);
        assert_margin_is_free(&pic);
        dark[i] = dark_pixels(&pic, 0, find(&pic, image_rgb(0)).y0);
        cr_assert(i == 0 || (pic.width == width && pic.height == height), "a title does not change the size");
        width = pic.width;
        height = pic.height;
        free(pic.rgb);
    }
    cr_assert_gt(dark[0], dark[3], "one letter");
    cr_assert_gt(dark[1], dark[0] + 500, "many letters");
    cr_assert_gt(dark[2], dark[0] + 500, "what fits of too many");
}

Test(tiles, a_legend_of_many_classes_wraps)
{
    sw_classes many = classes_of(32);
    sw_tiles_spec spec = make_spec(1, 7, 128);
    picture few = draw(&spec);
    spec.classes = &many;
    for (int c = 0; c < 32; c++) truth_bytes[0][c] = (uint8_t)c;
    picture pic = draw(&spec);
    assert_margin_is_free(&pic);
    cr_assert_gt(pic.height, few.height + 60);
    for (int c = 0; c < 32; c++) cr_assert_gt(find(&pic, sw_class_default_rgb(c)).count, 20, "class %d", c);
    memset(truth_bytes[0], 0, 32);
    picture fewer = draw(&spec); /* of so many only those of the truth are named */
    cr_expect_lt(fewer.height, pic.height);
    free(few.rgb);
    free(pic.rgb);
    free(fewer.rgb);
}

Test(tiles, the_same_grid_gives_the_same_bytes)
{
    sw_tiles_spec spec = make_spec(21, 7, 32);
    char *bytes[3];
    size_t length[3];
    for (int i = 0; i < 3; i++) {
        if (i == 1) sw_tiles_cleanup(); /* not even the caches matter */
        if (i == 2) spec.title = "Epoch: 08";
        const char *path = scratch_path("grid.png");
        cr_assert_eq(sw_tiles_draw(path, &spec), SW_OK);
        cr_assert_eq(sw_fs_read(&bytes[i], &length[i], path, 1 << 24), SW_OK);
    }
    cr_assert(length[0] == length[1] && memcmp(bytes[0], bytes[1], length[0]) == 0);
    cr_assert(length[0] != length[2] || memcmp(bytes[0], bytes[2], length[0]) != 0);
    for (int i = 0; i < 3; i++) free(bytes[i]);
}

Test(tiles, what_cannot_be_drawn_or_written_is_said)
{
    sw_tiles_spec spec = make_spec(1, 1, 128);
    cr_assert_eq(sw_tiles_draw(scratch_path("missing/grid.png"), &spec), SW_E_IO);
    cr_assert_not_null(strstr(sw_error_message(), "missing/grid.png"));
    spec.count = 2000; /* refused before any image is looked at */
    cr_assert_eq(sw_tiles_draw(scratch_path("grid.png"), &spec), SW_E_CONFIG);
    spec.count = spec.columns = 2147483647;
    cr_assert_eq(sw_tiles_draw(scratch_path("grid.png"), &spec), SW_E_CONFIG);
    spec.size = sw_size_square(2147483647);
    cr_assert_eq(sw_tiles_draw(scratch_path("grid.png"), &spec), SW_E_CONFIG);
    cr_assert_not(sw_fs_exists(scratch_path("grid.png")));
    static const sw_tiles_panel panels[] = {SW_TILES_INPUTS};
    sw_image image;
    spec = make_spec(1, 1, 128);
    spec.panels = panels;
    spec.panel_count = 1;
    spec.scale = 100; /* 12,800 px a side: a file may be that large, a picture in memory not */
    cr_assert_eq(sw_tiles_picture(&image, &spec), SW_E_CONFIG);
    cr_assert_null(image.pixels);
}

Test(tiles, a_full_disk_leaves_no_half_picture)
{
    sw_tiles_spec spec = make_spec(1, 1, 128);
    scratch_limit_files(100);
    cr_assert_eq(sw_tiles_draw(scratch_path("grid.png"), &spec), SW_E_IO);
    cr_assert_not_null(strstr(sw_error_message(), "File too large"), "%s", sw_error_message());
    cr_assert_eq(scratch_count_files(), 0);
}
