/* segwork predict: pictures in, masks out. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/predict.h"
#include "options.h"
#include "page/json_text.h"
#include "print.h"

static const char default_out[] = "predicted";
static char *checkpoint, *config, *out, *device, *shares, *size, *tta;
static int logits, probabilities, overlay, outline, json;
static int tile = OPTION_NOT_GIVEN, overlap = OPTION_NOT_GIVEN, batch = OPTION_NOT_GIVEN,
           samples = OPTION_NOT_GIVEN;

static sw_status check_positive(const char *name, int value)
{
    if (value == OPTION_NOT_GIVEN || value > 0) return SW_OK;
    return sw_fail(SW_E_USAGE, "%s %d: a number above 0 is needed", name, value);
}

static sw_status read_options(sw_predict_options *o)
{
    if (out && !*out) return sw_fail(SW_E_USAGE, "--out is empty: it names the folder for the results");
    if (size && strcmp(size, "original") != 0 && strcmp(size, "network") != 0)
        return sw_fail(SW_E_USAGE, "--size %s: original or network is meant", size);
    bool flip;
    SW_ENSURE(options_read_tta(&flip, tta));
    if (overlap != OPTION_NOT_GIVEN && overlap < 0)
        return sw_fail(SW_E_USAGE, "--overlap %d: a number of 0 or more is needed", overlap);
    SW_ENSURE(check_positive("--tile", tile));
    SW_ENSURE(check_positive("--batch", batch));
    SW_ENSURE(check_positive("--samples", samples));
    *o = (sw_predict_options){.out = out ? out : default_out,
                              .shares = shares,
                              .device = device,
                              .overlay = overlay,
                              .outline = outline,
                              .probabilities = probabilities,
                              .logits = logits,
                              .network_size = size && strcmp(size, "network") == 0,
                              .flip = flip,
                              .samples = samples == OPTION_NOT_GIVEN ? 0 : samples,
                              .tile = tile == OPTION_NOT_GIVEN ? 0 : tile,
                              .overlap = overlap == OPTION_NOT_GIVEN ? -1 : overlap,
                              .batch = batch == OPTION_NOT_GIVEN ? 0 : batch};
    return SW_OK;
}

/* Prints what was done. */
static sw_status print_summary(const sw_predict_result *result, const char *folder)
{
    cJSON *root = cJSON_CreateObject();
    sw_json_add_text(root, "folder", folder);
    SW_JSON_ADD_NUMBERS(root, {"predicted", result->predicted}, {"failed", result->failed});
    return print_json(root);
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_trained saved = {0};
    sw_predict_result result = {0};
    sw_predict_options options;
    SW_ENSURE(read_options(&options));
    if (argc == 0) return sw_fail(SW_E_USAGE, "needs a picture or a folder of pictures");
    const sw_trained_options from = {.from = checkpoint, .config = config};
    SW_TRY(sw_trained_open(&saved, &from));
    SW_TRY(sw_trained_need_experiment(&saved));
    const sw_progress_output progress = print_progress();
    options.progress = &progress;
    status = sw_predict(&result, &saved, argv, &options);
    if (json && result.predicted + result.failed > 0) {
        const sw_status printed = print_summary(&result, options.out);
        if (status == SW_OK) status = printed;
    } else if (result.predicted)
        printf("predicted %d picture%s into %s\n", result.predicted, result.predicted == 1 ? "" : "s",
               options.out);
done:
    sw_trained_close(&saved);
    return status;
}

static const struct poptOption options[] = {
    OPTION_CHECKPOINT(checkpoint),
    OPTION_CONFIG(config),
    OPTION_TEXT("out", 'o', out, "DIR", "Folder for the results (default: predicted)"),
    OPTION_FLAG("overlay", '\0', overlay,
                "Also write NAME.overlay.png: the picture blended with the colours of the classes"),
    OPTION_FLAG("outline", '\0', outline,
                "Also write NAME.outline.png: the picture with a line around each region"),
    OPTION_FLAG("probabilities", '\0', probabilities,
                "Also write NAME.probabilities.npy: float32 (classes, height, width)"),
    OPTION_FLAG("logits", '\0', logits,
                "Also write NAME.npy: the network's output (logits), float32 (classes, height, width)"),
    OPTION_TEXT("shares", '\0', shares, "FILE.csv", "Also write the share of each class in each picture"),
    OPTION_TEXT(
        "size", '\0', size, "SIZE",
        "Size of masks and overlays: original, that of the picture (default), or network, as scaled for it"),
    {"tile", '\0', POPT_ARG_INT, &tile, 0,
     "Do not scale pictures; split them into square tiles with sides of N pixels", "N"},
    {"overlap", '\0', POPT_ARG_INT, &overlap, 0,
     "Overlap of neighbouring tiles in pixels, at least (default: a quarter of a tile)", "M"},
    OPTION_TTA(tta),
    {"samples", '\0', POPT_ARG_INT, &samples, 0,
     "Average N predictions with dropout; also write NAME.uncertainty.png, which is brighter where they "
     "differ more",
     "N"},
    {"batch", '\0', POPT_ARG_INT, &batch, 0, "Images per batch (default: train.val_batch_size)", "N"},
    OPTION_DEVICE(device),
    OPTION_JSON(json),
    OPTION_QUIET,
    POPT_TABLEEND};

const sw_command sw_cmd_predict = {
    .name = "predict",
    .arguments = "IMAGE|FOLDER...",
    .summary = "Segment pictures with trained weights",
    .details = "Writes the mask of NAME.jpg as DIR/NAME.png, in the size of the picture. Its\n"
               "pixels have the values that the data set's masks use (for the pets: 1 pet, 2\n"
               "background, 3 border), and its palette shows the colours of the classes. Pillow\n"
               "and segwork read the values; cv2.imread reads the colours. If you give a\n"
               "folder, every .jpg, .jpeg and .png in it and below it is segmented:\n"
               "FOLDER/a/b.jpg becomes DIR/a/b.png. Photographs are rotated as their Exif data\n"
               "says.\n\n"
               "Without --checkpoint the model 'pets' is used, which comes with segwork. It\n"
               "finds cats and dogs in photographs.\n\n"
               "The network sees each picture as in training, scaled to data.size. Large\n"
               "pictures with objects as small as in training, such as maps and scans, are\n"
               "better split into tiles with --tile. If the tiles overlap by at least the\n"
               "receptive field of the network (see 'segwork describe'), the result equals that\n"
               "of one large tile.\n\n"
               "Pictures that cannot be read are reported and skipped; the exit code is then 1.\n\n"
               "Examples:\n"
               "  segwork predict cat.jpg --outline\n"
               "  segwork predict --checkpoint runs/border/001 cat.jpg --out out --outline\n"
               "  segwork predict --checkpoint best.safetensors \\\n"
               "      --config experiments/segnet_baseline.yaml photos --out out \\\n"
               "      --tta flip --shares out/shares.csv\n"
               "  segwork predict --checkpoint runs/fields/001 map.png --out out --tile 512",
    .options = options,
    .run = run,
};
