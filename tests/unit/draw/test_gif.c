/* Animations, played back by another library. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "draw/gif.h"
#include "gif_film.h"
#include "scratch.h"

TestSuite(gif, .init = scratch_create, .fini = scratch_remove);

enum { WIDTH = 37, HEIGHT = 23, PIXELS = WIDTH * HEIGHT };

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* Colours without two that are alike. */
static void make_colours(uint32_t *rgb, int count)
{
    for (int i = 0; i < count; i++) rgb[i] = (uint32_t)i * 0x010409u % 0xFFFFFFu;
}

/* frames of indices below `colours`, the first full of them, the others mostly like the one before */
static void make_frames(uint8_t (*frames)[PIXELS], int count, int colours)
{
    for (int i = 0; i < PIXELS; i++) frames[0][i] = (uint8_t)(i * 31 % colours);
    for (int f = 1; f < count; f++) {
        memcpy(frames[f], frames[f - 1], PIXELS);
        for (int i = f; i < PIXELS; i += 7 * f) frames[f][i] = (uint8_t)((i + f) % colours);
    }
}

static const char *write_film(uint8_t (*frames)[PIXELS], int count, const uint32_t *rgb, int colours)
{
    sw_gif *gif;
    const char *path = scratch_path("film.gif");
    must(sw_gif_open(&gif, path, WIDTH, HEIGHT, rgb, colours));
    for (int f = 0; f < count; f++) must(sw_gif_add(gif, frames[f], f == count - 1 ? 333 : 2 + f));
    must(sw_gif_close(gif));
    return path;
}

Test(gif, every_frame_comes_back_pixel_for_pixel_with_its_delay_in_an_endless_loop)
{
    static const int colour_counts[] = {1, 2, 3, 4, 5, 16, 17, 128, 129, 255};
    enum { FRAMES = 5 };
    static uint8_t frames[FRAMES][PIXELS];
    uint32_t rgb[SW_GIF_MAX_COLOURS];
    cr_assert(sw_gif_available());
    for (size_t c = 0; c < sizeof colour_counts / sizeof *colour_counts; c++) {
        int colours = colour_counts[c];
        make_colours(rgb, colours);
        make_frames(frames, FRAMES, colours);
        gif_film film;
        gif_film_read(&film, write_film(frames, FRAMES, rgb, colours));
        cr_assert_eq(film.frames, FRAMES);
        cr_assert(film.width == WIDTH && film.height == HEIGHT);
        cr_expect_eq(film.loops, 0);
        cr_expect_geq(film.colours, colours);
        for (int f = 0; f < FRAMES; f++) {
            cr_expect_eq(film.delay_cs[f], f == FRAMES - 1 ? 333 : 2 + f);
            for (int i = 0; i < PIXELS; i++)
                cr_assert_eq(film.rgb[f][i], rgb[frames[f][i]], "%d colours, frame %d, pixel %d", colours, f,
                             i);
        }
        gif_film_deinit(&film);
    }
}

Test(gif, of_a_frame_only_what_has_changed_is_stored)
{
    static uint8_t frames[3][PIXELS];
    uint32_t rgb[200];
    make_colours(rgb, 200);
    make_frames(frames, 1, 200);
    for (int f = 1; f < 3; f++) memcpy(frames[f], frames[0], PIXELS);
    frames[2][5 * WIDTH + 6] ^= 1;
    frames[2][7 * WIDTH + 9] ^= 1;
    gif_film film;
    gif_film_read(&film, write_film(frames, 3, rgb, 200));
    cr_expect_eq(film.frames, 3, "one that is the same is a frame all the same");
    cr_expect_eq(film.stored_px[0], PIXELS);
    cr_expect_eq(film.stored_px[1], 1);
    cr_expect_eq(film.stored_px[2], 3 * 4);
    gif_film_deinit(&film);
}

Test(gif, a_single_frame_is_an_animation_too)
{
    static uint8_t frames[1][PIXELS];
    uint32_t rgb[2] = {0x102030, 0xFFFFFF};
    make_frames(frames, 1, 2);
    gif_film film;
    gif_film_read(&film, write_film(frames, 1, rgb, 2));
    cr_expect_eq(film.frames, 1);
    cr_expect_eq(film.delay_cs[0], 333);
    gif_film_deinit(&film);
}

Test(gif, the_file_has_its_name_once_it_is_whole)
{
    static uint8_t frames[1][PIXELS];
    uint32_t rgb[2] = {0, 0xFFFFFF};
    const char *path = scratch_path("film.gif");
    sw_gif *gif;
    make_frames(frames, 1, 2);
    must(sw_gif_open(&gif, path, WIDTH, HEIGHT, rgb, 2));
    must(sw_gif_add(gif, frames[0], 1));
    cr_expect_not(sw_fs_exists(path));
    sw_gif_discard(gif);
    cr_expect_not(sw_fs_exists(path));
    cr_expect_eq(scratch_count_files(), 0);
    sw_gif_discard(NULL);
}

Test(gif, what_cannot_be_written_is_said)
{
    uint32_t rgb[2] = {0, 0xFFFFFF};
    sw_gif *gif;
    cr_expect_eq(sw_gif_open(&gif, scratch_path("missing/film.gif"), WIDTH, HEIGHT, rgb, 2), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "missing/film.gif"));
    cr_expect_null(gif);
    static uint8_t frames[2][PIXELS];
    make_frames(frames, 2, 2);
    scratch_limit_files(8);
    must(sw_gif_open(&gif, scratch_path("film.gif"), WIDTH, HEIGHT, rgb, 2));
    sw_status status = sw_gif_add(gif, frames[0], 1);
    if (status == SW_OK)
        status = sw_gif_close(gif);
    else
        sw_gif_discard(gif);
    cr_expect_eq(status, SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "File too large"), "%s", sw_error_message());
    cr_expect_not(sw_fs_exists(scratch_path("film.gif")));
}
