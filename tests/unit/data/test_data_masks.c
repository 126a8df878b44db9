/* What the pixels of a mask file mean: numbers, palettes, colours, merged and ignored values. */
#include <criterion/criterion.h>
#include <string.h>

#include "data/dataset.h"
#include "data/mask_values.h"
#include "image/image.h"
#include "mask_files.h"
#include "scratch.h"

TestSuite(data_masks, .init = scratch_create, .fini = scratch_remove);

#define COLOUR(rgb) (SW_MASK_IS_COLOUR | (rgb))

/* One image of 4 x 1 pixels called a, in img/ and msk/. */
static sw_data_config config_of(const sw_class_list *classes, const sw_ignore_list *ignore)
{
    return (sw_data_config){.layout = SW_LAYOUT_FOLDERS,
                            .root = scratch_path("."),
                            .folders = {{"img", "msk"}},
                            .classes = classes,
                            .ignore = ignore,
                            .size = {1, 4},
                            .loader_threads = 1,
                            .on_bad_file = SW_BAD_FILE_FAIL};
}

static sw_class_list list_of(int classes, sw_mask_value *values, int count)
{
    sw_class_list list = {.classes = sw_classes_none(), .values = values, .value_count = count};
    static const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < classes; i++) cr_assert(sw_classes_add(&list.classes, names[i]));
    return list;
}

static void expect_labels(const sw_data_config *data, const uint8_t expected[4])
{
    sw_dataset *dataset;
    cr_assert_eq(sw_dataset_open(&dataset, data, SW_SPLIT_TRAIN), SW_OK, "%s", sw_error_message());
    uint8_t labels[4];
    cr_assert_eq(sw_dataset_read(NULL, labels, dataset, 0), SW_OK);
    cr_expect_arr_eq(labels, expected, 4);
    sw_dataset_destroy(dataset);
}

static void expect_bad(const sw_data_config *data, const char *part)
{
    sw_dataset *dataset;
    cr_assert_eq(sw_dataset_open(&dataset, data, SW_SPLIT_TRAIN), SW_E_DATA);
    cr_expect(strstr(sw_error_message(), part), "'%s' is not in: %s", part, sw_error_message());
}

static const uint8_t numbers[4] = {0, 7, 9, 255};

Test(data_masks, numbers_are_merged_into_classes_and_ignored_as_described)
{
    sw_mask_value values[] = {{0, 0}, {7, 1}, {9, 1}};
    unsigned codes[] = {255, COLOUR(0)};
    const sw_ignore_list ignore = {codes, 2};
    const sw_class_list list = list_of(2, values, 3);
    const sw_data_config data = config_of(&list, &ignore);
    write_picture("img/a.png", 4, 1, 0);
    write_gray_mask("msk/a.png", 4, 1, numbers);
    expect_labels(&data, (const uint8_t[]){0, 1, 1, SW_NO_CLASS});
}

Test(data_masks, a_value_of_no_class_is_named_with_its_place_and_what_to_do)
{
    sw_mask_value values[] = {{0, 0}, {7, 1}};
    const sw_class_list list = list_of(2, values, 2);
    const sw_data_config data = config_of(&list, NULL);
    write_picture("img/a.png", 4, 1, 0);
    write_gray_mask("msk/a.png", 4, 1, numbers);
    expect_bad(&data,
               "msk/a.png: value 9 at column 2, row 0 belongs to no class; the classes are 0 a, 7 b. Add "
               "it to the values of a class (data.classes) or to data.ignore");
}

Test(data_masks, a_palette_is_read_by_number_unless_only_its_grey_levels_are_classes)
{
    sw_mask_value by_number[] = {{0, 0}, {1, 1}}, by_level[] = {{0, 0}, {255, 1}};
    static const uint8_t pixels[4] = {0, 1, 1, 0}, expected[4] = {0, 1, 1, 0};
    static const uint32_t black_and_white[] = {0x000000, 0xFFFFFF}, coloured[] = {0x000000, 0x804080};
    sw_class_list list = list_of(2, by_number, 2);
    sw_data_config data = config_of(&list, NULL);
    write_picture("img/a.png", 4, 1, 0);
    write_palette_mask("msk/a.png", 4, 1, pixels, coloured, 2);
    expect_labels(&data, expected);
    write_palette_mask("msk/a.png", 4, 1, pixels, black_and_white, 2);
    expect_labels(&data, expected);
    list = list_of(2, by_level, 2);
    expect_labels(&data, expected);
    data.masks = SW_MASKS_INDEX;
    expect_labels(&data, expected);
    data.masks = SW_MASKS_PALETTE;
    expect_bad(&data, "value 1 at column 1");
}

Test(data_masks, a_palette_that_reads_in_two_ways_is_not_guessed)
{
    sw_mask_value values[] = {{0, 0}, {1, 1}, {255, 2}};
    static const uint8_t pixels[4] = {0, 1, 1, 0};
    static const uint32_t rgb[] = {0x000000, 0xFFFFFF};
    const sw_class_list list = list_of(3, values, 3);
    sw_data_config data = config_of(&list, NULL);
    write_picture("img/a.png", 4, 1, 0);
    write_palette_mask("msk/a.png", 4, 1, pixels, rgb, 2);
    expect_bad(&data, "can be read in two ways");
    data.masks = SW_MASKS_PALETTE;
    expect_labels(&data, (const uint8_t[]){0, 1, 1, 0});
    data.masks = SW_MASKS_INDEX;
    expect_labels(&data, (const uint8_t[]){0, 2, 2, 0});
}

