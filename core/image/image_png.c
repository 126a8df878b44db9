/* PNG by libpng. The library reports fatal errors by a call that must not return: it jumps back here. */
#include <assert.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "image_codec.h"

enum { MAX_CHUNK_BYTES = 8 << 20, MAX_CHUNKS = 1000, MESSAGE_BYTES = 256 };

typedef struct png_decoder {
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t length, position;
    char message[MESSAGE_BYTES];
    sw_image image;
    sw_status status; /* of failures that are not the library's */
} png_decoder;

static void on_error(png_structp png, png_const_charp text)
{
    char *message = png_get_error_ptr(png);
    snprintf(message, MESSAGE_BYTES, "%s", text);
    png_longjmp(png, 1);
}

/* Warnings are about colour profiles and texts, which are not used here. */
static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep out, size_t count)
{
    png_decoder *decoder = png_get_io_ptr(png);
    if (count > decoder->length - decoder->position)
        png_error(png, "the file ends in the middle of the picture");
    memcpy(out, decoder->bytes + decoder->position, count);
    decoder->position += count;
}

static void read_header(png_decoder *decoder)
{
    png_set_read_fn(decoder->png, decoder, read_bytes);
    png_set_user_limits(decoder->png, SW_IMAGE_MAX_SIDE_PX, SW_IMAGE_MAX_SIDE_PX);
    png_set_chunk_malloc_max(decoder->png, MAX_CHUNK_BYTES);
    png_set_chunk_cache_max(decoder->png, MAX_CHUNKS);
    png_read_info(decoder->png, decoder->info);
}

/* Reads all rows into a new image of so many channels; the transformations have been set. */
static void read_rows(png_decoder *decoder, int channels)
{
    png_structp png = decoder->png;
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, decoder->info);
    if (png_get_channels(png, decoder->info) != channels || png_get_bit_depth(png, decoder->info) != 8)
        png_error(png, "its colour type and its chunks contradict each other");
    decoder->status = sw_image_init(&decoder->image, (int)png_get_image_width(png, decoder->info),
                                    (int)png_get_image_height(png, decoder->info), channels);
    if (decoder->status != SW_OK) return;
    size_t stride = (size_t)decoder->image.width * (size_t)channels;
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < decoder->image.height; y++)
            png_read_row(png, decoder->image.pixels + (size_t)y * stride, NULL);
    png_read_end(png, decoder->info);
}

/* (pixels, 4) -> (pixels, 3) in place */
static void compose_on_black(sw_image *image)
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t *from = image->pixels + 4 * i;
        const unsigned rgba[4] = {from[0], from[1], from[2], from[3]};
        for (size_t c = 0; c < 3; c++) image->pixels[3 * i + c] = (uint8_t)((rgba[c] * rgba[3] + 127) / 255);
    }
    image->channels = 3;
}

/* 1 where the file has no Exif, or libpng is too old to tell. */
static int orientation_of(const png_decoder *decoder)
{
#ifdef PNG_eXIf_SUPPORTED
    png_uint_32 length;
    png_bytep tiff;
    if (png_get_eXIf_1(decoder->png, decoder->info, &length, &tiff))
        return image_exif_orientation(tiff, length);
#endif
    return 1;
}

static void decode_rgb(png_decoder *decoder, sw_str *notes)
{
    read_header(decoder);
    png_structp png = decoder->png;
    int kind = png_get_color_type(png, decoder->info), depth = png_get_bit_depth(png, decoder->info);
    bool alpha = (kind & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, decoder->info, PNG_INFO_tRNS);
    if (kind == PNG_COLOR_TYPE_PALETTE) image_note(notes, "palette converted to RGB");
    if (!(kind & PNG_COLOR_MASK_COLOR)) image_note(notes, "gray converted to RGB");
    if (depth == 16) image_note(notes, "16 bits reduced to 8");
    if (alpha) image_note(notes, "alpha composed on black");
    png_set_expand(png); /* palette to RGB, low depths to 8 bits, transparency to alpha */
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    read_rows(decoder, alpha ? 4 : 3);
    if (decoder->status == SW_OK && alpha) compose_on_black(&decoder->image);
    if (decoder->status == SW_OK)
        decoder->status = image_turn(&decoder->image, notes, orientation_of(decoder));
}

