#include "image/image.h"

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

sw_status image_check_size(int width, int height, int channels)
{
    if (width < 1 || height < 1 || channels < 1 || channels > 4)
        return sw_fail(SW_E_DATA, "a picture of %d x %d pixels with %d channels", width, height, channels);
    if (width > SW_IMAGE_MAX_SIDE_PX || height > SW_IMAGE_MAX_SIDE_PX ||
        (int64_t)width * height > SW_IMAGE_MAX_PIXELS)
        return sw_fail(SW_E_DATA, "%d x %d pixels are more than the %d a side and %d million that are read",
                       width, height, SW_IMAGE_MAX_SIDE_PX, SW_IMAGE_MAX_PIXELS / 1000000);
    return SW_OK;
}

sw_status sw_image_init(sw_image *out, int width, int height, int channels)
{
    *out = (sw_image){0};
    SW_ENSURE(image_check_size(width, height, channels));
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
