/* segwork inspect: figures of what a trained network sees. */
#include <stdio.h>
#include <string.h>

#include "inspect/inspect.h"
#include "options.h"

static char *out, *image, *pixel, *class_name, *which, *config, *device;
static int pictures = SW_INSPECT_PICTURES;

static sw_status read_pixel(sw_inspect_options *o)
{
    char rest;
    if (!pixel) return SW_OK;
    o->has_pixel = true;
    if (sscanf(pixel, "%d,%d%c", &o->x, &o->y, &rest) == 2) return SW_OK;
    return sw_fail(SW_E_USAGE, "--pixel %s: column and row are meant, such as 64,40", pixel);
}

static sw_status read_options(sw_inspect_options *o)
{
    if (!out) return sw_fail(SW_E_USAGE, "needs --out (see 'segwork inspect --help')");
    if (!*out) return sw_fail(SW_E_USAGE, "--out is empty: it names a folder or a file.html");
    if (pictures < 0) return sw_fail(SW_E_USAGE, "--pictures %d: a number of 0 or more is needed", pictures);
    *o = (sw_inspect_options){
        .out = out, .image = image, .class_name = class_name, .pictures = pictures, .device = device};
    return read_pixel(o);
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_trained saved = {0};
    sw_inspect_options options;
    int figures;
    if (argc != 1)
        return sw_fail(SW_E_USAGE, "takes one run or checkpoint, got %d (see 'segwork inspect --help')",
                       argc);
    SW_ENSURE(read_options(&options));
    const sw_trained_options from = {.from = argv[0], .which = which, .config = config};
    SW_TRY(sw_trained_open(&saved, &from));
    SW_TRY(sw_trained_need_experiment(&saved));
    SW_TRY(sw_inspect(&figures, &saved, &options));
    printf("written  %s: %d figures\n", out, figures);
done:
    sw_trained_close(&saved);
    return status;
}

static const struct poptOption options[] = {
    OPTION_TEXT("out", 'o', out, "DIR|FILE.html", "Folder for the figures, or one page with all of them"),
    OPTION_TEXT("image", 'i', image, "IMAGE", "Picture to look at (default: the first one of validation)"),
    OPTION_TEXT(
        "pixel", 'p', pixel, "X,Y",
        "Pixel to explain, of the picture as the network sees it (default: one inside what is predicted)"),
    OPTION_TEXT("class", '\0', class_name, "NAME",
                "Class to explain (default: the one that is predicted at the pixel)"),
    {"pictures", '\0', POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &pictures, 0,
     "Validation pictures that are searched for patches, evenly spread; 0: none", "N"},
    OPTION_WHICH(which),
    OPTION_CONFIG(config),
    OPTION_QUIET,
    OPTION_DEVICE(device),
    POPT_TABLEEND};

const sw_command sw_cmd_inspect = {
    .name = "inspect",
    .arguments = "RUN|CHECKPOINT",
    .summary = "Draw what a trained network sees",
    .details = "Writes figures for papers and pages, each with what it shows:\n\n"
               "filters     of the first layer, as pictures\n"
               "levels      at each resolution the channels that answer most to the picture,\n"
               "            and the parts of validation pictures that excite them most\n"
               "pooling     of networks with max_unpool: where maxima come from, and where\n"
               "            they are put back\n"
               "field       what a pixel's class depends on: the receptive field in theory, and\n"
               "            the gradient of the score\n"
               "confidence  of the prediction; with dropout layers also how far 20 samples\n"
               "            lie apart\n"
               "occlusion   how a gray patch over parts of the picture changes the score\n\n"
               "Into a folder go the figures as PNG and index.txt, which lists them.\n\n"
               "Examples:\n"
               "  segwork inspect runs/quickstart/001 --out figures\n"
               "  segwork inspect runs/segnet_small/001 --image cat.jpg --out cat.html\n"
               "  segwork inspect runs/camvid_small/001 --class road --out road",
    .options = options,
    .run = run,
};
