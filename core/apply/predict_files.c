#include "predict_files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apply/overlay.h"
#include "base/fs.h"
#include "weights/npy.h"

static bool is_wanted(const sw_predict_picture *picture, sw_predict_file file)
{
    return picture->plan->files & 1u << file;
}

static sw_status write_png(const sw_predict_picture *picture, sw_predict_file file, const sw_image *image)
{
    char *path = sw_predict_file_path(picture->input, file);
    sw_status status = path ? sw_image_write_png(path, image) : SW_E_MEMORY;
    free(path);
    return status;
}

static sw_status write_npy(const sw_predict_picture *picture, sw_predict_file file, const float *planes,
                           sw_size size)
{
    const int64_t shape[] = {picture->plan->class_count, size.height, size.width};
    char *path = sw_predict_file_path(picture->input, file);
    sw_status status = path ? sw_npy_write(path, SW_SAFETENSORS_F32, 3, shape, planes) : SW_E_MEMORY;
    free(path);
    return status;
}

static sw_status make_folder(const sw_predict_picture *picture)
{
    char *folder = sw_fs_dirname(picture->input->target);
    sw_status status = folder ? sw_fs_mkdirs(folder) : SW_E_MEMORY;
    free(folder);
    return status;
}

/* (height, width, classes) on the device, (classes, height, width) in files */
sw_status sw_predict_logits_write(const sw_predict_picture *picture, const float *logits)
{
    const sw_size window = picture->plan->rule.window;
    const size_t pixels = sw_size_pixels(window), classes = (size_t)picture->plan->class_count;
    SW_ENSURE(make_folder(picture));
    float *planes = malloc(pixels * classes * sizeof *planes);
    if (!planes) return sw_fail_alloc("logits", pixels * classes * sizeof *planes);
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < pixels; i++) planes[c * pixels + i] = logits[i * classes + c];
    sw_status status = write_npy(picture, SW_PREDICT_LOGITS, planes, window);
    free(planes);
    return status;
}

/* The picture at the size of its map, from its file: to keep a batch of large pictures would need much
 * memory. */
static sw_status read_again(sw_image *out, const sw_predict_picture *picture)
{
    sw_status status = SW_OK;
    sw_image image = {0};
    sw_str notes = {0}; /* logged when it was first read */
    *out = (sw_image){0};
    SW_TRY(sw_image_read_rgb_noted(&image, &notes, picture->input->path));
    if (image.width != picture->size.width || image.height != picture->size.height)
        SW_TRY(sw_fail(SW_E_DATA, "%s has changed while it was predicted", picture->input->path));
    if (picture->plan->options->network_size) {
        SW_TRY(sw_view_scale(out, &image, &picture->view));
    } else {
        *out = image;
        image = (sw_image){0};
    }
done:
    sw_str_deinit(&notes);
    sw_image_deinit(&image);
    return status;
}

static sw_status write_overlay(const sw_predict_picture *picture, const sw_image *image, sw_predict_file file)
{
    sw_status status = SW_OK;
    sw_image drawn = {0};
    const sw_size size = {image->height, image->width};
    SW_TRY(sw_image_init(&drawn, size.width, size.height, 3));
    memcpy(drawn.pixels, image->pixels, 3 * sw_size_pixels(size));
    if (file == SW_PREDICT_OVERLAY)
        sw_label_overlay(drawn.pixels, picture->labels, sw_size_pixels(size), picture->plan->classes);
    else
        SW_TRY(sw_label_outline(drawn.pixels, picture->labels, size, picture->plan->classes));
    SW_TRY(write_png(picture, file, &drawn));
done:
    sw_image_deinit(&drawn);
    return status;
}

static sw_status write_overlays(const sw_predict_picture *picture)
{
    sw_status status = SW_OK;
    sw_image image = {0};
    const bool overlay = is_wanted(picture, SW_PREDICT_OVERLAY),
               outline = is_wanted(picture, SW_PREDICT_OUTLINE);
    if (!overlay && !outline) return SW_OK;
    SW_TRY(read_again(&image, picture));
    if (overlay) SW_TRY(write_overlay(picture, &image, SW_PREDICT_OVERLAY));
    if (outline) SW_TRY(write_overlay(picture, &image, SW_PREDICT_OUTLINE));
done:
    sw_image_deinit(&image);
    return status;
}

static sw_status count_shares(sw_predict_picture *picture)
{
    const size_t pixels = sw_size_pixels(picture->map), classes = (size_t)picture->plan->class_count;
    size_t counts[256] = {0};
    picture->shares = malloc(classes * sizeof *picture->shares);
    if (!picture->shares)
        return sw_fail_alloc("the shares of the classes", classes * sizeof *picture->shares);
    for (size_t i = 0; i < pixels; i++) counts[picture->labels[i]]++;
    for (size_t c = 0; c < classes; c++) picture->shares[c] = (double)counts[c] / (double)pixels;
    return SW_OK;
}

static sw_status write_mask(const sw_predict_picture *picture)
{
    const sw_mask_writing *writing = &picture->plan->writing;
    const sw_size size = picture->map;
    for (size_t i = 0; i < sw_size_pixels(size); i++) picture->labels[i] = writing->value[picture->labels[i]];
    const sw_image mask = {
        .pixels = picture->labels, .width = size.width, .height = size.height, .channels = 1};
    char *path = sw_predict_file_path(picture->input, SW_PREDICT_MASK);
    sw_status status =
        path ? sw_image_write_png_indexed(path, &mask, writing->rgb, writing->colours) : SW_E_MEMORY;
    free(path);
    return status;
}

/* As gray values: 0.5, the largest standard deviation of a number from 0 to 1, is white. */
static sw_status write_uncertainty(const sw_predict_picture *picture)
{
    sw_status status = SW_OK;
    sw_image gray = {0};
    SW_TRY(sw_image_init(&gray, picture->map.width, picture->map.height, 1));
    for (size_t i = 0; i < sw_size_pixels(picture->map); i++)
        gray.pixels[i] = (uint8_t)lrintf(510.0f * fminf(picture->uncertainty[i], 0.5f));
    SW_TRY(write_png(picture, SW_PREDICT_UNCERTAINTY, &gray));
done:
    sw_image_deinit(&gray);
    return status;
}

sw_status sw_predict_files_write(sw_predict_picture *picture)
{
    SW_ENSURE(make_folder(picture));
    if (picture->plan->options->shares) SW_ENSURE(count_shares(picture));
    if (is_wanted(picture, SW_PREDICT_PROBABILITIES))
        SW_ENSURE(write_npy(picture, SW_PREDICT_PROBABILITIES, picture->probabilities, picture->map));
    if (is_wanted(picture, SW_PREDICT_UNCERTAINTY)) SW_ENSURE(write_uncertainty(picture));
    SW_ENSURE(write_overlays(picture));
    return write_mask(picture);
}
