/* The prediction grid, read back pixel by pixel. */
#include <cairo.h>
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "draw/tiles.h"
#include "scratch.h"

static void clean_up(void)
{
    sw_tiles_cleanup();
    scratch_remove();
}

TestSuite(tiles, .init = scratch_create, .fini = clean_up);

enum { MAX_IMAGES = 21, MAX_SIDE = 160 };

/* So many classes with the default colours; up to three have short names. */
static sw_classes classes_of(int count)
{
    sw_classes classes = sw_classes_none();
    for (int c = 0; c < count; c++) {
        char name[SW_CLASS_NAME_BYTES];
        snprintf(name, sizeof name, count > 3 ? "a_class_with_a_name_%d" : "class_%d", c);
        cr_assert(sw_classes_add(&classes, name));
    }
    return classes;
}

static sw_classes three;
static const char title[] = "Epoch: 07, Accuracy[Pixel: 0.8828, IoU: 0.7524, Custom IoU: 0.6543]";

/* A colour of its own for each image, unlike any the grid itself uses. */
static uint32_t image_rgb(int i)
{
    return 0x400040u + ((uint32_t)i << 8);
}

static uint8_t photo_bytes[MAX_IMAGES][3 * MAX_SIDE * MAX_SIDE];
static uint8_t truth_bytes[MAX_IMAGES][MAX_SIDE * MAX_SIDE], predicted_bytes[MAX_IMAGES][MAX_SIDE * MAX_SIDE];
static const uint8_t *photos[MAX_IMAGES], *truths[MAX_IMAGES], *predictions[MAX_IMAGES];

/* Images of one colour each; masks all background. */
static sw_tiles_spec make_spec(int count, int columns, int size_px)
{
    for (int i = 0; i < count; i++) {
        for (int p = 0; p < size_px * size_px; p++) {
            photo_bytes[i][3 * p] = (uint8_t)(image_rgb(i) >> 16);
            photo_bytes[i][3 * p + 1] = (uint8_t)(image_rgb(i) >> 8);
            photo_bytes[i][3 * p + 2] = (uint8_t)image_rgb(i);
            truth_bytes[i][p] = predicted_bytes[i][p] = 1;
        }
        photos[i] = photo_bytes[i];
        truths[i] = truth_bytes[i];
        predictions[i] = predicted_bytes[i];
    }
    three = classes_of(3);
    return (sw_tiles_spec){.title = title,
                           .count = count,
                           .columns = columns,
                           .size = {size_px, size_px},
                           .images = photos,
                           .truths = truths,
                           .predictions = predictions,
                           .classes = &three};
}

/* ---- the picture read back ---- */

typedef struct picture {
    int width, height;
    uint32_t *rgb;
} picture;

static picture load(const char *path)
{
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path);
    cr_assert_eq(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS, "%s", path);
    picture pic = {.width = cairo_image_surface_get_width(surface),
                   .height = cairo_image_surface_get_height(surface)};
    pic.rgb = malloc((size_t)pic.width * (size_t)pic.height * sizeof *pic.rgb);
    cr_assert_not_null(pic.rgb);
    const unsigned char *data = cairo_image_surface_get_data(surface);
    for (int y = 0; y < pic.height; y++)
        for (int x = 0; x < pic.width; x++) {
            uint32_t pixel;
            memcpy(&pixel, data + (size_t)y * (size_t)cairo_image_surface_get_stride(surface) + 4 * (size_t)x,
                   4);
            pic.rgb[y * pic.width + x] = pixel & 0xFFFFFF;
        }
    cairo_surface_destroy(surface);
    return pic;
}

static picture draw(const sw_tiles_spec *spec)
{
    const char *path = scratch_path("grid.png");
    cr_assert_eq(sw_tiles_draw(path, spec), SW_OK, "%s", sw_error_message());
    return load(path);
}

typedef struct area {
    int count, x0, y0, x1, y1; /* pixels of the colour, and their bounding box (x1, y1 included) */
} area;

static area find(const picture *pic, uint32_t rgb)
{
    area a = {.x0 = pic->width, .y0 = pic->height, .x1 = -1, .y1 = -1};
    for (int y = 0; y < pic->height; y++)
        for (int x = 0; x < pic->width; x++) {
            if (pic->rgb[y * pic->width + x] != rgb) continue;
            a.count++;
            a.x0 = x < a.x0 ? x : a.x0;
            a.x1 = x > a.x1 ? x : a.x1;
            a.y0 = y < a.y0 ? y : a.y0;
            a.y1 = y > a.y1 ? y : a.y1;
        }
    return a;
}

