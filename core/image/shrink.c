#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "image_codec.h"

void sw_image_average(uint8_t *out, uint16_t *sums, const sw_image *image, sw_rect part, int step_x,
                      int step_y)
{
    assert(step_x > 0 && step_x <= SW_IMAGE_MAX_STEP && step_y > 0 && step_y <= SW_IMAGE_MAX_STEP);
    size_t channels = (size_t)image->channels, values = (size_t)part.width * channels;
    for (int top = 0; top < part.height; top += step_y) {
        int rows = part.height - top < step_y ? part.height - top : step_y;
        memset(sums, 0, values * sizeof *sums);
        for (int y = 0; y < rows; y++) {
            size_t first = (size_t)(part.top + top + y) * (size_t)image->width + (size_t)part.left;
            const uint8_t *row = image->pixels + first * channels;
            for (size_t i = 0; i < values; i++) sums[i] = (uint16_t)(sums[i] + row[i]);
        }
        for (int left = 0; left < part.width; left += step_x) {
            int columns = part.width - left < step_x ? part.width - left : step_x;
            uint32_t pixels = (uint32_t)(columns * rows);
            /* sum / pixels, rounded down, as a product: exact while 255.5 pixels^2 < 2^32 */
            uint64_t share = ((UINT64_C(1) << 32) + pixels - 1) / pixels;
            for (size_t c = 0; c < channels; c++) {
                uint32_t sum = pixels / 2;
                for (int x = 0; x < columns; x++) sum += sums[(size_t)(left + x) * channels + c];
                *out++ = (uint8_t)(sum * share >> 32);
            }
        }
    }
}

sw_status image_shrink(sw_image *image, int step)
{
    if (step == 1) return SW_OK;
    sw_status status = SW_OK;
    sw_image shrunk = {0};
    size_t sum_bytes = (size_t)image->width * (size_t)image->channels * sizeof(uint16_t);
    uint16_t *sums = malloc(sum_bytes);
    if (!sums) SW_TRY(sw_fail_alloc("a picture row", sum_bytes));
    SW_TRY(sw_image_init(&shrunk, (image->width - 1) / step + 1, (image->height - 1) / step + 1,
                         image->channels));
    shrunk.orientation = image->orientation;
    sw_image_average(shrunk.pixels, sums, image, sw_image_whole(image), step, step);
    sw_image_deinit(image);
    *image = shrunk;
done:
    free(sums);
    return status;
}
