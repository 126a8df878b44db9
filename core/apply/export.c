#include "apply/export.h"

#include <stdio.h>
#include <string.h>

#include "base/fields.h"
#include "base/str.h"
#include "data/dataset.h"
#include "data/normalize.h"
#include "run/out_file.h"
#include "setup/open.h"

static const char *const format_names[] = {
    [SW_EXPORT_SAFETENSORS] = "safetensors", [SW_EXPORT_ONNX] = "onnx", [SW_EXPORT_NPZ] = "npz"};

sw_status sw_export_format_find(sw_export_format *out, const char *name, const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *wanted = name ? name : dot ? dot + 1 : "";
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++)
        if (strcmp(wanted, format_names[i]) == 0) {
            *out = (sw_export_format)i;
            return SW_OK;
        }
    return name ? sw_fail(SW_E_USAGE, "--format %s: expected safetensors, onnx or npz", name)
                : sw_fail(SW_E_USAGE,
                          "%s does not end in .safetensors, .onnx or .npz: give the format with --format",
                          path);
}

sw_status sw_export_unpool_find(sw_onnx_unpool *out, const char *name)
{
    const bool basic = strcmp(name, "basic") == 0;
    if (!basic && strcmp(name, "max") != 0)
        return sw_fail(SW_E_USAGE, "--unpool %s: expected max or basic", name);
    *out = basic ? SW_ONNX_UNPOOL_BASIC : SW_ONNX_UNPOOL_MAX;
    return SW_OK;
}

/* "pet, background, border"; nothing if the model has another number of classes than the data set. */
static void describe_classes(sw_str *text, const sw_classes *classes, int outputs)
{
    sw_str_append(text, "");
    for (int c = 0; outputs == classes->count && c < outputs; c++)
        sw_str_printf(text, "%s%s", c ? ", " : "", classes->list[c].name);
}

static void list_channels(sw_str *text, const float values[3])
{
    for (int c = 0; c < 3; c++) {
        if (c) sw_str_append(text, ", ");
        sw_float_append(text, values[c]);
    }
}

/* "RGB, 0 to 1, resized to 160x128 (bilinear)", and what else a picture goes through. */
static void describe_input(sw_str *text, const sw_data_config *data)
{
    static const char *const resize_names[] = {
        [SW_RESIZE_NEAREST] = "nearest", [SW_RESIZE_BILINEAR] = "bilinear"};
    static const char *const fit_names[] = {[SW_FIT_STRETCH] = "",
                                            [SW_FIT_PAD] = ", whole and padded with black",
                                            [SW_FIT_CROP] = ", cropped to its middle"};
    sw_str_printf(text, "RGB, 0 to 1, resized to %dx%d (%s)%s", data->size.width, data->size.height,
                  resize_names[data->resize], fit_names[data->fit]);
    if (sw_normalize_is_on(&data->normalize)) sw_str_append(text, ", then (value - mean) / std");
}

static sw_status export_onnx(const sw_trained *saved, const char *path, const sw_export_options *options)
{
    sw_status status = sw_trained_need_experiment(saved);
    if (status != SW_OK) return status;
    const sw_experiment *x = saved->experiment;
    const sw_normalize *normalize = &x->data.normalize;
    sw_str input = {0}, classes = {0}, mean = {0}, std = {0};
    sw_model model = {0};
    describe_input(&input, &x->data);
    describe_classes(&classes, sw_data_classes(&x->data), x->model.classes);
    list_channels(&mean, normalize->mean);
    list_channels(&std, normalize->std);
    SW_TRY(sw_str_status(&input));
    SW_TRY(sw_str_status(&classes));
    SW_TRY(sw_str_status(&mean));
    SW_TRY(sw_str_status(&std));
    const sw_checkpoint_note notes[] = {{"model", x->model.name},
                                        {"input", input.text},
                                        {"classes", classes.text},
                                        {"mean", mean.text},
                                        {"std", std.text}};
    const sw_onnx_options onnx = {.fold_norms = options->fold_norms,
                                  .unpool = options->unpool,
                                  .notes = notes,
                                  .note_count = sw_normalize_is_on(normalize) ? 5 : 3};
    SW_TRY(sw_open_model(&model, x, 1));
    SW_TRY(sw_export_onnx(path, &model, saved->weights, saved->weights_path, &onnx));
done:
    sw_model_deinit(&model);
    sw_str_deinit(&input);
    sw_str_deinit(&classes);
    sw_str_deinit(&mean);
    sw_str_deinit(&std);
    return status;
}

static sw_status export_safetensors(const sw_trained *saved, const char *path, bool half)
{
    char epoch[16];
    snprintf(epoch, sizeof epoch, "%d", saved->epoch);
    const sw_checkpoint_note notes[] = {{"format", "pt"}, {"epoch", epoch}};
    return sw_export_safetensors(path, saved->weights, half, notes, saved->epoch ? 2 : 1);
}

static sw_status check_place(const sw_trained *saved, const char *path, sw_export_format format)
{
    sw_status status = SW_OK;
    char ending[16];
    const char *const endings[] = {ending, NULL};
    sw_file_set read = {0};
    snprintf(ending, sizeof ending, ".%s", format_names[format]);
    SW_TRY(sw_file_set_add(&read, saved->weights_path));
    if (saved->config_path) SW_TRY(sw_file_set_add(&read, saved->config_path));
    SW_TRY(sw_out_file_check(path, endings, &read));
done:
    sw_file_set_deinit(&read);
    return status;
}

sw_status sw_export(const sw_trained *saved, const char *path, const sw_export_options *options)
{
    SW_ENSURE(check_place(saved, path, options->format));
    switch (options->format) {
    case SW_EXPORT_SAFETENSORS:
        return export_safetensors(saved, path, options->half);
    case SW_EXPORT_ONNX:
        return export_onnx(saved, path, options);
    case SW_EXPORT_NPZ:
        break;
    }
    return sw_export_npz(path, saved->weights);
}
