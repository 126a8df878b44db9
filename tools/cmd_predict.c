/* segwork predict: pictures in, masks out. */
#include <stdio.h>
#include <string.h>

#include "apply/predict.h"
#include "options.h"

static char *checkpoint, *config, *out, *device, *shares, *size, *tta;
static int logits, probabilities, overlay, outline;
static int tile = OPTION_NOT_GIVEN, overlap = OPTION_NOT_GIVEN, batch = OPTION_NOT_GIVEN,
           samples = OPTION_NOT_GIVEN;

static sw_status check_positive(const char *name, int value)
{
    if (value == OPTION_NOT_GIVEN || value > 0) return SW_OK;
    return sw_fail(SW_E_USAGE, "%s %d: a number above 0 is needed", name, value);
}

static sw_status read_options(sw_predict_options *o)
{
    if (!checkpoint || !out)
        return sw_fail(SW_E_USAGE, "needs --checkpoint and --out (see 'segwork predict --help')");
    if (!*out) return sw_fail(SW_E_USAGE, "--out is empty: it names the folder for the results");
    if (size && strcmp(size, "original") != 0 && strcmp(size, "network") != 0)
        return sw_fail(SW_E_USAGE, "--size %s: original or network is meant", size);
    if (tta && strcmp(tta, "flip") != 0) return sw_fail(SW_E_USAGE, "--tta %s: there is flip", tta);
    if (overlap != OPTION_NOT_GIVEN && overlap < 0)
        return sw_fail(SW_E_USAGE, "--overlap %d: a number of 0 or more is needed", overlap);
    SW_ENSURE(check_positive("--tile", tile));
    SW_ENSURE(check_positive("--batch", batch));
    SW_ENSURE(check_positive("--samples", samples));
    *o = (sw_predict_options){.out = out,
                              .shares = shares,
                              .device = device,
                              .overlay = overlay,
                              .outline = outline,
                              .probabilities = probabilities,
                              .logits = logits,
                              .network_size = size && strcmp(size, "network") == 0,
                              .flip = tta != NULL,
                              .samples = samples == OPTION_NOT_GIVEN ? 0 : samples,
                              .tile = tile == OPTION_NOT_GIVEN ? 0 : tile,
                              .overlap = overlap == OPTION_NOT_GIVEN ? -1 : overlap,
                              .batch = batch == OPTION_NOT_GIVEN ? 0 : batch};
    return SW_OK;
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
                "Also write NAME.overlay.png: the picture half covered by the classes' colours"),
    OPTION_FLAG("outline", '\0', outline,
                "Also write NAME.outline.png: the picture with a line around each region"),
    OPTION_FLAG("probabilities", '\0', probabilities,
                "Also write NAME.probabilities.npy: float32 (classes, height, width)"),
    OPTION_FLAG("logits", '\0', logits,
                "Also write NAME.npy: the network's own output, float32 (classes, height, width)"),
    OPTION_TEXT("shares", '\0', shares, "FILE.csv", "Also write each class's share of each picture"),
    OPTION_TEXT(
        "size", '\0', size, "SIZE",
        "Of masks and overlays: original, each picture's own (default), or network, as it was scaled"),
    {"tile", '\0', POPT_ARG_INT, &tile, 0,
     "Do not scale pictures: see them in squares of so many pixels, at their own resolution", "N"},
    {"overlap", '\0', POPT_ARG_INT, &overlap, 0,
     "Pixels that neighbouring tiles have in common at least (default: a quarter of a tile)", "M"},
    OPTION_TEXT("tta", '\0', tta, "HOW",
                "flip: average with the prediction of the mirrored picture; takes twice as long"),
    {"samples", '\0', POPT_ARG_INT, &samples, 0,
     "Predict so many times with dropout and take the mean; also write NAME.uncertainty.png, which is "
     "brighter "
     "where the samples differ more",
     "N"},
    {"batch", '\0', POPT_ARG_INT, &batch, 0,
     "Images that the device gets at once (default: train.val_batch_size)", "N"},
    OPTION_DEVICE(device),
    POPT_TABLEEND};

const sw_command sw_cmd_predict = {
    .name = "predict",
    .arguments = "IMAGE|FOLDER...",
    .summary = "Segment pictures with trained weights",
    .details = "Writes a mask DIR/NAME.png of the picture's size for each NAME.jpg. Its pixels\n"
               "have the values of the data set's masks (the pets': 1 pet, 2 background,\n"
               "3 border), and its palette shows the classes' colours: Pillow and segwork read\n"
               "the values, cv2.imread the colours. Of a folder it takes every\n"
               ".jpg, .jpeg and .png, and those of its folders: FOLDER/a/b.jpg becomes\n"
               "DIR/a/b.png. Photographs are turned as their Exif says.\n\n"
               "The network sees a picture as it does in training, scaled to data.size. Large\n"
               "pictures whose objects are as large as they were in training, such as maps and\n"
               "scans, are better seen with --tile. Tiles that have the network's receptive\n"
               "field (segwork describe) or more in common give what one large tile would.\n\n"
               "It reports and skips unreadable pictures; the exit code is then 1.\n\n"
               "Examples:\n"
               "  segwork predict --checkpoint runs/border/001 cat.jpg --out out --outline\n"
               "  segwork predict --checkpoint best.safetensors \\\n"
               "      --config experiments/segnet_baseline.yaml photos --out out \\\n"
               "      --tta flip --shares out/shares.csv\n"
               "  segwork predict --checkpoint runs/fields/001 map.png --out out --tile 512",
    .options = options,
    .run = run,
};
