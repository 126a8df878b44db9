/* segwork data: making, downloading and looking at data. The first argument names the action. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "apply/browse.h"
#include "base/tally.h"
#include "data_init.h"
#include "data_stats.h"
#include "fetch/fetch.h"
#include "options.h"
#include "print.h"
#include "stop.h"
#include "synth/synth.h"

/* `val` of the options, by which one given to the wrong action is refused. */
enum { INIT = 1, SYNTH, FETCH, STATS, BROWSE, SIZE, OUT, SETS };

static int size_px = OPTION_NOT_GIVEN, train = 800, val = 105, all, json, epoch = 1, count = OPTION_NOT_GIVEN;
static long long seed = 1, images_bytes = SW_FETCH_IMAGES_BYTES,
                 annotations_bytes = SW_FETCH_ANNOTATIONS_BYTES;
static char *base_url, *out;
static const char **sets;

/* ---- the actions ---- */

static sw_status run_synth(const char *dir)
{
    if (seed < 0) return sw_fail(SW_E_USAGE, "--seed %lld: must be 0 or more", seed);
    const sw_progress_output progress = print_progress();
    const sw_synth_options options = {.train = train,
                                      .val = val,
                                      .size_px = size_px == OPTION_NOT_GIVEN ? 128 : size_px,
                                      .seed = (uint64_t)seed,
                                      .progress = &progress};
    sw_status status = sw_synth_write(dir, &options);
    if (status == SW_OK)
        printf("%s: %d training and %d validation pictures of %d x %d pixels, seed %llu\n", dir,
               options.train, options.val, options.size_px, options.size_px,
               (unsigned long long)options.seed);
    return status;
}

/* What is shown of a download: the file that is on its way. */
typedef struct fetch_view {
    sw_progress_output output;
    const volatile sig_atomic_t *stop;
    sw_tally *tally;
    char what[64];
    uint64_t total_bytes;
} fetch_view;

static bool show_progress(void *user, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
    fetch_view *view = user;
    const sw_tally_plan plan = {.what = what, .total = total_bytes, .done = done_bytes};
    if (total_bytes != view->total_bytes || strcmp(what, view->what) != 0) {
        sw_tally_destroy(view->tally);
        snprintf(view->what, sizeof view->what, "%s", what);
        view->total_bytes = total_bytes;
        /* without memory for it the download goes on unseen */
        if (sw_tally_create(&view->tally, &view->output, &plan) != SW_OK) view->tally = NULL;
    }
    sw_tally_set(view->tally, done_bytes);
    return !*view->stop;
}

static sw_status run_fetch(const char *dir)
{
    if (images_bytes < 1 || annotations_bytes < 1)
        return sw_fail(SW_E_USAGE, "an archive's size must be 1 byte or more");
    fetch_view view = {.output = print_progress(), .stop = sw_stop_on_interrupt()};
    sw_fetch_options options = {
        .base_url = base_url,
        .images_bytes = (uint64_t)images_bytes,
        .annotations_bytes = (uint64_t)annotations_bytes,
        .progress = show_progress,
        .user = &view,
    };
    sw_status status = sw_fetch_run(dir, &options);
    sw_tally_destroy(view.tally);
    if (status == SW_OK)
        printf("%s: images and annotations are complete; 'segwork data stats %s' checks them\n", dir, dir);
    return status;
}

static sw_status run_init(const char *dir)
{
    return data_init(dir, out);
}

static sw_status run_stats(const char *path)
{
    const data_stats_options options = {
        .path = path, .sets = sets, .size_px = size_px, .all = all, .json = json};
    return data_stats_print(&options);
}

static sw_status run_browse(const char *experiment_path)
{
    sw_status status = SW_OK;
    sw_experiment *experiment = NULL;
    int drawn = 0;
    if (!out) return sw_fail(SW_E_USAGE, "'data browse' needs --out, the picture to write");
    if (count != OPTION_NOT_GIVEN && count < 1)
        return sw_fail(SW_E_USAGE, "--count %d: must be 1 or more", count);
    SW_TRY(sw_experiment_load(&experiment, experiment_path, sets));
    SW_TRY(sw_browse(&drawn, out, experiment, epoch, count == OPTION_NOT_GIVEN ? 0 : count));
    printf("%s: %d image%s\n", out, drawn, drawn == 1 ? "" : "s");
done:
    sw_experiment_destroy(experiment);
    return status;
}

