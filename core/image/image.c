#include "image/image.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/log.h"
#include "image_codec.h"

typedef enum file_format { FORMAT_JPEG, FORMAT_PNG, FORMAT_OTHER } file_format;

/* How files begin; the first two are read, the others only named in the message. */
static const struct {
    file_format format;
    const char *name;
    size_t offset, length;
    const char *magic;
} formats[] = {
    {FORMAT_JPEG, "a JPEG", 0, 3, "\xff\xd8\xff"},
    {FORMAT_PNG, "a PNG", 0, 8, "\x89PNG\r\n\x1a\n"},
    {FORMAT_OTHER, "a GIF", 0, 4, "GIF8"},
    {FORMAT_OTHER, "a WebP", 8, 4, "WEBP"},
    {FORMAT_OTHER, "a TIFF", 0, 4, "II*\0"},
    {FORMAT_OTHER, "a TIFF", 0, 4, "MM\0*"},
    {FORMAT_OTHER, "a HEIF or AVIF", 4, 4, "ftyp"},
    {FORMAT_OTHER, "a JPEG 2000", 4, 4, "jP  "},
    {FORMAT_OTHER, "a JPEG 2000", 0, 4, "\xff\x4f\xff\x51"},
    {FORMAT_OTHER, "a PDF", 0, 5, "%PDF-"},
    {FORMAT_OTHER, "a gzip archive", 0, 2, "\x1f\x8b"},
    {FORMAT_OTHER, "a zip archive", 0, 4, "PK\x03\x04"},
    {FORMAT_OTHER, "a web page or XML", 0, 1, "<"},
    {FORMAT_OTHER, "a Git LFS pointer", 0, 12, "version http"},
    {FORMAT_OTHER, "a BMP", 0, 2, "BM"},
};

static file_format sniff(const char **name, const char *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        size_t end = formats[i].offset + formats[i].length;
        if (length < end || memcmp(bytes + formats[i].offset, formats[i].magic, formats[i].length) != 0)
            continue;
        *name = formats[i].name;
        return formats[i].format;
    }
    *name = length == 0 ? "an empty file" : "no picture format known here";
    return FORMAT_OTHER;
}

