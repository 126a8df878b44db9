/* The keys of `augment`. */
#include "data/config.h"
#include "schema_tables.h"

/* ---- augment.scale: a range ---- */

enum { LEAST_SCALE_PERCENT = 5, MOST_SCALE = 20 };

static const sw_yaml_node *read_scale(void *record, const sw_yaml_node *value, sw_field_reading *reading)
{
    sw_range *scale = &((sw_augment_config *)record)->scale;
    double ends[2];
    (void)reading;
    if (value->kind != SW_YAML_SEQUENCE || value->count != 2) return value;
    for (int i = 0; i < 2; i++)
        if (!sw_yaml_number(&ends[i], value->items[i]) || !(ends[i] >= LEAST_SCALE_PERCENT / 100.0) ||
            !(ends[i] <= MOST_SCALE))
            return value->items[i];
    *scale = (sw_range){(float)ends[0], (float)ends[1]};
    return ends[0] <= ends[1] ? NULL : value;
}

static void write_scale(sw_str *out, const void *record)
{
    sw_range scale = ((const sw_augment_config *)record)->scale;
    sw_str_append(out, "[");
    sw_float_append(out, scale.low);
    sw_str_append(out, ", ");
    sw_float_append(out, scale.high);
    sw_str_append(out, "]");
}

static const sw_field_custom scale_range = {
    .expected = "[low, high], two numbers in 0.05..20, the lower one first",
    .json_schema = "{\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2,"
                   " \"items\": {\"type\": \"number\", \"minimum\": 0.05, \"maximum\": 20}}",
    .read = read_scale,
    .write = write_scale,
};

#define HERE sw_augment_config
static const sw_field augment_fields[] = {
    REAL(hflip, "0", 1, "Probability of a horizontal flip of image and mask"),
    REAL(vflip, "0", 1, "Probability of a vertical flip of image and mask"),
    REAL(brightness, "0", 10, "Brightness is multiplied by a random factor from [max(0, 1-x), 1+x]; 0: off"),
    REAL(contrast, "0", 10, "Contrast is multiplied by a random factor from [max(0, 1-x), 1+x]; 0: off"),
    REAL(saturation, "0", 10, "Saturation is multiplied by a random factor from [max(0, 1-x), 1+x]; 0: off"),
    REAL(hue, "0", 0.5, "Hue is shifted by a random part of the colour circle from [-x, x]; 0: off"),
    REAL(crop, "0", 0.9,
         "Random resized crop: a part whose sides are between 1-x and 1 of the image's is cut out at a "
         "random place and resized to full size (image bilinear, mask nearest); 0: off"),
    CUSTOM(
        scale, scale_range, "[1, 1]",
        "The picture is shown magnified by a random factor from [low, high], 1 being the fit of data.fit, at "
        "a random place; what lies outside the picture is black and ignored. Works from the picture at full "
        "resolution, as rotation and crop_to_size do"),
    BOOL(crop_to_size, "false",
         "Cut a window of data.size from the picture at its own pixels, or scale times these, instead of "
         "fitting the whole picture into it: for large pictures with small objects"),
    REAL(rotation, "0", 180,
         "The picture is rotated by a random angle from [-x, x] degrees; corners outside it are ignored; 0: "
         "off"),
    REAL(blur, "0", 20, "Gaussian blur with a random standard deviation from [0, x] pixels; 0: off"),
    REAL(noise, "0", 1,
         "Gaussian noise with a random standard deviation from [0, x], colours being 0 to 1; 0: off"),
    REAL(cutout, "0", 0.9,
         "Rectangles are painted over at random places, each side up to this share of the image's; the mask "
         "keeps its classes, which have to be guessed from what is around; 0: off"),
    INT(cutout_count, "1", 1, SW_MAX_CUTOUT_COUNT, "With cutout: the number of rectangles"),
};
const sw_field_table schema_augment_table = TABLE(augment_fields);
#undef HERE
