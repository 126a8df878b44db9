/* segwork data synth */
#include <stdio.h>

#include "cmd_data.h"
#include "synth/synth.h"

enum { DEFAULT_TRAIN = 400, DEFAULT_VAL = 100, DEFAULT_SEED = 1 };

static int train = OPTION_NOT_GIVEN, val = OPTION_NOT_GIVEN;
static long long seed = OPTION_NOT_GIVEN_LONG;

const struct poptOption data_synth_options[] = {
    {"train", '\0', POPT_ARG_INT, &train, 0, "Training pictures (default 400)", "N"},
    {"val", '\0', POPT_ARG_INT, &val, 0, "Validation pictures (default 100)", "M"},
    {"seed", '\0', POPT_ARG_LONGLONG, &seed, 0, "Another seed, other pets (default 1)", "K"},
    POPT_TABLEEND};

bool data_synth_any_option(void)
{
    return train != OPTION_NOT_GIVEN || val != OPTION_NOT_GIVEN || seed != OPTION_NOT_GIVEN_LONG;
}

sw_status data_synth_run(const char *dir, int size_px)
{
    if (seed == OPTION_NOT_GIVEN_LONG) seed = DEFAULT_SEED;
    if (seed < 0) return sw_fail(SW_E_USAGE, "--seed %lld: must be 0 or more", seed);
    sw_synth_options options = {
        .train = train == OPTION_NOT_GIVEN ? DEFAULT_TRAIN : train,
        .val = val == OPTION_NOT_GIVEN ? DEFAULT_VAL : val,
        .size_px = size_px,
        .seed = (uint64_t)seed,
    };
    sw_status status = sw_synth_write(dir, &options);
    if (status == SW_OK)
        printf("%s: %d training and %d validation pictures of %d x %d pixels, seed %llu\n", dir,
               options.train, options.val, options.size_px, options.size_px,
               (unsigned long long)options.seed);
    return status;
}
