#include "image/image.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "image_codec.h"

void image_note(sw_str *notes, const char *fmt, ...)
{
    va_list args;
    if (notes->length) sw_str_append(notes, "; ");
    va_start(args, fmt);
    sw_str_vprintf(notes, fmt, args);
    va_end(args);
}

sw_status sw_image_init(sw_image *out, int width, int height, int channels)
{
    *out = (sw_image){0};
    if (width < 1 || height < 1 || channels < 1 || channels > 4)
        return sw_fail(SW_E_DATA, "a picture of %d x %d pixels with %d channels", width, height, channels);
    if (width > SW_IMAGE_MAX_SIDE_PX || height > SW_IMAGE_MAX_SIDE_PX ||
        (int64_t)width * height > SW_IMAGE_MAX_PIXELS)
        return sw_fail(SW_E_DATA, "%d x %d pixels are more than the %d a side and %d million that are read",
                       width, height, SW_IMAGE_MAX_SIDE_PX, SW_IMAGE_MAX_PIXELS / 1000000);
    size_t bytes = (size_t)width * (size_t)height * (size_t)channels;
    uint8_t *pixels = malloc(bytes);
    if (!pixels) return sw_fail_alloc("a picture", bytes);
    *out = (sw_image){.pixels = pixels, .width = width, .height = height, .channels = channels};
    return SW_OK;
}

void sw_image_deinit(sw_image *image)
{
    if (!image) return;
    free(image->pixels);
    *image = (sw_image){0};
}

static void resize_nearest(uint8_t *out, sw_size size, const sw_image *image)
{
    size_t channels = (size_t)image->channels;
    for (int y = 0; y < size.height; y++) {
        size_t source_y = (size_t)((int64_t)y * image->height / size.height);
        const uint8_t *row = image->pixels + source_y * (size_t)image->width * channels;
        for (int x = 0; x < size.width; x++) {
            const uint8_t *pixel = row + (size_t)((int64_t)x * image->width / size.width) * channels;
            for (size_t c = 0; c < channels; c++) *out++ = pixel[c];
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

static void resize_bilinear(uint8_t *out, sw_size size, const sw_image *image)
{
    size_t channels = (size_t)image->channels, stride = (size_t)image->width * channels;
    for (int y = 0; y < size.height; y++) {
        tap v = bilinear_tap(y, image->height, size.height);
        const uint8_t *upper = image->pixels + (size_t)v.first * stride;
        const uint8_t *lower = image->pixels + (size_t)v.second * stride;
        for (int x = 0; x < size.width; x++) {
            tap h = bilinear_tap(x, image->width, size.width);
            size_t left = (size_t)h.first * channels, right = (size_t)h.second * channels;
            for (size_t c = 0; c < channels; c++) {
                float top = (1 - h.weight) * (float)upper[left + c] + h.weight * (float)upper[right + c];
                float bottom = (1 - h.weight) * (float)lower[left + c] + h.weight * (float)lower[right + c];
                *out++ = (uint8_t)lroundf((1 - v.weight) * top + v.weight * bottom);
            }
        }
    }
}

void sw_image_resize(uint8_t *out, sw_size size, const sw_image *image, sw_resize_kind kind)
{
    assert(size.height > 0 && size.width > 0 && image->pixels);
    if (kind == SW_RESIZE_BILINEAR)
        resize_bilinear(out, size, image);
    else
        resize_nearest(out, size, image);
}