void image_note(sw_str *notes, const char *fmt, ...)
{
    char note[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(note, sizeof note, fmt, args);
    va_end(args);
    sw_str_printf(notes, "%s%s", notes->length ? "; " : "", note);
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

/* The name's extension promises another format than the content keeps. */
static bool is_misnamed(const char *path, file_format format)
{
    const char *dot = strrchr(path, '.');
    if (!dot) return false;
    if (format == FORMAT_PNG) return strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0;
    return strcasecmp(dot, ".png") == 0;
}

sw_status sw_image_read_rgb_noted(sw_image *out, sw_str *notes, const char *path)
{
    char *bytes = NULL;
    size_t length = 0;
    *out = (sw_image){0};
    sw_status status = sw_fs_read(&bytes, &length, path, SW_IMAGE_MAX_FILE_BYTES);
    if (status != SW_OK) return status;
    const char *name;
    file_format format = sniff(&name, bytes, length);
    if (format == FORMAT_OTHER) {
        status = sw_fail(SW_E_DATA, "%s: %s; JPEG and PNG pictures are read", path, name);
        goto done;
    }
    if (is_misnamed(path, format)) image_note(notes, "%s under a %s name", name, strrchr(path, '.'));
    status = (format == FORMAT_JPEG ? image_decode_jpeg : image_decode_png)(out, notes,
                                                                            (const uint8_t *)bytes, length);
    if (status != SW_OK) sw_fail_in(status, "%s", path);
done:
    free(bytes);
    return status;
}

sw_status sw_image_read_rgb(sw_image *out, const char *path)
{
    sw_str notes = {0};
    sw_status status = sw_image_read_rgb_noted(out, &notes, path);
    if (status == SW_OK && notes.length) sw_log(SW_LOG_WARNING, "%s: %s", path, notes.text);
    sw_str_deinit(&notes);
    return status;
}

sw_status sw_image_read_mask(sw_image *out, const char *path)
{
    char *bytes = NULL;
    size_t length = 0;
    *out = (sw_image){0};
    sw_status status = sw_fs_read(&bytes, &length, path, SW_IMAGE_MAX_FILE_BYTES);
    if (status != SW_OK) return status;
    const char *name;
    if (sniff(&name, bytes, length) != FORMAT_PNG) {
        status = sw_fail(SW_E_DATA, "%s: %s; a mask is a PNG of one channel", path, name);
    } else {
        status = image_decode_png_mask(out, (const uint8_t *)bytes, length);
        if (status != SW_OK) sw_fail_in(status, "%s", path);
    }
    free(bytes);
    return status;
}

static void resize_nearest(uint8_t *out, int side_px, const sw_image *image)
{
    size_t channels = (size_t)image->channels;
    for (int y = 0; y < side_px; y++) {
        size_t source_y = (size_t)((int64_t)y * image->height / side_px);
        const uint8_t *row = image->pixels + source_y * (size_t)image->width * channels;
        for (int x = 0; x < side_px; x++) {
            const uint8_t *pixel = row + (size_t)((int64_t)x * image->width / side_px) * channels;
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

static void resize_bilinear(uint8_t *out, int side_px, const sw_image *image)
{
    size_t channels = (size_t)image->channels, stride = (size_t)image->width * channels;
    for (int y = 0; y < side_px; y++) {
        tap v = bilinear_tap(y, image->height, side_px);
        const uint8_t *upper = image->pixels + (size_t)v.first * stride;
        const uint8_t *lower = image->pixels + (size_t)v.second * stride;
        for (int x = 0; x < side_px; x++) {
            tap h = bilinear_tap(x, image->width, side_px);
            size_t left = (size_t)h.first * channels, right = (size_t)h.second * channels;
            for (size_t c = 0; c < channels; c++) {
                float top = (1 - h.weight) * (float)upper[left + c] + h.weight * (float)upper[right + c];
                float bottom = (1 - h.weight) * (float)lower[left + c] + h.weight * (float)lower[right + c];
                *out++ = (uint8_t)lroundf((1 - v.weight) * top + v.weight * bottom);
            }
        }
    }
}

void sw_image_resize(uint8_t *out, int side_px, const sw_image *image, sw_resize_kind kind)
{
    assert(side_px > 0 && image->pixels);
    if (kind == SW_RESIZE_BILINEAR)
        resize_bilinear(out, side_px, image);
    else
        resize_nearest(out, side_px, image);
}

sw_status sw_image_write_png(const char *path, const sw_image *image)
{
    sw_str file = {0};
    sw_status status = SW_OK;
    SW_TRY(sw_fail_in(sw_image_encode_png(&file, image), "picture %s", path));
    SW_TRY(sw_fs_write(path, file.text, file.length));
done:
    sw_str_deinit(&file);
    return status;
}

sw_status sw_image_write_png_indexed(const char *path, const sw_image *image, const uint32_t *rgb,
                                     int colours)
{
    sw_str file = {0};
    sw_status status = SW_OK;
    SW_TRY(sw_image_encode_png_indexed(&file, image, rgb, colours));
    SW_TRY(sw_fs_write(path, file.text, file.length));
done:
    sw_str_deinit(&file);
    return sw_fail_in(status, "picture %s", path);
}

sw_status sw_image_write_jpeg(const char *path, const sw_image *image, int quality)
{
    sw_str file = {0};
    sw_status status = SW_OK;
    SW_TRY(sw_fail_in(sw_image_encode_jpeg(&file, image, quality), "picture %s", path));
    SW_TRY(sw_fs_write(path, file.text, file.length));
done:
    sw_str_deinit(&file);
    return status;
}
