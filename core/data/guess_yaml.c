/* A guess, written as YAML that teaches. */
#include <string.h>

#include "base/fields.h"
#include "data/description.h"
#include "data/guess.h"
#include "data/mask_values.h"

enum { COMMENT_COLUMN = 44, COLUMNS = 110 };

/* Ends a line with a comment, at a column of its own where the line is short. */
static void comment(sw_str *out, const char *fmt, ...) SW_PRINTF(2, 3);

static void comment(sw_str *out, const char *fmt, ...)
{
    va_list args;
    const char *newline = out->text ? strrchr(out->text, '\n') : NULL;
    const size_t column = newline ? strlen(newline + 1) : out->length;
    for (size_t c = column; c < COMMENT_COLUMN; c++) sw_str_append(out, " ");
    sw_str_append(out, column < COMMENT_COLUMN ? "# " : "  # ");
    va_start(args, fmt);
    sw_str_vprintf(out, fmt, args);
    va_end(args);
    sw_str_append(out, "\n");
}

/* ---- where the files are ---- */

static void put_pictures(sw_str *out, const sw_guess *guess, int split)
{
    const sw_guess_split *counts = &guess->splits[split];
    const char *plural = counts->pictures == 1 ? "" : "s";
    if (split == SW_SPLIT_TEST)
        comment(out, "%d picture%s, that only 'segwork eval --split test' reads", counts->pictures, plural);
    else if (counts->without_mask)
        comment(out, "%d picture%s, %d of them without a mask", counts->pictures, plural,
                counts->without_mask);
    else
        comment(out, "%d picture%s", counts->pictures, plural);
}

static void put_folders(sw_str *out, const sw_guess *guess, int split)
{
    const sw_split_folders *folders = &guess->data.folders[split];
    sw_str_printf(out, "  %s: {images: ", sw_data_split_name(split));
    sw_text_append(out, folders->images);
    sw_str_append(out, ", masks: ");
    sw_text_append(out, folders->masks);
    sw_str_append(out, "}");
}

static bool has_folders(const sw_guess *guess, int split)
{
    return guess->data.folders[split].images != NULL;
}

/* Empty ones too: the experiment that includes this may have others. */
static void put_lists(sw_str *out, const sw_guess *guess)
{
    const sw_data_config *data = &guess->data;
    for (int s = 0; s < SW_SPLITS; s++) {
        const bool given = data->split[s] && *data->split[s];
        sw_str_printf(out, "  %s_split: ", sw_data_split_name((sw_split)s));
        sw_text_append(out, given ? data->split[s] : "");
        if (given && guess->splits[s].pictures && !(s == SW_SPLIT_VAL && data->holdout))
            put_pictures(out, guess, s);
        else if (s == SW_SPLIT_VAL && !data->holdout)
            comment(out, "none: see val_share");
        else
            sw_str_append(out, "\n");
    }
}

static void put_files(sw_str *out, const sw_guess *guess)
{
    const sw_data_config *data = &guess->data;
    const bool lists = data->layout != SW_LAYOUT_FOLDERS;
    if (has_folders(guess, SW_SPLIT_TRAIN) && lists) {
        put_folders(out, guess, SW_SPLIT_TRAIN);
        comment(out, "where the names of the lists are looked for");
    }
    if (lists) put_lists(out, guess);
    for (int s = 0; s < SW_SPLITS && !lists; s++) {
        if (!has_folders(guess, s)) continue;
        put_folders(out, guess, s);
        put_pictures(out, guess, s);
    }
    if (data->val_share > 0 && data->holdout == 0) {
        sw_str_append(out, "  val_share: ");
        sw_float_append(out, data->val_share);
        comment(out, "of the pictures validate, chosen by their names: %d",
                guess->splits[SW_SPLIT_VAL].pictures);
    }
    sw_str_printf(out, "  holdout: %d", data->holdout);
    if (data->holdout)
        comment(out, "every so many-th training picture validates: %d", guess->splits[SW_SPLIT_VAL].pictures);
    else
        sw_str_append(out, "\n");
    sw_str_append(out, "  mask_suffix: ");
    sw_text_append(out, data->mask_suffix);
    if (*data->mask_suffix)
        comment(out, "what masks have behind the names of their pictures");
    else
        sw_str_append(out, "\n");
}

/* ---- sizes ---- */

static void put_size(sw_str *out, const sw_guess *guess)
{
    static const char *const fits[] = {"stretch", "pad", "crop"};
    const sw_stats_range *width = &guess->width_px, *height = &guess->height_px;
    const sw_data_config *data = &guess->data;
    sw_str_append(out, "\n");
    if (guess->one_size)
        sw_str_printf(out, "  # The pictures are %d pixels wide and %d high.\n", width->low, height->low);
    else
        sw_str_printf(
            out, "  # The pictures are %d to %d pixels wide (median %d) and %d to %d high (median %d).\n",
            width->low, width->high, width->median, height->low, height->high, height->median);
    sw_str_append(out,
                  "  # This size is a suggestion; half of both sides trains about four times as fast.\n");
    sw_str_printf(out, "  size: [%d, %d]", data->size.height, data->size.width);
    comment(out, "height, width of what the network sees");
    sw_str_printf(out, "  fit: %s", fits[data->fit]);
    comment(out, data->fit == SW_FIT_PAD ? "whole and padded, since their shapes differ; or stretch, crop"
                                         : "or pad, crop: where pictures have another shape");
    if (data->layout == SW_LAYOUT_PETS) return; /* the published runs resize these to the nearest pixel */
    sw_str_append(out, "  resize: bilinear");
    comment(out, "the pictures; masks always take the nearest pixel");
}

