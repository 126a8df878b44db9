/* Data sets of one's own, from files to predictions: folders of numbers, colours, 0 and 255, and VOC. Each is
 * trained, evaluated and predicted from, and the figures are counted again here, from the truth that this
 * test drew and the masks that `predict` wrote. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"
#include "image/image.h"
#include "mask_files.h"
#include "program.h"
#include "scratch.h"

TestSuite(own_data, .init = scratch_create, .fini = scratch_remove);

enum { HEIGHT = 23, WIDTH = 34, PIXELS = HEIGHT * WIDTH, MAX_CLASSES = 30, TRAIN = 12, TEST = 5 };

#define MODEL                                                                                                \
    "model:\n  encoder: [{convs: 1, width: 8}, {convs: 1, width: 8}]\n"                                      \
    "  decoder: [{unpool_from: 2, convs: 1, width: 8}, {unpool_from: 1, convs: 2, width: 0}]\n  head: "      \
    "plain\n"                                                                                                \
    "optimizer: {lr: 0.02}\n"                                                                                \
    "train: {epochs: 4, batch_size: 4, val_batch_size: 3, article_every: 0}\n"                               \
    "grid: {count: 3, columns: 3}\nruntime: {tune: false}\nseed: 3\n"

/* Truth of a pixel: blocks of classes, and a frame that is ignored where the set has such pixels. */
static int truth_at(int image, int y, int x, int classes, bool ignores)
{
    if (ignores && (y == 0 || x == WIDTH - 1)) return SW_NO_CLASS;
    const int block = (y / 6) * 5 + x / 8;
    return (block * 7 + image * 3 + (x % 8 == 0)) % classes;
}

/* A colour that goes with the class, so that there is something to learn. */
static void draw_picture(const char *name, int image, int classes, bool ignores)
{
    uint32_t rgb[PIXELS];
    for (int p = 0; p < PIXELS; p++) {
        const int c = truth_at(image, p / WIDTH, p % WIDTH, classes, ignores) % 255;
        const unsigned noise = (unsigned)(p * 37 + image * 11) % 16;
        rgb[p] = (unsigned)(40 + c * 29 % 200) << 16 | (unsigned)(c * 83 % 230) << 8 | (100 + noise);
    }
    write_colour_mask(name, WIDTH, HEIGHT, rgb); /* an RGB PNG */
}

/* How a set writes its masks. */
typedef struct own_set {
    int classes;
    bool ignores;
    int (*value_of)(int label);       /* number in the mask */
    uint32_t (*colour_of)(int label); /* NULL: masks of numbers */
    bool palette;
} own_set;

static void draw_mask(const char *name, int image, const own_set *set)
{
    uint8_t values[PIXELS];
    uint32_t rgb[PIXELS], palette[256];
    for (int p = 0; p < PIXELS; p++) {
        const int label = truth_at(image, p / WIDTH, p % WIDTH, set->classes, set->ignores);
        values[p] = (uint8_t)set->value_of(label);
        rgb[p] = set->colour_of ? set->colour_of(label) : 0;
    }
    for (int v = 0; v < 256; v++) palette[v] = (uint32_t)(v * 0x050301) & 0xFFFFFF;
    if (set->colour_of)
        write_colour_mask(name, WIDTH, HEIGHT, rgb);
    else if (set->palette)
        write_palette_mask(name, WIDTH, HEIGHT, values, palette, 256);
    else
        write_gray_mask(name, WIDTH, HEIGHT, values);
}

/* Pictures are called n00, n01, ...; the number is that of the image. */
static void draw_pairs(const char *images, const char *masks, int first, int count, const own_set *set)
{
    char name[128];
    for (int i = first; i < first + count; i++) {
        snprintf(name, sizeof name, images, i);
        draw_picture(name, i, set->classes, set->ignores);
        snprintf(name, sizeof name, masks, i);
        draw_mask(name, i, set);
    }
}

/* ---- counting again ---- */

typedef struct tally {
    int classes;
    double counts[MAX_CLASSES][MAX_CLASSES]; /* truth, prediction */
} tally;

