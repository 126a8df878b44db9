#include "apply/predict.h"

#include <string.h>

#include "apply/label_map.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/log.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "data/mask_values.h"
#include "data/normalize.h"
#include "image/image.h"
#include "predict_inputs.h"
#include "weights/npy.h"

/* A picture of the batch under way. */
typedef struct pending {
    const sw_predict_input *input;
    int width, height; /* of the file */
} pending;

typedef struct predictor {
    sw_trained *saved;
    const sw_predict_options *options;
    sw_predict_result *result;
    int classes, batch, count;
    sw_size size;      /* of what the network sees */
    pending *pictures; /* (batch), `count` of them read */
    uint8_t *small;    /* (batch,H,W,3) */
    float *images;     /* (batch,H,W,3) */
    float *logits;     /* (batch,H,W,C) */
    float *plane;      /* (C,H,W) */
    sw_mask_writing writing;
    sw_arena arena; /* holds all of these */
} predictor;

static size_t pixels_of(const predictor *p)
{
    return sw_size_pixels(p->size);
}

static sw_status init(predictor *p)
{
    const size_t batch = (size_t)p->batch, pixels = pixels_of(p), classes = (size_t)p->classes;
    p->pictures = sw_arena_alloc(&p->arena, batch * sizeof *p->pictures);
    p->small = sw_arena_alloc(&p->arena, batch * pixels * 3);
    p->images = sw_arena_alloc(&p->arena, batch * pixels * 3 * sizeof *p->images);
    p->logits = sw_arena_alloc(&p->arena, batch * pixels * classes * sizeof *p->logits);
    p->plane = sw_arena_alloc(&p->arena, pixels * classes * sizeof *p->plane);
    return p->pictures && p->small && p->images && p->logits && p->plane ? SW_OK : SW_E_MEMORY;
}

/* Logs why a picture failed, in one line. */
static void fail_one(predictor *p)
{
    sw_log(SW_LOG_ERROR, "%s", sw_error_message());
    p->result->failed++;
}

static void read_one(predictor *p, const sw_predict_input *input)
{
    sw_image image = {0};
    if (sw_image_read_rgb(&image, input->path) != SW_OK) {
        fail_one(p);
        return;
    }
    uint8_t *small = p->small + (size_t)p->count * pixels_of(p) * 3;
    sw_image_resize(small, p->size, &image, p->saved->experiment->data.resize);
    float *seen = p->images + (size_t)p->count * pixels_of(p) * 3;
    sw_augment_to_float(seen, small, pixels_of(p) * 3);
    sw_normalize_apply(&p->saved->experiment->data.normalize, seen, pixels_of(p));
    p->pictures[p->count++] = (pending){input, image.width, image.height};
    sw_image_deinit(&image);
}

/* (H,W,C) on the device, (C,H,W) in files */
static sw_status write_logits(const predictor *p, const char *path, const float *logits)
{
    size_t pixels = pixels_of(p), classes = (size_t)p->classes;
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < pixels; i++) p->plane[c * pixels + i] = logits[i * classes + c];
    const int64_t shape[] = {p->classes, p->size.height, p->size.width};
    return sw_npy_write(path, SW_SAFETENSORS_F32, 3, shape, p->plane);
}

/* Draws on the picture at the size of its map: the one that the network saw, or the file, read again because
 * keeping a batch of large pictures would need much memory. */
static sw_status write_overlay(const predictor *p, int i, const sw_image *labels)
{
    sw_status status = SW_OK;
    const sw_predict_input *input = p->pictures[i].input;
    sw_image picture = {0};
    sw_str notes = {0}; /* logged when it was first read */
    if (p->options->original_size) {
        SW_TRY(sw_image_read_rgb_noted(&picture, &notes, input->path));
    } else {
        SW_TRY(sw_image_init(&picture, p->size.width, p->size.height, 3));
        memcpy(picture.pixels, p->small + (size_t)i * pixels_of(p) * 3, pixels_of(p) * 3);
    }
    if (picture.width != labels->width || picture.height != labels->height)
        SW_TRY(sw_fail(SW_E_DATA, "%s has changed while it was predicted", input->path));
    sw_label_overlay(picture.pixels, labels->pixels, (size_t)picture.width * (size_t)picture.height,
                     sw_data_classes(&p->saved->experiment->data));
    SW_TRY(sw_image_write_png(input->overlay, &picture));
done:
    sw_str_deinit(&notes);
    sw_image_deinit(&picture);
    return status;
}

static sw_status write_one(const predictor *p, int i)
{
    sw_status status = SW_OK;
    const pending *picture = &p->pictures[i];
    const float *logits = p->logits + (size_t)i * pixels_of(p) * (size_t)p->classes;
    bool original = p->options->original_size;
    sw_image labels = {0};
    SW_TRY(sw_image_init(&labels, original ? picture->width : p->size.width,
                         original ? picture->height : p->size.height, 1));
    SW_TRY(sw_fail_in(sw_label_map(labels.pixels, labels.width, labels.height, logits, p->size, p->classes),
                      "%s", picture->input->path));
    if (p->options->overlay) SW_TRY(write_overlay(p, i, &labels));
    const size_t pixels = (size_t)labels.width * (size_t)labels.height;
    for (size_t k = 0; k < pixels; k++) labels.pixels[k] = p->writing.value[labels.pixels[k]];
    SW_TRY(sw_image_write_png_indexed(picture->input->label, &labels, p->writing.rgb, p->writing.colours));
    if (p->options->logits) SW_TRY(write_logits(p, picture->input->logits, logits));
done:
    sw_image_deinit(&labels);
    return status;
}

static sw_status predict_batch(predictor *p)
{
    if (p->count == 0) return SW_OK;
    SW_ENSURE(sw_network_predict(&p->saved->network, p->logits, p->images, p->count));
    for (int i = 0; i < p->count; i++)
        if (write_one(p, i) == SW_OK)
            p->result->predicted++;
        else
            fail_one(p);
    p->count = 0;
    return SW_OK;
}

sw_status sw_predict(sw_predict_result *result, sw_trained *saved, const char *const *paths,
                     const sw_predict_options *options)
{
    sw_status status = SW_OK;
    const sw_experiment *x = saved->experiment;
    sw_predict_inputs inputs = {0};
    *result = (sw_predict_result){0};
    predictor p = {.saved = saved,
                   .options = options,
                   .result = result,
                   .size = x->data.size,
                   .classes = x->model.classes};
    sw_mask_writing_of(&p.writing, &x->data);
    SW_TRY(sw_predict_inputs_init(&inputs, paths, options->out));
    p.batch = inputs.count < x->train.val_batch_size ? inputs.count : x->train.val_batch_size;
    SW_TRY(init(&p));
    SW_TRY(sw_fs_mkdirs(options->out));
    SW_TRY(sw_trained_start(saved, &x->loss, p.batch, options->device));
    for (int i = 0; i < inputs.count; i++) {
        read_one(&p, &inputs.items[i]);
        if (p.count == p.batch) SW_TRY(predict_batch(&p));
    }
    SW_TRY(predict_batch(&p));
    if (result->failed)
        status = sw_fail(SW_E_DATA, "%d of %d pictures could not be predicted", result->failed, inputs.count);
done:
    sw_arena_deinit(&p.arena);
    sw_predict_inputs_deinit(&inputs);
    return status;
}
