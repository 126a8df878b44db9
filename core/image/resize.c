#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "image/image.h"

/* Where a pixel begins; x and y count from the rectangle's corner. */
static uint8_t *pixel_at(const sw_image *image, sw_rect rect, int x, int y)
{
    size_t pixel = (size_t)(rect.top + y) * (size_t)image->width + (size_t)(rect.left + x);
    return image->pixels + pixel * (size_t)image->channels;
}

static void resize_nearest(const sw_image *out, sw_rect place, const sw_image *image, sw_rect part)
{
    size_t channels = (size_t)image->channels;
    for (int y = 0; y < place.height; y++) {
        uint8_t *target = pixel_at(out, place, 0, y);
        const uint8_t *row = pixel_at(image, part, 0, (int)((int64_t)y * part.height / place.height));
        for (int x = 0; x < place.width; x++) {
            const uint8_t *pixel = row + (size_t)((int64_t)x * part.width / place.width) * channels;
            for (size_t c = 0; c < channels; c++) *target++ = pixel[c];
        }
    }
}

/* The two source indices a destination index lies between, and how far it is from the first to the second. */
typedef struct tap {
    int first, second;
    float weight;
} tap;

static tap bilinear_tap(int index, int in, int out)
{
    float position = ((float)index + 0.5f) * ((float)in / (float)out) - 0.5f;
    if (position < 0) position = 0;
    int first = (int)position;
    if (first > in - 1) first = in - 1;
    return (tap){first, first + 1 < in ? first + 1 : first, position - (float)first};
}

static void resize_bilinear(const sw_image *out, sw_rect place, const sw_image *image, sw_rect part)
{
    size_t channels = (size_t)image->channels;
    for (int y = 0; y < place.height; y++) {
        tap v = bilinear_tap(y, part.height, place.height);
        uint8_t *target = pixel_at(out, place, 0, y);
        const uint8_t *upper = pixel_at(image, part, 0, v.first);
        const uint8_t *lower = pixel_at(image, part, 0, v.second);
        for (int x = 0; x < place.width; x++) {
            tap h = bilinear_tap(x, part.width, place.width);
            size_t left = (size_t)h.first * channels, right = (size_t)h.second * channels;
            for (size_t c = 0; c < channels; c++) {
                float top = (1 - h.weight) * (float)upper[left + c] + h.weight * (float)upper[right + c];
                float bottom = (1 - h.weight) * (float)lower[left + c] + h.weight * (float)lower[right + c];
                *target++ = (uint8_t)lroundf((1 - v.weight) * top + v.weight * bottom);
            }
        }
    }
}

void sw_image_resize_part(sw_image *out, sw_rect place, const sw_image *image, sw_rect part,
                          sw_resize_kind kind)
{
    assert(out->pixels && image->pixels && out->channels == image->channels);
    assert(place.width > 0 && place.left + place.width <= out->width);
    assert(place.height > 0 && place.top + place.height <= out->height);
    assert(part.width > 0 && part.left + part.width <= image->width);
    assert(part.height > 0 && part.top + part.height <= image->height);
    if (kind == SW_RESIZE_BILINEAR)
        resize_bilinear(out, place, image, part);
    else
        resize_nearest(out, place, image, part);
}

void sw_image_resize(uint8_t *out, sw_size size, const sw_image *image, sw_resize_kind kind)
{
    assert(size.height > 0 && size.width > 0 && image->pixels);
    sw_image resized = {
        .pixels = out, .width = size.width, .height = size.height, .channels = image->channels};
    sw_image_resize_part(&resized, sw_image_whole(&resized), image, sw_image_whole(image), kind);
}

sw_rect sw_image_whole(const sw_image *image)
{
    return (sw_rect){0, 0, image->width, image->height};
}
