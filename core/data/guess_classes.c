#include "guess_classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "data/mask_values.h"
#include "data/pets.h"
#include "guess_files.h"

/* ---- values of smoothed edges ---- */

/* A class that is in an image fills more of it than this; a value between two classes fills some pixels of an
 * edge. */
static const double edge_share = 0.0005;
enum { LEAST_EDGE_VALUES = 8 };

static bool has_few_pixels(const sw_guess *guess, const sw_guess_value *value)
{
    const double pixels_a_mask = (double)guess->pixels / guess->masks_read;
    return (double)value->pixels / value->images < edge_share * pixels_a_mask;
}

static void find_edges(sw_guess *guess)
{
    int edges = 0;
    uint64_t others = 0;
    for (int i = 0; i < guess->value_count; i++) {
        const sw_guess_value *value = &guess->values[i];
        if (has_few_pixels(guess, value))
            edges++;
        else
            others += value->pixels;
    }
    if (edges < LEAST_EDGE_VALUES || guess->value_count - edges < 2 ||
        (double)others < 0.9 * (double)guess->pixels)
        return;
    for (int i = 0; i < guess->value_count; i++)
        guess->values[i].is_edge = has_few_pixels(guess, &guess->values[i]);
}

/* ---- which values are classes ---- */

static int count_kept(const sw_guess *guess)
{
    int count = 0;
    for (int i = 0; i < guess->value_count; i++) count += !guess->values[i].is_edge;
    return count;
}

/* Whether the values are levels from 0 to 255 at equal distances: all of them are classes then. */
static bool are_levels(const sw_guess *guess, int count)
{
    for (int i = 0, place = 0; i < guess->value_count; i++) {
        if (guess->values[i].is_edge) continue;
        const int level = 255 * place++ / (count - 1);
        if (abs((int)guess->values[i].code - level) > 1) return false;
    }
    return true;
}

/* Edges are ignored; so is 255 beside two or more values, where it usually means that nobody labelled the
 * pixel. */
static void choose_ignored(sw_guess *guess)
{
    const int count = count_kept(guess);
    const bool without_255 = count > 2 && !are_levels(guess, count);
    for (int i = 0; i < guess->value_count; i++) {
        sw_guess_value *value = &guess->values[i];
        value->label = value->is_edge || (value->code == 255 && without_255) ? SW_NO_CLASS : 0;
    }
}

static sw_status fill_ignore(sw_guess *guess)
{
    int count = 0;
    sw_ignore_list *list = sw_arena_alloc(&guess->arena, sizeof *list);
    unsigned *codes = sw_arena_alloc(&guess->arena, (size_t)(guess->value_count + 1) * sizeof *codes);
    if (!list || !codes) return SW_E_MEMORY;
    for (int i = 0; i < guess->value_count; i++)
        if (guess->values[i].label == SW_NO_CLASS) codes[count++] = guess->values[i].code;
    const bool has_255 = count > 0 && codes[count - 1] == 255;
    if (guess->data.layout == SW_LAYOUT_VOC && !has_255) codes[count++] = 255; /* as the layout has it */
    *list = (sw_ignore_list){codes, count};
    guess->data.ignore = count ? list : NULL;
    return SW_OK;
}

/* ---- classes ---- */

static bool is_black(unsigned code)
{
    return code == 0 || code == SW_MASK_IS_COLOUR;
}

static void name_class(char name[SW_CLASS_NAME_BYTES], const sw_guess *guess, unsigned code, int label,
                       int count)
{
    const bool two = count == 2 && is_black(guess->values[0].code);
    const bool voc = guess->data.layout == SW_LAYOUT_VOC;
    if (is_black(code) && (two || voc))
        snprintf(name, SW_CLASS_NAME_BYTES, "background");
    else if (two)
        snprintf(name, SW_CLASS_NAME_BYTES, "object");
    else
        snprintf(name, SW_CLASS_NAME_BYTES, "class_%u", code & SW_MASK_IS_COLOUR ? (unsigned)label : code);
}

static sw_status fill_classes(sw_guess *guess, int count)
{
    sw_class_list *list = sw_arena_alloc(&guess->arena, sizeof *list);
    sw_mask_value *values = sw_arena_alloc(&guess->arena, (size_t)count * sizeof *values);
    if (!list || !values) return SW_E_MEMORY;
    *list = (sw_class_list){.classes = sw_classes_none(), .values = values};
    for (int i = 0; i < guess->value_count; i++) {
        sw_guess_value *value = &guess->values[i];
        if (value->label == SW_NO_CLASS) continue;
        const int label = list->value_count;
        char name[SW_CLASS_NAME_BYTES];
        name_class(name, guess, value->code, label, count);
        sw_classes_add(&list->classes, name);
        sw_class *added = &list->classes.list[label];
        if (value->code & SW_MASK_IS_COLOUR) added->rgb = value->code & 0xFFFFFF;
        if (value->has_rgb) added->rgb = value->rgb;
        value->label = label;
        list->values[list->value_count++] = (sw_mask_value){value->code, label};
    }
    guess->data.classes = list;
    return SW_OK;
}

/* The pets' own classes, where the masks have no other values. */
static bool are_pets(sw_guess *guess)
{
    const sw_class_list *pets = &sw_pets_class_list;
    if (guess->data.layout != SW_LAYOUT_PETS) return false;
    for (int i = 0; i < guess->value_count; i++) {
        int v = 0;
        while (v < pets->value_count && pets->values[v].code != guess->values[i].code) v++;
        if (v == pets->value_count) return false;
        guess->values[i].label = pets->values[v].label;
    }
    return true;
}

static sw_status refuse_one_value(const sw_guess *guess)
{
    sw_str text = {0};
    sw_mask_code_append(&text, guess->values[0].code);
    sw_status status = sw_str_status(&text);
    if (status == SW_OK)
        status =
            sw_fail(SW_E_DATA, "%s: all %d masks have one value only, %s: there is nothing to tell apart",
                    guess->data.root, guess->masks_read, text.text);
    sw_str_deinit(&text);
    return status;
}

sw_status guess_classes(sw_guess *guess)
{
    int count = 0;
    if (are_pets(guess)) return SW_OK;
    if (guess->value_count < 2) return refuse_one_value(guess);
    find_edges(guess);
    choose_ignored(guess);
    for (int i = 0; i < guess->value_count; i++) count += guess->values[i].label != SW_NO_CLASS;
    if (count > SW_MAX_CLASSES)
        return sw_fail(SW_E_DATA,
                       "%s: the masks have %d values, and at most %d classes can be told apart. Are they "
                       "masks of instances, or smoothed?",
                       guess->data.root, count, SW_MAX_CLASSES);
    SW_ENSURE(fill_ignore(guess));
    return fill_classes(guess, count);
}
