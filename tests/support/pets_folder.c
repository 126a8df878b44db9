#include "pets_folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "image/image.h"
#include "scratch.h"

/* FOLDER/BEFORE NAME AFTER, as scratch_path keeps it: an absolute path is taken as it is */
static const char *path_of(const char *folder, const char *before, const char *name, const char *after)
{
    char *path = sw_strf("%s/%s%s%s", folder, before, name, after);
    cr_assert_not_null(path);
    const char *kept = scratch_path(path);
    free(path);
    return kept;
}

const char *pets_folder_path(const char *folder, const char *below)
{
    return path_of(folder, below, "", "");
}

const char *pets_folder_create(const char *name)
{
    const char *folder = scratch_path(name);
    cr_assert_eq(sw_fs_mkdirs(pets_folder_path(folder, "images")), SW_OK);
    cr_assert_eq(sw_fs_mkdirs(pets_folder_path(folder, "annotations/trimaps")), SW_OK);
    return folder;
}

void pets_folder_add_trimap(const char *folder, const char *name, int width, int height,
                            const uint8_t *values)
{
    uint8_t *copy = malloc((size_t)width * (size_t)height);
    cr_assert_not_null(copy);
    memcpy(copy, values, (size_t)width * (size_t)height);
    sw_image trimap = {.pixels = copy, .width = width, .height = height, .channels = 1};
    cr_assert_eq(sw_image_write_png(path_of(folder, "annotations/trimaps/", name, ".png"), &trimap), SW_OK,
                 "%s", sw_error_message());
    free(copy);
}

void pets_folder_add(const char *folder, const char *name, int width, int height, unsigned variant)
{
    sw_image image;
    cr_assert_eq(sw_image_init(&image, width, height, 3), SW_OK);
    uint8_t *trimap = malloc((size_t)width * (size_t)height);
    cr_assert_not_null(trimap);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            size_t i = (size_t)y * (size_t)width + (size_t)x;
            image.pixels[3 * i] = (uint8_t)(40 + 150 * x / width);
            image.pixels[3 * i + 1] = (uint8_t)(200 - 150 * y / height);
            image.pixels[3 * i + 2] = (uint8_t)(variant * 37);
            trimap[i] = (uint8_t)(1 + ((unsigned)(3 * x / width) + variant) % 3);
        }
    sw_str file = {0};
    cr_assert_eq(sw_image_encode_jpeg(&file, &image, 95), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_fs_write(path_of(folder, "images/", name, ".jpg"), file.text, file.length), SW_OK, "%s",
                 sw_error_message());
    sw_str_deinit(&file);
    pets_folder_add_trimap(folder, name, width, height, trimap);
    sw_image_deinit(&image);
    free(trimap);
}

void pets_folder_list(const char *folder, const char *split, const char *names)
{
    sw_str text = {0};
    sw_str_append(&text, "");
    while (*names) {
        int length = (int)strcspn(names, " ");
        sw_str_printf(&text, "%.*s 1 1 1\n", length, names);
        names += length;
        names += strspn(names, " ");
    }
    cr_assert_eq(sw_str_status(&text), SW_OK);
    cr_assert_eq(sw_fs_write(path_of(folder, "annotations/", split, ".txt"), text.text, text.length), SW_OK);
    sw_str_deinit(&text);
}

void write_file(const char *path, const void *bytes, size_t length)
{
    cr_assert_eq(sw_fs_write(path, bytes, length), SW_OK, "%s", sw_error_message());
}

static char caught[1 << 16];
static int caught_lines;

static void catch_line(void *user, sw_log_level level, const char *line)
{
    (void)user;
    (void)level;
    size_t used = strlen(caught);
    snprintf(caught + used, sizeof caught - used, "%s%s", used ? "\n" : "", line);
    caught_lines++;
}

void caught_log_clear(void)
{
    sw_log_remove_sink(catch_line, NULL);
    sw_log_add_sink(catch_line, NULL);
    caught[0] = '\0';
    caught_lines = 0;
}

const char *caught_log(void)
{
    return caught;
}

int caught_log_lines(void)
{
    return caught_lines;
}
