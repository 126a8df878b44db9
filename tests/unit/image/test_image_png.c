/* PNG decoding and encoding. The files are made with libpng here. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/fs.h"
#include "image/image.h"
#include "scratch.h"

TestSuite(image_png, .init = scratch_create, .fini = scratch_remove);

typedef struct png_case {
    int width, height, depth, type;
    bool interlaced;
    const uint8_t *rows; /* packed as PNG stores them, without filters */
    size_t row_bytes;
    const png_color *palette;
    int palette_count;
    const uint8_t *alphas; /* of the palette */
    int alpha_count;
} png_case;

static const char *write_png(const png_case *c)
{
    const char *path = scratch_path("file.png");
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)c->width, (png_uint_32)c->height, c->depth, c->type,
                 c->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (c->palette) png_set_PLTE(png, info, c->palette, c->palette_count);
    if (c->alphas) png_set_tRNS(png, info, c->alphas, c->alpha_count, NULL);
    png_write_info(png, info);
    int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < c->height; y++) png_write_row(png, c->rows + (size_t)y * c->row_bytes);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(file);
    return path;
}

/* Reads what write_png wrote and compares the RGB values and the note. */
static void expect_rgb(const png_case *c, const uint8_t *expected, const char *note)
{
    sw_image image;
    sw_str notes = {0};
    cr_assert_eq(sw_image_read_rgb_noted(&image, &notes, write_png(c)), SW_OK, "%s", sw_error_message());
    cr_assert_eq(image.width, c->width);
    cr_assert_eq(image.height, c->height);
    cr_assert_eq(image.channels, 3);
    for (int i = 0; i < c->width * c->height * 3; i++)
        cr_assert_eq(image.pixels[i], expected[i], "value %d: %d instead of %d", i, image.pixels[i],
                     expected[i]);
    cr_assert_str_eq(notes.text ? notes.text : "", note);
    sw_str_deinit(&notes);
    sw_image_deinit(&image);
}

Test(image_png, eight_bit_colour_is_taken_as_it_is_also_interlaced)
{
    uint8_t rows[5 * 9 * 3];
    for (size_t i = 0; i < sizeof rows; i++) rows[i] = (uint8_t)(i * 29);
    png_case c = {
        .width = 5, .height = 9, .depth = 8, .type = PNG_COLOR_TYPE_RGB, .rows = rows, .row_bytes = 15};
    expect_rgb(&c, rows, "");
    c.interlaced = true;
    expect_rgb(&c, rows, "");
}

Test(image_png, sixteen_bits_are_rounded_to_eight)
{
    const uint8_t rows[] = {0x80, 0x80, 0x00, 0xff, 0xff, 0xff};
    png_case c = {
        .width = 1, .height = 1, .depth = 16, .type = PNG_COLOR_TYPE_RGB, .rows = rows, .row_bytes = 6};
    expect_rgb(&c, (const uint8_t[]){128, 1, 255}, "16 bits reduced to 8");
}

Test(image_png, gray_of_any_depth_fills_the_range)
{
    png_case c = {.width = 4,
                  .height = 1,
                  .depth = 2,
                  .type = PNG_COLOR_TYPE_GRAY,
                  .rows = (const uint8_t[]){0x1b},
                  .row_bytes = 1};
    expect_rgb(&c, (const uint8_t[]){0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255},
               "gray converted to RGB");
    c.depth = 1;
    c.rows = (const uint8_t[]){0xa0};
    expect_rgb(&c, (const uint8_t[]){255, 255, 255, 0, 0, 0, 255, 255, 255, 0, 0, 0},
               "gray converted to RGB");
}

Test(image_png, alpha_is_composed_on_black)
{
    const uint8_t rgba[] = {200, 100, 50, 255, 200, 100, 50, 128, 200, 100, 50, 0};
    png_case c = {
        .width = 3, .height = 1, .depth = 8, .type = PNG_COLOR_TYPE_RGB_ALPHA, .rows = rgba, .row_bytes = 12};
    expect_rgb(&c, (const uint8_t[]){200, 100, 50, 100, 50, 25, 0, 0, 0}, "alpha composed on black");
    const uint8_t gray_alpha[] = {90, 255, 90, 51};
    png_case gray = {.width = 2,
                     .height = 1,
                     .depth = 8,
                     .type = PNG_COLOR_TYPE_GRAY_ALPHA,
                     .rows = gray_alpha,
                     .row_bytes = 4};
    expect_rgb(&gray, (const uint8_t[]){90, 90, 90, 18, 18, 18},
               "gray converted to RGB; alpha composed on black");
}

