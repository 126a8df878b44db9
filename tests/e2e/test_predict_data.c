/* Predictions for data sets of one's own: their values, their colours, their shapes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "image/image.h"
#include "mask_files.h"
#include "program.h"
#include "scratch.h"

TestSuite(predict_data, .init = scratch_create, .fini = scratch_remove);

enum { HEIGHT = 24, WIDTH = 36, PIXELS = HEIGHT * WIDTH, PICTURES = 6 };

/* The class of a pixel: a bright box stands for the second class, a stripe for the third. */
static int class_at(int i, int variant)
{
    const int y = i / WIDTH, x = i % WIDTH;
    if (x >= 4 + 2 * variant && x < 20 + 2 * variant && y >= 6 && y < 18) return 1;
    return y >= 21 ? 2 : 0;
}

static void add_picture(const char *name, int variant)
{
    sw_image image;
    sw_str file = {0};
    cr_assert_eq(sw_image_init(&image, WIDTH, HEIGHT, 3), SW_OK);
    for (int i = 0; i < PIXELS; i++) {
        const int c = class_at(i, variant), noise = i * 7919 % 31;
        image.pixels[3 * i] = (uint8_t)(c == 1 ? 220 - noise : 40 + noise);
        image.pixels[3 * i + 1] = (uint8_t)(c == 2 ? 220 - noise : 40 + noise);
        image.pixels[3 * i + 2] = (uint8_t)(60 + noise);
    }
    cr_assert_eq(sw_image_encode_png(&file, &image), SW_OK);
    cr_assert_eq(sw_fs_write_text(scratch_write(name, ""), &file), SW_OK);
    sw_image_deinit(&image);
}

/* Pictures and masks for training and validation. codes[c] is a gray value, or with `colour` 0xRRGGBB. */
static void draw(const uint32_t codes[3], bool colour)
{
    for (int p = 0; p < PICTURES; p++) {
        char name[80];
        uint32_t rgb[PIXELS];
        uint8_t values[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            rgb[i] = codes[class_at(i, p)];
            values[i] = (uint8_t)rgb[i];
        }
        const char *split = p < 4 ? "train" : "val";
        snprintf(name, sizeof name, "%s/images/town/%d.png", split, p);
        add_picture(name, p);
        snprintf(name, sizeof name, "%s/masks/town/%d.png", split, p);
        if (colour)
            write_colour_mask(name, WIDTH, HEIGHT, rgb);
        else
            write_gray_mask(name, WIDTH, HEIGHT, values);
    }
}

/* Trains on what was drawn and predicts the validation pictures into `out`. */
static void train_and_predict(const char *data)
{
    char text[1200];
    snprintf(text, sizeof text,
             "include: [%s/tests/support/tiny.yaml]\n"
             "data:\n"
             "  layout: folders\n"
             "  root: .\n"
             "  train: {images: train/images, masks: train/masks}\n"
             "  val: {images: val/images, masks: val/masks}\n"
             "%s"
             "optimizer: {lr: 0.03}\n"
             "train: {epochs: 30, batch_size: 2}\n",
             getenv("SEGWORK_SOURCE_DIR"), data);
    scratch_write("exp.yaml", text);
    program_expect(0, NULL, "segwork run exp.yaml --out run");
    program_expect(0, "predicted 2 pictures", "segwork predict --checkpoint run val/images --out out");
}

/* The share of the pixels of the predictions that are those of the masks, both read as colours or as values.
 */
