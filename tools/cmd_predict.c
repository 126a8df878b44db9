/* segwork predict: pictures in, maps of classes out. */
#include <stdio.h>

#include "apply/predict.h"
#include "options.h"

static char *checkpoint, *config, *out, *device;
static int logits, overlay, original_size;

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_trained saved = {0};
    sw_predict_result result = {0};
    if (!checkpoint || !out)
        return sw_fail(SW_E_USAGE, "needs --checkpoint and --out (see 'segwork predict --help')");
    if (!*out) return sw_fail(SW_E_USAGE, "--out is empty: it names the folder for the results");
    if (argc == 0) return sw_fail(SW_E_USAGE, "needs a picture or a folder of pictures");
    const sw_trained_options from = {.from = checkpoint, .config = config};
    const sw_predict_options options = {
        .out = out, .device = device, .logits = logits, .overlay = overlay, .original_size = original_size};
    SW_TRY(sw_trained_open(&saved, &from));
    SW_TRY(sw_trained_need_experiment(&saved));
    status = sw_predict(&result, &saved, argv, &options);
    if (result.predicted)
        printf("predicted %d picture%s into %s\n", result.predicted, result.predicted == 1 ? "" : "s", out);
done:
    sw_trained_close(&saved);
    return status;
}

static const struct poptOption options[] = {
    OPTION_CHECKPOINT(checkpoint),
    OPTION_CONFIG(config),
    OPTION_TEXT("out", 'o', out, "DIR", "Folder for the results"),
    OPTION_FLAG("overlay", '\0', overlay,
                "Also write NAME.overlay.png: the picture with the classes' colours over it"),
    OPTION_FLAG("logits", '\0', logits, "Also write NAME.npy: the logits, float32 (classes, height, width)"),
    OPTION_FLAG("original-size", '\0', original_size,
                "Write maps and overlays in each picture's own size (logits scaled bilinearly)"),
    OPTION_DEVICE(device),
    POPT_TABLEEND};

const sw_command sw_cmd_predict = {
    .name = "predict",
    .arguments = "IMAGE|FOLDER...",
    .summary = "Segment pictures with trained weights",
    .details = "Writes DIR/NAME.png for each NAME.jpg, with the values of the data set's\n"
               "trimaps: 1 pet, 2 background, 3 border. Of a folder it takes every .jpg, .jpeg\n"
               "and .png. It reports and skips unreadable pictures; the exit code is then 1.\n\n"
               "Examples:\n"
               "  segwork predict --checkpoint runs/border/001 cat.jpg --out out --overlay\n"
               "  segwork predict --checkpoint best.safetensors \\\n"
               "      --config experiments/segnet_baseline.yaml photos --out out",
    .options = options,
    .run = run,
};
