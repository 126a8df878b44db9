/* segwork export: trained weights for other programs. */
#include <stdio.h>
#include <string.h>

#include "apply/export.h"
#include "options.h"

static char *out, *format_name, *which, *config, *unpool;
static int fold, f16;

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_trained saved = {0};
    sw_export_options chosen = {.fold_norms = fold, .half = f16};
    if (argc != 1)
        return sw_fail(SW_E_USAGE, "takes one run or checkpoint, got %d (see 'segwork export --help')", argc);
    if (!out) return sw_fail(SW_E_USAGE, "needs --out (see 'segwork export --help')");
    SW_TRY(sw_export_format_find(&chosen.format, format_name, out));
    if ((fold || unpool) && chosen.format != SW_EXPORT_ONNX)
        return sw_fail(SW_E_USAGE, "%s is for ONNX: the other formats hold the weights as they are",
                       fold ? "--fold" : "--unpool");
    if (f16 && chosen.format != SW_EXPORT_SAFETENSORS)
        return sw_fail(SW_E_USAGE,
                       "--f16 is for safetensors: the other formats hold the weights as they are");
    if (unpool) SW_TRY(sw_export_unpool_find(&chosen.unpool, unpool));
    const sw_trained_options from = {.from = argv[0], .which = which, .config = config};
    SW_TRY(sw_trained_open(&saved, &from));
    SW_TRY(sw_export(&saved, out, &chosen));
    printf("written  %s\n", out);
done:
    sw_trained_close(&saved);
    return status;
}

static const struct poptOption options[] = {
    OPTION_TEXT("out", 'o', out, "FILE", "The file to write"),
    OPTION_TEXT("format", 'f', format_name, "safetensors|onnx|npz",
                "Format of the file (default: given by its ending)"),
    OPTION_WHICH(which),
    OPTION_FLAG("fold", '\0', fold,
                "ONNX: fold batch norms into the convolutions before them (faster, equal up to rounding)"),
    OPTION_TEXT(
        "unpool", '\0', unpool, "max|basic",
        "ONNX: write unpooling as MaxUnpool (max, the default) or as ops that every runtime has (basic)"),
    OPTION_FLAG("f16", '\0', f16,
                "safetensors: round the weights of convolutions to 16 bits (half the size)"),
    OPTION_TEXT("config", '\0', config, "EXPERIMENT.yaml",
                "ONNX: experiment of the weights (default: config.yaml of their run)"),
    POPT_TABLEEND};

const sw_command sw_cmd_export = {
    .name = "export",
    .arguments = "RUN|CHECKPOINT",
    .summary = "Write trained weights for PyTorch, ONNX or NumPy",
    .details = "safetensors  the weights under the names of PyTorch's state dict, ready for\n"
               "             load_state_dict\n"
               "npz          the same for NumPy\n"
               "onnx         the whole network, from images (batch,3,H,W) in 0..1 to logits\n"
               "             (batch,classes,H,W). Runtimes that have no MaxUnpool, such as\n"
               "             OpenVINO, OpenCV and TensorRT, need --unpool basic\n\n"
               "No device is needed.\n\n"
               "Examples:\n"
               "  segwork export runs/segnet_baseline/001 --out segnet.onnx --fold\n"
               "  segwork export runs/border/001 --out border.onnx --fold --unpool basic\n"
               "  segwork export runs/segnet_baseline/001 --which last --out segnet.npz\n"
               "  segwork export runs/mine/001 --out mine.safetensors --f16",
    .options = options,
    .run = run,
};