static double share_right(bool colour, const uint32_t codes[3])
{
    double right = 0;
    for (int p = 4; p < PICTURES; p++) {
        char name[40];
        sw_image found, truth;
        sw_status (*const read)(sw_image *, const char *) = colour ? sw_image_read_rgb : sw_image_read_mask;
        snprintf(name, sizeof name, "out/town/%d.png", p);
        cr_assert_eq(read(&found, scratch_path(name)), SW_OK, "%s", sw_error_message());
        snprintf(name, sizeof name, "val/masks/town/%d.png", p);
        cr_assert_eq(read(&truth, scratch_path(name)), SW_OK, "%s", sw_error_message());
        cr_assert(found.width == WIDTH && found.height == HEIGHT);
        const int channels = found.channels;
        for (int i = 0; i < PIXELS; i++) {
            const uint8_t *pixel = found.pixels + i * channels;
            right += memcmp(pixel, truth.pixels + i * channels, (size_t)channels) == 0;
            uint32_t code = pixel[0];
            if (colour) code = code << 16 | (uint32_t)pixel[1] << 8 | pixel[2];
            cr_assert(code == codes[0] || code == codes[1] || code == codes[2], "%06x at %d", code, i);
        }
        sw_image_deinit(&found);
        sw_image_deinit(&truth);
    }
    return right / (2.0 * PIXELS);
}

/* What was predicted, taken for the truth, is all right: the data's own reader understands it. */
static void expect_predictions_are_masks(void)
{
    program_expect(0, NULL,
                   "segwork eval --checkpoint run --set data.val.masks=out > figures.txt && "
                   "grep -E '^pixel accuracy +1.0000' figures.txt || { cat figures.txt; false; }");
}

Test(predict_data, gray_values_of_a_rectangle_come_back)
{
    const uint32_t codes[3] = {7, 255, 128};
    draw(codes, false);
    train_and_predict("  classes: [{name: ground, value: 7}, {name: box, value: [255, 254]}, "
                      "{name: grass, value: 128, colour: \"#00ff00\"}]\n"
                      "  size: [24, 36]\n");
    cr_expect_gt(share_right(false, codes), 0.99, "%f", share_right(false, codes));
    sw_image shown, values;
    cr_assert_eq(sw_image_read_rgb(&shown, scratch_path("out/town/4.png")), SW_OK);
    cr_assert_eq(sw_image_read_mask(&values, scratch_path("out/town/4.png")), SW_OK);
    for (int i = 0; i < PIXELS; i++)
        if (values.pixels[i] == 128)
            cr_assert(shown.pixels[3 * i] == 0 && shown.pixels[3 * i + 1] == 255 &&
                      shown.pixels[3 * i + 2] == 0);
    sw_image_deinit(&shown);
    sw_image_deinit(&values);
    expect_predictions_are_masks();
}

Test(predict_data, colours_come_back)
{
    const uint32_t codes[3] = {0x804080, 0xff0000, 0x123456};
    draw(codes, true);
    train_and_predict("  classes: [{name: road, value: \"#804080\"}, {name: box, value: \"#ff0000\"}, "
                      "{name: kerb, value: \"#123456\"}]\n"
                      "  ignore: [\"#000000\"]\n"
                      "  size: [24, 36]\n");
    cr_expect_gt(share_right(true, codes), 0.99, "%f", share_right(true, codes));
    expect_predictions_are_masks();
}

Test(predict_data, a_run_whose_data_are_gone_predicts_folders_and_replaces_its_masks)
{
    const uint32_t codes[3] = {0, 1, 2};
    draw(codes, false);
    train_and_predict("  classes: [a, b, c]\n  size: [24, 36]\n");
    program_expect(0, NULL, "mv val/images photos && rm -r train val out");
    for (int again = 0; again < 2; again++)
        program_expect(0, "predicted", "segwork predict --checkpoint run photos --out out");
}

Test(predict_data, padded_and_cropped_pictures_are_predicted_whole_at_their_own_size)
{
    const uint32_t codes[3] = {0, 1, 2};
    draw(codes, false);
    static const char *const fits[] = {"pad", "crop"};
    for (int i = 0; i < 2; i++) {
        char data[160];
        snprintf(data, sizeof data, "  classes: [a, b, c]\n  size: 32\n  fit: %s\n", fits[i]);
        program_expect(0, NULL, "rm -rf run out");
        train_and_predict(data);
        cr_expect_gt(share_right(false, codes), 0.9, "%s: %f", fits[i], share_right(false, codes));
    }
    program_expect(2, "with data.fit: crop it sees a picture in parts",
                   "segwork predict --checkpoint run val/images --out logits --logits");
}

