/* The keys of `data`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/config.h"
#include "data/dataset.h"
#include "data/mask_values.h"
#include "schema_normalize.h"
#include "schema_size.h"
#include "schema_tables.h"

static const char *const layout_names[] = {"oxford_iiit_pet", "folders", "lists", "voc", NULL};
static const char *const mask_names[] = {"auto", "index", "palette", "colour", NULL};
static const char *const fit_names[] = {"stretch", "pad", "crop", NULL};
static const char *const resize_names[] = {"nearest", "bilinear", NULL};
static const char *const bad_file_names[] = {"skip", "fail", NULL};

/* ---- values of masks: 0..255, or "#804080" ---- */

#define CODE_SCHEMA                                                                                          \
    "{\"oneOf\": [{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 255},"                                \
    " {\"type\": \"string\", \"pattern\": \"^#[0-9A-Fa-f]{6}$\"}]}"

static bool is_none(const sw_yaml_node *value)
{
    return value->kind == SW_YAML_SCALAR && (sw_yaml_is_null(value) || strcmp(value->text, "none") == 0);
}

static bool read_colour(uint32_t *rgb, const sw_yaml_node *value)
{
    unsigned number = 0;
    if (value->kind != SW_YAML_SCALAR || value->text[0] != '#' || strlen(value->text) != 7 ||
        strspn(value->text + 1, "0123456789abcdefABCDEF") != 6 ||
        sscanf(value->text + 1, "%6x", &number) != 1)
        return false;
    *rgb = number;
    return true;
}

static bool read_code(unsigned *code, const sw_yaml_node *value, sw_field_reading *reading)
{
    uint32_t rgb = 0;
    double number = 0;
    if (read_colour(&rgb, value)) {
        *code = SW_MASK_IS_COLOUR | rgb;
        return true;
    }
    if (sw_yaml_number(&number, value) && number >= 0 && number <= 255 && number == floor(number)) {
        *code = (unsigned)number;
        return true;
    }
    snprintf(reading->why, sizeof reading->why,
             "a value of the masks is a number 0..255 or a colour in quotes, \"#804080\"");
    return false;
}

/* ---- data.ignore ---- */

static const sw_yaml_node *read_ignore(void *record, const sw_yaml_node *value, sw_field_reading *reading)
{
    sw_data_config *data = record;
    data->ignore = NULL;
    if (is_none(value)) return NULL;
    const bool many = value->kind == SW_YAML_SEQUENCE;
    const size_t count = many ? value->count : 1;
    sw_ignore_list *list = sw_arena_alloc(reading->arena, sizeof *list);
    unsigned *codes = sw_arena_alloc(reading->arena, (count + 1) * sizeof *codes);
    if (!list || !codes) return value;
    for (size_t i = 0; i < count; i++) {
        const sw_yaml_node *item = many ? value->items[i] : value;
        if (!read_code(&codes[i], item, reading)) return item;
    }
    *list = (sw_ignore_list){codes, (int)count};
    data->ignore = list;
    return NULL;
}

static void append_code(sw_str *out, unsigned code)
{
    const char *quote = code & SW_MASK_IS_COLOUR ? "\"" : "";
    sw_str_append(out, quote);
    sw_mask_code_append(out, code);
    sw_str_append(out, quote);
}

static void write_ignore(sw_str *out, const void *record)
{
    const sw_ignore_list *list = ((const sw_data_config *)record)->ignore;
    if (!list) {
        sw_str_append(out, "none");
        return;
    }
    sw_str_append(out, "[");
    for (int i = 0; i < list->count; i++) {
        if (i) sw_str_append(out, ", ");
        append_code(out, list->codes[i]);
    }
    sw_str_append(out, "]");
}

static const sw_field_custom ignore = {
    .expected = "none | 0..255 | colour such as \"#000000\" | list of these",
    .json_schema = "{\"oneOf\": [{\"enum\": [\"none\", null]}, " CODE_SCHEMA
                   ", {\"type\": \"array\", \"items\": " CODE_SCHEMA "}]}",
    .read = read_ignore,
    .write = write_ignore,
};

/* ---- data.classes ---- */

/* One class as it is written: a name, or a mapping. */
typedef struct written_class {
    const sw_yaml_node *name, *value, *colour; /* NULL: not given */
} written_class;