/* ---- which of them ---- */

/* Who takes a group of options, for messages. */
static const char *const takers[] = {
    [INIT] = "init",     [SYNTH] = "synth",          [FETCH] = "fetch",         [STATS] = "stats",
    [BROWSE] = "browse", [SIZE] = "synth and stats", [OUT] = "init and browse", [SETS] = "stats and browse"};
enum { TAKERS = sizeof takers / sizeof takers[0] };

static const struct {
    const char *name;
    unsigned groups; /* bit `val` of the options it takes */
    sw_status (*run)(const char *argument);
    const char *argument, *what;
    const char *why_no_size; /* NULL: takes --size */
} actions[] = {
    {"init", 1u << INIT | 1u << OUT, run_init, "DIR", "folder", "it finds the sizes"},
    {"synth", 1u << SYNTH | 1u << SIZE, run_synth, "DIR", "folder", NULL},
    {"fetch", 1u << FETCH, run_fetch, "DIR", "folder", "the archives are as they are"},
    {"stats", 1u << STATS | 1u << SIZE | 1u << SETS, run_stats, "DIR|EXPERIMENT.yaml", "folder or experiment",
     NULL},
    {"browse", 1u << BROWSE | 1u << OUT | 1u << SETS, run_browse, "EXPERIMENT.yaml", "experiment",
     "the experiment's data.size says it (--set data.size=S changes it)"},
};
enum { ACTIONS = sizeof actions / sizeof actions[0] };

static sw_status refuse_foreign_options(int chosen)
{
    for (int group = INIT; group < TAKERS; group++) {
        if (!(options_given_groups >> group & 1) || actions[chosen].groups >> group & 1) continue;
        if (group == SIZE)
            return sw_fail(SW_E_USAGE, "'data %s' takes no --size: %s", actions[chosen].name,
                           actions[chosen].why_no_size);
        return sw_fail(SW_E_USAGE,
                       "an option of 'data %s' was given to 'data %s' (see 'segwork data --help')",
                       takers[group], actions[chosen].name);
    }
    return SW_OK;
}

static sw_status run(int argc, const char *const *argv)
{
    int chosen = ACTIONS;
    for (int i = 0; argc > 0 && i < ACTIONS; i++)
        if (strcmp(argv[0], actions[i].name) == 0) chosen = i;
    if (argc > 0 && chosen == ACTIONS)
        return sw_fail(
            SW_E_USAGE,
            "there is no action '%s': init, synth, fetch, stats or browse (see 'segwork data --help')",
            argv[0]);
    if (chosen == ACTIONS)
        return sw_fail(SW_E_USAGE,
                       "expected an action: segwork data init|synth|fetch|stats DIR, or segwork data browse "
                       "EXPERIMENT.yaml (see 'segwork data --help')");
    if (argc != 2 || argv[1][0] == '\0')
        return sw_fail(SW_E_USAGE, "expected one %s: segwork data %s %s (see 'segwork data --help')",
                       actions[chosen].what, actions[chosen].name, actions[chosen].argument);
    SW_ENSURE(refuse_foreign_options(chosen));
    return actions[chosen].run(argv[1]);
}

static const struct poptOption size_options[] = {{"size", '\0', POPT_ARG_INT, &size_px, SIZE,
                                                  "Side in pixels of the square pictures: to draw, or to "
                                                  "count after resizing (default 128; stats: data.size)",
                                                  "S"},
                                                 POPT_TABLEEND};

static const struct poptOption synth_options[] = {
    {"train", '\0', POPT_ARG_INT, &train, SYNTH, "Training pictures (default 800)", "N"},
    {"val", '\0', POPT_ARG_INT, &val, SYNTH, "Validation pictures (default 105)", "M"},
    {"seed", '\0', POPT_ARG_LONGLONG, &seed, SYNTH, "Seed: another one draws other pets (default 1)", "K"},
    POPT_TABLEEND};