/* ---- what is never lost ---- */

static const uint32_t levels[3] = {0, 1, 2};
static const char level_classes[] = "  classes: [a, b, c]\n  size: [24, 36]\n";

/* A run of one epoch on what is drawn, and a copy of the data to compare with. */
static void train_briefly(void)
{
    char text[600];
    draw(levels, false);
    snprintf(text, sizeof text,
             "include: [%s/tests/support/tiny.yaml]\n"
             "data:\n  layout: folders\n  root: .\n"
             "  train: {images: train/images, masks: train/masks}\n"
             "  val: {images: val/images, masks: val/masks}\n%s"
             "train: {epochs: 1, batch_size: 2}\n",
             getenv("SEGWORK_SOURCE_DIR"), level_classes);
    scratch_write("exp.yaml", text);
    program_expect(0, NULL, "segwork run exp.yaml --out run && mkdir kept && cp -r train val exp.yaml kept");
}

static void expect_nothing_lost(void)
{
    program_expect(0, NULL, "diff -r train kept/train && diff -r val kept/val && cmp exp.yaml kept/exp.yaml");
}

Test(predict_data, shares_replace_neither_what_is_read_nor_a_result_nor_a_file_of_a_run)
{
    static const struct {
        const char *file, *words;
    } cases[] = {
        {"train/images/town/0.png", "would overwrite train/images/town/0.png"},
        {"link.csv", "would overwrite train/images/town/0.png"},
        {"hard.csv", "would overwrite train/images/town/0.png"},
        {"val/masks/town/4.png", "would overwrite"}, /* read by training */
        {"out/0.png", "--shares out/0.png is a result of train/images/town/0.png"},
        {"exp.yaml", "exp.yaml is there already and is no .csv file"},
        {"run/config.yaml", "would overwrite run/config.yaml"},
        {"run/metrics.csv", "run/metrics.csv belongs to a run"},
    };
    train_briefly();
    program_expect(0, NULL, "ln -s train/images/town/0.png link.csv && ln train/images/town/0.png hard.csv");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        program_expect(2, cases[i].words,
                       "segwork predict -c run train/images/town/0.png --out out --shares %s", cases[i].file);
    for (int again = 0; again < 2; again++)
        program_expect(0, "predicted 1 picture",
                       "segwork predict -c run train/images/town/0.png --out out --shares out/s.csv");
    expect_nothing_lost();
    program_expect(0, NULL, "head -1 run/metrics.csv | grep -q ^epoch && grep -q seed run/config.yaml");
}

Test(predict_data, masks_that_training_reads_are_not_replaced_by_predictions)
{
    train_briefly();
    program_expect(2, "would overwrite ./train/masks/town/0.png: give another folder with --out",
                   "segwork predict -c run train/images --out train/masks");
    program_expect(2, "belongs to a run",
                   "mkdir one && cp train/images/town/0.png one/epoch_01.png && "
                   "segwork predict -c run one --out run/grids");
    expect_nothing_lost();
}

