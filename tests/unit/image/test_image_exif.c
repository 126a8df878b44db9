/* Pictures that cameras stored lying on a side, and Exif data that are damaged. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/fs.h"
#include "exif_file.h"
#include "image/image.h"
#include "scratch.h"

TestSuite(image_exif, .init = scratch_create, .fini = scratch_remove);

#define IFD_BIG    "MM\0*\0\0\0\10"
#define IFD_LITTLE "II*\0\10\0\0\0"
#define WIDTH_BIG  "\1\0\0\3\0\0\0\1\0\41\0\0"

enum { BLOCK = 8, COLUMNS = 3, ROWS = 2 };

/* Six blocks "ABC" above "DEF", 'A' the darkest. */
static sw_image blocks(void)
{
    sw_image image;
    cr_assert_eq(sw_image_init(&image, COLUMNS * BLOCK, ROWS * BLOCK, 3), SW_OK);
    for (int y = 0; y < image.height; y++)
        for (int x = 0; x < image.width; x++)
            memset(image.pixels + (ptrdiff_t)3 * (y * image.width + x),
                   20 + 40 * (y / BLOCK * COLUMNS + x / BLOCK), 3);
    return image;
}

/* The letters of a picture's blocks, row by row, "ABC DEF"; of a larger one the first. */
static const char *letters(const sw_image *image)
{
    static char text[16];
    size_t length = 0;
    for (int y = BLOCK / 2; y < image->height; y += BLOCK) {
        if (y > BLOCK && length < sizeof text - 1) text[length++] = ' ';
        for (int x = BLOCK / 2; x < image->width && length < sizeof text - 1; x += BLOCK)
            text[length++] = (char)('A' + image->pixels[3 * (y * image->width + x)] / 40);
    }
    text[length] = '\0';
    return text;
}

static const char *write_jpeg(const char *tiff, size_t tiff_bytes)
{
    sw_image image = blocks();
    sw_str jpeg = {0};
    const char *path = scratch_path("file.jpg");
    cr_assert_eq(sw_image_encode_jpeg(&jpeg, &image, 95), SW_OK);
    cr_assert_eq(sw_fs_write_text(path, &jpeg), SW_OK);
    exif_file_insert(path, tiff, tiff_bytes);
    sw_image_deinit(&image);
    return path;
}

static const char *write_png(const char *tiff, size_t tiff_bytes)
{
    sw_image image = blocks();
    png_bytep exif = malloc(tiff_bytes); /* libpng wants it writable */
    cr_assert_not_null(exif);
    memcpy(exif, tiff, tiff_bytes);
    const char *path = scratch_path("file.png");
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, COLUMNS * BLOCK, ROWS * BLOCK, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_eXIf_1(png, info, (png_uint_32)tiff_bytes, exif);
    png_write_info(png, info);
    for (size_t y = 0; y < ROWS * BLOCK; y++) png_write_row(png, image.pixels + y * COLUMNS * BLOCK * 3);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(file);
    free(exif);
    sw_image_deinit(&image);
    return path;
}

static void expect_picture(const char *path, int orientation, const char *expected, const char *note)
{
    sw_image image;
    sw_str notes = {0};
    cr_assert_eq(sw_image_read_rgb_noted(&image, &notes, path), SW_OK, "%s", sw_error_message());
    const int shown_columns = (int)strcspn(expected, " ");
    cr_expect_eq(image.width, shown_columns * BLOCK);
    cr_expect_eq(image.height, COLUMNS * ROWS / shown_columns * BLOCK);
    cr_expect_eq(image.orientation, orientation);
    cr_expect_str_eq(letters(&image), expected, "%s", path);
    cr_expect_str_eq(sw_str_text(&notes), note);
    sw_str_deinit(&notes);
    sw_image_deinit(&image);
}

Test(image_exif, pictures_are_turned_as_each_of_the_eight_orientations_says)
{
    static const struct {
        const char *shown, *note;
    } cases[] = {{"ABC DEF", ""},
                 {"CBA FED", "mirrored as its Exif says"},
                 {"FED CBA", "turned by 180 degrees as its Exif says"},
                 {"DEF ABC", "mirrored and turned by 180 degrees as its Exif says"},
                 {"AD BE CF", "mirrored and turned by 270 degrees as its Exif says"},
                 {"DA EB FC", "turned by 90 degrees as its Exif says"},
                 {"FC EB DA", "mirrored and turned by 90 degrees as its Exif says"},
                 {"CF BE AD", "turned by 270 degrees as its Exif says"}};
    char big[] = IFD_BIG "\0\2" WIDTH_BIG "\1\22\0\3\0\0\0\1\0\0\0\0";
    char little[] = IFD_LITTLE "\1\0\22\1\3\0\1\0\0\0\0\0\0\0";
    for (int i = 0; i < 8; i++) {
        big[sizeof big - 4] = little[sizeof little - 5] = (char)(i + 1);
        const int applied = i == 0 ? 0 : i + 1;
        expect_picture(write_jpeg(big, sizeof big - 1), applied, cases[i].shown, cases[i].note);
        expect_picture(write_jpeg(little, sizeof little - 1), applied, cases[i].shown, cases[i].note);
        expect_picture(write_png(big, sizeof big - 1), applied, cases[i].shown, cases[i].note);
    }
}

Test(image_exif, damaged_exif_data_turn_nothing)
{
#define TIFF(text)                                                                                           \
    {                                                                                                        \
        text, sizeof text - 1                                                                                \
    }
    static const struct {
        const char *tiff;
        size_t bytes;
    } cases[] = {TIFF(IFD_LITTLE "\1\0\22\1\3\0\1\0\0\0\11\0\0\0"),          /* 9: there is none */
                 TIFF(IFD_LITTLE "\1\0\22\1\3\0\1\0\0\0\0\0\0\0"),           /* nor 0 */
                 TIFF(IFD_LITTLE "\1\0\22\1\4\0\1\0\0\0\6\0\0\0"),           /* another type of number */
                 TIFF(IFD_LITTLE "\2\0\22\1"),                               /* cut short */
                 TIFF("II*\0\377\377\377\377\1\0\22\1\3\0\1\0\0\0\3\0\0\0"), /* leads outside */
                 TIFF("II*\0\24\0\0\0\1\0\22\1\3\0\1\0\0\0\3\0\0\0"),        /* to the last two bytes */
                 TIFF(IFD_LITTLE "\377\377\23\1\3\0\1\0\0\0\3\0\0\0"),       /* more tags than bytes */
                 TIFF("II*"),
                 TIFF("")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_picture(write_jpeg(cases[i].tiff, cases[i].bytes), 0, "ABC DEF", "");
}

Test(image_exif, a_turned_picture_s_size_is_described_with_the_stored_one)
{
    char text[160];
    sw_image_describe_size(text, sizeof text, &(const sw_image){.width = 30, .height = 20});
    cr_expect_str_eq(text, "30 x 20");
    sw_image_describe_size(text, sizeof text, &(const sw_image){.width = 30, .height = 20, .orientation = 8});
    cr_expect_str_eq(text, "30 x 20, being turned by 270 degrees as its Exif says (stored 20 x 30)");
    sw_image_describe_size(text, sizeof text, &(const sw_image){.width = 30, .height = 20, .orientation = 3});
    cr_expect_str_eq(text, "30 x 20, being turned by 180 degrees as its Exif says (stored 30 x 20)");
}
