/* The actions of `segwork data`, a file each. */
#ifndef TOOLS_CMD_DATA_H
#define TOOLS_CMD_DATA_H

#include "command.h"

/* `val` of each action's options, by which one given to another action is refused. */
enum { DATA_SYNTH = 1, DATA_FETCH, DATA_STATS, DATA_BROWSE, DATA_SIZE };

extern const struct poptOption data_synth_options[], data_fetch_options[], data_stats_options[],
    data_browse_options[];

/* size_px: --size, or its default; only for synth and stats */
sw_status data_synth_run(const char *dir, int size_px);
sw_status data_fetch_run(const char *dir, int size_px);
sw_status data_stats_run(const char *dir, int size_px);
sw_status data_browse_run(const char *experiment_path, int size_px);

#endif
