/* Where a command may write a file that its user named. */
#ifndef RUN_OUT_FILE_H
#define RUN_OUT_FILE_H

#include <stdbool.h>

#include "base/file_set.h"
#include "base/status.h"

/* Returns whether a run itself wrote the file: its figures, configuration, log, weights, grids, masks or
 * gallery. What others put into its folder (report.html, epochs.gif) is not its own. */
bool sw_run_owns_file(const char *path);

/* SW_E_USAGE, when writing to `path` would lose something: a run's own file, one of `inputs` (NULL: none),
 * or a file that is not of the kind that is written, whose names end in one of `endings` (such as ".html",
 * in any case; "": no ending; the list ends in NULL; NULL itself: any). A place where nothing is, and an
 * empty file, are free. */
sw_status sw_out_file_check(const char *path, const char *const *endings, sw_file_set *inputs) SW_NODISCARD;

#endif
