#include "mask_writing.h"

#include "data/dataset.h"

void sw_mask_writing_of(sw_mask_writing *out, const sw_data_config *data)
{
    const sw_classes *classes = sw_data_classes(data);
    *out = (sw_mask_writing){0};
    for (int c = 0; c < 256; c++) {
        const int value = c < classes->count ? classes->list[c].mask_values[0] : c < 255 ? c + 1 : c;
        out->value[c] = (uint8_t)value;
        if (c >= classes->count) continue;
        out->rgb[value] = classes->list[c].rgb;
        if (value >= out->colours) out->colours = value + 1;
    }
}
