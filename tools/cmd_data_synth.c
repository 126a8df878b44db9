/* segwork data synth */
#include <stdio.h>

#include "cmd_data.h"
#include "synth/synth.h"

static int train = 400, val = 100;
static long long seed = 1;

const struct poptOption data_synth_options[] = {
    {"train", '\0', POPT_ARG_INT, &train, DATA_SYNTH, "Training pictures (default 400)", "N"},
    {"val", '\0', POPT_ARG_INT, &val, DATA_SYNTH, "Validation pictures (default 100)", "M"},
    {"seed", '\0', POPT_ARG_LONGLONG, &seed, DATA_SYNTH, "Another seed, other pets (default 1)", "K"},
    POPT_TABLEEND};

sw_status data_synth_run(const char *dir, int size_px)
{
    if (seed < 0) return sw_fail(SW_E_USAGE, "--seed %lld: must be 0 or more", seed);
    const sw_synth_options options = {.train = train, .val = val, .size_px = size_px, .seed = (uint64_t)seed};
    sw_status status = sw_synth_write(dir, &options);
    if (status == SW_OK)
        printf("%s: %d training and %d validation pictures of %d x %d pixels, seed %llu\n", dir,
               options.train, options.val, options.size_px, options.size_px,
               (unsigned long long)options.seed);
    return status;
}
