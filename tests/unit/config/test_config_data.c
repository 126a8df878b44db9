/* The data section: layouts, classes, values of masks, sizes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/experiment.h"
#include "config_case.h"
#include "data/dataset.h"
#include "data/mask_values.h"
#include "scratch.h"

TestSuite(config_data, .init = scratch_create, .fini = scratch_remove);

#define FOLDERS "data: {layout: folders, root: here, train: {images: img, masks: msk}, "

Test(config_data, the_pets_need_no_word_of_it)
{
    sw_experiment *e = LOADED(SMALL_MODEL);
    cr_expect(e->data.layout == SW_LAYOUT_PETS && e->data.classes == NULL && e->model.classes == 3);
    cr_expect_str_eq(e->data.split[SW_SPLIT_TRAIN], "trainval");
    cr_expect_str_eq(e->data.split[SW_SPLIT_VAL], "test");
    cr_expect_str_eq(e->data.split[SW_SPLIT_TEST], "");
    cr_expect(e->data.size.height == 128 && e->data.size.width == 128);
    sw_experiment_destroy(e);
}

Test(config_data, names_alone_have_the_values_from_0_and_colours_of_their_own)
{
    sw_experiment *e = LOADED(SMALL_MODEL FOLDERS "classes: [road, car, background], size: [36, 48]}\n");
    const sw_class_list *list = sw_data_class_list(&e->data);
    cr_assert_eq(list->classes.count, 3);
    cr_expect_eq(e->model.classes, 3);
    cr_expect_eq(list->classes.background, 2);
    cr_expect(e->data.size.height == 36 && e->data.size.width == 48);
    for (int c = 0; c < 3; c++) {
        cr_expect(list->values[c].code == (unsigned)c && list->values[c].label == c);
        cr_expect_eq(list->classes.list[c].rgb, sw_class_default_rgb(c));
    }
    sw_experiment_destroy(e);
}

Test(config_data, values_merge_classes_and_colours_are_values_too)
{
    sw_experiment *e =
        LOADED(SMALL_MODEL FOLDERS
               "classes: [{name: road, value: [3, 7]}, {name: car, value: 5, color: \"#0000ff\"}], "
               "ignore: [255, 254]}\n");
    const sw_class_list *list = sw_data_class_list(&e->data);
    cr_assert_eq(list->value_count, 3);
    cr_expect(list->values[1].code == 7 && list->values[1].label == 0 && list->values[2].code == 5);
    cr_expect_eq(list->classes.list[1].rgb, 0x0000FF);
    cr_expect(e->data.ignore->count == 2 && e->data.ignore->codes[1] == 254);
    sw_experiment_destroy(e);
    e = LOADED(SMALL_MODEL FOLDERS
               "classes: [{name: road, value: \"#804080\"}, {name: car, value: [\"#000001\"]}]}\n");
    cr_expect(sw_masks_are_colours(&e->data));
    cr_expect_eq(sw_data_classes(&e->data)->list[0].rgb, 0x804080, "its colour is that of its masks");
    sw_experiment_destroy(e);
}

Test(config_data, what_is_written_reads_back)
{
    static const char *const texts[] = {
        SMALL_MODEL FOLDERS "classes: [a, b], val: {images: v, masks: w}, val_share: 0.25, fit: pad}\n",
        SMALL_MODEL FOLDERS
        "classes: [{name: a, value: [1, 2]}, {name: \"no\", value: 9, colour: \"#010203\"}], ignore: 255}\n",
        SMALL_MODEL "data: {layout: voc, train_split: mine, classes: [{name: a, value: \"#ff0000\"}, "
                    "{name: b, value: [\"#00ff00\", \"#0000ff\"]}], ignore: [\"#000000\"], size: [30, 40]}\n",
        SMALL_MODEL
        "data: {layout: lists, train_split: lists/a.txt, classes: [a, b], mask_suffix: _x, masks: index}\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        sw_experiment *first = LOADED(texts[i]);
        sw_str written = {0}, again = {0};
        sw_experiment_dump_yaml(&written, first, false);
        sw_experiment *second = LOADED(written.text);
        sw_experiment_dump_yaml(&again, second, false);
        cr_expect_str_eq(again.text, written.text);
        sw_str_deinit(&written);
        sw_str_deinit(&again);
        sw_experiment_destroy(first);
        sw_experiment_destroy(second);
    }
}

/* The section is line 4. */
static void expect_said(const char *text, const char *words)
{
    sw_experiment *e = NULL;
    cr_expect_eq(sw_experiment_load(&e, scratch_write("exp.yaml", text), NULL), SW_E_CONFIG, "%s", text);
    cr_expect(strstr(sw_error_message(), words) && strstr(sw_error_message(), "exp.yaml:4:"),
              "expected '%s' in '%s' for\n%s", words, sw_error_message(), text);
}

