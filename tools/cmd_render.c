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
                "The GIF to write (default for one run without --frames: RUN/epochs.gif)"),
    OPTION_TEXT("frames", '\0', frames, "DIR", "Write one picture per epoch: DIR/epoch_NN.png"),
    OPTION_TEXT("images", '\0', images, "3,7",
                "Images to show: numbers from 1, as they stand in the grid, or names"),
    OPTION_TEXT("panels", '\0', panels, "LIST",
                "Rows to show, of input, truth, prediction, error, confidence (default: the first 3)"),
    {"fps", '\0', POPT_ARG_DOUBLE, &fps, 0, "Epochs per second, 0.1 to 50 (default: 3)", "N"},
    {"size", '\0', POPT_ARG_INT, &size_px, 0,
     "Longer side of an image in pixels, 16 to 1024 (default: a multiple of the run's, at least 128)", "N"},
    POPT_TABLEEND};

const sw_command sw_cmd_render = {
    .name = "render",
    .arguments = "RUN...",
    .summary = "Show how the predictions of a run improve, as a GIF",
    .details = "Draws what the run predicted for the same validation images after each epoch,\n"
               "from the untrained network (epoch 00) to the last epoch, which stays 3 s\n"
               "longer. Only RUN/masks and RUN/metrics.jsonl are read: no device, weights or\n"
               "data are needed, and the run may still be training or be copied from another\n"
               "machine.\n\n"
               "Several runs are shown side by side. A run with fewer epochs keeps its last\n"
               "picture. All runs must show the same images: either the same data, size, grid\n"
               "and seed, or the same grid.names.\n\n"
               "The panel 'error' marks where prediction and truth differ. The panel\n"
               "'confidence' shows the probability of the predicted class (black: no more\n"
               "probable than the others).\n\n"
               "Examples:\n"
               "  segwork render runs/segnet_small/001\n"
               "  segwork render runs/a/001 runs/b/001 --panels truth,error --gif ab.gif\n"
               "  segwork render runs/a/001 --images 3,7 --size 256 --fps 2 --frames frames",
    .options = options,
    .run = run,
};
