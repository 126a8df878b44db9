/* segwork predict: what it writes, and what it refuses. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/overlay.h"
#include "data/pets.h"
#include "exif_file.h"
#include "image/image.h"
#include "program.h"
#include "scratch.h"

TestSuite(predict_command, .init = scratch_create, .fini = scratch_remove);

enum { SIZE_PX = 32, PIXELS = SIZE_PX * SIZE_PX, CLASSES = 3 };

static void train(void)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out run --set train.epochs=4");
}

static sw_image mask(const char *name)
{
    sw_image image;
    cr_assert_eq(sw_image_read_mask(&image, scratch_path(name)), SW_OK, "%s", sw_error_message());
    return image;
}

/* (classes, height, width) of a .npy file; the caller frees it. */
static float *planes_of(const char *name, int height, int width)
{
    const size_t values = (size_t)CLASSES * (size_t)height * (size_t)width;
    size_t length;
    char shape[80], *file = file_text(name, &length);
    cr_assert_eq(length, 128 + values * sizeof(float));
    snprintf(shape, sizeof shape, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, %d, %d), }", height,
             width);
    cr_expect_not_null(strstr(file + 10, shape));
    float *planes = malloc(values * sizeof *planes);
    memcpy(planes, file + 128, values * sizeof *planes);
    free(file);
    return planes;
}

/* Two neighbours of a side of `from` px between which the pixel of a side of `to` px lies. */
static void neighbours(int *low, int *high, double *share, int pixel, int from, int to)
{
    const double at = fmin(fmax((pixel + 0.5) * from / to - 0.5, 0), from - 1);
    *low = (int)floor(at);
    *high = *low + 1 < from ? *low + 1 : *low;
    *share = at - *low;
}

/* The probability of a class at a pixel of a map, from the logits of the network, by double precision. */
static double probability(const float *logits, int c, int y, int x, int height, int width)
{
    int rows[2], columns[2];
    double down, right, sum = 0;
    neighbours(&rows[0], &rows[1], &down, y, SIZE_PX, height);
    neighbours(&columns[0], &columns[1], &right, x, SIZE_PX, width);
    for (int corner = 0; corner < 4; corner++) {
        const float *at = logits + rows[corner / 2] * SIZE_PX + columns[corner % 2];
        double all = 0;
        for (int k = 0; k < CLASSES; k++) all += exp((double)at[k * PIXELS]);
        sum += (corner / 2 ? down : 1 - down) * (corner % 2 ? right : 1 - right) *
               exp((double)at[c * PIXELS]) / all;
    }
    return sum;
}

/* Probabilities follow from the logits, and the mask from the probabilities. */
static void expect_mask_of_logits(const char *folder, const char *name, int height, int width)
{
    char file[120];
    snprintf(file, sizeof file, "%s/%s.png", folder, name);
    sw_image labels = mask(file);
    cr_assert(labels.width == width && labels.height == height, "%dx%d", labels.width, labels.height);
    snprintf(file, sizeof file, "%s/%s.npy", folder, name);
    float *logits = planes_of(file, SIZE_PX, SIZE_PX);
    snprintf(file, sizeof file, "%s/%s.probabilities.npy", folder, name);
    float *planes = planes_of(file, height, width);
    for (int i = 0; i < height * width; i++) {
        int best = 0;
        for (int c = 0; c < CLASSES; c++) {
            if (planes[c * height * width + i] > planes[best * height * width + i]) best = c;
            cr_assert_float_eq(planes[c * height * width + i],
                               probability(logits, c, i / width, i % width, height, width), 1e-5);
        }
        cr_assert_eq(labels.pixels[i], best + 1, "pixel %d", i);
    }
    free(logits);
    free(planes);
    sw_image_deinit(&labels);
}

static sw_image picture(const char *name)
{
    sw_image image;
    cr_assert_eq(sw_image_read_rgb(&image, scratch_path(name)), SW_OK, "%s", sw_error_message());
    return image;
}

static double recorded_accuracy(void)
{
    char *text = file_text("run/metrics.jsonl", NULL);
    cJSON *row = cJSON_Parse(strstr(text, "{\"epoch\":4,"));
    double value = cJSON_GetObjectItemCaseSensitive(row, "pixel_accuracy")->valuedouble;
    cJSON_Delete(row);
    free(text);
    return value;
}

/* The validation pictures are those numbered from 100000; predicting them must give what validation counted.
 */