Test(image_png, a_palette_becomes_its_colours_with_their_alpha)
{
    const png_color palette[] = {{10, 20, 30}, {40, 50, 60}, {250, 250, 250}};
    png_case c = {.width = 3,
                  .height = 1,
                  .depth = 8,
                  .type = PNG_COLOR_TYPE_PALETTE,
                  .rows = (const uint8_t[]){2, 0, 1},
                  .row_bytes = 3,
                  .palette = palette,
                  .palette_count = 3};
    expect_rgb(&c, (const uint8_t[]){250, 250, 250, 10, 20, 30, 40, 50, 60}, "palette converted to RGB");
    c.alphas = (const uint8_t[]){255, 0};
    c.alpha_count = 2;
    expect_rgb(&c, (const uint8_t[]){250, 250, 250, 10, 20, 30, 0, 0, 0},
               "palette converted to RGB; alpha composed on black");
}

Test(image_png, the_content_decides_not_the_name)
{
    const uint8_t rows[] = {1, 2, 3};
    png_case c = {
        .width = 1, .height = 1, .depth = 8, .type = PNG_COLOR_TYPE_RGB, .rows = rows, .row_bytes = 3};
    const char *path = scratch_path("really_a_png.jpg");
    cr_assert_eq(rename(write_png(&c), path), 0);
    sw_image image;
    sw_str notes = {0};
    cr_assert_eq(sw_image_read_rgb_noted(&image, &notes, path), SW_OK, "%s", sw_error_message());
    cr_assert_arr_eq(image.pixels, rows, 3);
    cr_assert_str_eq(notes.text, "a PNG under a .jpg name");
    sw_str_deinit(&notes);
    sw_image_deinit(&image);
}

Test(image_png, a_mask_keeps_its_values_as_stored)
{
    const png_color palette[] = {{9, 9, 9}, {8, 8, 8}, {7, 7, 7}, {6, 6, 6}};
    png_case cases[] = {
        {.width = 4,
         .height = 1,
         .depth = 8,
         .type = PNG_COLOR_TYPE_GRAY,
         .rows = (const uint8_t[]){3, 1, 2, 0},
         .row_bytes = 4},
        {.width = 4,
         .height = 1,
         .depth = 2,
         .type = PNG_COLOR_TYPE_GRAY,
         .rows = (const uint8_t[]){0xd8},
         .row_bytes = 1},
        {.width = 4,
         .height = 1,
         .depth = 2,
         .type = PNG_COLOR_TYPE_PALETTE,
         .rows = (const uint8_t[]){0xd8},
         .row_bytes = 1,
         .palette = palette,
         .palette_count = 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sw_image mask;
        cr_assert_eq(sw_image_read_mask(&mask, write_png(&cases[i])), SW_OK, "%s", sw_error_message());
        cr_assert_eq(mask.channels, 1);
        cr_assert_arr_eq(mask.pixels, ((const uint8_t[]){3, 1, 2, 0}), 4);
        sw_image_deinit(&mask);
    }
}

Test(image_png, a_mask_of_more_channels_or_bits_is_refused)
{
    const uint8_t rows[8] = {0};
    png_case cases[] = {
        {.width = 1, .height = 1, .depth = 8, .type = PNG_COLOR_TYPE_RGB, .rows = rows, .row_bytes = 3},
        {.width = 1, .height = 1, .depth = 16, .type = PNG_COLOR_TYPE_GRAY, .rows = rows, .row_bytes = 2},
        {.width = 1,
         .height = 1,
         .depth = 8,
         .type = PNG_COLOR_TYPE_GRAY_ALPHA,
         .rows = rows,
         .row_bytes = 2},
    };
    sw_image mask;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(sw_image_read_mask(&mask, write_png(&cases[i])), SW_E_DATA);
        cr_assert(strstr(sw_error_message(), "a mask has"), "%s", sw_error_message());
    }
    cr_assert_eq(sw_image_read_mask(&mask, scratch_write("text.png", "no picture")), SW_E_DATA);
    cr_assert_eq(sw_image_read_mask(&mask, scratch_path("missing.png")), SW_E_IO);
}

Test(image_png, written_and_read_back_without_loss)
{
    for (int channels = 1; channels <= 3; channels += 2) {
        sw_image image, back;
        cr_assert_eq(sw_image_init(&image, 31, 7, channels), SW_OK);
        size_t count = (size_t)(31 * 7 * channels);
        for (size_t i = 0; i < count; i++) image.pixels[i] = (uint8_t)(i * i);
        const char *path = scratch_path("written.png");
        cr_assert_eq(sw_image_write_png(path, &image), SW_OK, "%s", sw_error_message());
        cr_assert_eq(channels == 3 ? sw_image_read_rgb(&back, path) : sw_image_read_mask(&back, path), SW_OK);
        cr_assert_arr_eq(image.pixels, back.pixels, count);
        sw_image_deinit(&image);
        sw_image_deinit(&back);
    }
}