static const sw_yaml_node *take_apart(written_class *out, const sw_yaml_node *item, sw_field_reading *reading)
{
    *out = (written_class){0};
    if (item->kind == SW_YAML_SCALAR) {
        out->name = item;
        return NULL;
    }
    for (size_t i = 0; item->kind == SW_YAML_MAPPING && i < item->count; i++) {
        const char *key = item->entries[i].key;
        const sw_yaml_node *value = item->entries[i].value;
        if (strcmp(key, "name") == 0)
            out->name = value;
        else if (strcmp(key, "value") == 0)
            out->value = value;
        else if ((strcmp(key, "colour") == 0 || strcmp(key, "color") == 0) && out->colour) {
            snprintf(reading->why, sizeof reading->why, "colour and color are one key: give one of them");
            return value;
        } else if (strcmp(key, "colour") == 0 || strcmp(key, "color") == 0)
            out->colour = value;
        else {
            snprintf(reading->why, sizeof reading->why,
                     "a class has name, value and colour; there is no '%.40s'", key);
            return value;
        }
    }
    if (out->name) return NULL;
    snprintf(reading->why, sizeof reading->why,
             "a class is a name or {name: road, value: 3, colour: \"#804080\"}");
    return item;
}

static const sw_yaml_node *add_name(sw_classes *classes, const sw_yaml_node *name, sw_field_reading *reading)
{
    if (name->kind == SW_YAML_SCALAR && !sw_yaml_is_null(name) && sw_classes_add(classes, name->text))
        return NULL;
    const bool taken = name->kind == SW_YAML_SCALAR && sw_classes_find(classes, name->text) >= 0;
    snprintf(reading->why, sizeof reading->why,
             taken ? "two classes have this name"
                   : "the name of a class is of letters, digits, '_' and '-', at most %d of them",
             SW_CLASS_NAME_BYTES - 1);
    return name;
}

static const sw_yaml_node *add_value(sw_class_list *list, const sw_yaml_node *node, sw_field_reading *reading)
{
    const int label = list->classes.count - 1;
    unsigned code = 0;
    if (!read_code(&code, node, reading)) return node;
    for (int i = 0; i < list->value_count; i++) {
        const char *other = list->classes.list[list->values[i].label].name;
        if (list->values[i].code == code)
            snprintf(reading->why, sizeof reading->why, "this is already a value of the class %s", other);
        else if ((list->values[i].code ^ code) & SW_MASK_IS_COLOUR)
            snprintf(reading->why, sizeof reading->why,
                     "the values are all numbers or all colours; the class %s has another kind", other);
        else
            continue;
        return node;
    }
    list->values[list->value_count++] = (sw_mask_value){code, label};
    return NULL;
}

/* The values of the class added last; without any its place in the list is its value. */
static const sw_yaml_node *add_values(sw_class_list *list, const written_class *written,
                                      sw_field_reading *reading)
{
    const sw_yaml_node *value = written->value, *wrong = NULL;
    const int label = list->classes.count - 1;
    if (!value) {
        list->values[list->value_count++] = (sw_mask_value){(unsigned)label, label};
        return NULL;
    }
    const bool many = value->kind == SW_YAML_SEQUENCE;
    if (many && value->count == 0) {
        snprintf(reading->why, sizeof reading->why, "the class %s has no value", written->name->text);
        return value;
    }
    for (size_t i = 0; i < (many ? value->count : 1) && !wrong; i++)
        wrong = add_value(list, many ? value->items[i] : value, reading);
    return wrong;
}

static const sw_yaml_node *add_colour(sw_class_list *list, int first_value, const sw_yaml_node *colour,
                                      sw_field_reading *reading)
{
    sw_class *added = &list->classes.list[list->classes.count - 1];
    const unsigned code = list->values[first_value].code;
    if (code & SW_MASK_IS_COLOUR) added->rgb = code & 0xFFFFFF;
    if (!colour || read_colour(&added->rgb, colour)) return NULL;
    snprintf(reading->why, sizeof reading->why, "a colour is written in quotes: \"#804080\"");
    return colour;
}

static size_t count_values(const sw_yaml_node *classes)
{
    size_t count = 0;
    for (size_t i = 0; i < classes->count; i++) {
        const sw_yaml_entry *value = sw_yaml_entry_get(classes->items[i], "value");
        count += value && value->value->kind == SW_YAML_SEQUENCE ? value->value->count : 1;
    }
    return count;
}

/* Values are all given or none: else a class without one would take a number that means another. */
static const sw_yaml_node *check_all_or_none(const sw_yaml_node *classes, sw_field_reading *reading)
{
    for (size_t i = 1; i < classes->count; i++) {
        const bool has = sw_yaml_entry_get(classes->items[i], "value") != NULL;
        if (has == (sw_yaml_entry_get(classes->items[0], "value") != NULL)) continue;
        snprintf(reading->why, sizeof reading->why,
                 "give every class a value, or none (their values are then 0, 1, 2, ...)");
        return classes->items[i];
    }
    return NULL;
}

