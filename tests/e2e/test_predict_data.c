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