static int label_of_pixel(const sw_image *mask, int p, const own_set *set)
{
    for (int label = 0; label < set->classes; label++) {
        const uint8_t *at = mask->pixels + p * mask->channels;
        if (set->colour_of ? ((unsigned)at[0] << 16 | (unsigned)at[1] << 8 | at[2]) == set->colour_of(label)
                           : at[0] == set->value_of(label))
            return label;
    }
    cr_assert_fail("pixel %d of a prediction has a value of no class", p);
    return -1;
}

static void count_image(tally *t, int image, const own_set *set)
{
    char name[64];
    sw_image mask;
    snprintf(name, sizeof name, "predicted/n%02d.png", image);
    cr_assert_eq(set->colour_of ? sw_image_read_rgb(&mask, scratch_path(name))
                                : sw_image_read_mask(&mask, scratch_path(name)),
                 SW_OK, "%s", sw_error_message());
    cr_assert(mask.width == WIDTH && mask.height == HEIGHT);
    for (int p = 0; p < PIXELS; p++) {
        const int truth = truth_at(image, p / WIDTH, p % WIDTH, set->classes, set->ignores);
        const int found = label_of_pixel(&mask, p, set);
        if (truth != SW_NO_CLASS) t->counts[truth][found]++;
    }
    sw_image_deinit(&mask);
}

/* Pixel accuracy, mean recall and mean IoU, over the classes in which they are defined. */
static void figures_of(const tally *t, double figures[3])
{
    double right = 0, all = 0, recalls = 0, ious = 0;
    int with_recall = 0, with_iou = 0;
    for (int c = 0; c < t->classes; c++) {
        double row = 0, column = 0;
        for (int k = 0; k < t->classes; k++) {
            row += t->counts[c][k];
            column += t->counts[k][c];
        }
        right += t->counts[c][c];
        all += row;
        if (row > 0) recalls += t->counts[c][c] / row, with_recall++;
        if (row + column > 0) ious += t->counts[c][c] / (row + column - t->counts[c][c]), with_iou++;
    }
    figures[0] = right / all;
    figures[1] = recalls / with_recall;
    figures[2] = ious / with_iou;
}

static cJSON *metrics(void)
{
    char *text = file_text("figures/metrics.json", NULL);
    cJSON *json = cJSON_Parse(text);
    cr_assert_not_null(json);
    free(text);
    return json;
}

/* Counts the images that eval lists and compares the figures. */
static void expect_figures(const own_set *set, int images)
{
    static const char *const keys[] = {"pixel_accuracy", "class_accuracy", "miou"};
    static tally t;
    t = (tally){.classes = set->classes};
    double expected[3];
    int rows = 0;
    cJSON *json = metrics();
    char *csv = file_text("figures/per_image.csv", NULL);
    for (char *line = strtok(csv, "\n"); line; line = strtok(NULL, "\n")) {
        const char *name = strstr(line, "n");
        int image;
        if (rows++ == 0) continue; /* the heading */
        cr_assert_eq(sscanf(name, "n%d", &image), 1, "%s", line);
        count_image(&t, image, set);
    }
    free(csv);
    cr_expect_eq(rows, images + 1);
    figures_of(&t, expected);
    for (int i = 0; i < 3; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, keys[i]);
        cr_assert(cJSON_IsNumber(value), "no %s", keys[i]);
        cr_expect(fabs(value->valuedouble - expected[i]) < 1e-6, "%s: %.9g, counted again %.9g", keys[i],
                  value->valuedouble, expected[i]);
    }
    cJSON_Delete(json);
}

/* Trains, evaluates, predicts from `pictures` and renders; the experiment is mine.yaml. */
static void run_it(const char *split, const char *pictures)
{
    program_expect(0, NULL, "segwork run mine.yaml --out run");
    program_expect(0, NULL, "segwork eval --checkpoint run --split %s --out figures", split);
    program_expect(0, NULL, "segwork predict --checkpoint run --out predicted %s", pictures);
    program_expect(0, NULL, "segwork render run --gif film.gif && segwork report run --out report.html");
}

/* ---- the sets ---- */

static int same_number(int label)
{
    return label;
}

