/* segwork render: what a run's masks show, from the run's folder alone. */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/pets.h"
#include "draw/tiles.h"
#include "gif_film.h"
#include "image/image.h"
#include "program.h"
#include "run/masks.h"
#include "scratch.h"

static void clean_up(void)
{
    sw_tiles_cleanup();
    scratch_remove();
}

TestSuite(render_command, .init = scratch_create, .fini = clean_up);

enum { EPOCHS = 3, IMAGES = 4, SIDE = 32 };

/* A run of three epochs that shows four images in two columns. */
static void run(const char *name, const char *sets)
{
    if (!file_exists("pets")) program_draw_pets(8, 6);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out %s %s", name, sets);
}

static sw_image load(const char *name)
{
    sw_image image;
    cr_assert_eq(sw_image_read_rgb(&image, scratch_path(name)), SW_OK, "%s", sw_error_message());
    return image;
}

static uint32_t rgb_at(const sw_image *image, int i)
{
    const uint8_t *rgb = image->pixels + 3 * i;
    return (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

static void expect_same_picture(const char *a, const char *b)
{
    sw_image x = load(a), y = load(b);
    cr_assert(x.width == y.width && x.height == y.height, "%s %dx%d, %s %dx%d", a, x.width, x.height, b,
              y.width, y.height);
    cr_expect_arr_eq(x.pixels, y.pixels, (size_t)x.width * (size_t)x.height * 3, "%s and %s differ", a, b);
    sw_image_deinit(&x);
    sw_image_deinit(&y);
}

static bool is_flat(uint32_t rgb)
{
    uint32_t flat[3 + SW_TILES_OTHER_FLAT];
    int count = sw_tiles_flat_rgb(flat, &sw_pets_class_list.classes);
    for (int i = 0; i < count; i++)
        if (flat[i] == rgb) return true;
    return false;
}

/* The frame of an animation is the picture: photographs, which are dithered, in the mean, and flat colours
 * exactly (looked at below the photographs, which have some of them by chance). */
static void expect_frame(const gif_film *film, int frame, const char *picture)
{
    sw_image image = load(picture);
    int flat = 0, pixels = image.width * image.height, below_photos = image.height * 2 / 5 * image.width;
    double sum = 0;
    cr_assert(film->width == image.width && film->height == image.height);
    for (int i = 0; i < pixels; i++) {
        uint32_t wanted = rgb_at(&image, i), shown = film->rgb[frame][i];
        for (int shift = 0; shift < 24; shift += 8)
            sum += (double)(wanted >> shift & 255) - (double)(shown >> shift & 255);
        if (i < below_photos || !is_flat(wanted)) continue;
        cr_assert_eq(shown, wanted, "frame %d, pixel %d", frame, i);
        flat++;
    }
    cr_expect_gt(flat, pixels / 2);
    cr_expect_lt(fabs(sum / pixels / 3), 0.5, "frame %d is %g brighter or darker", frame, sum / pixels / 3);
    sw_image_deinit(&image);
}

static void play(gif_film *film, const char *name)
{
    gif_film_read(film, scratch_path(name));
}

Test(render_command, of_a_run_comes_an_endless_animation_of_its_epochs_with_the_last_one_held)
{
    run("run", "");
    program_expect(0, "4 epochs (00 to 03)", "segwork render run");
    cr_expect_not_null(strstr(program_output, "run/epochs.gif"), "%s", program_output);
    gif_film film;
    play(&film, "run/epochs.gif");
    cr_assert_eq(film.frames, EPOCHS + 1);
    cr_expect_eq(film.loops, 0);
    for (int f = 0; f < EPOCHS; f++) cr_expect_eq(film.delay_cs[f], 33);
    cr_expect_eq(film.delay_cs[EPOCHS], 333);
    for (int f = 0; f <= EPOCHS; f++) {
        char picture[32];
        snprintf(picture, sizeof picture, "run/grids/epoch_%02d.png", f);
        expect_frame(&film, f, picture);
        cr_expect(f == 0 || film.stored_px[f] < film.width * film.height, "frame %d is stored whole", f);
    }
    gif_film_deinit(&film);
    program_expect(0, NULL, "segwork render run --fps 0.5 --gif slow.gif");
    play(&film, "slow.gif");
    cr_expect_eq(film.delay_cs[0], 200);
    gif_film_deinit(&film);
}

/* The class maps in the file, found at their place in the frame: exactly the stored ones, in their colours.
 */
Test(render_command, masks_in_the_animation_are_exact)
{
    run("run", "");
    program_expect(0, NULL,
                   "segwork render run --panels prediction,input --size 64 --images 4,2 --gif small.gif");
    gif_film film;
    play(&film, "small.gif");
    sw_masks store;
    cr_assert_eq(sw_masks_open(&store, scratch_path("run")), SW_OK, "%s", sw_error_message());
    static uint8_t labels[IMAGES][SIDE * SIDE];
    for (int f = 0; f <= EPOCHS; f++) {
        cr_assert_eq(sw_masks_read(&store, f, labels[0], NULL), SW_OK, "%s", sw_error_message());
        int found = 0;
        for (int top = 0; top + 64 <= film.height && !found; top++)
            for (int left = 0; left + 2 * 64 + 2 <= film.width && !found; left++) {
                bool same = true;
                for (int y = 0; y < 64 && same; y++)
                    for (int x = 0; x < 64 && same; x++) {
                        const uint32_t *at = film.rgb[f] + (top + y) * film.width + left + x;
                        int p = y / 2 * SIDE + x / 2;
                        same = at[0] == sw_class_default_rgb(labels[3][p]) &&
                               at[64 + 2] == sw_class_default_rgb(labels[1][p]);
                    }
                found = same;
            }
        cr_expect(found, "the masks of epoch %d are not in its frame", f);
    }
    sw_masks_deinit(&store);
    gif_film_deinit(&film);
}

Test(render_command, pictures_are_those_the_run_drew_without_device_weights_or_data)
{
    run("run", "");
    program_expect(0, NULL,
                   "segwork render run --gif before.gif && mkdir elsewhere && cp -r run elsewhere/copy && "
                   "rm -r pets elsewhere/copy/checkpoints elsewhere/copy/grids");
    program_expect(0, "frames",
                   "SEGWORK_DEVICE=none OCL_ICD_VENDORS=/nonexistent segwork render elsewhere/copy/ "
                   "--frames new/frames --gif after.gif");
    for (int f = 0; f <= EPOCHS; f++) {
        char drawn[64], again[64];
        snprintf(drawn, sizeof drawn, "run/grids/epoch_%02d.png", f);
        snprintf(again, sizeof again, "new/frames/epoch_%02d.png", f);
        expect_same_picture(drawn, again);
    }
    expect_same_file("before.gif", "after.gif");
    cr_expect_not(file_exists("elsewhere/copy/epochs.gif"));
    program_expect(0, NULL, "segwork render run --frames only && test ! -e run/epochs.gif && ls only");
    cr_expect_str_eq(strstr(program_output, "epoch_00"),
                     "epoch_00.png\nepoch_01.png\nepoch_02.png\nepoch_03.png\n");
}

Test(render_command, an_interrupted_run_shows_what_it_has_and_once_resumed_the_rest)
{
    program_draw_pets(24, 6);
    pid_t pid = program_start("run $SRC/tests/support/tiny.yaml --set train.batch_size=1 --out run");
    program_wait_for_lines(pid, "run/steps.jsonl", 30); /* in epoch 2 */
    kill(pid, SIGINT);
    cr_assert_eq(program_wait(pid), 130, "%s", program_output);
    program_expect(0, "2 epochs (00 to 01)", "segwork render run");
    /* what a later epoch left that the run never saved goes when it goes on */
    program_expect(0, "3 epochs (00 to 09)",
                   "cd run/masks && cp epoch_01.png epoch_09.png && cp epoch_01_confidence.png "
                   "epoch_09_confidence.png && cd ../.. && segwork render run");
    program_expect(0, NULL, "segwork run --resume run");
    program_expect(0, "4 epochs (00 to 03)", "segwork render run");
    gif_film film;
    play(&film, "run/epochs.gif");
    cr_expect_eq(film.frames, EPOCHS + 1);
    gif_film_deinit(&film);
    program_expect(0, NULL, "rm run/metrics.jsonl && segwork render run"); /* titles without figures */
}

Test(render_command, runs_stand_side_by_side_in_step_and_one_that_ended_stays_as_it_was)
{
    run("a", "");
    run("b", "--set optimizer.lr=0.1 --set train.epochs=1 --set grid.columns=1");
    program_expect(0, "4 epochs (00 to 03)", "segwork render a b --frames both --gif both.gif");
    program_expect(0, NULL, "segwork render a a --frames twice && segwork render b a --frames swapped");
    sw_image both = load("both/epoch_03.png"), twice = load("twice/epoch_03.png"),
             swapped = load("swapped/epoch_03.png"), early = load("both/epoch_01.png"),
             single = load("a/grids/epoch_03.png");
    size_t half = (size_t)both.width / 2 * 3, row = 2 * half;
    cr_assert_eq(both.width, 2 * single.width);
    cr_expect_gt(both.height, single.height, "there is no line for the run's name");
    cr_assert_eq(both.width, twice.width);
    cr_assert_eq(both.height, twice.height);
    int below_label = (both.height - single.height), differs = 0;
    for (int y = 0; y < both.height; y++) {
        const size_t at = (size_t)y * row;
        cr_assert_arr_eq(both.pixels + at, twice.pixels + at, half, "left is run a");
        cr_assert_arr_eq(both.pixels + at + half, early.pixels + at + half, half, "right stays at epoch 1");
        differs += memcmp(both.pixels + at, both.pixels + at + half, half) != 0;
        if (y >= below_label + 32) /* from the panels on */
            cr_assert_arr_eq(both.pixels + at, single.pixels + ((size_t)(y - below_label)) * half, half,
                             "row %d of run a", y);
    }
    cr_expect_gt(differs, 64, "two runs look the same");
    cr_expect_gt(swapped.height, both.height, "the first run's columns are not taken");
    gif_film film;
    play(&film, "both.gif");
    cr_expect_eq(film.frames, EPOCHS + 1);
    cr_expect_eq(film.width, both.width);
    gif_film_deinit(&film);
    sw_image_deinit(&both);
    sw_image_deinit(&twice);
    sw_image_deinit(&swapped);
    sw_image_deinit(&early);
    sw_image_deinit(&single);
}

static int height_with(const char *options)
{
    program_expect(0, NULL, "rm -rf f && segwork render run --frames f %s", options);
    sw_image image = load("f/epoch_00.png");
    int height = image.height;
    sw_image_deinit(&image);
    return height;
}

Test(render_command, panels_images_and_sizes_are_those_asked_for)
{
    run("run", "");
    int one = height_with("--panels error --size 64"),
        two = height_with("--panels error,confidence --size 64"),
        three = height_with("--panels error,confidence,truth --size 64");
    cr_expect_eq(three - two, two - one);
    cr_expect_gt(two - one, 2 * 64);
    cr_expect_eq(height_with("--panels error --size 100") - one, 2 * (100 - 64));
    cr_expect_eq(height_with("--panels error --size 64 --images 1"), one - 64 - 2);
    program_expect(
        0, NULL,
        "name=$(sed 's/.*images\":[^\"]*\"//; t; d' run/masks/images.json | head -1 | cut -d'\"' -f1) && "
        "segwork render run --images 1 --frames number && segwork render run --images $name --frames "
        "name && cmp number/epoch_02.png name/epoch_02.png");
}

Test(render_command, every_mistake_is_one_line_with_its_exit_code_and_leaves_nothing)
{
    run("run", "--set train.epochs=1");
    run("other", "--set train.epochs=1 --set seed=8");
    run("smaller", "--set train.epochs=1 --set data.size=16");
    static const struct {
        int code;
        const char *options, *words;
    } cases[] = {
        {2, "", "needs a run's folder"},
        {2, "nowhere", "nowhere: there is no such run folder"},
        {2, "pets", "pets is not the folder of a run: it has no config.yaml"},
        {2, "run other --gif x.gif", "run and other show different images"},
        {2, "run smaller --gif x.gif", "run and smaller show images of different size"},
        {2, "run run", "of several runs, needs --gif or --frames"},
        {2, "run --images 0", "there is no image 0: run has 1 to 4"},
        {2, "run --images 5", "there is no image 5: run has 1 to 4"},
        {2, "run --images 99999999999999999999", "there is no image 99999999999999999999"},
        {2, "run --images 1,,2", "--images: '' is neither a number nor the name"},
        {2, "run --images 2,1,2", "--images: '2' stands there twice"},
        {2, "run --images somebody", "'somebody' is neither a number nor the name of one of the 4 images"},
        {2, "run --panels depth", "--panels: 'depth' is not one of input, truth, prediction"},
        {2, "run --panels input,", "--panels: '' is not one of"},
        {2, "run --panels truth,truth", "--panels: 'truth' stands there twice"},
        {2, "run --fps 0", "--fps 0: must be 0.1 to 50"},
        {2, "run --fps nan", "must be 0.1 to 50"},
        {2, "run --fps fast", "invalid numeric value"},
        {2, "run --size 15", "--size 15: must be 16 to 1024"},
        {2, "run --size 0", "--size 0: must be 16 to 1024"},
        {2, "run --size -1", "--size -1: must be 16 to 1024"},
        {2, "run --size 1025", "--size 1025: must be 16 to 1024"},
        {2, "run --gif pets", "--gif pets: that is a folder"},
        {1, "run --gif nowhere/x.gif", "nowhere/x.gif"},
        {2, "run --frames ''", "--frames is empty"},
        {2, "run --gif ''", "--gif is empty"},
        {2, "run --frames run/grids", "--frames run/grids: the run's own files of these names are there"},
        {2, "run other/../run --frames ./run/masks/", "the run's own files of these names are there"},
        {1, "run --frames pets/images/pet_000001.jpg", "a file of that name is in the way"},
        {2, "run run run run run run run run run run --size 1024 --gif x.gif",
         "is more than a picture can be"},
        {2, "run --what", "unknown option"},
    };
    program_expect(0, NULL,
                   "find . -type f ! -name before ! -name after | LC_ALL=C sort | xargs md5sum > before");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program_expect(cases[i].code, cases[i].words, "segwork render %s", cases[i].options);
        const char *newline = strchr(program_output, '\n');
        cr_expect(newline && newline[1] == '\0', "not one line: %s", program_output);
    }
    program_expect(0, NULL,
                   "find . -type f ! -name before ! -name after | LC_ALL=C sort | xargs md5sum > after && "
                   "cmp before after");
}

Test(render_command, a_damaged_or_missing_mask_is_named_and_no_half_animation_is_left)
{
    static const struct {
        int code;
        const char *damage, *words;
    } cases[] = {
        {1, "printf x > epoch_01.png", "masks/epoch_01.png"},
        {1, "head -c 90 epoch_01.png > x && mv x epoch_01.png", "masks/epoch_01.png"},
        {1, "cp inputs.png epoch_01.png", "masks/epoch_01.png"},
        {1, "rm epoch_01_confidence.png", "masks/epoch_01_confidence.png: No such file"},
        {1, "rm truth.png", "masks/truth.png: No such file"},
        {1, "printf '{' > images.json", "masks/images.json: not the list"},
        {2, "rm images.json", "masks/images.json is missing"},
        {2, "rm epoch_*", "has no epoch in masks/ yet"},
    };
    run("run", "--set train.epochs=1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program_expect(cases[i].code, cases[i].words,
                       "rm -rf bad && cp -r run bad && (cd bad/masks && %s) && segwork render bad --panels "
                       "prediction,confidence",
                       cases[i].damage);
        cr_expect_not(file_exists("bad/epochs.gif"), "%s", cases[i].damage);
        cr_expect_not(file_exists("bad/epochs.gif.partial"), "%s", cases[i].damage);
    }
    program_expect(
        1, "metrics.jsonl:1: not a row",
        "rm -rf bad && cp -r run bad && printf 'x\\ny\\n' > bad/metrics.jsonl && segwork render bad");
}

Test(render_command, help_fits_80_columns_and_names_every_option)
{
    program_expect(0, "Usage: segwork render RUN...", "segwork render --help");
    for (const char *const *word = (const char *const[]){"--gif", "--frames", "--images", "--panels", "--fps",
                                                         "--size", "Examples:", NULL};
         *word; word++)
        cr_expect_not_null(strstr(program_output, *word), "no '%s' in\n%s", *word, program_output);
    program_expect_narrow();
}
