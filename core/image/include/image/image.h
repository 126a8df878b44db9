/* Pictures in memory and in files. The content of a file decides its format, never its name, and a forged
 * header cannot make a reader allocate more than SW_IMAGE_MAX_PIXELS pixels. */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdint.h>

#include "base/size.h"
#include "base/status.h"
#include "base/str.h"

enum {
    SW_IMAGE_MAX_SIDE_PX = 20000,
    SW_IMAGE_MAX_PIXELS = 100 * 1000 * 1000,
    SW_IMAGE_MAX_FILE_BYTES = 256 << 20,
};

typedef enum sw_resize_kind {
    SW_RESIZE_NEAREST,
    SW_RESIZE_BILINEAR
} sw_resize_kind; /* nearest, bilinear (masks: always nearest) */

/* Rows from top to bottom without padding, channels together: (height, width, channels). channels is 3 (RGB)
 * or 1. */
typedef struct sw_image {
    uint8_t *pixels;
    int width, height, channels;
    int orientation; /* of Exif, by which the reader turned the stored picture: 2 to 8; 0: as stored */
} sw_image;

/* A part of a picture in whole pixels. */
typedef struct sw_rect {
    int left, top, width, height;
} sw_rect;

sw_rect sw_image_whole(const sw_image *image); /* from its first pixel to its last */

/* Allocates `pixels`, uninitialised. Sides and channels must be positive and within the limits above, else
 * SW_E_DATA. */
sw_status sw_image_init(sw_image *out, int width, int height, int channels) SW_NODISCARD;
void sw_image_deinit(sw_image *image); /* accepts an empty one */

/* Reads a picture as RGB. JPEG: 3 components as libjpeg-turbo decodes them, gray and CMYK/YCCK converted,
 * decoder warnings are notes. PNG: palette, gray, low bit depths and 16 bits become 8-bit RGB, alpha is
 * composed on black. Both are turned as their Exif says, so that width and height are
 * those that a viewer shows. SW_E_IO: the file cannot be read. SW_E_DATA: damaged, too large, or another
 * format (which the message names). On failure *out is empty. Conversions and doubtful content are logged,
 * one warning a file. */
sw_status sw_image_read_rgb(sw_image *out, const char *path) SW_NODISCARD;

/* Reads without logging: appends a text such as "a PNG under a .jpg name; alpha composed on black" to
 * `notes`, or nothing when there is nothing to report. */
sw_status sw_image_read_rgb_noted(sw_image *out, sw_str *notes, const char *path) SW_NODISCARD;

/* Reads a picture at a whole fraction of its size, as far as the files of a large collection are needed: step
 * is 1, 2, 4 or 8, the sides are divided by it and rounded up, and each pixel is the mean of step by step
 * pixels, as the JPEG decoder's own scaling computes it (which saves most of the work) or sw_image_average.
 */
sw_status sw_image_read_rgb_shrunk(sw_image *out, sw_str *notes, const char *path, int step) SW_NODISCARD;

/* Writes "480 x 640" (width and height) into text, and for a turned picture how it was turned and its stored
 * size, cut where it does not fit. */
void sw_image_describe_size(char *text, size_t bytes, const sw_image *image);

/* A mask as its file holds it. */
typedef struct sw_mask_image {
    sw_image image;        /* channels 1: gray values or numbers of the palette; 3: RGB; alpha is left out */
    int stored_channels;   /* of the file: 1 to 4 */
    int colours;           /* of the palette; 0: there is none */
    uint32_t palette[256]; /* 0xRRGGBB */
} sw_mask_image;

/* Reads a PNG of at most 8 bits a channel; values are exactly those stored. The caller frees out->image. */
sw_status sw_mask_image_read(sw_mask_image *out, const char *path) SW_NODISCARD;

/* Reads a PNG of one channel and at most 8 bits: gray values or palette indices exactly as stored (channels =
 * 1). */
sw_status sw_image_read_mask(sw_image *out, const char *path) SW_NODISCARD;

/* Resizes into `out` (size.height, size.width, channels); the aspect ratio is not kept.
 * Nearest: source index floor(dst * in / out), in whole numbers. PyTorch's mode="nearest" rounds a float
 * scale first and so takes the neighbour in a few places where `out` is no power of two. Bilinear: PyTorch's
 * mode="bilinear", align_corners=False, antialias=False, rounded to bytes. */
void sw_image_resize(uint8_t *out, sw_size size, const sw_image *image, sw_resize_kind kind);

/* Resizes a part of `image` to stand at `place` in `out`, as if the part were a picture of its own: its
 * neighbours outside do not count. Both have the same channels; the rest of `out` is left alone. */
void sw_image_resize_part(sw_image *out, sw_rect place, const sw_image *image, sw_rect part,
                          sw_resize_kind kind);

enum { SW_IMAGE_MAX_STEP = 64 };

/* Averages blocks of step_x by step_y pixels, at most SW_IMAGE_MAX_STEP a side, rounded to the nearest byte;
 * the last block of a row or column is what is left. `out` has room for the (ceil(part.height / step_y),
 * ceil(part.width / step_x), channels) bytes of the result, `sums` for part.width * channels numbers. */
void sw_image_average(uint8_t *out, uint16_t *sums, const sw_image *image, sw_rect part, int step_x,
                      int step_y);

/* Appends the encoded file to `out`. JPEG: quality 1..100, no chroma subsampling. */
sw_status sw_image_encode_png(sw_str *out, const sw_image *image) SW_NODISCARD;
sw_status sw_image_encode_jpeg(sw_str *out, const sw_image *image, int quality) SW_NODISCARD;

/* Encodes a picture of one channel as a PNG with a palette: pixel values are kept (sw_image_read_mask gives
 * them back) and shown as `rgb[value]`, 0xRRGGBB. 1 to 256 colours; every value is below `colours`. */
sw_status sw_image_encode_png_indexed(sw_str *out, const sw_image *image, const uint32_t *rgb,
                                      int colours) SW_NODISCARD;

/* Writes the encoded file whole or not at all (see base/fs.h). */
sw_status sw_image_write_png(const char *path, const sw_image *image) SW_NODISCARD;
sw_status sw_image_write_png_indexed(const char *path, const sw_image *image, const uint32_t *rgb,
                                     int colours) SW_NODISCARD;

#endif