Test(config_data, mistakes_are_named_where_they_are_written)
{
    static const struct {
        const char *data, *words;
    } cases[] = {
        {"classes: [a]}\n", "data.classes: one class alone cannot be learnt"},
        {"classes: [a, b], ignore: [\"#000000\"]}\n",
         "data.ignore.0: the classes are given by numbers, and so is what is ignored"},
        {"classes: [{name: a, value: \"#ff0000\"}, {name: b, value: \"#00ff00\"}], ignore: 255}\n",
         "the classes are given by colours, and so is what is ignored"},
        {"classes: [{name: a, colour: \"#ff0000\", color: \"#00ff00\"}, b]}\n",
         "colour and color are one key: give one of them"},
        {"classes: [a, b], normalize: {mean: [0, 0, 0], std: [1, 1, 1.0e-30]}}\n",
         "expected a number from 0.001 to 1"},
        {"classes: [a, a]}\n", "data.classes: two classes have this name; found 'a'"},
        {"classes: [a, \"b c\"]}\n", "data.classes: the name of a class is of letters, digits, '_' and '-'"},
        {"classes: [{name: a, value: 1}, {name: b, value: 1}]}\n",
         "data.classes: this is already a value of the class a; found '1'"},
        {"classes: [{name: a, value: 1}, {name: b, value: \"#000000\"}]}\n",
         "data.classes: the values are all numbers or all colours; the class a has another kind"},
        {"classes: [{name: a, value: 1}, b]}\n", "data.classes: give every class a value, or none"},
        {"classes: [{name: a, value: 256}, {name: b, value: 2}]}\n",
         "data.classes: a value of the masks is a number 0..255 or a colour in quotes, \"#804080\"; found "
         "'256'"},
        {"classes: [{name: a, valeu: 1}, b]}\n",
         "data.classes: a class has name, value and colour; there is no 'valeu'"},
        {"classes: [{name: a, colour: red}, b]}\n",
         "data.classes: a colour is written in quotes: \"#804080\"; found 'red'"},
        {"classes: 3}\n", "data.classes: expected none | list of names"},
        {"classes: [a, b], ignore: 300}\n", "data.ignore: a value of the masks is a number 0..255"},
        {"classes: [a, b], ignore: [1]}\n",
         "data.ignore.0: this is a value of the class b, and cannot be ignored too"},
        {"classes: [a, b], masks: colour}\n", "data.masks: the classes are given by numbers"},
        {"classes: [a, b], test: {images: x}}\n",
         "data.test: layout folders needs both: {images: DIR, masks: DIR}"},
        {"classes: [a, b], size: [0, 4]}\n", "data.size: expected integer in 1..4096"},
        {"classes: [a, b], size: [4, 5, 6]}\n", "data.size: expected integer in 1..4096"},
        {"val_share: 0.2}\n", "data.classes: this layout has no classes of its own"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s%s%s", SMALL_MODEL, FOLDERS, cases[i].data);
        expect_said(text, cases[i].words);
    }
    expect_said(SMALL_MODEL "data: {layout: folders, classes: [a, b]}\n",
                "data.train: layout folders needs both");
    expect_said(SMALL_MODEL "data: {size: 3}\n", "data.size: 3 pixels a side are too few");
}

Test(config_data, up_to_255_classes)
{
    sw_str text = {0};
    sw_str_append(&text, SMALL_MODEL FOLDERS "classes: [");
    for (int c = 0; c < 300; c++) {
        if (c == 255) {
            sw_str whole = {0};
            sw_str_printf(&whole, "%s]}\n", text.text);
            sw_experiment *e = LOADED(whole.text);
            cr_expect_eq(e->model.classes, 255);
            sw_experiment_destroy(e);
            sw_str_deinit(&whole);
        }
        sw_str_printf(&text, "%sc%d", c ? ", " : "", c);
    }
    sw_str_append(&text, "]}\n");
    expect_said(text.text,
                "data.classes: too many classes; 2 to 255 classes can be told apart; found a list of 300");
    sw_str_deinit(&text);
}

Test(config_data, the_data_section_of_a_fragment_is_read_without_the_rest)
{
    sw_experiment *e = NULL;
    const char *path = scratch_write("data.yaml", "data:\n  layout: folders\n  root: here\n"
                                                  "  train: {images: img, masks: msk}\n"
                                                  "  classes: [road, car]\n");
    const char *const sets[] = {"data.size=[8, 9]", NULL};
    cr_assert_eq(sw_experiment_load_data(&e, path, sets), SW_OK, "%s", sw_error_message());
    cr_expect_eq(sw_data_classes(&e->data)->count, 2);
    cr_expect(e->data.size.height == 8 && e->data.size.width == 9);
    sw_experiment_destroy(e);

    static const struct {
        const char *text, *words;
    } wrong[] = {
        {"daat: {root: here}\n", "1:1: unknown key 'daat'; the nearest known key is 'data'"},
        {"model: {encoder: nonsense}\ndata: {layout: voc, root: here}\n", "data.classes: this layout has no"},
        {"data: {size: 0}\n", "data.size: expected"},
        {"data: {layout: folders, root: here, classes: [a, b], train: {images: x}}\n",
         "data.train: layout folders needs both"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        path = scratch_write("data.yaml", wrong[i].text);
        cr_expect_eq(sw_experiment_load_data(&e, path, NULL), SW_E_CONFIG);
        cr_expect_null(e);
        cr_expect_not_null(strstr(sw_error_message(), wrong[i].words), "%s", sw_error_message());
    }
    /* other sections are not looked at */
    path = scratch_write("data.yaml", "model: {encoder: nonsense}\nseed: x\ndata: {root: here}\n");
    cr_assert_eq(sw_experiment_load_data(&e, path, NULL), SW_OK, "%s", sw_error_message());
    sw_experiment_destroy(e);
}

Test(config_data, a_layout_given_later_forgets_where_the_files_of_the_earlier_data_lay)
{
    scratch_write("pets.yaml", SMALL_MODEL "data: {root: pets, train_split: trainval, val_split: test, "
                                           "size: 96, resize: bilinear}\n");
    scratch_write("camvid.yaml", SMALL_MODEL
                  "data: {layout: folders, train: {images: t, masks: tm}, val: {images: v, masks: "
                  "vm}, test: {images: x, masks: xm}, mask_suffix: _L, classes: [a, b]}\n");
    sw_experiment *e = LOADED("include: pets.yaml\ndata: {layout: lists, root: mine, classes: [a, b]}\n");
    cr_expect_str_eq(e->data.split[SW_SPLIT_TRAIN], "train.txt");
    cr_expect_str_eq(e->data.split[SW_SPLIT_VAL], "");
    cr_expect(e->data.size.width == 96 && e->data.resize == SW_RESIZE_BILINEAR, "what is of no layout stays");
    sw_experiment_destroy(e);

    e = LOADED("include: pets.yaml\ndata: {layout: voc, root: mine, classes: [a, b], val_split: dev}\n");
    cr_expect_str_eq(e->data.split[SW_SPLIT_TRAIN], "train");
    cr_expect_str_eq(e->data.split[SW_SPLIT_VAL], "dev");
    sw_experiment_destroy(e);

    /* also of the same layout: this is another data set */
    e = LOADED("include: camvid.yaml\ndata: {layout: folders, train: {images: i, masks: m}}\n");
    cr_expect_str_eq(e->data.folders[SW_SPLIT_TRAIN].images, "i");
    cr_expect_str_eq(e->data.folders[SW_SPLIT_VAL].images, "");
    cr_expect_str_eq(e->data.folders[SW_SPLIT_TEST].masks, "");
    cr_expect_str_eq(e->data.mask_suffix, "");
    cr_expect_eq(sw_data_classes(&e->data)->count, 2);
    sw_experiment_destroy(e);

    /* a --set changes single keys, in any order */
    e = LOADED("include: camvid.yaml\n", "data.layout=folders", "data.val.images=w");
    cr_expect_str_eq(e->data.folders[SW_SPLIT_VAL].images, "w");
    cr_expect_str_eq(e->data.folders[SW_SPLIT_VAL].masks, "vm");
    sw_experiment_destroy(e);
    e = LOADED("include: pets.yaml\n", "data.val_split=dev", "data.classes=[a,b]", "data.layout=voc");
    cr_expect_str_eq(e->data.split[SW_SPLIT_TRAIN], "train");
    cr_expect_str_eq(e->data.split[SW_SPLIT_VAL], "dev");
    sw_experiment_destroy(e);
}
