/* What stands in TensorBoard's event files, for tests. A malformed file fails the test. */
#ifndef EVENT_FILES_H
#define EVENT_FILES_H

#include <stdbool.h>

enum { EVENT_FILES_MAX = 32 };

/* The names of a folder's event files in their order; returns how many. */
int event_files(const char *folder, char names[EVENT_FILES_MAX][300]);

/* What a reader of all of them finds: "step/loss 1, step/lr 1, ", with the versions at their heads where they
 * are asked for. Freed by the caller. */
char *event_contents(const char *folder, bool with_versions);

#endif