static bool is_square(area a, int side)
{
    return a.count == side * side && a.x1 - a.x0 + 1 == side && a.y1 - a.y0 + 1 == side;
}

/* ---- tests ---- */

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

/* Nothing but paper in the last columns of the picture. */
static void assert_margin_is_free(const picture *pic)
{
    for (int y = 0; y < pic->height; y++)
        for (int x = pic->width - 12; x < pic->width; x++)
            cr_assert_eq(pic->rgb[y * pic->width + x], 0xFFFFFF, "ink at (%d, %d) of %d x %d", x, y,
                         pic->width, pic->height);
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

/* ---- other panels ---- */

static picture in_memory(const sw_tiles_spec *spec)
{
    sw_image image;
    cr_assert_eq(sw_tiles_picture(&image, spec), SW_OK, "%s", sw_error_message());
    picture pic = {.width = image.width, .height = image.height};
    pic.rgb = malloc((size_t)pic.width * (size_t)pic.height * sizeof *pic.rgb);
    cr_assert_not_null(pic.rgb);
    for (int i = 0; i < pic.width * pic.height; i++) {
        const uint8_t *p = image.pixels + 3 * i;
        pic.rgb[i] = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    }
    sw_image_deinit(&image);
    return pic;
}

Test(tiles, in_memory_it_is_the_same_picture)
{
    sw_tiles_spec spec = make_spec(5, 3, 32);
    picture file = draw(&spec), memory = in_memory(&spec);
    cr_assert(file.width == memory.width && file.height == memory.height);
    cr_expect_arr_eq(file.rgb, memory.rgb, (size_t)file.width * (size_t)file.height * sizeof *file.rgb);
    free(file.rgb);
    free(memory.rgb);
}

Test(tiles, errors_are_where_prediction_and_truth_differ)
{
    enum { WRONG = 37, SIDE_PX = 32 };
    static const sw_tiles_panel panels[] = {SW_TILES_INPUTS, SW_TILES_ERROR};
    sw_tiles_spec spec = make_spec(2, 2, SIDE_PX);
    spec.panels = panels;
    spec.panel_count = 2;
    truth_bytes[0][SIDE_PX * SIDE_PX - 1] = 255; /* the legend names ignored pixels in both */
    picture right = in_memory(&spec);
    for (int i = 0; i < WRONG; i++) predicted_bytes[1][3 * i] = i % 2 ? 0 : 2;
    memset(truth_bytes[0], 255, SIDE_PX); /* without a truth nothing is wrong */
    picture wrong = in_memory(&spec);
    cr_assert(right.width == wrong.width && right.height == wrong.height);
    int changed[2] = {0}, middle = find(&right, image_rgb(1)).x0;
    uint32_t colour = 0;
    for (int i = 0; i < wrong.width * wrong.height; i++) {
        bool second = i % wrong.width >= middle;
        if (right.rgb[i] == wrong.rgb[i]) continue;
        changed[second]++;
        if (!second) continue;
        cr_assert(colour == 0 || wrong.rgb[i] == colour, "wrong pixels of two colours");
        colour = wrong.rgb[i];
    }
    cr_expect_eq(changed[1], WRONG * 16);
    cr_expect_eq(changed[0], SIDE_PX * 16, "what has no truth is hatched");
    free(right.rgb);
    free(wrong.rgb);
}

Test(tiles, confidence_goes_from_black_where_classes_are_alike_to_white)
{
    static const sw_tiles_panel panels[] = {SW_TILES_CONFIDENCE};
    static uint8_t certain[32 * 32];
    static const uint8_t *confidences[] = {certain};
    cr_expect_eq(sw_tiles_confidence_rgb(85, 3), 0x000000);
    cr_expect_eq(sw_tiles_confidence_rgb(0, 3), 0x000000);
    cr_expect_eq(sw_tiles_confidence_rgb(170, 3), 0x7F7F7F);
    cr_expect_eq(sw_tiles_confidence_rgb(255, 3), 0xFFFFFF);
    cr_expect_eq(sw_tiles_confidence_rgb(255, 1), 0x000000, "of one class nothing is surer");
    sw_tiles_spec spec = make_spec(1, 1, 32);
    memset(certain, 170, sizeof certain);
    spec.panels = panels;
    spec.panel_count = 1;
    spec.confidences = confidences;
    picture pic = in_memory(&spec);
    cr_expect_geq(find(&pic, 0x7F7F7F).count, 128 * 128);
    free(pic.rgb);
}

Test(tiles, the_flat_colours_are_all_there_are_beside_photographs_type_and_grays)
{
    uint32_t flat[SW_MAX_CLASSES + SW_TILES_OTHER_FLAT];
    const sw_classes many = classes_of(SW_MAX_CLASSES);
    int count = sw_tiles_flat_rgb(flat, &many);
    cr_assert_leq(count, SW_MAX_CLASSES + SW_TILES_OTHER_FLAT);
    static const sw_tiles_panel panels[] = {SW_TILES_TRUTH, SW_TILES_PREDICTION, SW_TILES_ERROR};
    sw_tiles_spec spec = make_spec(4, 2, 64);
    for (int p = 0; p < 64 * 64; p++) {
        truth_bytes[1][p] = (uint8_t)(p % 3);
        predicted_bytes[2][p] = (uint8_t)(p / 5 % 3);
    }
    memset(truth_bytes[3], 255, 64 * 64);
    spec.panels = panels;
    spec.panel_count = 3;
    spec.title = "";
    picture pic = in_memory(&spec);
    int others = 0;
    for (int i = 0; i < pic.width * pic.height; i++) {
        bool there = false;
        for (int k = 0; k < count; k++) there |= flat[k] == pic.rgb[i];
        others += !there;
    }
    cr_expect_lt(others, 4000, "%d pixels are none of them",
                 others); /* the captions' and the legend's type */
    free(pic.rgb);
}

Test(tiles, a_label_and_names_take_lines_of_their_own)
{
    static const char *const image_names[] = {"a", "a_name_that_is_far_too_long_to_stand_under_one_image"};
    sw_tiles_spec spec = make_spec(2, 2, 128);
    picture plain = in_memory(&spec);
    spec.names = image_names;
    picture named = in_memory(&spec);
    cr_expect_eq(named.width, plain.width);
    cr_expect_gt(named.height, plain.height + 3 * 10, "three panels with a line each");
    assert_margin_is_free(&named);
    cr_assert(is_square(find(&named, image_rgb(1)), 128));
    spec.label = "runs/a/001";
    picture labelled = in_memory(&spec);
    cr_expect_gt(labelled.height, named.height + 10);
    free(plain.rgb);
    free(named.rgb);
    free(labelled.rgb);
}

Test(tiles, a_scale_that_is_given_is_taken_also_under_128_px)
{
    sw_tiles_spec spec = make_spec(2, 2, 32);
    spec.scale = 1;
    picture pic = in_memory(&spec);
    cr_expect(is_square(find(&pic, image_rgb(1)), 32));
    free(pic.rgb);
    spec.scale = 3;
    pic = in_memory(&spec);
    cr_expect(is_square(find(&pic, image_rgb(1)), 96));
    free(pic.rgb);
}

/* WCAG's relative luminance */
static double luminance(uint32_t rgb)
{
    static const double weight[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double v = (rgb >> (16 - 8 * i) & 0xFF) / 255.0;
        sum += weight[i] * v * v; /* gamma 2 is near enough */
    }
    return sum;
}

Test(tiles, pet_background_and_border_differ_in_lightness_alone)
{
    for (int a = 0; a < 3; a++)
        for (int b = a + 1; b < 3; b++) {
            double one = luminance(sw_class_default_rgb(a)) + 0.05,
                   two = luminance(sw_class_default_rgb(b)) + 0.05;
            double contrast = one > two ? one / two : two / one;
            cr_assert_gt(contrast, 1.5, "classes %d and %d: contrast %.2f", a, b, contrast);
        }
}

Test(tiles, no_two_of_32_classes_share_a_colour)
{
    for (int a = 0; a < 32; a++)
        for (int b = 0; b < a; b++)
            cr_assert_neq(sw_class_default_rgb(a), sw_class_default_rgb(b), "%d %d", a, b);
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
    if (access("/dev/full", W_OK) != 0) cr_skip_test("no /dev/full here");
    sw_tiles_spec spec = make_spec(1, 1, 128);
    cr_assert_eq(symlink("/dev/full", scratch_path("grid.png.partial")), 0);
    cr_assert_eq(sw_tiles_draw(scratch_path("grid.png"), &spec), SW_E_IO);
    cr_assert_not_null(strstr(sw_error_message(), "No space left"), "%s", sw_error_message());
    cr_assert_not(sw_fs_exists(scratch_path("grid.png")));
}
