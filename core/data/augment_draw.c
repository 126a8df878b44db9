#include "augment_draw.h"

#include <math.h>

/* Uniform in [max(0, 1-strength), 1+strength) */
static float draw_factor(sw_rng *rng, float strength)
{
    return sw_rng_uniform(rng, fmaxf(0, 1 - strength), 1 + strength);
}

static void draw_crop(augment_draw *out, float crop, sw_size size, sw_rng *rng)
{
    float share = sw_rng_uniform(rng, 1 - crop, 1); /* of both sides, to keep the aspect ratio */
    out->crop.width = share * (float)size.width;
    out->crop.height = share * (float)size.height;
    out->crop.left = sw_rng_uniform(rng, 0, (float)size.width - out->crop.width);
    out->crop.top = sw_rng_uniform(rng, 0, (float)size.height - out->crop.height);
}

/* Each side up to `most` of the image's, anywhere in the image. */
static sw_rect draw_rect(sw_rng *rng, float most, sw_size size)
{
    sw_rect rect;
    rect.height = (int)lroundf(sw_rng_float(rng) * most * (float)size.height);
    rect.width = (int)lroundf(sw_rng_float(rng) * most * (float)size.width);
    rect.top = (int)(sw_rng_float(rng) * (float)(size.height - rect.height + 1));
    rect.left = (int)(sw_rng_float(rng) * (float)(size.width - rect.width + 1));
    return rect;
}

void augment_draw_numbers(augment_draw *out, const sw_augment_config *config, sw_size size, sw_rng *rng)
{
    /* These eight in this order are as old as augmentation: the bits of experiments depend on them. */
    out->hflip = sw_rng_chance(rng, config->hflip);
    out->brightness = draw_factor(rng, config->brightness);
    out->contrast = draw_factor(rng, config->contrast);
    out->saturation = draw_factor(rng, config->saturation);
    out->hue = sw_rng_uniform(rng, -config->hue, config->hue);
    draw_crop(out, config->crop, size, rng);

    out->vflip = sw_rng_chance(rng, config->vflip);
    out->scale = sw_rng_uniform(rng, config->scale.low, config->scale.high);
    out->x = sw_rng_float(rng);
    out->y = sw_rng_float(rng);
    out->degrees = sw_rng_uniform(rng, -config->rotation, config->rotation);
    out->blur_px = sw_rng_uniform(rng, 0, config->blur);
    out->noise = sw_rng_uniform(rng, 0, config->noise);
    for (int i = 0; i < SW_MAX_CUTOUT_COUNT; i++) out->erased[i] = draw_rect(rng, config->cutout, size);
}