Test(predict_command, maps_of_the_validation_pictures_have_the_recorded_accuracy)
{
    train();
    program_expect(
        0, "predicted 12 pictures into out/maps",
        "segwork predict --checkpoint run/checkpoints/last.safetensors pets/images --out out/maps");
    program_expect(0, NULL, "ls out/maps | wc -l | grep -x 12 && ls pets/images | grep -c pet_1 | grep -x 4");
    double right = 0;
    for (int i = 1; i <= 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "out/maps/pet_%06d.png", 100000 + i);
        sw_image labels = mask(name);
        snprintf(name, sizeof name, "pets/annotations/trimaps/pet_%06d.png", 100000 + i);
        sw_image truth = mask(name);
        cr_assert(labels.width == SIZE_PX && labels.height == SIZE_PX);
        for (int j = 0; j < PIXELS; j++) {
            cr_assert(labels.pixels[j] >= 1 && labels.pixels[j] <= 3);
            right += labels.pixels[j] == truth.pixels[j];
        }
        sw_image_deinit(&labels);
        sw_image_deinit(&truth);
    }
    cr_expect_float_eq(right / (4.0 * PIXELS), recorded_accuracy(), 1e-8); /* one pixel is 2e-4 */
}

Test(predict_command, masks_have_the_picture_s_own_size_unless_the_network_s_is_asked_for)
{
    train();
    program_expect(
        0, NULL,
        "segwork data synth large --train 1 --val 1 --size 45 --seed 9 && "
        "cp run/checkpoints/last.safetensors w.safetensors && "
        "segwork predict --checkpoint w.safetensors --config $SRC/tests/support/tiny.yaml "
        "large/images/pet_000001.jpg --out small --logits --probabilities --overlay --size network && "
        "segwork predict --checkpoint run/checkpoints/last.safetensors "
        "large/images/pet_000001.jpg --out own --logits --probabilities");
    expect_same_file("small/pet_000001.npy", "own/pet_000001.npy");
    expect_mask_of_logits("small", "pet_000001", SIZE_PX, SIZE_PX);
    expect_mask_of_logits("own", "pet_000001", 45, 45);
    sw_image overlay = picture("small/pet_000001.overlay.png");
    cr_expect(overlay.width == SIZE_PX && overlay.height == SIZE_PX);
    sw_image_deinit(&overlay);
}

Test(predict_command, masks_and_overlays_show_the_colours_of_the_classes)
{
    enum { SIDE = 45, OTHERS = SIDE * SIDE };
    train();
    program_expect(
        0, NULL,
        "segwork data synth large --train 1 --val 1 --size 45 --seed 9 && "
        "segwork predict --checkpoint run large/images/pet_000001.jpg --out out --overlay --outline");
    sw_image labels = mask("out/pet_000001.png"), shown = picture("out/pet_000001.png");
    sw_image before = picture("large/images/pet_000001.jpg"),
             outlined = picture("large/images/pet_000001.jpg");
    for (int i = 0; i < OTHERS; i++) {
        labels.pixels[i]--;
        const uint32_t rgb = sw_pets_class_list.classes.list[labels.pixels[i]].rgb;
        const uint8_t parts[] = {(uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb};
        cr_assert_arr_eq(shown.pixels + (ptrdiff_t)3 * i, parts, 3);
    }
    sw_label_overlay(before.pixels, labels.pixels, OTHERS, &sw_pets_class_list.classes);
    cr_assert_eq(
        sw_label_outline(outlined.pixels, labels.pixels, (sw_size){SIDE, SIDE}, &sw_pets_class_list.classes),
        SW_OK);
    sw_image overlay = picture("out/pet_000001.overlay.png"), outline = picture("out/pet_000001.outline.png");
    cr_assert(overlay.width == SIDE && outline.height == SIDE);
    cr_expect_eq(memcmp(overlay.pixels, before.pixels, OTHERS * 3), 0);
    cr_expect_eq(memcmp(outline.pixels, outlined.pixels, OTHERS * 3), 0);
    sw_image *const all[] = {&labels, &shown, &before, &outlined, &overlay, &outline};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) sw_image_deinit(all[i]);
}