Test(predict_data, what_other_commands_write_replaces_no_input_and_no_file_of_a_run)
{
    static const struct {
        const char *command, *words;
    } cases[] = {
        {"data browse exp.yaml --out exp.yaml", "exp.yaml is there already and is no .png file"},
        {"data browse exp.yaml --out train/images/town/0.png", "would overwrite"},
        {"data browse exp.yaml --out val/masks/town/4.png", "would overwrite"},
        {"data browse exp.yaml --out run/grids/epoch_01.png", "run/grids/epoch_01.png belongs to a run"},
        {"report run --out exp.yaml", "exp.yaml is there already and is no .html file"},
        {"report run --out run/config.yaml", "belongs to a run"},
        {"compare run --format csv --out run/metrics.csv", "run/metrics.csv belongs to a run"},
        {"compare run --format text --out exp.yaml", "exp.yaml is there already and is no .txt file"},
        {"export run --out run/checkpoints/best.safetensors", "would overwrite"},
        {"export run --out run/checkpoints/last.safetensors", "belongs to a run"},
        {"export w.safetensors --out w.safetensors", "would overwrite w.safetensors, which is read"},
        {"export run --format npz --out exp.yaml", "is no .npz file"},
        {"render run --gif exp.yaml", "exp.yaml is there already and is no .gif file"},
        {"plot run --out run/grids/epoch_01.png", "belongs to a run"},
        {"describe exp.yaml --dot exp.yaml", "is no .dot file"},
        {"describe exp.yaml --svg exp.yaml", "is no .svg file"},
        {"describe exp.yaml --svg run/config.yaml", "belongs to a run"},
    };
    train_briefly();
    program_expect(0, NULL, "cp run/checkpoints/best.safetensors w.safetensors && cp -r run kept");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        program_expect(2, cases[i].words, "segwork %s", cases[i].command);
    expect_nothing_lost();
    program_expect(0, NULL, "diff -r run kept/run");
    /* a command's own earlier result, and an empty file, may go */
    for (int again = 0; again < 2; again++)
        program_expect(0, NULL,
                       "segwork data browse exp.yaml --out b.png && segwork report run --out run/report.html "
                       "&& segwork render run && segwork export run --out w.npz && : > empty && "
                       "segwork compare run --format csv --out empty && rm empty");
}

/* ---- pictures and masks in one folder ---- */

Test(predict_data, masks_beside_pictures_are_passed_over_and_counted)
{
    uint8_t values[PIXELS];
    char text[700];
    for (int i = 0; i < PIXELS; i++) values[i] = (uint8_t)class_at(i, 0);
    for (int p = 0; p < 8; p++) {
        char name[40];
        snprintf(name, sizeof name, "c/IMG_%03d.JPG", p);
        write_picture("copy.jpg", WIDTH, HEIGHT, (unsigned)p);
        program_expect(0, NULL, "mkdir -p c new && cp copy.jpg %s", name);
        snprintf(name, sizeof name, "c/IMG_%03d.png", p);
        write_gray_mask(name, WIDTH, HEIGHT, values);
    }
    snprintf(text, sizeof text,
             "include: [%s/tests/support/tiny.yaml]\n"
             "data:\n  layout: folders\n  root: c\n  train: {images: ., masks: .}\n  val_share: 0.3\n%s"
             "train: {epochs: 1, batch_size: 2}\n",
             getenv("SEGWORK_SOURCE_DIR"), level_classes);
    scratch_write("exp.yaml", text);
    program_expect(0, NULL, "segwork run exp.yaml --out run");
    program_expect(0, "c: 8 masks of the run's data passed over", "segwork predict -c run c --out out");
    program_expect(0, NULL, "ls out | wc -l | grep -x 8");
    /* new pictures with masks of the same kind; a PNG without a JPEG beside it is a picture */
    program_expect(
        0, "new: 1 mask of the run's data passed over",
        "cp c/IMG_000.JPG new/a.jpg && cp c/IMG_000.png new/a.png && cp c/IMG_001.JPG new/b.jpg && "
        "cp c/IMG_001.png new/c.png && segwork predict -c run new --out out2");
    program_expect(0, NULL, "ls out2 | tr '\\n' ' ' | grep -x 'a.png b.png c.png '");
    program_expect(0, "predicted 1 picture", "segwork predict -c run c/IMG_000.png --out out3");
    program_expect(2, "only has no pictures but masks",
                   "mkdir only && ln c/IMG_000.png only/x.png && segwork predict -c run only --out out4");
}