static void keep_palette(const png_decoder *decoder, sw_mask_image *mask)
{
    png_colorp colours = NULL;
    mask->colours = 0;
    if (!png_get_PLTE(decoder->png, decoder->info, &colours, &mask->colours)) return;
    for (int i = 0; i < mask->colours; i++)
        mask->palette[i] =
            (uint32_t)colours[i].red << 16 | (uint32_t)colours[i].green << 8 | (uint32_t)colours[i].blue;
}

static void decode_mask(png_decoder *decoder, sw_mask_image *mask)
{
    read_header(decoder);
    png_structp png = decoder->png;
    int kind = png_get_color_type(png, decoder->info), depth = png_get_bit_depth(png, decoder->info);
    mask->stored_channels = png_get_channels(png, decoder->info);
    if (depth > 8) {
        decoder->status =
            sw_fail(SW_E_DATA,
                    "a PNG of %d channel%s and %d bits; a mask has at most 8 bits. If its values are below "
                    "256, Python with Pillow and NumPy converts it: "
                    "Image.fromarray(numpy.array(Image.open(FILE)).astype('uint8')).save(FILE)",
                    mask->stored_channels, mask->stored_channels == 1 ? "" : "s", depth);
        return;
    }
    if (kind == PNG_COLOR_TYPE_PALETTE) keep_palette(decoder, mask);
    png_set_packing(png); /* 1, 2 or 4 bits a pixel to a byte a pixel, values kept */
    png_set_strip_alpha(png);
    read_rows(decoder, kind & PNG_COLOR_MASK_COLOR && kind != PNG_COLOR_TYPE_PALETTE ? 3 : 1);
}

/* libpng has no error codes, and running out of memory is not the file's fault. */
static sw_status fail_decoding(const char *message)
{
    bool no_memory = strstr(message, "ut of memory") || strstr(message, "nsufficient memory");
    return no_memory ? sw_fail(SW_E_MEMORY, "PNG decoder: %s", message)
                     : sw_fail(SW_E_DATA, "damaged PNG: %s", message);
}

/* Everything that changes between setjmp and the jump lies in *decoder, in the caller's frame: it stays
 * defined. */
static void decode_guarded(png_decoder *decoder, sw_str *notes, sw_mask_image *mask)
{
    if (setjmp(png_jmpbuf(decoder->png)) != 0)
        decoder->status = fail_decoding(decoder->message);
    else if (mask)
        decode_mask(decoder, mask);
    else
        decode_rgb(decoder, notes);
}

/* mask NULL: as a picture */
static sw_status decode(sw_image *out, sw_str *notes, sw_mask_image *mask, const uint8_t *bytes,
                        size_t length)
{
    png_decoder decoder;
    memset(&decoder, 0, sizeof decoder);
    decoder.bytes = bytes;
    decoder.length = length;
    decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, decoder.message, on_error, on_warning);
    decoder.info = decoder.png ? png_create_info_struct(decoder.png) : NULL;
    if (decoder.info)
        decode_guarded(&decoder, notes, mask);
    else
        decoder.status = sw_fail(SW_E_MEMORY, "out of host memory for the PNG decoder");
    png_destroy_read_struct(&decoder.png, &decoder.info, NULL);
    if (decoder.status == SW_OK)
        *out = decoder.image;
    else
        sw_image_deinit(&decoder.image);
    return decoder.status;
}

sw_status image_decode_png(sw_image *out, sw_str *notes, const uint8_t *bytes, size_t length)
{
    return decode(out, notes, NULL, bytes, length);
}