Test(predict_command, a_photograph_is_turned_as_its_exif_says)
{
    train();
    program_expect(0, NULL, "mkdir in && cp pets/images/pet_000001.jpg in/turned.jpg");
    sw_image stored = picture("in/turned.jpg"), turned;
    exif_file_turn(scratch_path("in/turned.jpg"), 6);
    cr_assert_eq(sw_image_init(&turned, stored.height, stored.width, 3), SW_OK);
    for (int y = 0; y < SIZE_PX; y++)
        for (int x = 0; x < SIZE_PX; x++)
            memcpy(turned.pixels + (ptrdiff_t)3 * (y * SIZE_PX + x),
                   stored.pixels + (ptrdiff_t)3 * ((SIZE_PX - 1 - x) * SIZE_PX + y), 3);
    cr_assert_eq(sw_image_write_png(scratch_path("in/upright.png"), &turned), SW_OK);
    program_expect(0, "turned.jpg: turned by 90 degrees as its Exif says",
                   "segwork predict --checkpoint run in --out out --overlay");
    expect_same_file("out/turned.png", "out/upright.png");
    expect_same_file("out/turned.overlay.png", "out/upright.overlay.png");
    sw_image_deinit(&stored);
    sw_image_deinit(&turned);
}

Test(predict_command, folders_are_walked_and_kept)
{
    train();
    program_expect(
        0, NULL,
        "mkdir -p in/a/deep in/b in/.hidden && cd in && cp ../pets/images/pet_000001.jpg a/deep/x.JPG && "
        "cp ../pets/images/pet_000002.jpg a/x.jpeg && cp ../pets/annotations/trimaps/pet_000001.png x.PNG "
        "&& cp a/x.jpeg .hidden/y.jpg && cp a/x.jpeg .z.jpg && echo text > b/notes.txt");
    for (int again = 0; again < 2; again++)
        program_expect(0, "predicted 3 pictures", "segwork predict --checkpoint run in --out in/b/masks");
    program_expect(0, NULL,
                   "(cd in/b/masks && find . -type f | sort) > found && "
                   "printf './a/deep/x.png\\n./a/x.png\\n./x.png\\n' | cmp - found");
    program_expect(2, "in/a/x.jpeg and in/a/x.png would both be written to out/a/x.png",
                   "cp in/x.PNG in/a/x.png && segwork predict --checkpoint run in --out out");
    cr_expect_not(file_exists("out"));
}

/* The rows of a CSV of shares, whose pictures' masks are in `masks`. */
static void expect_shares(const char *csv, const char *masks, const char *names)
{
    char *text = file_text(csv, NULL), *row = strchr(text, '\n');
    cr_expect(strncmp(text, "image,width,height,pet,background,border\n", 41) == 0, "%s", text);
    for (const char *name = names; *name; name += 10) {
        char path[120];
        double shares[3];
        int width, height;
        snprintf(path, sizeof path, "pets/images/%.10s.jpg", name);
        cr_assert(strncmp(row + 1, path, strlen(path)) == 0, "%s", row + 1);
        cr_assert_eq(sscanf(row + 1 + strlen(path), ",%d,%d,%lf,%lf,%lf", &width, &height, &shares[0],
                            &shares[1], &shares[2]),
                     5);
        snprintf(path, sizeof path, "%s/%.10s.png", masks, name);
        sw_image labels = mask(path);
        int counts[4] = {0};
        for (int i = 0; i < PIXELS; i++) counts[labels.pixels[i]]++;
        cr_expect(width == SIZE_PX && height == SIZE_PX);
        for (int c = 0; c < 3; c++) cr_expect_float_eq(shares[c], counts[c + 1] / (double)PIXELS, 1e-6);
        sw_image_deinit(&labels);
        row = strchr(row + 1, '\n');
    }
    cr_expect_str_eq(row, "\n", "no more rows");
    free(text);
}

Test(predict_command, results_do_not_depend_on_how_many_images_the_device_gets_at_once)
{
    train();
    for (int batch = 1; batch <= 7; batch += 3)
        program_expect(0, "predicted 12 pictures",
                       "segwork predict --checkpoint run pets/images --out out%d --batch %d --probabilities "
                       "--shares out%d/shares.csv",
                       batch, batch, batch);
    program_expect(0, NULL, "diff -r out1 out4 && diff -r out1 out7");
    program_expect(0, NULL,
                   "segwork predict --checkpoint run pets/images/pet_000002.jpg pets/images/pet_000001.jpg "
                   "--out some --shares tables/some.csv");
    expect_shares("tables/some.csv", "out1", "pet_000002pet_000001");
}

/* The largest difference of two files of probabilities over the pixels at least `margin` from the right and
 * the lower end. */
