#include "mask_files.h"

#include <criterion/criterion.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "image/image.h"
#include "scratch.h"

/* The path of a file whose folder exists. */
static const char *place(const char *name)
{
    const char *path = scratch_write(name, "");
    return path;
}

const char *write_picture(const char *name, int width, int height, unsigned variant)
{
    const char *path = place(name);
    sw_image image;
    sw_str file = {0};
    cr_assert_eq(sw_image_init(&image, width, height, 3), SW_OK);
    for (int i = 0; i < width * height; i++) {
        image.pixels[3 * i] = (uint8_t)(i * 5 + (int)variant * 40);
        image.pixels[3 * i + 1] = (uint8_t)(i / width * 9);
        image.pixels[3 * i + 2] = (uint8_t)(variant * 60);
    }
    const bool jpeg = strncasecmp(strrchr(name, '.'), ".jp", 3) == 0;
    cr_assert_eq(jpeg ? sw_image_encode_jpeg(&file, &image, 95) : sw_image_encode_png(&file, &image), SW_OK);
    cr_assert_eq(sw_fs_write(path, file.text, file.length), SW_OK, "%s", sw_error_message());
    sw_str_deinit(&file);
    sw_image_deinit(&image);
    return path;
}

const char *write_gray_mask(const char *name, int width, int height, const uint8_t *values)
{
    const char *path = place(name);
    sw_image image;
    cr_assert_eq(sw_image_init(&image, width, height, 1), SW_OK);
    memcpy(image.pixels, values, (size_t)width * (size_t)height);
    cr_assert_eq(sw_image_write_png(path, &image), SW_OK, "%s", sw_error_message());
    sw_image_deinit(&image);
    return path;
}

const char *write_palette_mask(const char *name, int width, int height, const uint8_t *values,
                               const uint32_t *rgb, int colours)
{
    const char *path = place(name);
    sw_image image;
    cr_assert_eq(sw_image_init(&image, width, height, 1), SW_OK);
    memcpy(image.pixels, values, (size_t)width * (size_t)height);
    cr_assert_eq(sw_image_write_png_indexed(path, &image, rgb, colours), SW_OK, "%s", sw_error_message());
    sw_image_deinit(&image);
    return path;
}

const char *write_colour_mask(const char *name, int width, int height, const uint32_t *rgb)
{
    const char *path = place(name);
    sw_image image;
    cr_assert_eq(sw_image_init(&image, width, height, 3), SW_OK);
    for (int i = 0; i < width * height; i++)
        for (int c = 0; c < 3; c++) image.pixels[3 * i + c] = (uint8_t)(rgb[i] >> (8 * (2 - c)));
    cr_assert_eq(sw_image_write_png(path, &image), SW_OK, "%s", sw_error_message());
    sw_image_deinit(&image);
    return path;
}
