/* Images as tiles of a PNG: their places, kinds and colours, and sheets that do not fit. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/fs.h"
#include "image/image.h"
#include "run/epoch_files.h"
#include "run/tile_sheet.h"
#include "scratch.h"

TestSuite(tile_sheet, .init = scratch_create, .fini = scratch_remove);

enum { SIDE = 2, PIXELS = SIDE * SIDE };

static const uint8_t photo[3 * PIXELS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t labels[PIXELS] = {0, 1, SW_NO_CLASS, 1}, gray[PIXELS] = {0, 50, 100, 255};

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

static sw_classes two_classes(void)
{
    sw_classes classes = sw_classes_none();
    cr_assert(sw_classes_add(&classes, "a") && sw_classes_add(&classes, "b"));
    return classes;
}

static void expect_rgb(const sw_image *picture, int x, int y, uint32_t rgb)
{
    const uint8_t *at = picture->pixels + 3 * (y * picture->width + x);
    cr_expect_eq((uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2], rgb, "pixel %d, %d", x, y);
}

Test(tile_sheet, tiles_of_several_kinds_make_one_rgb_picture)
{
    static const sw_tile_kind kinds[] = {SW_TILE_RGB, SW_TILE_CLASSES, SW_TILE_GRAY};
    const sw_classes classes = two_classes();
    const uint8_t *const tiles[] = {photo, labels, gray, photo};
    const sw_tile_sheet sheet = {.count = 4, .columns = 3, .size = {SIDE, SIDE}, .classes = &classes};
    sw_image picture;
    must(sw_tile_sheet_write(scratch_path("sheet.png"), &sheet, tiles, kinds, 3));
    must(sw_image_read_rgb(&picture, scratch_path("sheet.png")));
    cr_assert(picture.width == 3 * SIDE && picture.height == 2 * SIDE);
    expect_rgb(&picture, 1, 1, 0x0A0B0C);
    expect_rgb(&picture, SIDE, 0, classes.list[0].rgb);
    expect_rgb(&picture, SIDE + 1, 1, classes.list[1].rgb);
    expect_rgb(&picture, SIDE, 1, sw_class_rgb(&classes, SW_NO_CLASS));
    expect_rgb(&picture, 2 * SIDE + 1, 0, 0x323232);
    expect_rgb(&picture, 0, SIDE, 0x010203);
    expect_rgb(&picture, 3 * SIDE - 1, 2 * SIDE - 1, 0); /* beyond the last tile */
    sw_image_deinit(&picture);
}

Test(tile_sheet, a_sheet_of_one_kind_is_read_back_tile_by_tile)
{
    static const sw_tile_kind kinds[] = {SW_TILE_GRAY};
    const uint8_t *const tiles[] = {gray, labels, gray};
    const sw_tile_sheet sheet = {.count = 3, .columns = 2, .size = {SIDE, SIDE}};
    sw_tile_sheet other = sheet;
    uint8_t found[3 * PIXELS];
    other.count = 5;
    must(sw_tile_sheet_write(scratch_path("sheet.png"), &sheet, tiles, kinds, 1));
    must(sw_tile_sheet_read(found, &sheet, scratch_path("sheet.png"), SW_TILE_GRAY, NULL));
    for (int i = 0; i < 3; i++) cr_expect_arr_eq(found + i * PIXELS, tiles[i], PIXELS);
    must(sw_tile_sheet_read(NULL, &sheet, scratch_path("sheet.png"), SW_TILE_GRAY, NULL));
    cr_expect_eq(sw_tile_sheet_read(NULL, &other, scratch_path("sheet.png"), SW_TILE_GRAY, NULL), SW_E_DATA);
}

Test(tile_sheet, ignored_pixels_of_class_maps_come_back)
{
    static const sw_tile_kind kinds[] = {SW_TILE_CLASSES};
    static const char *const names[] = {"a"};
    const sw_classes classes = two_classes();
    const uint8_t *const tiles[] = {labels};
    const sw_tile_sheet sheet = {.count = 1, .columns = 1, .size = {SIDE, SIDE}, .classes = &classes};
    uint8_t found[PIXELS];
    sw_image picture;
    must(sw_tile_sheet_write(scratch_path("sheet.png"), &sheet, tiles, kinds, 1));
    must(sw_tile_sheet_read(found, &sheet, scratch_path("sheet.png"), SW_TILE_CLASSES, names));
    cr_expect_arr_eq(found, labels, PIXELS);
    must(sw_image_read_rgb(&picture, scratch_path("sheet.png")));
    expect_rgb(&picture, 0, 1, sw_class_rgb(&classes, SW_NO_CLASS));
    sw_image_deinit(&picture);
}

Test(tile_sheet, only_a_sheet_within_the_limits_of_a_picture_fits)
{
    sw_tile_sheet sheet = {
        .count = 4, .columns = 4, .size = {SW_IMAGE_MAX_SIDE_PX / 4, SW_IMAGE_MAX_SIDE_PX / 4}};
    cr_expect(sw_tile_sheet_fits(&sheet));
    sheet.size.width++;
    cr_expect_not(sw_tile_sheet_fits(&sheet), "too wide");
    sheet.columns = 1;
    cr_expect_not(sw_tile_sheet_fits(&sheet), "too high");
    sheet.columns = 2;
    sheet.size = sw_size_square(5001);
    cr_expect_not(sw_tile_sheet_fits(&sheet), "too many pixels");
}

Test(tile_sheet, the_epochs_to_keep_are_kept_and_strangers_with_them)
{
    static const char *const endings[] = {".png", ".json", NULL};
    static const sw_epoch_files files = {"shots", endings};
    static const char *const written[] = {"shots/epoch_00.png",  "shots/epoch_07.png", "shots/epoch_07.json",
                                          "shots/epoch_12.json", "shots/epoch_9.png",  "shots/epoch_12.txt"};
    static const bool kept[] = {false, true, true, false, true, true};
    int *epochs, count;
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) scratch_write(written[i], "");
    must(sw_epoch_files_list(&epochs, &count, scratch_path("."), &files));
    cr_assert_eq(count, 2);
    cr_expect(epochs[0] == 0 && epochs[1] == 7);
    free(epochs);
    must(sw_epoch_files_keep(scratch_path("."), &files, 1, 11));
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        cr_expect_eq(sw_fs_exists(scratch_path(written[i])), kept[i], "%s", written[i]);
    must(sw_epoch_files_list(&epochs, &count, scratch_path("nowhere"), &files));
    cr_expect(count == 0 && epochs == NULL);
}