static const sw_yaml_node *fill_classes(sw_class_list *list, const sw_yaml_node *value,
                                        sw_field_reading *reading)
{
    const sw_yaml_node *wrong = check_all_or_none(value, reading);
    for (size_t i = 0; i < value->count && !wrong; i++) {
        written_class written;
        const int first_value = list->value_count;
        wrong = take_apart(&written, value->items[i], reading);
        if (!wrong) wrong = add_name(&list->classes, written.name, reading);
        if (!wrong) wrong = add_values(list, &written, reading);
        if (!wrong) wrong = add_colour(list, first_value, written.colour, reading);
    }
    return wrong;
}

static const sw_yaml_node *read_classes(void *record, const sw_yaml_node *value, sw_field_reading *reading)
{
    sw_data_config *data = record;
    data->classes = NULL;
    if (is_none(value)) return NULL;
    if (value->kind != SW_YAML_SEQUENCE) return value;
    if (value->count < 2 || value->count > SW_MAX_CLASSES) {
        snprintf(reading->why, sizeof reading->why, "%s; 2 to %d classes can be told apart",
                 value->count < 2 ? "one class alone cannot be learnt" : "too many classes", SW_MAX_CLASSES);
        return value;
    }
    sw_class_list *list = sw_arena_alloc(reading->arena, sizeof *list);
    if (!list) return value;
    list->classes = sw_classes_none();
    list->values = sw_arena_alloc(reading->arena, count_values(value) * sizeof *list->values);
    if (!list->values) return value;
    const sw_yaml_node *wrong = fill_classes(list, value, reading);
    if (wrong) return wrong;
    sw_classes known = list->classes;
    sw_data_recognise_classes(&known);
    list->classes.border = known.border;
    data->classes = list;
    return NULL;
}

static void append_class(sw_str *out, const sw_class_list *list, int c, int *next_value)
{
    int count = 0;
    while (*next_value + count < list->value_count && list->values[*next_value + count].label == c) count++;
    sw_str_append(out, "{name: ");
    sw_text_append(out, list->classes.list[c].name);
    sw_str_append(out, count > 1 ? ", value: [" : ", value: ");
    for (int i = 0; i < count; i++) {
        if (i) sw_str_append(out, ", ");
        append_code(out, list->values[(*next_value)++].code);
    }
    sw_str_printf(out, "%s, colour: \"#%06x\"}", count > 1 ? "]" : "", list->classes.list[c].rgb);
}

static void write_classes(sw_str *out, const void *record)
{
    const sw_class_list *list = ((const sw_data_config *)record)->classes;
    int next_value = 0;
    if (!list) {
        sw_str_append(out, "none");
        return;
    }
    for (int c = 0; c < list->classes.count; c++) {
        sw_str_append(out, c ? ",\n      " : "[");
        append_class(out, list, c, &next_value);
    }
    sw_str_append(out, "]");
}

static const sw_field_custom classes = {
    .expected = "none | list of names | list of {name: road, value: 3, colour: \"#804080\"}",
    .json_schema =
        "{\"oneOf\": [{\"enum\": [\"none\", null]}, {\"type\": \"array\", \"minItems\": 2, \"maxItems\": 255,"
        " \"items\": {\"oneOf\": [{\"type\": \"string\"}, {\"type\": \"object\", \"required\": [\"name\"],"
        " \"additionalProperties\": false, \"properties\": {\"name\": {\"type\": \"string\"},"
        " \"value\": {\"oneOf\": [" CODE_SCHEMA ", {\"type\": \"array\", \"items\": " CODE_SCHEMA "}]},"
        " \"colour\": {\"type\": \"string\"}, \"color\": {\"type\": \"string\"}}}]}}]}",
    .read = read_classes,
    .write = write_classes,
};

/* ---- the table ---- */

#define HERE sw_split_folders
static const sw_field folders_fields[] = {
    TEXT(images, "\"\"", "Folder with the pictures, relative to data.root; folders in it count too"),
    TEXT(masks, "\"\"", "Folder with their masks, which have the pictures' names (see data.mask_suffix)"),
};
static const sw_field_table folders_table = TABLE(folders_fields);
#undef HERE

#define HERE sw_data_config
/* clang-format off */
#define FOLDERS(name, split, sentence) \
    {KEY(name, folders[split], SW_FIELD_RECORD, NULL, sentence), .record = &folders_table}
#define LIST(name, which, sentence) {KEY(name, split[which], SW_FIELD_TEXT, "\"\"", sentence)}
#define LIMIT(name, split, sentence) {KEY(name, limit[split], SW_FIELD_INT, "0", sentence), .max = 10000000}
/* clang-format on */

