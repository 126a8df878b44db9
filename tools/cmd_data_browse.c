/* segwork data browse */
#include <stdio.h>

#include "apply/browse.h"
#include "cmd_data.h"

static char *out;
static const char **sets;
static int epoch = 1, count = OPTION_NOT_GIVEN;

const struct poptOption data_browse_options[] = {
    {"out", 'o', POPT_ARG_STRING, &out, DATA_BROWSE, "The picture to write", "PNG"},
    {"epoch", '\0', POPT_ARG_INT, &epoch, DATA_BROWSE, "First batch of this epoch (default 1)", "N"},
    {"count", '\0', POPT_ARG_INT, &count, DATA_BROWSE, "Only the first so many of its images (default: all)",
     "N"},
    {"set", 's', POPT_ARG_ARGV, &sets, DATA_BROWSE, "Give a key another value, as YAML (may be repeated)",
     "KEY=VALUE"},
    POPT_TABLEEND};

sw_status data_browse_run(const char *experiment_path, int size_px)
{
    (void)size_px; /* refused before: the experiment says it */
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