static double difference(const char *a, const char *b, int height, int width, int margin)
{
    float *x = planes_of(a, height, width), *y = planes_of(b, height, width);
    double most = 0;
    for (int c = 0; c < CLASSES; c++)
        for (int row = 0; row < height - margin; row++)
            for (int column = 0; column < width - margin; column++) {
                const int i = (c * height + row) * width + column;
                most = fmax(most, fabs((double)x[i] - (double)y[i]));
            }
    free(x);
    free(y);
    return most;
}

/* The tiny model sees 18 px (segwork describe). */
Test(predict_command, tiles_that_overlap_enough_give_what_one_piece_gives)
{
    train();
    program_expect(
        0, NULL,
        "segwork describe $SRC/tests/support/tiny.yaml && "
        "segwork data synth large --train 1 --val 1 --size 101 --seed 9 && "
        "for how in '128 0' '48 18' '32 0'; do set -- $how; "
        "segwork predict --checkpoint run large/images/pet_000001.jpg --out tile$1 --tile $1 --overlap $2 "
        "--probabilities || exit; done");
    cr_expect(strstr(program_output, " 18 px"), "%s", program_output);
    const char *whole = "tile128/pet_000001.probabilities.npy";
    cr_expect_lt(difference(whole, "tile48/pet_000001.probabilities.npy", 101, 101, 18), 1e-5);
    cr_expect_gt(difference(whole, "tile32/pet_000001.probabilities.npy", 101, 101, 18), 1e-3);
    sw_image labels = mask("tile48/pet_000001.png");
    cr_expect(labels.width == 101 && labels.height == 101);
    sw_image_deinit(&labels);
}

Test(predict_command, a_flip_averages_the_probabilities_with_those_of_the_mirrored_picture)
{
    train();
    program_expect(0, NULL, "mkdir in && cp pets/images/pet_000001.jpg in/a.jpg");
    sw_image image = picture("in/a.jpg"), mirrored = picture("in/a.jpg");
    for (int i = 0; i < PIXELS; i++)
        memcpy(mirrored.pixels + (ptrdiff_t)3 * i,
               image.pixels + (ptrdiff_t)3 * (i / SIZE_PX * SIZE_PX + SIZE_PX - 1 - i % SIZE_PX), 3);
    cr_assert_eq(sw_image_write_png(scratch_path("in/b.png"), &mirrored), SW_OK);
    program_expect(0, NULL,
                   "segwork predict --checkpoint run in --out out --probabilities && "
                   "segwork predict --checkpoint run in --out flip --probabilities --tta flip --batch 3");
    float *a = planes_of("out/a.probabilities.npy", SIZE_PX, SIZE_PX);
    float *b = planes_of("out/b.probabilities.npy", SIZE_PX, SIZE_PX);
    float *both = planes_of("flip/a.probabilities.npy", SIZE_PX, SIZE_PX);
    float *turned = planes_of("flip/b.probabilities.npy", SIZE_PX, SIZE_PX);
    for (int i = 0; i < CLASSES * PIXELS; i++) {
        const int other = i / SIZE_PX * SIZE_PX + SIZE_PX - 1 - i % SIZE_PX;
        cr_assert_float_eq(both[i], 0.5f * (a[i] + b[other]), 1e-6);
        cr_assert_eq(both[i], turned[other]);
    }
    float *const all[] = {a, b, both, turned};
    for (size_t i = 0; i < 4; i++) free(all[i]);
    sw_image_deinit(&image);
    sw_image_deinit(&mirrored);
}

Test(predict_command, the_same_remark_about_many_pictures_is_made_once_and_counted)
{
    train();
    program_expect(0, "pet_000001.png: palette converted to RGB\n",
                   "segwork predict --checkpoint run pets/images --out masks && "
                   "segwork predict --checkpoint run masks --out out");
    cr_expect_not_null(strstr(program_output, "11 other pictures: palette converted to RGB\n"), "%s",
                       program_output);
}

