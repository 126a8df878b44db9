#include "data/augment.h"

#include <math.h>
#include <string.h>

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
typedef struct cut_point {
    int low, high, nearest;
    float weight; /* of high */
} cut_point;

static cut_point locate(float start, float length, int length_px, int i)
{
    float at = start + ((float)i + 0.5f) * length / (float)length_px - 0.5f, last = (float)(length_px - 1);
    at = at < 0 ? 0 : at > last ? last : at;
    int low = (int)at, high = low + 1 < length_px ? low + 1 : low;
    return (cut_point){low, high, (int)(at + 0.5f), at - (float)low};
}

void sw_augment_cut_out(sw_cutout cutout, sw_size size, const uint8_t *image, const uint8_t *labels,
                        float *out_image, uint8_t *out_labels)
{
    for (int y = 0; y < size.height; y++) {
        cut_point py = locate(cutout.top, cutout.height, size.height, y);
        const uint8_t *upper = image + py.low * size.width * 3;
        const uint8_t *lower = image + py.high * size.width * 3;
        for (int x = 0; x < size.width; x++) {
            cut_point px = locate(cutout.left, cutout.width, size.width, x);
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

/* Uniform in [max(0, 1-strength), 1+strength) */
static float draw_factor(sw_rng *rng, float strength)
{
    return sw_rng_uniform(rng, fmaxf(0, 1 - strength), 1 + strength);
}

void sw_augment_apply(const sw_augment_config *config, sw_rng *rng, sw_size size, const uint8_t *image,
                      const uint8_t *labels, float *out_image, uint8_t *out_labels)
{
    size_t pixels = sw_size_pixels(size);
    /* All numbers are drawn first, needed or not: see the header */
    bool mirror = sw_rng_chance(rng, config->hflip);
    float brightness = draw_factor(rng, config->brightness);
    float contrast = draw_factor(rng, config->contrast);
    float saturation = draw_factor(rng, config->saturation);
    float hue = sw_rng_uniform(rng, -config->hue, config->hue);
    float share = sw_rng_uniform(rng, 1 - config->crop, 1); /* of both sides, to keep the aspect ratio */
    float width = share * (float)size.width, height = share * (float)size.height;
    float left = sw_rng_uniform(rng, 0, (float)size.width - width);
    float top = sw_rng_uniform(rng, 0, (float)size.height - height);

    if (config->crop > 0) {
        sw_augment_cut_out((sw_cutout){left, top, width, height}, size, image, labels, out_image, out_labels);
    } else {
        sw_augment_to_float(out_image, image, 3 * pixels);
        memcpy(out_labels, labels, pixels);
    }
    if (mirror) mirror_in_place(out_image, out_labels, size);
    if (config->brightness > 0) sw_augment_adjust_brightness(out_image, pixels, brightness);
    if (config->contrast > 0) sw_augment_adjust_contrast(out_image, pixels, contrast);
    if (config->saturation > 0) sw_augment_adjust_saturation(out_image, pixels, saturation);
    if (config->hue > 0) sw_augment_adjust_hue(out_image, pixels, hue);
}
