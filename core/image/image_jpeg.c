/* JPEG by libjpeg-turbo. The library reports fatal errors by a call that must not return: it jumps back here.
 */
#include <assert.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h> /* jpeglib.h needs FILE */
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "image_codec.h"

/* A progressive file may hold any number of scans over the whole picture, so that a small file could take
 * hours. Real ones have about ten. More than USUAL_SCANS are read of smaller pictures: as many as take a
 * second, which is about SCANNED_PIXELS of all scans together. */
enum { USUAL_SCANS = 20, MAX_SCANS = 200, SCANNED_PIXELS = 1 << 28 };

enum { EXIF_MARKER = JPEG_APP0 + 1, MARKER_BYTES = 0xffff };

typedef struct jpeg_errors {
    struct jpeg_error_mgr manager; /* first, so that cinfo->err leads here */
    jmp_buf failed;
    char message[JMSG_LENGTH_MAX]; /* of the error, or else of the first warning */
    long warnings;
    bool ran_out, starved; /* the file ended early; the entropy decoder missed data */
    bool no_memory;        /* no fault of the file's */
    bool too_long;         /* to decode */
} jpeg_errors;

static void on_error(j_common_ptr info)
{
    jpeg_errors *errors = (jpeg_errors *)info->err;
    errors->no_memory = errors->manager.msg_code == JERR_OUT_OF_MEMORY;
    errors->manager.format_message(info, errors->message);
    longjmp(errors->failed, 1);
}

static void on_message(j_common_ptr info, int level)
{
    jpeg_errors *errors = (jpeg_errors *)info->err;
    if (level >= 0) return; /* trace output */
    if (errors->manager.msg_code == JWRN_JPEG_EOF) errors->ran_out = true;
    if (errors->manager.msg_code == JWRN_HIT_MARKER) errors->starved = true;
    if (errors->warnings++ == 0) errors->manager.format_message(info, errors->message);
}

static struct jpeg_error_mgr *errors_init(jpeg_errors *errors)
{
    struct jpeg_error_mgr *manager = jpeg_std_error(&errors->manager);
    manager->error_exit = on_error;
    manager->emit_message = on_message;
    return manager;
}

typedef struct jpeg_decoder {
    struct jpeg_decompress_struct info;
    struct jpeg_progress_mgr progress;
    jpeg_errors errors;
    sw_image image;
    JSAMPLE *cmyk_row;
    int orientation;  /* Exif's */
    int step;         /* by which the picture is to be shrunk; 1 when it is */
    sw_status status; /* of failures that are not the library's */
} jpeg_decoder;

/* The data ended before the picture did. A missing end marker alone is only worth a warning. */
static bool is_cut(const jpeg_errors *errors)
{
    return errors->ran_out && errors->starved;
}

static void fail_cut(jpeg_errors *errors)
{
    snprintf(errors->message, sizeof errors->message, "the file ends in the middle of the picture");
    longjmp(errors->failed, 1);
}

/* Called at every row of blocks of every scan, which all are read before the first row of the picture. */
static void check_scans(j_common_ptr info)
{
    if (!info->is_decompressor) return;
    jpeg_errors *errors = (jpeg_errors *)info->err;
    if (is_cut(errors)) fail_cut(errors);
    const struct jpeg_decompress_struct *picture = (j_decompress_ptr)info;
    const uint64_t pixels = (uint64_t)picture->image_width * picture->image_height;
    const uint64_t affordable = SCANNED_PIXELS / pixels;
    const int limit = affordable < USUAL_SCANS ? USUAL_SCANS
                      : affordable > MAX_SCANS ? MAX_SCANS
                                               : (int)affordable;
    if (picture->input_scan_number <= limit) return;
    errors->too_long = true;
    snprintf(errors->message, sizeof errors->message,
             "more than the %d scans that are read of %u x %u pixels: saved again as a JPEG it has about ten",
             limit, picture->image_width, picture->image_height);
    longjmp(errors->failed, 1);
}

/* How a viewer turns the picture, 1 to 8; 1, not at all, where the file has no Exif. */
static int orientation_of(const struct jpeg_decompress_struct *info)
{
    enum { HEADER = 6 };
    const struct jpeg_marker_struct *marker = info->marker_list;
    while (marker && (marker->data_length < HEADER || memcmp(marker->data, "Exif\0", HEADER) != 0))
        marker = marker->next;
    return marker ? image_exif_orientation(marker->data + HEADER, marker->data_length - HEADER) : 1;
}