Test(predict_command, a_bad_picture_is_one_line_and_the_others_are_predicted)
{
    train();
    program_expect(1, "error: bad.jpg: ",
                   "echo nothing > bad.jpg && segwork predict --checkpoint run "
                   "bad.jpg pets/images/pet_000001.jpg gone.png pets/images/pet_000002.jpg --out out");
    cr_expect_not_null(strstr(program_output, "error: gone.png: No such file or directory\n"));
    cr_expect_not_null(strstr(program_output, "2 of 4 pictures could not be predicted"));
    cr_expect(file_exists("out/pet_000001.png") && file_exists("out/pet_000002.png"));
    cr_expect_not(file_exists("out/bad.png"));

    program_expect(1, "error: cannot write out/pet_000001.png: a folder of that name is in the way",
                   "rm out/*.png && mkdir out/pet_000001.png && "
                   "segwork predict --checkpoint run pets/images/pet_000001.jpg --out out");
}

Test(predict_command, what_cannot_be_meant_is_refused_before_anything_is_written)
{
    train();
    program_expect(2, "the model 'pets' is used, and it is not installed", "segwork predict a.jpg");
    program_expect(2, "needs a picture", "segwork predict --checkpoint run --out out");
    program_expect(2, "pets is not the folder of a run", "segwork predict --checkpoint pets a.jpg --out out");
    program_expect(1, "gone.safetensors: No such file",
                   "segwork predict --checkpoint gone.safetensors a.jpg --out out");
    program_expect(2, "give its experiment with --config",
                   "cp run/checkpoints/best.safetensors w.safetensors && "
                   "segwork predict --checkpoint w.safetensors a.jpg --out out");
    program_expect(1,
                   "does not hold this model:\n  dc1.seq.0.weight is F32 [8, 3, 3, 3], the model has F32 "
                   "[16, 3, 3, 3]",
                   "segwork predict --checkpoint run --config $SRC/experiments/segnet_small.yaml a.jpg "
                   "--out out");
    program_expect(2, "empty has no pictures",
                   "mkdir empty && segwork predict --checkpoint run empty --out out");
    program_expect(2, "would both be written to", "segwork predict --checkpoint run a.jpg b/a.png --out out");
    program_expect(2, "would overwrite ./a.png",
                   "cp pets/annotations/trimaps/pet_000001.png a.png && "
                   "segwork predict --checkpoint run ./a.png --out .");
    program_expect(2, "--out is empty", "segwork predict --checkpoint run a.png --out ''");
    program_expect(2, "--size 128: original or network is meant",
                   "segwork predict --checkpoint run a.png --out out --size 128");
    program_expect(2, "--tta rotate: there is flip",
                   "segwork predict --checkpoint run a.png --out out --tta rotate");
    program_expect(2, "--tile 0: a number above 0",
                   "segwork predict --checkpoint run a.png --out out --tile 0");
    program_expect(2, "makes one pixel of 4 px on its way, so that a tile has at least 4 px",
                   "segwork predict --checkpoint run a.png --out out --tile 3");
    program_expect(2, "--tile 20001: pictures have at most 20000 px a side",
                   "segwork predict --checkpoint run a.png --out out --tile 20001");
    program_expect(2, "--overlap 61: tiles of 64 px can have at most 60 px in common",
                   "segwork predict --checkpoint run a.png --out out --tile 64 --overlap 61");
    program_expect(2, "--overlap is the overlap of tiles",
                   "segwork predict --checkpoint run a.png --out out --overlap 8");
    program_expect(2, "with --tile it sees a picture in parts: take --probabilities",
                   "segwork predict --checkpoint run a.png --out out --tile 64 --logits");
    cr_expect_not(file_exists("out/a.png"));
}

Test(predict_command, a_picture_is_never_overwritten_however_the_folder_is_spelt)
{
    static const char *const spellings[] = {"photos",   "photos/", "photos//", "./photos",
                                            "photos/.", "link",    "link/"};
    train();
    program_expect(0, NULL,
                   "mkdir photos && cp pets/annotations/trimaps/pet_000001.png photos/a.png && "
                   "cp photos/a.png before.png && ln -s photos link && ln -s photos/a.png a.jpg");
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        program_expect(2, "would overwrite photos/a.png", "segwork predict --checkpoint run photos --out %s",
                       spellings[i]);
        program_expect(2, "would overwrite photos//a.png",
                       "segwork predict --checkpoint run photos//a.png --out %s", spellings[i]);
        program_expect(2, "would overwrite a.jpg", "segwork predict --checkpoint run a.jpg --out %s",
                       spellings[i]);
    }
    expect_same_file("before.png", "photos/a.png");
    program_expect(0, "predicted 1 picture", "segwork predict --checkpoint run photos --out out/");
    program_expect(0, "predicted 1 picture", "segwork predict --checkpoint run photos --out out");
}
