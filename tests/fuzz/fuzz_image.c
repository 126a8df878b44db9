/* JPEG and PNG, as pictures and as masks. Every pixel of what is accepted can be read. */
#include <string.h>

#include "fuzz.h"
#include "image/image.h"

static void use(const sw_image *image, int channels)
{
    fuzz_expect(image->channels == channels && image->width > 0 && image->height > 0, "a picture has a size");
    size_t bytes = (size_t)image->width * (size_t)image->height * (size_t)channels;
    unsigned sum = 0;
    for (size_t i = 0; i < bytes; i++) sum += image->pixels[i];
    uint8_t small[16 * 16 * 3];
    sw_image_resize(small, sw_size_square(16), image, sum % 2 ? SW_RESIZE_NEAREST : SW_RESIZE_BILINEAR);
}

static void check_failure(sw_status status)
{
    fuzz_expect(status == SW_E_DATA && strlen(sw_error_message()) > 0, "a bad picture is SW_E_DATA");
}

/* What can be read whole can be read at a fraction, of the size that follows. */
static void read_shrunk(const sw_image *whole, const char *path, int step)
{
    sw_image image;
    sw_str notes = {0};
    const sw_status status = sw_image_read_rgb_shrunk(&image, &notes, path, step);
    fuzz_expect(status == SW_OK, "a picture that was read can be shrunk");
    fuzz_expect(image.width == (whole->width - 1) / step + 1 &&
                    image.height == (whole->height - 1) / step + 1,
                "its sides are divided, rounded up");
    use(&image, 3);
    sw_image_deinit(&image);
    sw_str_deinit(&notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    sw_image image;
    sw_str notes = {0};
    const char *path = fuzz_file(bytes, length);
    sw_status status = sw_image_read_rgb_noted(&image, &notes, path);
    if (status == SW_OK) {
        use(&image, 3);
        read_shrunk(&image, path, 1 << length % 4);
    } else {
        check_failure(status);
    }
    sw_image_deinit(&image);
    sw_str_deinit(&notes);
    status = sw_image_read_mask(&image, path);
    if (status == SW_OK)
        use(&image, 1);
    else
        check_failure(status);
    sw_image_deinit(&image);
    return 0;
}
