/* segwork eval: every metric of trained weights on a split. */
#include <stdio.h>
#include <string.h>

#include "apply/eval.h"
#include "base/fs.h"
#include "options.h"
#include "print.h"

static char *checkpoint, *config, *out, *device, *split;
static const char **sets;

static sw_status parse_split(sw_split *chosen)
{
    static const char *const names[SW_SPLITS + 1] = {"train", "val", "test", NULL};
    for (int s = 0; split && names[s]; s++)
        if (strcmp(split, names[s]) == 0) {
            *chosen = (sw_split)s;
            return SW_OK;
        }
    return split ? sw_fail(SW_E_USAGE, "--split %s: train, val or test", split) : SW_OK;
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_trained saved = {0};
    sw_eval eval = {0};
    sw_str text = {0};
    (void)argv;
    if (argc > 0) return sw_fail(SW_E_USAGE, "takes options only (see 'segwork eval --help')");
    if (!checkpoint) return sw_fail(SW_E_USAGE, "needs --checkpoint (see 'segwork eval --help')");
    if (out && !*out) return sw_fail(SW_E_USAGE, "--out is empty: it names the folder for the figures");
    const sw_progress_output progress = sw_progress_output_to(stderr);
    const sw_trained_options from = {.from = checkpoint, .config = config, .sets = sets};
    sw_eval_options options = {.split = SW_SPLIT_VAL, .device = device, .progress = &progress};
    SW_TRY(parse_split(&options.split));
    SW_TRY(sw_trained_open(&saved, &from));
    SW_TRY(sw_trained_need_experiment(&saved));
    if (out) SW_TRY(sw_fs_mkdirs(out)); /* where it can't be made, that should show before the work */
    SW_TRY(sw_eval_run(&eval, &saved, &options));
    sw_eval_print(&text, &eval);
    SW_TRY(print_text(&text));
    if (out) {
        SW_TRY(sw_eval_write(&eval, out));
        printf("\nwritten  %s/metrics.json, %s/per_image.csv\n", out, out);
    }
done:
    sw_eval_deinit(&eval);
    sw_trained_close(&saved);
    return status;
}

static const struct poptOption options[] = {
    OPTION_CHECKPOINT(checkpoint),
    OPTION_CONFIG(config),
    OPTION_SET(sets),
    OPTION_TEXT("split", '\0', split, "SPLIT", "Which images: train, val or test (default val)"),
    OPTION_TEXT("out", 'o', out, "DIR", "Also write metrics.json and per_image.csv here"),
    OPTION_DEVICE(device),
    POPT_TABLEEND};

const sw_command sw_cmd_eval = {
    .name = "eval",
    .arguments = "",
    .summary = "Measure trained weights on the validation or test images",
    .details = "Prints loss and metrics on clean images and as the article measures them, a\n"
               "table by class and the confusion matrix (of more than 8 classes the 20 largest\n"
               "mistakes). For the weights of a run these are the figures that the run recorded.\n\n"
               "Examples:\n"
               "  segwork eval --checkpoint runs/segnet_baseline/001 --out figures\n"
               "  segwork eval --checkpoint runs/border/001 --set data.val_limit=100\n"
               "  segwork eval --checkpoint runs/camvid_small/001 --split test\n"
               "  segwork eval --checkpoint pytorch.safetensors \\\n"
               "      --config experiments/segnet_baseline.yaml",
    .options = options,
    .run = run,
};
