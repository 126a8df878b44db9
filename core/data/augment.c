#include "data/augment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "augment_draw.h"
#include "augment_filter.h"
#include "augment_picture.h"

struct sw_augment_place {
    warp_place warp;
    filter_place filter;
};

static float clamp01(float x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static float gray_of(const float *rgb)
{
    return 0.2989f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
}

void sw_augment_to_float(float *out, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) out[i] = (float)bytes[i] / 255.0f;
}

void sw_augment_adjust_brightness(float *rgb, size_t pixels, float factor)
{
    for (size_t i = 0; i < 3 * pixels; i++) rgb[i] = clamp01(factor * rgb[i]);
}

void sw_augment_adjust_contrast(float *rgb, size_t pixels, float factor)
{
    double sum = 0; /* double, so that a large image's mean keeps its digits */
    for (size_t i = 0; i < pixels; i++) sum += (double)gray_of(rgb + 3 * i);
    float rest = (1 - factor) * (float)(sum / (double)pixels);
    for (size_t i = 0; i < 3 * pixels; i++) rgb[i] = clamp01(factor * rgb[i] + rest);
}

void sw_augment_adjust_saturation(float *rgb, size_t pixels, float factor)
{
    for (size_t i = 0; i < pixels; i++, rgb += 3) {
        float rest = (1 - factor) * gray_of(rgb);
        for (int c = 0; c < 3; c++) rgb[c] = clamp01(factor * rgb[c] + rest);
    }
}

/* Hue and saturation in 0..1; value is the largest channel. Gray has hue 0. */
static void rgb_to_hsv(float *hue, float *saturation, float *value, const float *rgb)
{
    float r = rgb[0], g = rgb[1], b = rgb[2];
    float high = fmaxf(r, fmaxf(g, b)), low = fminf(r, fminf(g, b)), range = high - low;
    *value = high;
    *saturation = range > 0 ? range / high : 0;
    float divisor = range > 0 ? range : 1;
    float from_r = (high - r) / divisor, from_g = (high - g) / divisor, from_b = (high - b) / divisor;
    float sixths; /* of the colour circle */
    if (high == r)
        sixths = from_b - from_g;
    else if (high == g)
        sixths = 2 + from_r - from_b;
    else
        sixths = 4 + from_g - from_r;
    *hue = fmodf(sixths / 6 + 1, 1);
}

static void hsv_to_rgb(float *rgb, float hue, float saturation, float value)
{
    float sector = floorf(hue * 6), f = hue * 6 - sector;
    float p = clamp01(value * (1 - saturation));
    float q = clamp01(value * (1 - saturation * f));
    float t = clamp01(value * (1 - saturation * (1 - f)));
    const float table[6][3] = {{value, t, p}, {q, value, p}, {p, value, t},
                               {p, q, value}, {t, p, value}, {value, p, q}};
    memcpy(rgb, table[(int)sector % 6], sizeof table[0]);
}

void sw_augment_adjust_hue(float *rgb, size_t pixels, float shift)
{
    for (size_t i = 0; i < pixels; i++, rgb += 3) {
        float hue, saturation, value;
        rgb_to_hsv(&hue, &saturation, &value, rgb);
        hue += shift;
        hue -= floorf(hue);
        hsv_to_rgb(rgb, hue, saturation, value);
    }
}

/* Where an output pixel's centre lies along one axis, and its neighbours there. */
typedef struct crop_point {
    int low, high, nearest;
    float weight; /* of high */
} crop_point;

static crop_point locate(float start, float length, int length_px, int i)
{
    float at = start + ((float)i + 0.5f) * length / (float)length_px - 0.5f, last = (float)(length_px - 1);
    at = at < 0 ? 0 : at > last ? last : at;
    int low = (int)at, high = low + 1 < length_px ? low + 1 : low;
    return (crop_point){low, high, (int)(at + 0.5f), at - (float)low};
}

void sw_augment_crop(sw_crop crop, sw_size size, const uint8_t *image, const uint8_t *labels,
                     float *out_image, uint8_t *out_labels)
{
    for (int y = 0; y < size.height; y++) {
        crop_point py = locate(crop.top, crop.height, size.height, y);
        const uint8_t *upper = image + py.low * size.width * 3;
        const uint8_t *lower = image + py.high * size.width * 3;
        for (int x = 0; x < size.width; x++) {
            crop_point px = locate(crop.left, crop.width, size.width, x);
            for (int c = 0; c < 3; c++) {
                float above = upper[px.low * 3 + c], below = lower[px.low * 3 + c];
                above += px.weight * (upper[px.high * 3 + c] - above);
                below += px.weight * (lower[px.high * 3 + c] - below);
                *out_image++ = (above + py.weight * (below - above)) / 255.0f;
            }
            *out_labels++ = labels[py.nearest * size.width + px.nearest];
        }
    }
}

static void mirror_in_place(float *rgb, uint8_t *labels, sw_size size)
{
    for (int y = 0; y < size.height; y++, rgb += 3 * size.width, labels += size.width)
        for (int left = 0, right = size.width - 1; left < right; left++, right--) {
            for (int c = 0; c < 3; c++) {
                float swapped = rgb[3 * left + c];
                rgb[3 * left + c] = rgb[3 * right + c];
                rgb[3 * right + c] = swapped;
            }
            uint8_t label = labels[left];
            labels[left] = labels[right];
            labels[right] = label;
        }
}

