/* Pictures read at a fraction of their size. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "exif_file.h"
#include "image/image.h"
#include "scratch.h"

TestSuite(image_shrink, .init = scratch_create, .fini = scratch_remove);

/* Smooth, so that a JPEG of the best quality keeps it within a few steps. */
static sw_image make_slope(int width, int height)
{
    sw_image image;
    cr_assert_eq(sw_image_init(&image, width, height, 3), SW_OK);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *pixel = image.pixels + (ptrdiff_t)3 * (y * width + x);
            pixel[0] = (uint8_t)(20 + 200 * x / width);
            pixel[1] = (uint8_t)(230 - 200 * y / height);
            pixel[2] = (uint8_t)(100 + 50 * x / width + 50 * y / height);
        }
    return image;
}

/* The mean of a block, rounded half up, by the plain formula. */
static int block_mean(const sw_image *image, sw_rect part, int bx, int by, int step_x, int step_y, int c)
{
    int sum = 0, count = 0;
    for (int y = by * step_y; y < (by + 1) * step_y && y < part.height; y++)
        for (int x = bx * step_x; x < (bx + 1) * step_x && x < part.width; x++, count++)
            sum += image->pixels[image->channels * ((part.top + y) * image->width + part.left + x) + c];
    return (2 * sum + count) / (2 * count);
}

Test(image_shrink, averaging_rounds_to_the_nearest_byte_for_every_block)
{
    static const sw_rect parts[] = {{0, 0, 131, 67}, {5, 3, 64, 64}, {130, 66, 1, 1}, {1, 2, 129, 64}};
    static const int steps[][2] = {{1, 1}, {2, 2}, {3, 2}, {7, 5}, {64, 64}, {1, 63}, {13, 64}};
    for (int channels = 1; channels <= 3; channels += 2) {
        sw_image image;
        cr_assert_eq(sw_image_init(&image, 131, 67, channels), SW_OK);
        for (int i = 0; i < 131 * 67 * channels; i++)
            image.pixels[i] = i % 7 ? (uint8_t)((unsigned)i * 2654435761u >> 24) : 255;
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
            for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
                int step_x = steps[s][0], step_y = steps[s][1];
                int columns = (parts[p].width - 1) / step_x + 1, rows = (parts[p].height - 1) / step_y + 1;
                uint8_t *out = malloc((size_t)(columns * rows * channels));
                uint16_t *sums = malloc((size_t)(parts[p].width * channels) * sizeof *sums);
                cr_assert(out && sums);
                sw_image_average(out, sums, &image, parts[p], step_x, step_y);
                for (int i = 0; i < columns * rows * channels; i++)
                    cr_assert_eq(out[i],
                                 block_mean(&image, parts[p], i / channels % columns, i / channels / columns,
                                            step_x, step_y, i % channels),
                                 "value %d of part %zu by %d x %d", i, p, step_y, step_x);
                free(out);
                free(sums);
            }
        sw_image_deinit(&image);
    }
}

/* What the file holds, read whole and averaged here; `most` levels may differ. */
static void expect_shrunk(const char *path, int step, int most)
{
    sw_image whole, shrunk;
    sw_str notes = {0};
    cr_assert_eq(sw_image_read_rgb_noted(&whole, &notes, path), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_image_read_rgb_shrunk(&shrunk, &notes, path, step), SW_OK, "%s", sw_error_message());
    cr_assert_eq(shrunk.width, (whole.width - 1) / step + 1);
    cr_assert_eq(shrunk.height, (whole.height - 1) / step + 1);
    cr_assert_eq(shrunk.orientation, whole.orientation);
    for (int i = 0; i < shrunk.width * shrunk.height * 3; i++) {
        int mean = block_mean(&whole, sw_image_whole(&whole), i / 3 % shrunk.width, i / 3 / shrunk.width,
                              step, step, i % 3);
        cr_assert(abs(shrunk.pixels[i] - mean) <= most, "by %d: value %d is %d instead of %d", step, i,
                  shrunk.pixels[i], mean);
    }
    sw_str_deinit(&notes);
    sw_image_deinit(&whole);
    sw_image_deinit(&shrunk);
}

Test(image_shrink, a_png_is_averaged)
{
    sw_image image = make_slope(45, 30);
    const char *path = scratch_path("slope.png");
    cr_assert_eq(sw_image_write_png(path, &image), SW_OK);
    for (int step = 1; step <= 8; step *= 2) expect_shrunk(path, step, 0);
    sw_image_deinit(&image);
}

static const char *write_jpeg(int width, int height, int orientation)
{
    sw_image image = make_slope(width, height);
    sw_str file = {0};
    const char *path = scratch_path("slope.jpg");
    cr_assert_eq(sw_image_encode_jpeg(&file, &image, 100), SW_OK);
    cr_assert_eq(sw_fs_write_text(path, &file), SW_OK);
    if (orientation) exif_file_turn(path, orientation);
    sw_image_deinit(&image);
    return path;
}

/* The decoder's own scaling repeats the last pixels to fill a block that the picture ends in. */
Test(image_shrink, a_jpeg_is_about_its_averages)
{
    for (int step = 1; step <= 8; step *= 2) {
        expect_shrunk(write_jpeg(96, 64, 0), step, 3);
        expect_shrunk(write_jpeg(45, 30, 0), step, 12);
        expect_shrunk(write_jpeg(3, 2, 0), step, 80);
    }
}

Test(image_shrink, a_turned_jpeg_is_shrunk_as_it_is_seen)
{
    for (int orientation = 1; orientation <= 8; orientation++) {
        expect_shrunk(write_jpeg(96, 64, orientation), 4, 3);
        expect_shrunk(write_jpeg(45, 30, orientation), 4, orientation == 1 ? 12 : 0);
    }
}

Test(image_shrink, a_damaged_file_is_refused_as_ever)
{
    sw_image image;
    sw_str notes = {0}, file = {0};
    const char *path = write_jpeg(96, 64, 0);
    char *bytes;
    size_t length;
    cr_assert_eq(sw_fs_read(&bytes, &length, path, 1 << 20), SW_OK);
    sw_str_append_bytes(&file, bytes, length / 2);
    cr_assert_eq(sw_fs_write_text(path, &file), SW_OK);
    cr_assert_eq(sw_image_read_rgb_shrunk(&image, &notes, path, 4), SW_E_DATA);
    cr_assert_null(image.pixels);
    free(bytes);
    sw_str_deinit(&notes);
}
