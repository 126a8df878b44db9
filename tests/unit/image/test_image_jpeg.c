/* JPEG decoding, of good files and of every kind of damage. The files are made with libjpeg here. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jpeglib.h>

#include "base/fs.h"
#include "image/image.h"
#include "pets_folder.h"
#include "scratch.h"

TestSuite(image_jpeg, .init = scratch_create, .fini = scratch_remove);

enum { WIDTH = 33, HEIGHT = 17, QUALITY = 95 };

typedef struct jpeg_kind {
    int components;
    J_COLOR_SPACE in, stored;
    bool adobe, progressive;
} jpeg_kind;

static const jpeg_kind plain = {3, JCS_RGB, JCS_YCbCr, false, false};
static const jpeg_kind progressive = {3, JCS_RGB, JCS_YCbCr, false, true};

/* A JPEG of one colour; caller frees. */
static unsigned char *make_jpeg(unsigned long *length, jpeg_kind kind, const uint8_t *color)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char *bytes = NULL;
    jpeg_mem_dest(&info, &bytes, length);
    info.image_width = WIDTH;
    info.image_height = HEIGHT;
    info.input_components = kind.components;
    info.in_color_space = kind.in;
    jpeg_set_defaults(&info);
    jpeg_set_colorspace(&info, kind.stored);
    info.write_Adobe_marker = kind.adobe;
    jpeg_set_quality(&info, QUALITY, TRUE);
    if (kind.progressive) jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    JSAMPLE row[WIDTH * 4];
    for (int x = 0; x < WIDTH; x++) memcpy(row + x * kind.components, color, (size_t)kind.components);
    for (int y = 0; y < HEIGHT; y++) jpeg_write_scanlines(&info, (JSAMPROW[]){row}, 1);
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    return bytes;
}

/* A JPEG of many colours, so that its data is long; caller frees. */
static unsigned char *make_busy_jpeg(size_t *length, bool in_scans)
{
    sw_image image;
    cr_assert_eq(sw_image_init(&image, WIDTH, HEIGHT, 3), SW_OK);
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++) image.pixels[i] = (uint8_t)((unsigned)i * 2654435761u >> 24);
    sw_str file = {0};
    cr_assert_eq(sw_image_encode_jpeg(&file, &image, 40), SW_OK);
    sw_image_deinit(&image);
    *length = file.length;
    if (!in_scans) return (unsigned char *)file.text;
    sw_str_deinit(&file);
    unsigned long scanned;
    unsigned char *bytes = make_jpeg(&scanned, progressive, (const uint8_t[]){10, 200, 90});
    *length = scanned;
    return bytes;
}

/* Reads bytes as a file; *notes (may be NULL) gets the notes, valid until the next call. */
static sw_status read_bytes(sw_image *out, const char **notes, const void *bytes, size_t length)
{
    static char kept[1024];
    static const char *path; /* asked for once: there are thousands of calls */
    if (!path) path = scratch_path("file.jpg");
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
    sw_str text = {0};
    sw_status status = sw_image_read_rgb_noted(out, &text, path);
    snprintf(kept, sizeof kept, "%s", text.text ? text.text : "");
    sw_str_deinit(&text);
    if (notes) *notes = kept;
    cr_assert(status == SW_OK ? out->pixels != NULL : out->pixels == NULL);
    return status;
}

static void expect_color(const sw_image *image, int r, int g, int b, int tolerance)
{
    const int expected[3] = {r, g, b};
    cr_assert_eq(image->width, WIDTH);
    cr_assert_eq(image->height, HEIGHT);
    cr_assert_eq(image->channels, 3);
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        cr_assert_leq(abs(image->pixels[i] - expected[i % 3]), tolerance, "value %d: %d instead of %d", i,
                      image->pixels[i], expected[i % 3]);
}

static void expect_decoded(jpeg_kind kind, const uint8_t *color, int r, int g, int b, const char *note)
{
    unsigned long length;
    unsigned char *bytes = make_jpeg(&length, kind, color);
    sw_image image;
    const char *notes;
    cr_assert_eq(read_bytes(&image, &notes, bytes, length), SW_OK, "%s", sw_error_message());
    expect_color(&image, r, g, b, 3);
    cr_assert_str_eq(notes, note);
    sw_image_deinit(&image);
    free(bytes);
}

Test(image_jpeg, colour_is_decoded_whether_baseline_or_progressive)
{
    const uint8_t color[] = {200, 120, 40};
    expect_decoded(plain, color, 200, 120, 40, "");
    expect_decoded(progressive, color, 200, 120, 40, "");
}

Test(image_jpeg, gray_becomes_three_equal_channels)
{
    expect_decoded((jpeg_kind){1, JCS_GRAYSCALE, JCS_GRAYSCALE, false, false}, (const uint8_t[]){77}, 77, 77,
                   77, "gray converted to RGB");
}