/* ---- classes ---- */

static void put_code(sw_str *out, unsigned code)
{
    const char *quote = code & SW_MASK_IS_COLOUR ? "\"" : "";
    sw_str_append(out, quote);
    sw_mask_code_append(out, code);
    sw_str_append(out, quote);
}

static void put_share(sw_str *out, const sw_guess *guess, const sw_guess_value *value)
{
    const double share = (double)value->pixels / (double)guess->pixels;
    comment(out, "%.*f of the pixels, in %d of %d masks%s", share > 0 && share < 0.00005 ? 7 : 4, share,
            value->images, guess->masks_read, share < 0.0001 ? ": few; smoothed edges?" : "");
}

static void put_class(sw_str *out, const sw_guess *guess, const sw_guess_value *value)
{
    const sw_class *c = &guess->data.classes->classes.list[value->label];
    sw_str_append(out, "    - {name: ");
    sw_text_append(out, c->name);
    sw_str_append(out, ", value: ");
    put_code(out, value->code);
    if (value->has_rgb) sw_str_printf(out, ", colour: \"#%06x\"", value->rgb);
    sw_str_append(out, "}");
    put_share(out, guess, value);
}

static void put_classes(sw_str *out, const sw_guess *guess)
{
    sw_str_printf(out,
                  "\n  # The values of %s%d masks. Give the classes their names. To make several values one "
                  "class, write\n"
                  "  # value: [3, 4]; to leave a value out of loss and metrics, move it to ignore.\n",
                  guess->masks_read < guess->masks ? "a sample of " : "", guess->masks_read);
    sw_str_append(out, "  classes:\n");
    for (int i = 0; i < guess->value_count; i++)
        if (guess->values[i].label != SW_NO_CLASS) put_class(out, guess, &guess->values[i]);
}

/* "[1, 2, 3]", broken into lines. */
static void put_codes(sw_str *out, const sw_ignore_list *list)
{
    size_t line = out->length;
    sw_str_append(out, "[");
    for (int i = 0; i < list->count; i++) {
        const bool full = out->length - line > COLUMNS - 30;
        if (i) sw_str_append(out, full ? ",\n    " : ", ");
        if (i && full) line = out->length;
        put_code(out, list->codes[i]);
    }
    sw_str_append(out, "]");
}

static void put_ignored(sw_str *out, const sw_guess *guess)
{
    int edges = 0;
    uint64_t edge_pixels = 0;
    for (int i = 0; i < guess->value_count; i++) {
        if (!guess->values[i].is_edge) continue;
        edges++;
        edge_pixels += guess->values[i].pixels;
    }
    if (edges)
        sw_str_printf(
            out,
            "  # %d values with %.4f of the pixels in all look like the smoothed edges of masks that "
            "were drawn or\n  # resized with anti-aliasing. They are ignored; better are masks "
            "without them.\n",
            edges, (double)edge_pixels / (double)guess->pixels);
    sw_str_append(out, "  ignore: ");
    if (!guess->data.ignore) {
        sw_str_append(out, "none");
        comment(out, "values that count for nothing");
        return;
    }
    put_codes(out, guess->data.ignore);
    const sw_guess_value *last = &guess->values[guess->value_count - 1];
    if (!edges && last->code == guess->data.ignore->codes[0])
        put_share(out, guess, last);
    else
        sw_str_append(out, "\n");
}

/* What the classes are that a layout has by itself. */
static void put_pets(sw_str *out, const sw_guess *guess)
{
    const sw_class_list *list = sw_data_class_list(&guess->data);
    for (int i = 0; i < guess->value_count; i++) {
        const sw_guess_value *value = &guess->values[i];
        sw_str_append(out, "  #   ");
        sw_mask_code_append(out, value->code);
        sw_str_printf(out, " %s", list->classes.list[value->label].name);
        put_share(out, guess, value);
    }
}

static void put_masks(sw_str *out, const sw_guess *guess)
{
    static const char *const kinds[] = {"auto", "index", "palette", "colour"};
    static const char *const meanings[] = {"numbers: grey levels in some files, of a palette in others",
                                           "grey levels", "the numbers of the files' palettes",
                                           "RGB colours"};
    sw_str_append(out, "\n");
    sw_str_printf(out, "  masks: %s", kinds[guess->data.masks]);
    comment(out, "%s", meanings[guess->data.masks]);
    if (guess->data.classes) {
        put_classes(out, guess);
        put_ignored(out, guess);
    } else {
        sw_str_append(out, "  classes: none");
        comment(out, "the layout's own:");
        put_pets(out, guess);
        sw_str_append(out, "  ignore: none\n");
    }
}

/* A text within a comment, which a line break would end. */
static void put_in_comment(sw_str *out, const char *text)
{
    for (const char *c = text; *c; c++) sw_str_printf(out, "%c", (unsigned char)*c < 0x20 ? '?' : *c);
}

void sw_guess_yaml(sw_str *out, const sw_guess *guess, const char *command, const char *file)
{
    sw_str_append(out, "# Made by: ");
    put_in_comment(out, command);
    sw_str_append(out, "\n# An experiment includes this file, after one that describes a network:\n"
                       "#   include: [experiments/segnet_small.yaml, ");
    put_in_comment(out, file);
    sw_str_printf(out, "]\n# All keys: 'segwork check --keys'\ndata:\n  layout: %s\n  root: ",
                  sw_data_layout_name(&guess->data));
    sw_text_append(out, guess->data.root);
    comment(out, "relative to where segwork is started");
    put_files(out, guess);
    put_size(out, guess);
    put_masks(out, guess);
}
