/* Exif's orientation: how cameras say which side of a stored picture is its top. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_codec.h"

static unsigned whole_number(const uint8_t *bytes, int count, bool little_endian)
{
    unsigned value = 0;
    for (int i = 0; i < count; i++) value = value << 8 | bytes[little_endian ? count - 1 - i : i];
    return value;
}

/* Tag 0x0112 in the first folder of the TIFF structure (CIPA DC-008, "Exif", 4.5 and 4.6). */
int image_exif_orientation(const uint8_t *tiff, size_t length)
{
    enum { TIFF_HEADER = 8, COUNT = 2, ENTRY = 12, ORIENTATION = 0x0112, SHORT = 3 };
    if (length < TIFF_HEADER) return 1;
    bool little = tiff[0] == 'I';
    size_t folder = whole_number(tiff + 4, 4, little);
    if (folder > length - COUNT) return 1;
    size_t entries = whole_number(tiff + folder, COUNT, little), room = (length - COUNT - folder) / ENTRY;
    for (size_t i = 0; i < entries && i < room; i++) {
        const uint8_t *entry = tiff + folder + COUNT + ENTRY * i;
        if (whole_number(entry, 2, little) != ORIENTATION || whole_number(entry + 2, 2, little) != SHORT)
            continue;
        unsigned value = whole_number(entry + 8, 2, little);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

/* What a viewer does with the stored picture; angles clockwise. */
static const char *const turns[] = {[2] = "mirrored",
                                    [3] = "turned by 180 degrees",
                                    [4] = "mirrored and turned by 180 degrees",
                                    [5] = "mirrored and turned by 270 degrees",
                                    [6] = "turned by 90 degrees",
                                    [7] = "mirrored and turned by 90 degrees",
                                    [8] = "turned by 270 degrees"};

static bool swaps_sides(int orientation)
{
    return orientation >= 5;
}

/* Fills `out`, whose size is that of the turned picture. In bands of rows, because a row of one may be a
 * column of the other. */
static void turn_pixels(sw_image *out, const sw_image *stored, int orientation)
{
    enum { BAND = 16 };
    const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const size_t channels = (size_t)out->channels;
    for (int top = 0; top < out->height; top += BAND) {
        const int bottom = top + BAND < out->height ? top + BAND : out->height;
        for (int x = 0; x < out->width; x++) {
            for (int y = top; y < bottom; y++) {
                int row = swaps_sides(orientation) ? x : y, column = swaps_sides(orientation) ? y : x;
                if (from_bottom) row = stored->height - 1 - row;
                if (from_right) column = stored->width - 1 - column;
                memcpy(out->pixels + ((size_t)y * (size_t)out->width + (size_t)x) * channels,
                       stored->pixels + ((size_t)row * (size_t)stored->width + (size_t)column) * channels,
                       channels);
            }
        }
    }
}

sw_status image_turn(sw_image *image, sw_str *notes, int orientation)
{
    if (orientation == 1) return SW_OK;
    sw_image turned;
    const bool swaps = swaps_sides(orientation);
    SW_ENSURE(sw_image_init(&turned, swaps ? image->height : image->width,
                            swaps ? image->width : image->height, image->channels));
    turn_pixels(&turned, image, orientation);
    turned.orientation = orientation;
    sw_image_deinit(image);
    *image = turned;
    image_note(notes, "%s as its Exif says", turns[orientation]);
    return SW_OK;
}

void sw_image_describe_size(char *text, size_t bytes, const sw_image *image)
{
    const int orientation = image->orientation;
    if (orientation <= 1)
        snprintf(text, bytes, "%d x %d", image->width, image->height);
    else
        snprintf(text, bytes, "%d x %d, being %s as its Exif says (stored %d x %d)", image->width,
                 image->height, turns[orientation], swaps_sides(orientation) ? image->height : image->width,
                 swaps_sides(orientation) ? image->width : image->height);
}
