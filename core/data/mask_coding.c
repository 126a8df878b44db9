#include "mask_coding.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "data/description.h"
#include "data/mask_values.h"

/* ---- the tables ---- */

static sw_status add_code(mask_coding *c, unsigned code, int label)
{
    if (c->by_colour) {
        SW_ENSURE(SW_ARRAY_GROW(c->colours, c->colour_count, "the colours of masks"));
        c->colours[c->colour_count++] = (sw_mask_value){code & 0xFFFFFF, label};
    } else {
        c->is_known[code & 0xFF] = true;
        c->label[code & 0xFF] = (uint8_t)label;
    }
    return SW_OK;
}

static int compare_colours(const void *a, const void *b)
{
    const unsigned left = ((const sw_mask_value *)a)->code, right = ((const sw_mask_value *)b)->code;
    return (left > right) - (left < right);
}

sw_status mask_coding_init(mask_coding *out, const sw_data_config *data)
{
    sw_status status = SW_OK;
    const sw_class_list *list = sw_data_class_list(data);
    const sw_ignore_list *ignore = sw_data_ignore(data);
    *out = (mask_coding){.data = data, .by_colour = sw_masks_are_colours(data)};
    memset(out->label, SW_NO_CLASS, sizeof out->label);
    for (int i = 0; i < list->value_count; i++)
        SW_TRY(add_code(out, list->values[i].code, list->values[i].label));
    for (int i = 0; ignore && i < ignore->count; i++)
        if (!(ignore->codes[i] & SW_MASK_IS_COLOUR) == !out->by_colour)
            SW_TRY(add_code(out, ignore->codes[i], SW_NO_CLASS));
    if (out->colour_count)
        qsort(out->colours, (size_t)out->colour_count, sizeof *out->colours, compare_colours);
done:
    if (status != SW_OK) mask_coding_deinit(out);
    return status;
}

void mask_coding_deinit(mask_coding *coding)
{
    free(coding->colours);
    *coding = (mask_coding){0};
}

/* ---- messages ---- */

static sw_status no_class(const mask_coding *c, unsigned code, const sw_image *mask, size_t pixel,
                          const char *path)
{
    sw_str text = {0};
    sw_str_append(&text, c->by_colour ? "colour " : "value ");
    sw_mask_code_append(&text, code);
    sw_str_printf(&text, " at column %zu, row %zu belongs to no class; the classes are ",
                  pixel % (size_t)mask->width, pixel / (size_t)mask->width);
    sw_mask_values_append(&text, c->data);
    sw_str_append(&text, ". Add it to the values of a class (data.classes) or to data.ignore");
    sw_status status = sw_str_status(&text);
    if (status == SW_OK) status = sw_fail(SW_E_DATA, "%s: %s", path, text.text);
    sw_str_deinit(&text);
    return status;
}

/* ---- masks of numbers ---- */

static unsigned rgb_at(const sw_mask_image *mask, size_t pixel)
{
    const uint8_t *p = mask->image.pixels;
    if (mask->image.channels == 1)
        return mask->colours ? (p[pixel] < mask->colours ? mask->palette[p[pixel]] : 0)
                             : p[pixel] * 0x010101u;
    return (unsigned)p[3 * pixel] << 16 | (unsigned)p[3 * pixel + 1] << 8 | p[3 * pixel + 2];
}

static bool is_gray(unsigned rgb)
{
    return (rgb & 0xFF) * 0x010101u == rgb;
}

/* An RGB picture whose pixels are grey becomes one of one channel. */
static sw_status rgb_to_gray(sw_mask_image *mask, const char *path)
{
    const size_t pixels = (size_t)mask->image.width * (size_t)mask->image.height;
    for (size_t i = 0; i < pixels; i++) {
        const unsigned rgb = rgb_at(mask, i);
        if (!is_gray(rgb))
            return sw_fail(
                SW_E_DATA,
                "%s: a mask of colours (#%06x at column %zu, row %zu), but data.classes has numbers; "
                "give each class its colour: {name: road, value: \"#%06x\"}",
                path, rgb, i % (size_t)mask->image.width, i / (size_t)mask->image.width, rgb);
        mask->image.pixels[i] = (uint8_t)rgb;
    }
    mask->image.channels = 1;
    return SW_OK;
}

