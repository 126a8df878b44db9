#include "apply/export.h"

#include <stdio.h>
#include <string.h>

#include "data/dataset.h"
#include "setup/open.h"
#include "weights/export.h"

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

enum { NOTE_BYTES = 1024 };

/* "pet, background, border"; nothing if the model has another number of classes than the data set. */
static void describe_classes(char text[NOTE_BYTES], const sw_classes *classes, int outputs)
{
    size_t used = 0;
    text[0] = '\0';
    for (int c = 0; outputs == classes->count && c < outputs && used < NOTE_BYTES; c++)
        used +=
            (size_t)snprintf(text + used, NOTE_BYTES - used, "%s%s", c ? ", " : "", classes->list[c].name);
}

static sw_status export_onnx(const sw_trained *saved, const char *path, bool fold_norms)
{
    static const char *const resize_names[] = {
        [SW_RESIZE_NEAREST] = "nearest", [SW_RESIZE_BILINEAR] = "bilinear"};
    sw_status status = sw_trained_need_experiment(saved);
    if (status != SW_OK) return status;
    const sw_experiment *x = saved->experiment;
    char input[NOTE_BYTES], classes[NOTE_BYTES];
    snprintf(input, sizeof input, "RGB, 0 to 1, resized to %dx%d (%s)", x->data.size.width,
             x->data.size.height, resize_names[x->data.resize]);
    describe_classes(classes, sw_data_classes(&x->data), x->model.classes);
    const sw_checkpoint_note notes[] = {{"model", x->model.name}, {"input", input}, {"classes", classes}};
    sw_model model = {0};
    const sw_onnx_options options = {.fold_norms = fold_norms, .notes = notes, .note_count = 3};
    SW_TRY(sw_open_model(&model, x, 1));
    SW_TRY(sw_export_onnx(path, &model, saved->weights, saved->weights_path, &options));
done:
    sw_model_deinit(&model);
    return status;
}

static sw_status export_safetensors(const sw_trained *saved, const char *path)
{
    char epoch[16];
    snprintf(epoch, sizeof epoch, "%d", saved->epoch);
    const sw_checkpoint_note notes[] = {{"format", "pt"}, {"epoch", epoch}};
    return sw_export_safetensors(path, saved->weights, notes, saved->epoch ? 2 : 1);
}

sw_status sw_export(const sw_trained *saved, const char *path, sw_export_format format, bool fold_norms)
{
    switch (format) {
    case SW_EXPORT_SAFETENSORS:
        return export_safetensors(saved, path);
    case SW_EXPORT_ONNX:
        return export_onnx(saved, path, fold_norms);
    case SW_EXPORT_NPZ:
        break;
    }
    return sw_export_npz(path, saved->weights);
}