Test(own_data, folders_of_index_masks_with_five_classes_and_ignored_pixels)
{
    const own_set set = {.classes = 5, .ignores = true, .value_of = same_number};
    draw_pairs("leaves/train/n%02d.png", "leaves/train_masks/n%02d.png", 0, TRAIN, &set);
    draw_pairs("leaves/val/n%02d.png", "leaves/val_masks/n%02d.png", 20, 4, &set);
    draw_pairs("leaves/test/n%02d.png", "leaves/test_masks/n%02d.png", 30, TEST, &set);
    scratch_write("mine.yaml", "data:\n  layout: folders\n  root: leaves\n"
                               "  train: {images: train, masks: train_masks}\n"
                               "  val: {images: val, masks: val_masks}\n"
                               "  test: {images: test, masks: test_masks}\n"
                               "  classes: [soil, stem, leaf, rust, mould]\n  ignore: 255\n"
                               "  size: [23, 34]\n" MODEL);
    run_it("test", "leaves/test");
    expect_figures(&set, TEST);
    program_expect(0, NULL, "segwork data browse mine.yaml --out browse.png");
    program_expect(0, "rust", "segwork export run --out m.onnx && strings -n 3 m.onnx");
}

Test(own_data, a_run_is_not_resumed_with_classes_of_other_names)
{
    const own_set set = {.classes = 3, .value_of = same_number};
    draw_pairs("leaves/images/n%02d.png", "leaves/masks/n%02d.png", 0, TRAIN, &set);
    scratch_write("mine.yaml", "data:\n  layout: folders\n  root: leaves\n"
                               "  train: {images: images, masks: masks}\n"
                               "  classes: [soil, stem, leaf]\n  size: [23, 34]\n" MODEL);
    program_expect(130, NULL, "segwork run mine.yaml --out run --set train.max_minutes=1e-6");
    program_expect(0, NULL, "sed -i 's/name: stem/name: stalk/' run/config.yaml");
    program_expect(2, "was edited since the run wrote it: data.classes is", "segwork run --resume run");
    program_expect(0, NULL,
                   "sed -i 's/name: stalk/name: stem/' run/config.yaml && "
                   "segwork run --resume run --set train.max_minutes=0");
}

static int ordinal(int label)
{
    return label == SW_NO_CLASS ? 255 : label;
}

static uint32_t colour_of(int label)
{
    return label == SW_NO_CLASS ? 0 : (uint32_t)(0x102030 + label * 0x040307);
}

Test(own_data, masks_of_thirty_colours)
{
    const own_set set = {.classes = 30, .ignores = true, .value_of = ordinal, .colour_of = colour_of};
    char yaml[8192] = "data:\n  layout: folders\n  root: street\n  train: {images: rgb, masks: labels}\n"
                      "  test: {images: test, masks: test}\n  val_share: 0.3\n  size: [23, 34]\n"
                      "  ignore: \"#000000\"\n  classes:\n";
    draw_pairs("street/rgb/n%02d.png", "street/labels/n%02d_L.png", 0, TRAIN, &set);
    draw_pairs("street/test/n%02d.png", "street/test/n%02d_L.png", 30, TEST, &set);
    for (int c = 0; c < set.classes; c++)
        sprintf(yaml + strlen(yaml), "    - {name: thing_%d, value: \"#%06x\"}\n", c, colour_of(c));
    strcat(yaml, MODEL);
    scratch_write("mine.yaml", yaml);
    run_it("test", "street/test/n3?.png");
    expect_figures(&set, TEST);
}

static int zero_or_255(int label)
{
    return label == 1 ? 255 : 0;
}

Test(own_data, medical_masks_of_0_and_255_in_one_folder)
{
    const own_set set = {.classes = 2, .value_of = zero_or_255};
    draw_pairs("scans/n%02d.png", "scans/n%02d_mask.png", 0, 2 * TRAIN, &set);
    scratch_write("mine.yaml",
                  "data:\n  layout: folders\n  root: scans\n  train: {images: ., masks: .}\n"
                  "  val_share: 0.25\n  size: [23, 34]\n"
                  "  classes: [{name: background, value: 0}, {name: lesion, value: 255}]\n" MODEL);
    program_expect(0, NULL, "mkdir pictures && cp scans/n??.png pictures");
    run_it("val", "pictures");
    cJSON *json = metrics();
    const int images = cJSON_GetObjectItemCaseSensitive(json, "images")->valueint;
    cJSON_Delete(json);
    cr_expect(images > 1 && images < TRAIN);
    expect_figures(&set, images);
    program_expect(2, "there are no test images: set data.test",
                   "segwork eval --checkpoint run --split test");
}

