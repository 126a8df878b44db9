/* segwork data: making, downloading and looking at data. The first argument names the action. */
#include "cmd_data.h"

#include <string.h>

#include "fetch/fetch.h"
#include "options.h"

static const struct {
    const char *name;
    int group; /* `val` of its options */
    sw_status (*run)(const char *argument, int size_px);
    const char *argument, *what;
    const char *why_no_size; /* NULL: takes --size */
} actions[] = {
    {"synth", DATA_SYNTH, data_synth_run, "DIR", "folder", NULL},
    {"fetch", DATA_FETCH, data_fetch_run, "DIR", "folder", "the archives are as they are"},
    {"stats", DATA_STATS, data_stats_run, "DIR", "folder", NULL},
    {"browse", DATA_BROWSE, data_browse_run, "EXPERIMENT.yaml", "experiment",
     "the experiment's data.size says it (--set data.size=S changes it)"},
};
enum { ACTIONS = sizeof actions / sizeof actions[0] };

static int size_px = 128;

static const struct poptOption size_options[] = {
    {"size", '\0', POPT_ARG_INT, &size_px, DATA_SIZE,
     "Side of the square pictures in pixels, to draw or to count after resizing (default 128)", "S"},
    POPT_TABLEEND};

static const struct poptOption options[] = {
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)size_options, 0, "Options of synth and stats:", NULL},
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)data_synth_options, 0, "Options of synth:", NULL},
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)data_fetch_options, 0, "Options of fetch:", NULL},
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)data_stats_options, 0, "Options of stats:", NULL},
    {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)data_browse_options, 0, "Options of browse:", NULL},
    POPT_TABLEEND};

static bool is_given(int group)
{
    return (options_given_groups >> group & 1) != 0;
}

static sw_status run(int argc, const char *const *argv)
{
    int chosen = ACTIONS;
    for (int i = 0; argc > 0 && i < ACTIONS; i++)
        if (strcmp(argv[0], actions[i].name) == 0) chosen = i;
    if (argc > 0 && chosen == ACTIONS)
        return sw_fail(SW_E_USAGE,
                       "there is no action '%s': synth, fetch, stats or browse (see 'segwork data --help')",
                       argv[0]);
    if (chosen == ACTIONS)
        return sw_fail(SW_E_USAGE, "expected an action: segwork data synth|fetch|stats DIR, or segwork data "
                                   "browse EXPERIMENT.yaml (see 'segwork data --help')");
    if (argc != 2 || argv[1][0] == '\0')
        return sw_fail(SW_E_USAGE, "expected one %s: segwork data %s %s (see 'segwork data --help')",
                       actions[chosen].what, actions[chosen].name, actions[chosen].argument);
    for (int i = 0; i < ACTIONS; i++)
        if (i != chosen && is_given(actions[i].group))
            return sw_fail(SW_E_USAGE,
                           "an option of 'data %s' was given to 'data %s' (see 'segwork data --help')",
                           actions[i].name, actions[chosen].name);
    if (is_given(DATA_SIZE) && actions[chosen].why_no_size)
        return sw_fail(SW_E_USAGE, "'data %s' takes no --size: %s", actions[chosen].name,
                       actions[chosen].why_no_size);
    return actions[chosen].run(argv[1], size_px);
}

const sw_command sw_cmd_data = {
    .name = "data",
    .arguments = "synth|fetch|stats DIR, or browse EXPERIMENT.yaml",
    .summary = "Make, download or inspect data; see what training sees",
    .details = "A data folder has the layout of the Oxford-IIIT Pet set:\n\n"
               "  DIR/images/NAME.jpg                  the pictures\n"
               "  DIR/annotations/trimaps/NAME.png     1 pet, 2 background, 3 border\n"
               "  DIR/annotations/{trainval,test}.txt  NAME class-id species breed-id\n\n"
               "synth   draws synthetic pets with exact trimaps: a data set within seconds,\n"
               "        without a download. The same options give the same bytes. If the folder\n"
               "        already holds them, nothing is written.\n"
               "fetch   downloads images.tar.gz and annotations.tar.gz (811 MB) of the real pets\n"
               "        from " SW_FETCH_BASE_URL "\n"
               "        and unpacks them, which needs 2.4 GB of free space. After an\n"
               "        interruption the same command continues.\n"
               "stats   decodes every file and prints counts, sizes, class fractions, and each\n"
               "        odd file with the reason. It changes nothing.\n"
               "browse  draws a batch as training gets it: augmented images, masks and names.\n\n"
               "  segwork data synth data/synthetic-pets --train 800 --val 105 --size 96\n"
               "  segwork data fetch data/oxford-iiit-pet\n"
               "  segwork data stats data/oxford-iiit-pet\n"
               "  segwork data browse experiments/segnet_small.yaml --out b.png --count 16",
    .options = options,
    .run = run,
};