/* What a palette's file means: its numbers, or the grey levels they are shown as. */
static sw_status choose_numbers(bool *grey, const mask_coding *c, const sw_mask_image *mask, const char *path)
{
    const size_t pixels = (size_t)mask->image.width * (size_t)mask->image.height;
    bool used[256] = {0}, numbers = true, levels = true, differ = false;
    for (size_t i = 0; i < pixels; i++) used[mask->image.pixels[i]] = true;
    for (int v = 0; v < 256; v++) {
        if (!used[v]) continue;
        const unsigned rgb = v < mask->colours ? mask->palette[v] : 0;
        numbers = numbers && c->is_known[v];
        levels = levels && is_gray(rgb) && c->is_known[rgb & 0xFF];
        differ = differ || (rgb & 0xFF) != (unsigned)v;
    }
    *grey = !numbers && levels;
    if (!numbers || !levels || !differ) return SW_OK;
    return sw_fail(SW_E_DATA,
                   "%s: its palette can be read in two ways, by number and by grey level; say which with "
                   "data.masks: palette or data.masks: index",
                   path);
}

static sw_status to_grey_levels(sw_mask_image *mask, const char *path)
{
    const size_t pixels = (size_t)mask->image.width * (size_t)mask->image.height;
    for (size_t i = 0; i < pixels; i++) {
        const unsigned rgb = rgb_at(mask, i);
        if (!is_gray(rgb))
            return sw_fail(SW_E_DATA,
                           "%s: its palette has colours (#%06x), not grey levels; see data.masks: palette",
                           path, rgb);
        mask->image.pixels[i] = (uint8_t)rgb;
    }
    return SW_OK;
}

/* Brings the pixels to the numbers that the classes are given by. */
static sw_status to_numbers(sw_mask_image *mask, const mask_coding *c, const char *path)
{
    bool grey = c->data->masks == SW_MASKS_INDEX;
    if (mask->image.channels == 3) return rgb_to_gray(mask, path);
    if (c->data->masks == SW_MASKS_PALETTE && !mask->colours)
        return sw_fail(SW_E_DATA, "%s: a PNG without a palette, but data.masks is palette", path);
    if (!mask->colours) return SW_OK;
    if (c->data->masks == SW_MASKS_AUTO) SW_ENSURE(choose_numbers(&grey, c, mask, path));
    return grey ? to_grey_levels(mask, path) : SW_OK;
}

static sw_status label_numbers(sw_mask_image *mask, const mask_coding *c, const char *path)
{
    SW_ENSURE(to_numbers(mask, c, path));
    uint8_t *p = mask->image.pixels;
    const size_t pixels = (size_t)mask->image.width * (size_t)mask->image.height;
    for (size_t i = 0; i < pixels; i++) {
        if (!c->is_known[p[i]]) return no_class(c, p[i], &mask->image, i, path);
        p[i] = c->label[p[i]];
    }
    return SW_OK;
}

/* ---- masks of colours ---- */

static sw_status label_colours(sw_mask_image *mask, const mask_coding *c, const char *path)
{
    const size_t pixels = (size_t)mask->image.width * (size_t)mask->image.height;
    const sw_mask_value *last = NULL; /* neighbours mostly agree */
    for (size_t i = 0; i < pixels; i++) {
        const sw_mask_value key = {.code = rgb_at(mask, i)};
        if (!last || last->code != key.code)
            last = bsearch(&key, c->colours, (size_t)c->colour_count, sizeof key, compare_colours);
        if (!last) return no_class(c, SW_MASK_IS_COLOUR | key.code, &mask->image, i, path);
        mask->image.pixels[i] = (uint8_t)last->label; /* i <= 3 i: not read again */
    }
    mask->image.channels = 1;
    return SW_OK;
}

sw_status mask_read(sw_image *labels, const mask_coding *coding, const char *path)
{
    sw_mask_image mask;
    *labels = (sw_image){0};
    SW_ENSURE(sw_mask_image_read(&mask, path));
    sw_status status = (coding->by_colour ? label_colours : label_numbers)(&mask, coding, path);
    if (status == SW_OK)
        *labels = mask.image;
    else
        sw_image_deinit(&mask.image);
    return status;
}
