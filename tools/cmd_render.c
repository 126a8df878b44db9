/* segwork render: a run's masks forming, as an animation and as pictures. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "draw/gif.h"
#include "options.h"
#include "study/render.h"

static char *gif, *frames, *images, *panels;
static int size_px = OPTION_NOT_GIVEN;
static double fps = 3;

/* The animation of a single run goes into its folder; several runs have no common one. */
static sw_status default_output(char **out, int argc, const char *const *argv)
{
    *out = NULL;
    if (gif || frames) return SW_OK;
    if (argc > 1) return sw_fail(SW_E_USAGE, "of several runs, needs --gif or --frames");
    if (!sw_gif_available())
        return sw_fail(SW_E_USAGE, "this segwork was built without cgif, which makes GIFs: needs --frames");
    *out = sw_fs_join(argv[0], "epochs.gif");
    return *out ? SW_OK : SW_E_MEMORY;
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    char *own_gif = NULL;
    if (argc == 0) return sw_fail(SW_E_USAGE, "needs a run's folder (see 'segwork render --help')");
    if (size_px != OPTION_NOT_GIVEN && size_px < 1)
        return sw_fail(SW_E_USAGE, "--size %d: must be %d to %d pixels", size_px, SW_RENDER_MIN_SIZE_PX,
                       SW_RENDER_MAX_SIZE_PX);
    SW_TRY(default_output(&own_gif, argc, argv));
    const sw_render_options options = {.runs = argv,
                                       .gif = gif ? gif : own_gif,
                                       .frames = frames,
                                       .images = images,
                                       .panels = panels,
                                       .fps = fps,
                                       .size_px = size_px == OPTION_NOT_GIVEN ? 0 : size_px};
    sw_render_result result;
    SW_TRY(sw_render(&result, &options));
    printf("%d epoch%s (%02d to %02d), %d x %d pixels:%s%s%s%s\n", result.frames,
           result.frames == 1 ? "" : "s", result.first_epoch, result.last_epoch, result.width, result.height,
           options.gif ? " " : "", options.gif ? options.gif : "", frames ? " " : "", frames ? frames : "");
done:
    free(own_gif);
    return status;
}

static const struct poptOption options[] = {
    OPTION_TEXT("gif", 'o', gif, "FILE",
                "The animation (default for one run without --frames: RUN/epochs.gif)"),
    OPTION_TEXT("frames", '\0', frames, "DIR", "Write a picture of each epoch: DIR/epoch_NN.png"),
    OPTION_TEXT("images", '\0', images, "3,7",
                "Images to show, in order: numbers from 1 in reading order, or names"),
    OPTION_TEXT("panels", '\0', panels, "LIST",
                "From top to bottom: input, truth, prediction, error, confidence (default: the first 3)"),
    {"fps", '\0', POPT_ARG_DOUBLE, &fps, 0, "Epochs a second, 0.1 to 50 (default 3)", "N"},
    {"size", '\0', POPT_ARG_INT, &size_px, 0,
     "Longer side of each image in pixels, 16 to 1024 (default: a multiple of the run's, at least 128)", "N"},
    POPT_TABLEEND};

const sw_command sw_cmd_render = {
    .name = "render",
    .arguments = "RUN...",
    .summary = "Show a run's masks forming, epoch after epoch, as a GIF",
    .details = "Draws what the run predicted for its validation images after each epoch, from\n"
               "before training (00) to the last, which stays 3 s longer. Reads only RUN/masks\n"
               "and RUN/metrics.jsonl: it needs no device, no weights and no data, and the run\n"
               "may be unfinished or copied from elsewhere.\n\n"
               "Several runs are shown side by side, epoch by epoch. One that has ended keeps\n"
               "its last picture. They must show the same images: the same data, size, grid and\n"
               "seed, or the same grid.names.\n\n"
               "The panel 'error' shows where prediction and truth differ, 'confidence' how sure\n"
               "the network is of the class it chose (black: no surer than of the others).\n\n"
               "Examples:\n"
               "  segwork render runs/segnet_small/001\n"
               "  segwork render runs/a/001 runs/b/001 --panels truth,error --gif ab.gif\n"
               "  segwork render runs/a/001 --images 3,7 --size 256 --fps 2 --frames frames",
    .options = options,
    .run = run,
};
