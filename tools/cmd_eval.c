/* segwork eval: every metric of trained weights on a split. */
#include <stdio.h>
#include <string.h>

#include "apply/eval.h"
#include "base/fs.h"
#include "options.h"
#include "print.h"

static char *checkpoint, *config, *out, *device, *split, *tta;
static const char **sets;
static int json;

static sw_status parse_split(sw_split *chosen)
{
    for (int s = 0; split && s < SW_SPLITS; s++)
        if (strcmp(split, sw_data_split_name((sw_split)s)) == 0) {
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
    const sw_progress_output progress = print_progress();
    const sw_trained_options from = {.from = checkpoint, .config = config, .sets = sets};
    sw_eval_options options = {.split = SW_SPLIT_VAL, .device = device, .progress = &progress};
    SW_TRY(parse_split(&options.split));
    SW_TRY(options_read_tta(&options.flip, tta));
    SW_TRY(sw_trained_open(&saved, &from));
    SW_TRY(sw_trained_need_experiment(&saved));
    if (out) SW_TRY(sw_fs_mkdirs(out)); /* where it can't be made, that should show before the work */
    SW_TRY(sw_eval_run(&eval, &saved, &options));
    if (json)
        SW_TRY(sw_eval_json(&text, &eval));
    else
        sw_eval_print(&text, &eval);
    SW_TRY(print_text(&text));
    if (!out) goto done;
    SW_TRY(sw_eval_write(&eval, out));
    if (!json) printf("\nwritten  %s/metrics.json, %s/per_image.csv\n", out, out);
done:
    sw_str_deinit(&text);
    sw_eval_deinit(&eval);
    sw_trained_close(&saved);
    return status;
}

static const struct poptOption options[] = {
    OPTION_CHECKPOINT(checkpoint),
    OPTION_CONFIG(config),
    OPTION_SET(sets),
    OPTION_TEXT("split", '\0', split, "SPLIT", "Which images to measure: train, val or test (default: val)"),
    OPTION_TTA(tta),
    OPTION_TEXT("out", 'o', out, "DIR", "Also write metrics.json and per_image.csv into this folder"),
    OPTION_DEVICE(device),
    OPTION_JSON(json),
    OPTION_QUIET,
    POPT_TABLEEND};

const sw_command sw_cmd_eval = {
    .name = "eval",
    .arguments = "",
    .summary = "Measure trained weights on the validation or test images",
    .details = "Prints the loss, the metrics, a table of the metrics per class, and the\n"
               "confusion matrix. With more than 8 classes it prints the 20 largest mistakes\n"
               "instead of the matrix. The weights of a run give the same figures as the run\n"
               "recorded.\n\n"
               "The column 'clean' is measured on images as they are. The column 'article' is\n"
               "measured as the article does it: on augmented images, with figures averaged\n"
               "over batches. An experiment with train.article_every: 0 has only the first.\n\n"
               "--tta flip measures what 'predict --tta flip' gives: the mean of the\n"
               "probabilities for an image and for the mirrored one. Columns and metrics.json\n"
               "then say 'flip'.\n\n"
               "--out writes metrics.json and per_image.csv, a row per image. --json prints the\n"
               "content of metrics.json instead of the tables.\n\n"
               "Examples:\n"
               "  segwork eval --checkpoint runs/segnet_baseline/001 --out figures\n"
               "  segwork eval --checkpoint runs/border/001 --set data.val_limit=100\n"
               "  segwork eval --checkpoint runs/border/001 --tta flip\n"
               "  segwork eval --checkpoint runs/camvid_small/001 --split test --json\n"
               "  segwork eval --checkpoint pytorch.safetensors \\\n"
               "      --config experiments/segnet_baseline.yaml",
    .options = options,
    .run = run,
};
