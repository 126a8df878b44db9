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

uint32_t sw_class_default_rgb(int place)
{
    enum { COUNT = sizeof palette / sizeof palette[0] };
    assert(place >= 0);
    uint32_t rgb = palette[place % COUNT];
    /* more classes than colours: darker at each round */
    for (int round = place / COUNT; round > 0; round--)
        rgb = (rgb >> 16) * 2 / 3 << 16 | (rgb >> 8 & 0xFF) * 2 / 3 << 8 | (rgb & 0xFF) * 2 / 3;
    return rgb;
}

uint32_t sw_class_rgb(const sw_classes *classes, int c)
{
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
