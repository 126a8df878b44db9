/* The two formats behind image/image.h. Decoders get the whole file in memory; their messages name no path,
 * which the caller puts before them. */
#ifndef IMAGE_IMAGE_CODEC_H
#define IMAGE_IMAGE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

/* Appends "; " if there is a text already, then the note. */
void image_note(sw_str *notes, const char *fmt, ...) SW_PRINTF(2, 3);

/* SW_E_DATA: no picture has this size, or it is beyond what is read. */
sw_status image_check_size(int width, int height, int channels) SW_NODISCARD;

/* Reads Exif's orientation, 1 to 8, from its TIFF structure; 1, as stored, where it has none or is damaged.
 */
int image_exif_orientation(const uint8_t *tiff, size_t length);

/* Turns a picture as its orientation says, and notes that; 1 leaves it. On failure it is as it was. */
sw_status image_turn(sw_image *image, sw_str *notes, int orientation) SW_NODISCARD;

/* Replaces a picture by the means of its blocks of step by step pixels. On failure it is as it was. */
sw_status image_shrink(sw_image *image, int step) SW_NODISCARD;

/* Decode to RGB, turned as Exif says; *out is empty before and, on failure, after. The JPEG decoder shrinks
 * the picture by *step (1, 2, 4 or 8) and then sets it to 1; it leaves both as they are where it can't. */
sw_status image_decode_jpeg(sw_image *out, sw_str *notes, const uint8_t *bytes, size_t length,
                            int *step) SW_NODISCARD;
sw_status image_decode_png(sw_image *out, sw_str *notes, const uint8_t *bytes, size_t length) SW_NODISCARD;

/* Decodes a PNG with its values as stored; see sw_mask_image_read. */
sw_status image_decode_png_mask(sw_mask_image *out, const uint8_t *bytes, size_t length) SW_NODISCARD;

#endif