/* Adobe's programs store the inks inverted, and say so by their marker. */
static void cmyk_to_rgb(uint8_t *rgb, const JSAMPLE *cmyk, int width, bool inverted)
{
    unsigned flip = inverted ? 0 : 255;
    for (int x = 0; x < width; x++, cmyk += 4) {
        unsigned light = cmyk[3] ^ flip; /* what black lets through */
        for (int c = 0; c < 3; c++) *rgb++ = (uint8_t)(((cmyk[c] ^ flip) * light + 127) / 255);
    }
}

static void read_rows(jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *info = &decoder->info;
    size_t stride = (size_t)decoder->image.width * 3;
    while (info->output_scanline < info->output_height) {
        uint8_t *row = decoder->image.pixels + info->output_scanline * stride;
        JSAMPROW target = decoder->cmyk_row ? decoder->cmyk_row : row;
        if (jpeg_read_scanlines(info, &target, 1) == 1 && decoder->cmyk_row)
            cmyk_to_rgb(row, target, decoder->image.width, info->saw_Adobe_marker);
        if (is_cut(&decoder->errors))
            fail_cut(
                &decoder
                     ->errors); /* the rest would be filled with gray, which takes long for a forged size */
    }
}

/* Has the library shrink the picture. Its last block of a row or column may hold less than a whole one, and
 * would come first in a picture that is turned: such a one is left to the caller. */
static void set_scale(jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *info = &decoder->info;
    unsigned step = (unsigned)decoder->step;
    if (decoder->orientation != 1 && (info->image_width % step != 0 || info->image_height % step != 0))
        return;
    info->scale_num = 1;
    info->scale_denom = step;
    decoder->step = 1;
}

static void decode(jpeg_decoder *decoder, sw_str *notes, const uint8_t *bytes, size_t length)
{
    struct jpeg_decompress_struct *info = &decoder->info;
    jpeg_create_decompress(info);
    decoder->progress.progress_monitor = check_scans;
    info->progress = &decoder->progress;
    jpeg_mem_src(info, bytes, (unsigned long)length);
    jpeg_save_markers(info, EXIF_MARKER, MARKER_BYTES);
    jpeg_read_header(info, TRUE);
    bool inks = info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
    if (info->jpeg_color_space == JCS_UNKNOWN) {
        decoder->status =
            sw_fail(SW_E_DATA, "a JPEG of %d components; 1, 3 and 4 are read", info->num_components);
        return;
    }
    if (info->image_width > SW_IMAGE_MAX_SIDE_PX || info->image_height > SW_IMAGE_MAX_SIDE_PX)
        decoder->status = sw_fail(SW_E_DATA, "%u x %u pixels are more than the %d a side that are read",
                                  info->image_width, info->image_height, SW_IMAGE_MAX_SIDE_PX);
    else
        decoder->status = image_check_size((int)info->image_width, (int)info->image_height, 3);
    if (decoder->status != SW_OK) return;
    decoder->orientation = orientation_of(info);
    if (decoder->step != 1) set_scale(decoder);
    jpeg_calc_output_dimensions(info);
    decoder->status = sw_image_init(&decoder->image, (int)info->output_width, (int)info->output_height, 3);
    if (decoder->status != SW_OK) return;
    if (inks) {
        size_t row_bytes = (size_t)info->output_width * 4;
        decoder->cmyk_row = malloc(row_bytes);
        if (!decoder->cmyk_row) {
            decoder->status = sw_fail_alloc("a picture row", row_bytes);
            return;
        }
        image_note(notes, "CMYK converted to RGB");
    } else if (info->jpeg_color_space == JCS_GRAYSCALE) {
        image_note(notes, "gray converted to RGB");
    }
    info->out_color_space = inks ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(info);
    read_rows(decoder);
    jpeg_finish_decompress(info);
}

/* Everything that changes between setjmp and the jump lies in *decoder, in the caller's frame: it stays
 * defined. */