Test(own_data, voc_with_palettes_and_its_void)
{
    const own_set set = {.classes = 4, .ignores = true, .value_of = ordinal, .palette = true};
    char list[256] = "";
    draw_pairs("voc/JPEGImages/n%02d.png", "voc/SegmentationClass/n%02d.png", 0, TRAIN + TEST, &set);
    for (int i = 0; i < TRAIN; i++) sprintf(list + strlen(list), "n%02d\n", i);
    scratch_write("voc/ImageSets/Segmentation/train.txt", list);
    list[0] = '\0';
    for (int i = TRAIN; i < TRAIN + TEST; i++) sprintf(list + strlen(list), "n%02d\n", i);
    scratch_write("voc/ImageSets/Segmentation/val.txt", list);
    scratch_write("mine.yaml", "data:\n  layout: voc\n  root: voc\n  size: [23, 34]\n"
                               "  classes: [background, aeroplane, bicycle, bird]\n" MODEL);
    run_it("val", "voc/JPEGImages");
    expect_figures(&set, TEST);
}

/* Copies the lines from `block` on that are indented by four blanks, without these. */
static void take_block(char *out, const char *block)
{
    *out = '\0';
    while (strncmp(block, "    ", 4) == 0) {
        const size_t length = strcspn(block, "\n");
        strncat(out, block + 4, length - 4);
        strcat(out, "\n");
        block += length + (block[length] == '\n');
    }
}

Test(own_data, the_descriptions_in_the_documentation_are_valid)
{
    static const char begin[] = "    data:\n      layout:";
    char *text = NULL, yaml[4096];
    size_t length;
    int blocks = 0;
    program_expect(0, NULL, "cp $SRC/docs/data.md data.md");
    text = file_text("data.md", &length);
    for (const char *at = text; (at = strstr(at, begin)); at += strlen(begin), blocks++) {
        take_block(yaml, at);
        strcat(yaml, MODEL);
        scratch_write("mine.yaml", yaml);
        program_expect(0, "valid", "segwork check mine.yaml");
    }
    cr_expect_eq(blocks, 4);
    free(text);
}

/* ---- data that a run cannot use, or should not ---- */

#define LEAVES                                                                                               \
    "data:\n  layout: folders\n  root: leaves\n  train: {images: images, masks: masks}\n  size: [23, 34]\n"

Test(own_data, masks_in_which_every_pixel_is_ignored_end_a_run_before_it_begins)
{
    const own_set set = {.classes = 3, .value_of = same_number};
    draw_pairs("leaves/images/n%02d.png", "leaves/masks/n%02d.png", 0, 4, &set);
    draw_pairs("leaves/other/n%02d.png", "leaves/other_masks/n%02d.png", 20, 4, &set);
    scratch_write("mine.yaml", LEAVES "  classes: [{name: a, value: 100}, {name: b, value: 101}]\n"
                                      "  ignore: [0, 1, 2]\n" MODEL);
    program_expect(
        1,
        "leaves: in the masks of all 4 images of images every pixel is ignored: take a value out of "
        "data.ignore",
        "segwork run mine.yaml --out run --set 'data.val={images: images, masks: masks}'");
    cr_expect_not(file_exists("run/manifest.json"));
    /* only the masks of validation: all of them of the value that is ignored */
    uint8_t nothing[PIXELS];
    memset(nothing, 255, sizeof nothing);
    for (int i = 20; i < 24; i++) {
        char name[40];
        snprintf(name, sizeof name, "leaves/grey/n%02d.png", i);
        write_gray_mask(name, WIDTH, HEIGHT, nothing);
    }
    scratch_write("mine.yaml", LEAVES "  val: {images: other, masks: grey}\n  classes: [a, b, c]\n"
                                      "  ignore: 255\n" MODEL);
    program_expect(1, "in the masks of all 4 images of other every pixel is ignored",
                   "segwork run mine.yaml --out run");
    program_expect(1, "every pixel is ignored", "segwork run mine.yaml --dry-run");
}