static void swap_bytes(void *a, void *b, size_t count)
{
    uint8_t *one = a, *other = b;
    for (size_t i = 0; i < count; i++) {
        uint8_t swapped = one[i];
        one[i] = other[i];
        other[i] = swapped;
    }
}

static void turn_over_in_place(float *rgb, uint8_t *labels, sw_size size)
{
    size_t width = (size_t)size.width;
    for (size_t top = 0, bottom = (size_t)size.height - 1; top < bottom; top++, bottom--) {
        swap_bytes(rgb + top * 3 * width, rgb + bottom * 3 * width, 3 * width * sizeof *rgb);
        swap_bytes(labels + top * width, labels + bottom * width, width);
    }
}

static void change_colours(const sw_augment_config *config, const augment_draw *draw, float *rgb,
                           size_t pixels)
{
    if (config->brightness > 0) sw_augment_adjust_brightness(rgb, pixels, draw->brightness);
    if (config->contrast > 0) sw_augment_adjust_contrast(rgb, pixels, draw->contrast);
    if (config->saturation > 0) sw_augment_adjust_saturation(rgb, pixels, draw->saturation);
    if (config->hue > 0) sw_augment_adjust_hue(rgb, pixels, draw->hue);
}

static sw_status change_sharpness(const sw_augment_config *config, const augment_draw *draw, sw_rng *rng,
                                  float *rgb, sw_size size, sw_augment_place *place)
{
    if (config->blur > 0) SW_ENSURE(filter_blur(rgb, size, draw->blur_px, &place->filter));
    if (config->noise > 0) filter_noise(rgb, 3 * sw_size_pixels(size), draw->noise, rng);
    return SW_OK;
}

static void erase(const sw_augment_config *config, const augment_draw *draw, float *rgb, sw_size size)
{
    static const float gray[3] = {0.5f, 0.5f, 0.5f};
    for (int i = 0; config->cutout > 0 && i < config->cutout_count; i++)
        filter_erase(rgb, size, draw->erased[i], gray);
}

sw_status sw_augment_apply(const sw_augment_config *config, sw_rng *rng, sw_size size, const uint8_t *image,
                           const uint8_t *labels, float *out_image, uint8_t *out_labels,
                           sw_augment_place *place)
{
    size_t pixels = sw_size_pixels(size);
    augment_draw draw;
    augment_draw_numbers(&draw, config, size, rng);
    if (config->crop > 0) {
        sw_augment_crop(draw.crop, size, image, labels, out_image, out_labels);
    } else {
        sw_augment_to_float(out_image, image, 3 * pixels);
        memcpy(out_labels, labels, pixels);
    }
    if (draw.hflip) mirror_in_place(out_image, out_labels, size);
    if (draw.vflip) turn_over_in_place(out_image, out_labels, size);
    change_colours(config, &draw, out_image, pixels);
    SW_ENSURE(change_sharpness(config, &draw, rng, out_image, size, place));
    erase(config, &draw, out_image, size);
    return SW_OK;
}

static bool scales(const sw_augment_config *config)
{
    return config->scale.high > 0 && (config->scale.low != 1 || config->scale.high != 1);
}

bool sw_augment_needs_pictures(const sw_augment_config *config)
{
    return scales(config) || config->rotation > 0 || config->crop_to_size;
}

double augment_finest_step(const sw_augment_config *config, const sw_fit *fit)
{
    double highest = scales(config) ? (double)config->scale.high : 1;
    return warp_finest_step(fit, config->crop_to_size, highest, 1 - (double)config->crop);
}

/* The geometry that was drawn, in the units of the map. */
static warp_draw warp_of(const sw_augment_config *config, const augment_draw *draw, sw_size size)
{
    const sw_crop *crop = &draw->crop;
    warp_draw warp = {.own_pixels = config->crop_to_size,
                      .scale = scales(config) ? (double)draw->scale : 1,
                      .x = (double)draw->x,
                      .y = (double)draw->y,
                      .radians = (double)draw->degrees * acos(-1) / 180,
                      .cut = {0, 0, 1},
                      .hflip = draw->hflip,
                      .vflip = draw->vflip};
    if (config->crop > 0) {
        warp.cut.left = (double)crop->left / size.width;
        warp.cut.top = (double)crop->top / size.height;
        warp.cut.side = (double)crop->width / size.width;
    }
    return warp;
}

sw_status augment_picture(const sw_augment_config *config, sw_rng *rng, const sw_fit *fit,
                          const warp_source *source, float *out_image, uint8_t *out_labels,
                          sw_augment_place *place)
{
    const sw_size size = fit->to;
    augment_draw draw;
    augment_draw_numbers(&draw, config, size, rng);
    const warp_draw warp = warp_of(config, &draw, size);
    const warp_map map = warp_compose(fit, &warp);
    SW_ENSURE(warp_apply(out_image, out_labels, size, &map, source, &place->warp));
    change_colours(config, &draw, out_image, sw_size_pixels(size));
    SW_ENSURE(change_sharpness(config, &draw, rng, out_image, size, place));
    warp_blacken_outside(out_image, size, &place->warp);
    erase(config, &draw, out_image, size);
    return SW_OK;
}

sw_status sw_augment_place_create(sw_augment_place **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? SW_OK : sw_fail_alloc("augmented images", sizeof **out);
}

void sw_augment_place_destroy(sw_augment_place *place)
{
    if (!place) return;
    warp_place_deinit(&place->warp);
    filter_place_deinit(&place->filter);
    free(place);
}