static const struct poptOption fetch_options[] = {
    {"base-url", '\0', POPT_ARG_STRING, &base_url, FETCH,
     "URL of the folder with both archives (default: the site above)", "URL"},
    {"expect-images", '\0', POPT_ARG_LONGLONG, &images_bytes, FETCH,
     "Size of images.tar.gz there (default 791918971)", "BYTES"},
    {"expect-annotations", '\0', POPT_ARG_LONGLONG, &annotations_bytes, FETCH,
     "Size of annotations.tar.gz there (default 19173078)", "BYTES"},
    POPT_TABLEEND};

static const struct poptOption stats_options[] = {
    {"all", '\0', POPT_ARG_NONE, &all, STATS, "List every odd file, not only the first ones of each kind",
     NULL},
    {"json", '\0', POPT_ARG_NONE, &json, STATS, "Print one JSON document instead of tables", NULL},
    POPT_TABLEEND};

static const struct poptOption browse_options[] = {
    {"epoch", '\0', POPT_ARG_INT, &epoch, BROWSE, "The first batch of this epoch (default 1)", "N"},
    {"count", '\0', POPT_ARG_INT, &count, BROWSE, "The first N images of the batch (default: all)", "N"},
    POPT_TABLEEND};

static const struct poptOption out_options[] = {
    {"out", 'o', POPT_ARG_STRING, &out, OUT,
     "The file to write: a description (init; default: standard output), a PNG (browse)", "FILE"},
    POPT_TABLEEND};

static const struct poptOption set_options[] = {
    {"set", 's', POPT_ARG_ARGV, &sets, SETS,
     "Set a key of the experiment to another value, in YAML (may be repeated)", "KEY=VALUE"},
    POPT_TABLEEND};

static const struct poptOption options[] = {
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)size_options, 0, "Options of synth and stats:", NULL},
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)synth_options, 0, "Options of synth:", NULL},
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)fetch_options, 0, "Options of fetch:", NULL},
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)stats_options, 0, "Options of stats:", NULL},
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)browse_options, 0, "Options of browse:", NULL},
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)out_options, 0, "Options of init and browse:", NULL},
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)set_options, 0, "Options of stats and browse:", NULL},
    OPTION_QUIET,
    POPT_TABLEEND};

const sw_command sw_cmd_data = {
    .name = "data",
    .arguments = "init|synth|fetch DIR, or stats DIR|EXPERIMENT.yaml, or browse EXPERIMENT.yaml",
    .summary = "Describe, make, download or inspect data; see what training sees",
    .details = "init    looks at a folder with your own pictures and masks, and writes the\n"
               "        description that an experiment includes: where the files are, splits,\n"
               "        sizes, and the values in the masks with how often each occurs. You give\n"
               "        the classes their names. It knows folders in which picture and mask have\n"
               "        the same name, lists, Pascal VOC, and the pets.\n"
               "synth   draws synthetic pets with exact masks: a data set in seconds, without a\n"
               "        download. The same options give the same bytes. A folder that already\n"
               "        holds the set is left as it is.\n"
               "fetch   downloads images.tar.gz and annotations.tar.gz (811 MB) of the real pets\n"
               "        from " SW_FETCH_BASE_URL "\n"
               "        and unpacks them; this needs 2.4 GB of disk. After an interruption\n"
               "        the same command continues.\n"
               "stats   decodes every file of a folder, of a description, or of the data of an\n"
               "        experiment. Prints counts, sizes, the share of each class and the number\n"
               "        of images with it, and every odd file with the reason. Changes nothing.\n"
               "        Fails if a split has no usable picture.\n"
               "browse  draws a batch as training sees it: augmented images, masks and names.\n\n"
               "Examples:\n"
               "  segwork data init data/camvid --out data.yaml\n"
               "  segwork data stats data.yaml\n"
               "  segwork data browse experiments/segnet_small.yaml --out b.png --count 16\n"
               "  segwork data synth data/synthetic-pets --train 800 --val 105 --size 96\n"
               "  segwork data fetch data/oxford-iiit-pet\n"
               "  segwork data stats data/oxford-iiit-pet --json\n\n"
               "The pets of synth and fetch have the layout of the Oxford-IIIT Pet set:\n\n"
               "  DIR/images/NAME.jpg                  the pictures\n"
               "  DIR/annotations/trimaps/NAME.png     1 pet, 2 background, 3 border\n"
               "  DIR/annotations/{trainval,test}.txt  NAME class-id species breed-id",
    .options = options,
    .run = run,
};
