/* Reads and writes picture files. The content decides the format. */
#include <stdbool.h>
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

typedef struct picture_file {
    char *bytes;
    size_t length;
    file_format format;
    const char *what; /* "a PNG" */
} picture_file;

static void sniff(picture_file *file)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        size_t end = formats[i].offset + formats[i].length;
        if (file->length < end ||
            memcmp(file->bytes + formats[i].offset, formats[i].magic, formats[i].length) != 0)
            continue;
        file->what = formats[i].name;
        file->format = formats[i].format;
        return;
    }
    file->what = file->length == 0 ? "an empty file" : "no picture format known here";
    file->format = FORMAT_OTHER;
}

/* The caller frees file->bytes. */
static sw_status read_file(picture_file *file, const char *path)
{
    sw_status status = sw_fs_read(&file->bytes, &file->length, path, SW_IMAGE_MAX_FILE_BYTES);
    if (status == SW_OK) sniff(file);
    return status;
}

/* Whether the name's extension stands for another format than the content's. */
static bool is_misnamed(const char *path, file_format format)
{
    const char *dot = strrchr(path, '.');
    if (!dot) return false;
    if (format == FORMAT_PNG) return strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0;
    return strcasecmp(dot, ".png") == 0;
}

sw_status sw_image_read_rgb_shrunk(sw_image *out, sw_str *notes, const char *path, int step)
{
    picture_file file;
    *out = (sw_image){0};
    sw_status status = SW_OK;
    SW_TRY(read_file(&file, path));
    if (file.format == FORMAT_OTHER)
        SW_TRY(sw_fail(SW_E_DATA, "%s: %s; JPEG and PNG pictures are read", path, file.what));
    if (is_misnamed(path, file.format))
        image_note(notes, "%s under a %s name", file.what, strrchr(path, '.'));
    const uint8_t *bytes = (const uint8_t *)file.bytes;
    if (file.format == FORMAT_JPEG)
        status = image_decode_jpeg(out, notes, bytes, file.length, &step);
    else
        status = image_decode_png(out, notes, bytes, file.length);
    if (status == SW_OK) status = image_shrink(out, step);
    if (status == SW_OK) status = sw_str_status(notes);
    sw_fail_in(status, "%s", path);
done:
    free(file.bytes);
    if (status != SW_OK) sw_image_deinit(out);
    return status;
}

sw_status sw_image_read_rgb_noted(sw_image *out, sw_str *notes, const char *path)
{
    return sw_image_read_rgb_shrunk(out, notes, path, 1);
}

sw_status sw_image_read_rgb(sw_image *out, const char *path)
{
    sw_str notes = {0};
    sw_status status = sw_image_read_rgb_noted(out, &notes, path);
    if (status == SW_OK && notes.length) sw_log(SW_LOG_WARNING, "%s: %s", path, notes.text);
    sw_str_deinit(&notes);
    return status;
}

sw_status sw_mask_image_read(sw_mask_image *out, const char *path)
{
    picture_file file;
    *out = (sw_mask_image){0};
    sw_status status = SW_OK;
    SW_TRY(read_file(&file, path));
    if (file.format != FORMAT_PNG)
        SW_TRY(sw_fail(SW_E_DATA, "%s: %s; a mask is a PNG%s", path, file.what,
                       file.format == FORMAT_JPEG ? ", since JPEG changes the values" : ""));
    SW_TRY(sw_fail_in(image_decode_png_mask(out, (uint8_t *)file.bytes, file.length), "%s", path));
done:
    free(file.bytes);
    return status;
}

sw_status sw_image_read_mask(sw_image *out, const char *path)
{
    sw_mask_image mask;
    *out = (sw_image){0};
    SW_ENSURE(sw_mask_image_read(&mask, path));
    if (mask.stored_channels == 1) {
        *out = mask.image;
        return SW_OK;
    }
    sw_image_deinit(&mask.image);
    return sw_fail(SW_E_DATA, "%s: a PNG of %d channels; a mask has one channel", path, mask.stored_channels);
}

/* Writes the file that was encoded with that status, and frees it. */
static sw_status write_encoded(const char *path, sw_str *file, sw_status encoded)
{
    sw_status status = sw_fail_in(encoded, "picture %s", path);
    if (status == SW_OK) status = sw_fs_write(path, file->text, file->length);
    sw_str_deinit(file);
    return status;
}

sw_status sw_image_write_png(const char *path, const sw_image *image)
{
    sw_str file = {0};
    return write_encoded(path, &file, sw_image_encode_png(&file, image));
}

sw_status sw_image_write_png_indexed(const char *path, const sw_image *image, const uint32_t *rgb,
                                     int colours)
{
    sw_str file = {0};
    return write_encoded(path, &file, sw_image_encode_png_indexed(&file, image, rgb, colours));
}