/* The bytes of a valid file; caller frees. */
static char *valid_file(size_t *length)
{
    uint8_t rows[11 * 13 * 3];
    for (size_t i = 0; i < sizeof rows; i++) rows[i] = (uint8_t)(i * 2654435761u >> 24);
    png_case c = {
        .width = 11, .height = 13, .depth = 8, .type = PNG_COLOR_TYPE_RGB, .rows = rows, .row_bytes = 33};
    char *bytes;
    cr_assert_eq(sw_fs_read(&bytes, length, write_png(&c), 1 << 20), SW_OK);
    return bytes;
}

static sw_status read_bytes(const void *bytes, size_t length)
{
    static const char *path; /* asked for once: there are thousands of calls */
    if (!path) path = scratch_path("damaged.png");
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
    sw_image image;
    sw_status status = sw_image_read_rgb(&image, path);
    cr_assert(status == SW_OK ? image.pixels != NULL : image.pixels == NULL);
    sw_image_deinit(&image);
    return status;
}

Test(image_png, a_file_cut_anywhere_is_refused)
{
    size_t length;
    char *bytes = valid_file(&length);
    cr_assert_eq(read_bytes(bytes, length), SW_OK);
    for (size_t cut = 0; cut < length; cut++)
        cr_assert_eq(read_bytes(bytes, cut), SW_E_DATA, "cut at %zu", cut);
    free(bytes);
}

Test(image_png, a_damaged_byte_is_noticed_in_what_makes_the_picture)
{
    /* of the chunk IEND, which is empty: libpng 1.6.48 does not look at it */
    enum { END_CHECKSUM_BYTES = 4 };
    size_t length;
    char *bytes = valid_file(&length);
    for (size_t i = 0; i < length - END_CHECKSUM_BYTES; i++) {
        bytes[i] = (char)(bytes[i] ^ 0x24);
        cr_assert_eq(read_bytes(bytes, length), SW_E_DATA, "byte %zu", i);
        bytes[i] = (char)(bytes[i] ^ 0x24);
    }
    free(bytes);
}

static void put_big_endian(char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) at[i] = (char)(value >> (24 - 8 * i));
}

/* CRC-32 as PNG defines it */
static uint32_t checksum(const char *bytes, size_t length)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

Test(image_png, a_forged_size_is_refused_before_memory_is_taken)
{
    static const uint32_t sizes[][2] = {
        {20000, 20000}, {20001, 2}, {2, 20001}, {0x7fffffff, 0x7fffffff}, {0, 1}};
    size_t length;
    char *bytes = valid_file(&length);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        put_big_endian(bytes + 16, sizes[i][0]);
        put_big_endian(bytes + 20, sizes[i][1]);
        put_big_endian(bytes + 29, checksum(bytes + 12, 17));
        cr_assert_eq(read_bytes(bytes, length), SW_E_DATA, "%u x %u", sizes[i][0], sizes[i][1]);
    }
    free(bytes);
}

Test(image_png, a_picture_of_impossible_size_is_not_made)
{
    static const int sizes[][3] = {{0, 1, 3},         {1, -1, 3}, {20001, 1, 1},
                                   {20000, 20000, 1}, {1, 1, 0},  {1, 1, 5}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        sw_image image;
        cr_assert_eq(sw_image_init(&image, sizes[i][0], sizes[i][1], sizes[i][2]), SW_E_DATA);
        cr_assert_null(image.pixels);
    }
}

Test(image_png, a_picture_with_a_palette_keeps_its_values_and_shows_their_colours)
{
    static const int counts[] = {1, 2, 3, 4, 5, 16, 17, 256};
    uint32_t rgb[256];
    uint8_t values[13 * 5];
    for (size_t i = 0; i < 256; i++) rgb[i] = (uint32_t)(i * 0x010305u + 0x102030u) & 0xFFFFFFu;
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        const sw_image picture = {.pixels = values, .width = 13, .height = 5, .channels = 1};
        const char *path = scratch_path("palette.png");
        sw_image stored, shown;
        sw_str notes = {0};
        for (size_t i = 0; i < sizeof values; i++) values[i] = (uint8_t)((int)(i * 7) % counts[n]);
        cr_assert_eq(sw_image_write_png_indexed(path, &picture, rgb, counts[n]), SW_OK, "%s",
                     sw_error_message());
        cr_assert_eq(sw_image_read_mask(&stored, path), SW_OK, "%s", sw_error_message());
        cr_assert_eq(sw_image_read_rgb_noted(&shown, &notes, path), SW_OK, "%s", sw_error_message());
        cr_assert(stored.width == 13 && stored.height == 5);
        for (size_t i = 0; i < sizeof values; i++) {
            const uint8_t *p = shown.pixels + 3 * i;
            cr_assert_eq(stored.pixels[i], values[i], "%d colours, pixel %zu", counts[n], i);
            cr_assert_eq((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2], rgb[values[i]]);
        }
        sw_str_deinit(&notes);
        sw_image_deinit(&stored);
        sw_image_deinit(&shown);
    }
}