static void decode_guarded(jpeg_decoder *decoder, sw_str *notes, const uint8_t *bytes, size_t length)
{
    if (setjmp(decoder->errors.failed) == 0)
        decode(decoder, notes, bytes, length);
    else
        decoder->status = decoder->errors.no_memory
                              ? sw_fail(SW_E_MEMORY, "JPEG decoder: %s", decoder->errors.message)
                              : sw_fail(SW_E_DATA, "%sJPEG: %s", decoder->errors.too_long ? "" : "damaged ",
                                        decoder->errors.message);
}

sw_status image_decode_jpeg(sw_image *out, sw_str *notes, const uint8_t *bytes, size_t length, int *step)
{
    jpeg_decoder decoder;
    memset(&decoder, 0, sizeof decoder);
    decoder.step = *step;
    decoder.info.err = errors_init(&decoder.errors);
    decode_guarded(&decoder, notes, bytes, length);
    jpeg_destroy_decompress(&decoder.info);
    free(decoder.cmyk_row);
    if (decoder.status == SW_OK) decoder.status = image_turn(&decoder.image, notes, decoder.orientation);
    if (decoder.status != SW_OK) {
        sw_image_deinit(&decoder.image);
        return decoder.status;
    }
    if (decoder.errors.warnings == 1) image_note(notes, "JPEG decoder: %s", decoder.errors.message);
    if (decoder.errors.warnings > 1)
        image_note(notes, "JPEG decoder: %s, and %ld more warnings", decoder.errors.message,
                   decoder.errors.warnings - 1);
    *out = decoder.image;
    *step = decoder.step;
    return SW_OK;
}

typedef struct jpeg_encoder {
    struct jpeg_compress_struct info;
    struct jpeg_destination_mgr destination;
    jpeg_errors errors;
    sw_str *out;
    JOCTET block[1 << 14];
    sw_status status;
} jpeg_encoder;

static void begin_block(j_compress_ptr info)
{
    jpeg_encoder *encoder = info->client_data;
    encoder->destination.next_output_byte = encoder->block;
    encoder->destination.free_in_buffer = sizeof encoder->block;
}

static boolean end_block(j_compress_ptr info)
{
    jpeg_encoder *encoder = info->client_data;
    sw_str_append_bytes(encoder->out, encoder->block, sizeof encoder->block);
    begin_block(info);
    return TRUE;
}

static void end_file(j_compress_ptr info)
{
    jpeg_encoder *encoder = info->client_data;
    sw_str_append_bytes(encoder->out, encoder->block,
                        sizeof encoder->block - encoder->destination.free_in_buffer);
}

static void encode(jpeg_encoder *encoder, const sw_image *image, int quality)
{
    struct jpeg_compress_struct *info = &encoder->info;
    jpeg_create_compress(info);
    encoder->destination = (struct jpeg_destination_mgr){
        .init_destination = begin_block, .empty_output_buffer = end_block, .term_destination = end_file};
    info->dest = &encoder->destination;
    info->client_data = encoder;
    info->image_width = (JDIMENSION)image->width;
    info->image_height = (JDIMENSION)image->height;
    info->input_components = image->channels;
    info->in_color_space = image->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, quality, TRUE);
    info->comp_info[0].h_samp_factor = info->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(info, TRUE);
    size_t stride = (size_t)image->width * (size_t)image->channels;
    while (info->next_scanline < info->image_height) {
        JSAMPROW row = image->pixels + info->next_scanline * stride;
        jpeg_write_scanlines(info, &row, 1);
    }
    jpeg_finish_compress(info);
}

static void encode_guarded(jpeg_encoder *encoder, const sw_image *image, int quality)
{
    if (setjmp(encoder->errors.failed) == 0)
        encode(encoder, image, quality);
    else
        encoder->status = sw_fail(SW_E_MEMORY, "JPEG encoder: %s", encoder->errors.message);
}

sw_status sw_image_encode_jpeg(sw_str *out, const sw_image *image, int quality)
{
    assert(image->channels == 1 || image->channels == 3);
    jpeg_encoder encoder;
    memset(&encoder, 0, sizeof encoder);
    encoder.info.err = errors_init(&encoder.errors);
    encoder.out = out;
    encode_guarded(&encoder, image, quality);
    jpeg_destroy_compress(&encoder.info);
    return encoder.status == SW_OK ? sw_str_status(out) : encoder.status;
}