Test(own_data, pictures_of_training_that_also_validate_are_named_by_the_run)
{
    const own_set set = {.classes = 3, .value_of = same_number};
    draw_pairs("leaves/images/n%02d.png", "leaves/masks/n%02d.png", 0, 6, &set);
    draw_pairs("leaves/other/n%02d.png", "leaves/other_masks/n%02d.png", 4, 4, &set);
    program_expect(0, NULL, "cd leaves && ln -sf ../images/n05.png other/n05.png");
    scratch_write("mine.yaml", LEAVES "  val: {images: other, masks: other_masks}\n"
                                      "  classes: [a, b, c]\n" MODEL);
    program_expect(0, "warning: 1 of 4 validation images is trained on too, such as leaves/other/n05.png",
                   "segwork run mine.yaml --dry-run");
    program_expect(0, NULL,
                   "segwork run mine.yaml --out run && grep 'warning: 1 of 4 validation images' run/log.txt");
    program_expect(0, NULL, "rm leaves/other/n05.png");
    program_expect(0, NULL, "segwork run mine.yaml --dry-run");
    cr_expect_null(strstr(program_output, "trained on too"), "%s", program_output);
}

/* As a zip from an old computer leaves them. */
Test(own_data, names_that_are_not_utf8_spoil_neither_pictures_nor_json_nor_csv)
{
    const own_set set = {.classes = 3, .value_of = same_number};
    draw_pairs("leaves/images/b\xe4r_n%02d.png", "leaves/masks/b\xe4r_n%02d.png", 0, 8, &set);
    scratch_write("mine.yaml", LEAVES "  classes: [a, b, c]\n" MODEL);
    program_expect(0, "b.png: 4 images", "segwork data browse mine.yaml --out b.png");
    program_expect(130, NULL, "segwork run mine.yaml --out run --set train.max_minutes=1e-6");
    program_expect(0, NULL, "segwork run --resume run --set train.max_minutes=0");
    program_expect(0, NULL,
                   "segwork eval --checkpoint run --out figures && segwork render run && segwork report run "
                   "--out run/report.html && "
                   "segwork predict -c run leaves/images --out out --shares out/shares.csv");
    program_expect(
        0, NULL,
        "for f in $(find run figures out -name '*.json' -o -name '*.jsonl' -o -name '*.csv' -o -name "
        "'*.html'); do iconv -f utf-8 -t utf-16 $f > utf16 || { echo $f; exit 1; }; done");
    program_expect(0, NULL, "grep -q 'b\xef\xbf\xbdr_n0' out/shares.csv && ls out | grep -c n0 | grep -x 8");
}

Test(own_data, what_only_the_pets_have_is_not_shown_and_classes_that_never_occur_are_named)
{
    const own_set set = {.classes = 3, .value_of = same_number};
    draw_pairs("leaves/images/n%02d.png", "leaves/masks/n%02d.png", 0, 8, &set);
    scratch_write("mine.yaml", LEAVES "  classes: [background, stem, leaf, rust]\n" MODEL);
    program_expect(0, "warning: 1 of 4 classes cannot be learnt, since no training mask has it: rust",
                   "segwork run mine.yaml --out run --set train.article_every=1");
    cr_expect_null(strstr(program_output, "article's"), "%s", program_output);
    program_expect(0, "no training mask has: rust", "segwork data stats mine.yaml");
    program_expect(0, "micro IoU: without the class background", "segwork eval --checkpoint run");
    cr_expect_null(strstr(program_output, "custom IoU"), "%s", program_output);
    cr_expect_null(strstr(program_output, "article"), "%s", program_output);
    program_expect(0, NULL,
                   "segwork report run --out r.html && grep -q 'Micro IoU leaves out the class background' "
                   "r.html && ! grep -qi 'custom iou\\|border beyond' r.html");
    program_expect(2, "train.batch_size 1, train.val_batch_size 21, data.size 4096 x 4096: ",
                   "segwork run mine.yaml --dry-run --set data.size=4096 --set train.batch_size=1 --set "
                   "train.val_batch_size=21");
}