sw_status image_decode_png_mask(sw_mask_image *out, const uint8_t *bytes, size_t length)
{
    return decode(&out->image, NULL, out, bytes, length);
}

static void append_bytes(png_structp png, png_bytep bytes, size_t count)
{
    sw_str_append_bytes(png_get_io_ptr(png), bytes, count);
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

typedef struct png_encoder {
    png_structp png;
    png_infop info;
    char message[MESSAGE_BYTES];
    sw_status status;
} png_encoder;

/* How pixels are stored: as they are, or (rgb not NULL) as numbers of a palette's colours. */
typedef struct png_palette {
    const uint32_t *rgb;
    int colours;
} png_palette;

static int bits_for(int colours)
{
    return colours <= 2 ? 1 : colours <= 4 ? 2 : colours <= 16 ? 4 : 8;
}

static void set_palette(png_encoder *encoder, const png_palette *palette)
{
    png_color colours[PNG_MAX_PALETTE_LENGTH];
    for (int i = 0; i < palette->colours; i++)
        colours[i] = (png_color){.red = (png_byte)(palette->rgb[i] >> 16),
                                 .green = (png_byte)(palette->rgb[i] >> 8),
                                 .blue = (png_byte)palette->rgb[i]};
    png_set_PLTE(encoder->png, encoder->info, colours, palette->colours);
}

static void encode(png_encoder *encoder, const sw_image *image, const png_palette *palette)
{
    png_structp png = encoder->png;
    bool indexed = palette->rgb != NULL;
    png_set_user_limits(png, SW_IMAGE_MAX_SIDE_PX, SW_IMAGE_MAX_SIDE_PX);
    png_set_IHDR(png, encoder->info, (png_uint_32)image->width, (png_uint_32)image->height,
                 indexed ? bits_for(palette->colours) : 8,
                 indexed                ? PNG_COLOR_TYPE_PALETTE
                 : image->channels == 3 ? PNG_COLOR_TYPE_RGB
                                        : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (indexed) set_palette(encoder, palette);
    png_write_info(png, encoder->info);
    if (indexed) png_set_packing(png); /* from a byte a pixel */
    size_t stride = (size_t)image->width * (size_t)image->channels;
    for (int y = 0; y < image->height; y++) png_write_row(png, image->pixels + (size_t)y * stride);
    png_write_end(png, NULL);
}

static void encode_guarded(png_encoder *encoder, const sw_image *image, const png_palette *palette)
{
    if (setjmp(png_jmpbuf(encoder->png)) == 0)
        encode(encoder, image, palette);
    else
        encoder->status = sw_fail(SW_E_MEMORY, "PNG encoder: %s", encoder->message);
}

static sw_status encode_png(sw_str *out, const sw_image *image, const png_palette *palette)
{
    png_encoder encoder;
    memset(&encoder, 0, sizeof encoder);
    encoder.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, encoder.message, on_error, on_warning);
    encoder.info = encoder.png ? png_create_info_struct(encoder.png) : NULL;
    if (encoder.info) {
        png_set_write_fn(encoder.png, out, append_bytes, flush_nothing);
        encode_guarded(&encoder, image, palette);
    } else {
        encoder.status = sw_fail(SW_E_MEMORY, "out of host memory for the PNG encoder");
    }
    png_destroy_write_struct(&encoder.png, &encoder.info);
    return encoder.status == SW_OK ? sw_str_status(out) : encoder.status;
}

sw_status sw_image_encode_png(sw_str *out, const sw_image *image)
{
    assert(image->channels == 1 || image->channels == 3);
    return encode_png(out, image, &(png_palette){0});
}

sw_status sw_image_encode_png_indexed(sw_str *out, const sw_image *image, const uint32_t *rgb, int colours)
{
    assert(image->channels == 1 && colours >= 1 && colours <= PNG_MAX_PALETTE_LENGTH);
    return encode_png(out, image, &(png_palette){rgb, colours});
}
