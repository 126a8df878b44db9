#include "data/mask_values.h"

#include <string.h>

#include "data/description.h"
#include "layout.h"

enum { LISTED = 12 };

bool sw_masks_are_colours(const sw_data_config *data)
{
    const sw_class_list *list = sw_data_class_list(data);
    return list && list->value_count > 0 && list->values[0].code & SW_MASK_IS_COLOUR;
}

void sw_mask_code_append(sw_str *out, unsigned code)
{
    if (code & SW_MASK_IS_COLOUR)
        sw_str_printf(out, "#%06x", code & 0xFFFFFF);
    else
        sw_str_printf(out, "%u", code);
}

void sw_mask_values_append(sw_str *out, const sw_data_config *data)
{
    const sw_class_list *list = sw_data_class_list(data);
    for (int i = 0; i < list->value_count; i++) {
        if (i) sw_str_append(out, ", ");
        if (i == LISTED) {
            sw_str_append(out, "...");
            break;
        }
        sw_mask_code_append(out, list->values[i].code);
        sw_str_printf(out, " %s", list->classes.list[list->values[i].label].name);
    }
}

/* The first value that `taken` does not have; 255 when it has all. */
static int free_value(const bool taken[256])
{
    int value = 0;
    while (value < 255 && taken[value]) value++;
    return value;
}

/* The first ignored value that is a colour, or a number; NULL: there is none. A list may have both. */
static const unsigned *first_of_kind(const sw_ignore_list *ignore, bool colour)
{
    for (int i = 0; ignore && i < ignore->count; i++)
        if (colour == (ignore->codes[i] >= SW_MASK_IS_COLOUR)) return &ignore->codes[i];
    return NULL;
}

void sw_mask_writing_of(sw_mask_writing *out, const sw_data_config *data)
{
    const sw_class_list *list = sw_data_class_list(data);
    const sw_ignore_list *ignore = sw_data_ignore(data);
    const bool by_colour = sw_masks_are_colours(data);
    bool has[SW_MAX_CLASSES] = {0}, taken[256] = {0};
    *out = (sw_mask_writing){0};
    for (int i = 0; i < list->value_count; i++) {
        const int label = list->values[i].label;
        const unsigned code = list->values[i].code;
        if (!by_colour) taken[code] = true;
        if (has[label]) continue;
        has[label] = true;
        const int value = by_colour ? label : (int)code;
        taken[value] = true;
        out->value[label] = (uint8_t)value;
        out->rgb[value] = by_colour ? code & 0xFFFFFF : list->classes.list[label].rgb;
        if (value >= out->colours) out->colours = value + 1;
    }
    int none = free_value(taken);
    uint32_t none_rgb = 0;
    const unsigned *ignored = first_of_kind(ignore, by_colour);
    if (ignored && by_colour) none_rgb = *ignored & 0xFFFFFF;
    if (ignored && !by_colour) none = (int)*ignored;
    for (int label = list->classes.count; label < 256; label++) out->value[label] = (uint8_t)none;
    if (!taken[none]) out->rgb[none] = none_rgb; /* where classes have all 256, the last keeps its colour */
    if (none >= out->colours) out->colours = none + 1;
}
