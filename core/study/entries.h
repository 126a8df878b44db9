/* What stands in a folder, in the order of the names. */
#ifndef STUDY_ENTRIES_H
#define STUDY_ENTRIES_H

#include "base/status.h"

/* Calls `visit` with the path of everything in a folder that is not hidden, until one call fails, whose
 * status it returns. SW_E_IO: the folder can't be read. */
sw_status entries_visit(const char *folder, sw_status (*visit)(void *user, const char *path),
                        void *user) SW_NODISCARD;

#endif
