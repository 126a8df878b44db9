/* The actions of `segwork data`, a file each. Their options start as "not given", so that one given to the
 * wrong action can be refused. */
#ifndef TOOLS_CMD_DATA_H
#define TOOLS_CMD_DATA_H

#include <stdbool.h>

#include "command.h"

enum { DATA_DEFAULT_SIZE_PX = 128 };

extern const struct poptOption data_synth_options[], data_fetch_options[], data_stats_options[],
    data_browse_options[];

bool data_synth_any_option(void);
bool data_fetch_any_option(void);
bool data_stats_any_option(void);
bool data_browse_any_option(void);

/* size_px: --size, or DATA_DEFAULT_SIZE_PX */
sw_status data_synth_run(const char *dir, int size_px);
sw_status data_fetch_run(const char *dir, int size_px);
sw_status data_stats_run(const char *dir, int size_px);
sw_status data_browse_run(const char *experiment_path, int size_px);

#endif