Test(image_jpeg, inks_are_inverted_only_when_adobe_marked_them)
{
    /* cyan 51, magenta 102, yellow 204, black 85 of 255: each lets 255 - ink through, black all of them
     * 170/255 */
    const uint8_t inks[] = {51, 102, 204, 85}, inverted[] = {204, 153, 51, 170};
    const char *note = "CMYK converted to RGB";
    expect_decoded((jpeg_kind){4, JCS_CMYK, JCS_CMYK, false, false}, inks, 136, 102, 34, note);
    expect_decoded((jpeg_kind){4, JCS_CMYK, JCS_CMYK, true, false}, inverted, 136, 102, 34, note);
    expect_decoded((jpeg_kind){4, JCS_CMYK, JCS_YCCK, true, false}, inverted, 136, 102, 34, note);
}

Test(image_jpeg, two_components_are_refused)
{
    unsigned long length;
    unsigned char *bytes =
        make_jpeg(&length, (jpeg_kind){2, JCS_UNKNOWN, JCS_UNKNOWN, false, false}, (const uint8_t[]){1, 2});
    sw_image image;
    cr_assert_eq(read_bytes(&image, NULL, bytes, length), SW_E_DATA);
    cr_assert_not_null(strstr(sw_error_message(), "2 components"), "%s", sw_error_message());
    free(bytes);
}

Test(image_jpeg, a_file_cut_anywhere_is_refused_or_whole)
{
    for (int in_scans = 0; in_scans < 2; in_scans++) {
        size_t length;
        unsigned char *bytes = make_busy_jpeg(&length, in_scans);
        for (size_t cut = 0; cut < length; cut++) {
            /* A buffer of exactly that size, so that a read past it is found by the address sanitizer */
            sw_image image;
            const char *notes;
            sw_status status = read_bytes(&image, &notes, bytes, cut);
            if (status == SW_OK) {
                cr_assert(strstr(notes, "JPEG decoder:"), "cut at %zu of %zu: no word about it", cut, length);
                cr_assert(in_scans || cut >= length - 2, "cut at %zu of %zu and taken as good", cut, length);
            } else {
                cr_assert_eq(status, SW_E_DATA);
            }
            sw_image_deinit(&image);
        }
        free(bytes);
    }
}

Test(image_jpeg, any_damaged_byte_leaves_a_picture_or_a_message)
{
    size_t length;
    unsigned char *bytes = make_busy_jpeg(&length, false);
    for (size_t i = 2; i < length; i++) {
        unsigned char kept = bytes[i];
        bytes[i] = i % 2 ? 0xff : (unsigned char)(kept ^ 0x55);
        sw_image image;
        sw_status status = read_bytes(&image, NULL, bytes, length);
        cr_assert(status == SW_OK || status == SW_E_DATA, "byte %zu: %s", i, sw_error_message());
        sw_image_deinit(&image);
        bytes[i] = kept;
    }
    free(bytes);
}

/* Finds the frame header (SOF0) and puts another size into it. */
static void forge_size(unsigned char *bytes, size_t length, unsigned width, unsigned height)
{
    for (size_t i = 0; i + 9 < length; i++) {
        if (bytes[i] != 0xff || bytes[i + 1] != 0xc0) continue;
        bytes[i + 5] = (unsigned char)(height >> 8);
        bytes[i + 6] = (unsigned char)height;
        bytes[i + 7] = (unsigned char)(width >> 8);
        bytes[i + 8] = (unsigned char)width;
        return;
    }
    cr_assert_fail("no frame header");
}

Test(image_jpeg, a_forged_size_is_refused_before_memory_is_taken)
{
    static const unsigned sizes[][2] = {{65500, 65500}, {20001, 1}, {1, 20001}, {20000, 20000}, {0, 5}};
    size_t length;
    unsigned char *bytes = make_busy_jpeg(&length, false);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        forge_size(bytes, length, sizes[i][0], sizes[i][1]);
        sw_image image;
        cr_assert_eq(read_bytes(&image, NULL, bytes, length), SW_E_DATA, "%u x %u", sizes[i][0], sizes[i][1]);
    }
    free(bytes);
}

Test(image_jpeg, stray_bytes_are_a_note_and_the_picture_is_used)
{
    size_t length;
    unsigned char *bytes = make_busy_jpeg(&length, false);
    enum { STRAY = 50 }; /* more than the decoder holds in its registers when the picture ends */
    unsigned char *longer = calloc(1, length + STRAY);
    cr_assert_not_null(longer);
    memcpy(longer, bytes, length - 2);
    memcpy(longer + length - 2 + STRAY, bytes + length - 2, 2);
    sw_image image;
    const char *notes;
    cr_assert_eq(read_bytes(&image, &notes, longer, length + STRAY), SW_OK, "%s", sw_error_message());
    cr_assert(strstr(notes, "extraneous bytes"), "%s", notes);
    sw_image_deinit(&image);

    caught_log_clear();
    cr_assert_eq(sw_image_read_rgb(&image, scratch_path("file.jpg")), SW_OK);
    cr_assert_eq(caught_log_lines(), 1);
    cr_assert(strstr(caught_log(), "file.jpg: JPEG decoder:"), "%s", caught_log());
    sw_image_deinit(&image);
    free(longer);
    free(bytes);
}