Test(data_masks, colours_are_classes_in_rgb_and_in_palettes)
{
    sw_mask_value values[] = {{COLOUR(0x804080), 0}, {COLOUR(0x0080C0), 1}};
    unsigned codes[] = {COLOUR(0)};
    const sw_ignore_list ignore = {codes, 1};
    static const uint32_t rgb[4] = {0x0080C0, 0x804080, 0x000000, 0x0080C0};
    static const uint32_t palette[] = {0x804080, 0x000000, 0x0080C0};
    static const uint8_t pixels[4] = {2, 0, 1, 2}, expected[4] = {1, 0, SW_NO_CLASS, 1};
    const sw_class_list list = list_of(2, values, 2);
    sw_data_config data = config_of(&list, &ignore);
    write_picture("img/a.png", 4, 1, 0);
    write_colour_mask("msk/a.png", 4, 1, rgb);
    expect_labels(&data, expected);
    write_palette_mask("msk/a.png", 4, 1, pixels, palette, 3);
    expect_labels(&data, expected);
    data.ignore = NULL;
    expect_bad(&data, "colour #000000 at column 2, row 0 belongs to no class");
}

Test(data_masks, an_rgb_mask_of_greys_is_a_mask_of_numbers_and_one_of_colours_is_not)
{
    sw_mask_value values[] = {{0, 0}, {255, 1}};
    static const uint32_t greys[4] = {0, 0xFFFFFF, 0, 0}, colours[4] = {0, 0x804080, 0, 0};
    const sw_class_list list = list_of(2, values, 2);
    const sw_data_config data = config_of(&list, NULL);
    write_picture("img/a.png", 4, 1, 0);
    write_colour_mask("msk/a.png", 4, 1, greys);
    expect_labels(&data, (const uint8_t[]){0, 1, 0, 0});
    write_colour_mask("msk/a.png", 4, 1, colours);
    expect_bad(&data, "a mask of colours (#804080 at column 1, row 0), but data.classes has numbers");
}

Test(data_masks, ignored_pixels_are_in_no_share_and_no_weight)
{
    sw_mask_value values[] = {{0, 0}, {7, 1}, {9, 2}};
    unsigned codes[] = {255};
    const sw_ignore_list ignore = {codes, 1};
    const sw_class_list list = list_of(3, values, 3);
    const sw_data_config data = config_of(&list, &ignore);
    static const uint8_t two[4] = {0, 0, 255, 7};
    float weights[SW_MAX_CLASSES];
    sw_dataset *dataset;
    write_picture("img/a.png", 4, 1, 0);
    write_gray_mask("msk/a.png", 4, 1, numbers);
    write_picture("img/b.png", 4, 1, 1);
    write_gray_mask("msk/b.png", 4, 1, two);
    cr_assert_eq(sw_dataset_open(&dataset, &data, SW_SPLIT_TRAIN), SW_OK, "%s", sw_error_message());
    cr_expect_float_eq(sw_dataset_class_fraction(dataset, 0), 3.0 / 6, 1e-12);
    cr_expect_float_eq(sw_dataset_class_fraction(dataset, 2), 1.0 / 6, 1e-12);
    /* shares where they occur: 3/6, 2/6, 1/3; the median is 1/3 */
    sw_dataset_median_frequency(dataset, weights);
    cr_expect_float_eq(weights[0], 2.0 / 3, 1e-6);
    cr_expect_float_eq(weights[1], 1, 1e-6);
    cr_expect_float_eq(weights[2], 1, 1e-6);
    sw_dataset_destroy(dataset);
}

Test(data_masks, predictions_are_written_with_the_values_and_colours_of_the_data)
{
    sw_mask_value by_number[] = {{4, 0}, {5, 0}, {0, 1}},
                  by_colour[] = {{COLOUR(0x804080), 0}, {COLOUR(0), 1}};
    unsigned codes[] = {COLOUR(0xFFFFFF), 255};
    const sw_ignore_list ignore = {codes, 2};
    sw_class_list list = list_of(2, by_number, 3);
    sw_data_config data = config_of(&list, &ignore);
    sw_mask_writing writing;
    sw_mask_writing_of(&writing, &data);
    cr_expect(writing.value[0] == 4 && writing.value[1] == 0 && writing.value[SW_NO_CLASS] == 255);
    cr_expect(writing.rgb[4] == list.classes.list[0].rgb && writing.colours == 256);
    data.ignore = NULL;
    sw_mask_writing_of(&writing, &data);
    cr_expect(writing.value[SW_NO_CLASS] == 1 && writing.colours == 5, "the first value that is free");
    sw_mask_value all[256];
    for (int v = 0; v < 256; v++) all[v] = (sw_mask_value){(unsigned)v, v == 255};
    list = list_of(2, all, 256);
    sw_mask_writing_of(&writing, &data);
    cr_expect(writing.rgb[255] == list.classes.list[1].rgb && writing.colours == 256, "no value is free");
    list = list_of(2, by_colour, 2);
    sw_mask_writing_of(&writing, &data);
    cr_expect(writing.value[0] == 0 && writing.value[1] == 1 && writing.rgb[0] == 0x804080 &&
              writing.colours == 3);
    data.ignore = &ignore;
    sw_mask_writing_of(&writing, &data);
    cr_expect(writing.value[SW_NO_CLASS] == 2 && writing.rgb[2] == 0xFFFFFF);
}
