/* `segwork data init`: a folder of pictures and masks, described. */
#ifndef TOOLS_DATA_INIT_H
#define TOOLS_DATA_INIT_H

#include "base/status.h"

/* Looks at a folder. Writes the description to `out`, where nothing may be yet, and prints what was found and
 * what to do next; NULL: prints the description alone. SW_E_USAGE: `out` is there; else as sw_guess_files and
 * sw_guess_masks. */
sw_status data_init(const char *folder, const char *out) SW_NODISCARD;

#endif