/* A progressive file that says it has `side` x `side` pixels and repeats its last scan until it has `scans`.
 */
static sw_status read_scans(int side, int scans)
{
    unsigned long length;
    unsigned char *bytes = make_jpeg(&length, progressive, (const uint8_t[]){10, 200, 90});
    int have = 0;
    size_t last_scan = 0;
    for (size_t i = 0; i + 1 < length; i++) {
        if (bytes[i] != 0xff) continue;
        if (bytes[i + 1] == 0xda) have++, last_scan = i;
        if (bytes[i + 1] == 0xc2 && side)
            bytes[i + 5] = bytes[i + 7] = (unsigned char)(side >> 8),
                      bytes[i + 6] = bytes[i + 8] = (unsigned char)side;
    }
    sw_str many = {0};
    sw_str_append_bytes(&many, bytes, length - 2);
    for (; have < scans; have++) sw_str_append_bytes(&many, bytes + last_scan, length - 2 - last_scan);
    sw_str_append_bytes(&many, bytes + length - 2, 2);
    sw_image image;
    const sw_status status = read_bytes(&image, NULL, many.text, many.length);
    sw_image_deinit(&image);
    sw_str_deinit(&many);
    free(bytes);
    return status;
}

static void expect_too_many(int side, int scans, const char *words)
{
    cr_expect_eq(read_scans(side, scans), SW_E_DATA, "%d scans of %d pixels a side", scans, side);
    cr_expect(strstr(sw_error_message(), "file.jpg: JPEG: more than the") &&
                  strstr(sw_error_message(), words),
              "%s", sw_error_message());
}

Test(image_jpeg, more_scans_than_decode_in_a_second_are_refused_and_the_usual_ones_of_any_picture_are_read)
{
    enum { AS_IT_IS = 0, LARGE = 4000 };
    cr_expect_eq(read_scans(AS_IT_IS, 200), SW_OK, "%s", sw_error_message());
    expect_too_many(AS_IT_IS, 201, "200 scans");
    cr_expect_eq(read_scans(LARGE, 20), SW_OK, "%s", sw_error_message());
    expect_too_many(LARGE, 21, "20 scans that are read of 4000 x 4000 pixels");
}

Test(image_jpeg, other_formats_are_named_whatever_the_file_is_called)
{
    static const struct {
        const char *bytes, *name;
        size_t length;
    } cases[] = {
        {"GIF89a\1\0\1\0", "a GIF", 10},
        {"BM\x3a\0\0\0", "a BMP", 6},
        {"RIFF\4\0\0\0WEBPVP8 ", "a WebP", 16},
        {"II*\0\x8\0\0\0", "a TIFF", 8},
        {"<html>", "a web page", 6},
        {"version https://git-lfs", "a Git LFS pointer", 23},
        {"", "an empty file", 0},
        {"hello", "no picture format", 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sw_image image;
        cr_assert_eq(read_bytes(&image, NULL, cases[i].bytes, cases[i].length), SW_E_DATA);
        cr_assert(strstr(sw_error_message(), cases[i].name), "%s", sw_error_message());
        cr_assert(strstr(sw_error_message(), "file.jpg: "), "%s", sw_error_message());
    }
}

Test(image_jpeg, what_is_no_regular_file_is_refused_at_once)
{
    sw_image image;
    cr_assert_eq(sw_image_read_rgb(&image, scratch_path("missing.jpg")), SW_E_IO);
    cr_assert(strstr(sw_error_message(), "missing.jpg"));
    cr_assert_eq(sw_image_read_rgb(&image, scratch_path(".")), SW_E_IO);
    cr_assert_eq(mkfifo(scratch_path("pipe.jpg"), 0600), 0);
    cr_assert_eq(sw_image_read_rgb(&image, scratch_path("pipe.jpg")), SW_E_IO);
}

Test(image_jpeg, written_without_chroma_subsampling_and_read_back)
{
    /* Red and blue columns in turn: with subsampling their colours would run together */
    sw_image image;
    cr_assert_eq(sw_image_init(&image, 16, 9, 3), SW_OK);
    for (int i = 0; i < 16 * 9; i++) {
        const uint8_t *color = i % 2 ? (const uint8_t[]){220, 30, 30} : (const uint8_t[]){30, 30, 220};
        memcpy(image.pixels + 3 * i, color, 3);
    }
    const char *path = scratch_path("written.jpg");
    sw_str file = {0};
    cr_assert_eq(sw_image_encode_jpeg(&file, &image, 95), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_fs_write(path, file.text, file.length), SW_OK, "%s", sw_error_message());
    sw_str_deinit(&file);
    sw_image back;
    cr_assert_eq(sw_image_read_rgb(&back, path), SW_OK, "%s", sw_error_message());
    for (int i = 0; i < 16 * 9 * 3; i++)
        cr_assert_leq(abs(image.pixels[i] - back.pixels[i]), 12, "value %d", i);
    sw_image_deinit(&image);
    sw_image_deinit(&back);
}
