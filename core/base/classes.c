#include "base/classes.h"

#include <assert.h>
#include <string.h>

sw_classes sw_classes_none(void)
{
    return (sw_classes){.background = -1, .border = -1};
}

bool sw_class_name_is_valid(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < SW_CLASS_NAME_BYTES &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

bool sw_classes_add(sw_classes *classes, const char *name)
{
    if (classes->count == SW_MAX_CLASSES || !sw_class_name_is_valid(name) ||
        sw_classes_find(classes, name) >= 0)
        return false;
    sw_class *added = &classes->list[classes->count];
    *added = (sw_class){.rgb = sw_class_default_rgb(classes->count)};
    memcpy(added->name, name, strlen(name) + 1);
    if (strcmp(name, "background") == 0) classes->background = classes->count;
    classes->count++;
    return true;
}

/* After the third, Okabe and Ito's colours. */
static const uint32_t palette[] = {
    0xF0A030, /* orange         */
    0x1F3A5F, /* dark blue      */
    0xBFE2F6, /* pale blue      */
    0x009E73, /* bluish green   */
    0xCC79A7, /* reddish purple */
    0x56B4E9, /* sky blue       */
    0xD55E00, /* vermilion      */
    0xF0E442, /* yellow         */
};

/* A colour of hue 0..359 degrees and lightness 0..100 %, strongly saturated. */
static uint32_t rgb_of(int hue, int lightness)
{
    const int chroma = (lightness < 50 ? lightness : 100 - lightness) * 2 * 70 / 100; /* in % */
    uint32_t rgb = 0;
    for (int c = 0; c < 3; c++) {
        /* how far the hue is from this channel's, 0 at the channel, 180 opposite */
        int away = (hue + 360 - 120 * c) % 360;
        away = away > 180 ? 360 - away : away;
        const int share = away <= 60 ? 100 : away >= 120 ? 0 : (120 - away) * 100 / 60;
        const int percent = lightness - chroma / 2 + chroma * share / 100;
        rgb = rgb << 8 | (uint32_t)(percent * 255 / 100);
    }
    return rgb;
}

/* Beyond the palette hues go round by the golden angle while the lightness takes one of five levels, far from
 * that of the neighbour. */
uint32_t sw_class_default_rgb(int place)
{
    enum { COUNT = sizeof palette / sizeof palette[0], GOLDEN_ANGLE = 137, LEVELS = 5 };
    static const int lightness[LEVELS] = {30, 62, 42, 78, 52};
    assert(place >= 0);
    if (place < COUNT) return palette[place];
    return rgb_of(place * GOLDEN_ANGLE % 360, lightness[place % LEVELS]);
}

enum { IGNORED_RGB = 0xB4B4B4 };

uint32_t sw_class_rgb(const sw_classes *classes, int c)
{
    if (c == SW_NO_CLASS) return IGNORED_RGB;
    return c < classes->count ? classes->list[c].rgb : sw_class_default_rgb(c);
}

int sw_classes_find(const sw_classes *classes, const char *name)
{
    for (int c = 0; c < classes->count; c++)
        if (strcmp(classes->list[c].name, name) == 0) return c;
    return -1;
}

bool sw_classes_same(const sw_classes *a, const sw_classes *b)
{
    if (a->count != b->count) return false;
    for (int c = 0; c < a->count; c++)
        if (strcmp(a->list[c].name, b->list[c].name) != 0) return false;
    return true;
}