static const sw_field data_fields[] = {
    CHOICE(
        layout, "oxford_iiit_pet", layout_names,
        "How the files lie: oxford_iiit_pet (images/, annotations/); folders (data.train, data.val: a folder "
        "of pictures and one of masks); lists (a text file with names, or with a picture and its mask a "
        "line); voc (JPEGImages/, SegmentationClass/, ImageSets/Segmentation/). 'segwork data init DIR' "
        "looks at a folder and writes this section"),
    TEXT(root, "data/oxford-iiit-pet", "Folder of the data set, relative to where segwork is started"),
    FOLDERS("train", SW_SPLIT_TRAIN, "Training pictures and masks of layout folders, and of names in lists"),
    FOLDERS("val", SW_SPLIT_VAL, "Validation pictures and masks; not given: see val_share"),
    FOLDERS("test", SW_SPLIT_TEST, "Pictures and masks that only 'segwork eval --split test' reads"),
    LIST("train_split", SW_SPLIT_TRAIN,
         "List of the training images: a name (annotations/NAME.txt, ImageSets/Segmentation/NAME.txt) or, "
         "with "
         "layout lists, a file below data.root; empty: trainval for the pets, train for voc, train.txt for "
         "lists"),
    LIST("val_split", SW_SPLIT_VAL,
         "List of the validation images; empty: test for the pets, val for voc, none for lists (see "
         "val_share)"),
    LIST("test_split", SW_SPLIT_TEST,
         "List of the images that 'segwork eval --split test' reads; empty: none"),
    REAL(val_share, "0.1", 0.9,
         "Without a validation set, this share of the training images is used for it, chosen by a hash of "
         "their names: a picture stays in its split when others are added or removed"),
    INT(holdout, "0", 0, 10000000,
        "Hold out every n-th training image and validate on these instead of val_split, which stays "
        "unseen while you choose between experiments (where a list is sorted by class, each class is "
        "represented); 0: off"),
    LIMIT("train_limit", SW_SPLIT_TRAIN,
          "Use a sample of so many training images, drawn by limit_seed; 0: all"),
    LIMIT("val_limit", SW_SPLIT_VAL, "Use a sample of so many validation images; 0: all"),
    LIMIT("test_limit", SW_SPLIT_TEST, "Use a sample of so many test images; 0: all"),
    INT(limit_seed, "0", 0, 2147483647,
        "Seed of these samples. It is not the experiment's seed, so that runs with several seeds see the "
        "same "
        "images"),
    TEXT(mask_suffix, "\"\"",
         "Suffix that a mask's name adds to its picture's, such as _mask for a.jpg and a_mask.png; empty: "
         "none, or one of the common suffixes (_mask, _L, _labelIds, ...)"),
    CHOICE(masks, "auto", mask_names,
           "What a mask's pixels are: grey levels (index), numbers of its palette, or colours; auto: colours "
           "where the classes are given by colours, else numbers"),
    CUSTOM(
        classes, classes, "none",
        "The classes: names alone (their values in the masks are 0, 1, 2, ...), or name, value and colour. A "
        "value is a number or a colour of the masks, or a list of them, which merges classes; colours are "
        "those of pictures, by default ones that colour-blind eyes tell apart. none: the layout's own (pet, "
        "background, border)"),
    CUSTOM(ignore, ignore, "none",
           "Values of the masks that loss and metrics ignore: numbers or colours. none: 255 with "
           "layout voc, else nothing"),
    CUSTOM(
        size, schema_size, "128",
        "Pixels of what the network sees of an image: the side of a square, or [height, width]; images and "
        "masks are resized to it. Each encoder stage halves both sides, rounding down, and must leave at "
        "least one pixel. Any size works"),
    CHOICE(fit, "stretch", fit_names,
           "How a picture of another shape is brought to that size: stretched; whole, with margins that are "
           "ignored; or cropped to its middle"),
    CHOICE(resize, "nearest", resize_names, "Interpolation for resizing images (masks: always nearest)"),
    CUSTOM(normalize, schema_normalize, "none",
           "The network sees (colour - mean) / std of each channel, where colours are 0 to 1, in training, "
           "validation and prediction. Weights trained on ImageNet expect {mean: [0.485, 0.456, 0.406], std: "
           "[0.229, 0.224, 0.225]}"),
    CHOICE(on_bad_file, "skip", bad_file_names,
           "Whether an unreadable image or mask is skipped with a warning or ends the run"),
    INT(loader_threads, "2", 1, 64,
        "Threads that load and augment images; results don't depend on their number"),
    INT(prefetch, "2", 1, 64, "Batches prepared ahead of the device"),
    INT(cache_mb, "0", 0, 100000000,
        "Megabytes for the decoded images of each split that is open; those beyond are decoded again every "
        "time, by the loader threads, with the same results; 0: a quarter of the machine's memory, which the "
        "processes of one run share"),
};
const sw_field_table schema_data_table = TABLE(data_fields);
#undef HERE
