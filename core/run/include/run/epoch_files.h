/* The files that a run writes once an epoch: RUN/<folder>/epoch_NN<ending>. */
#ifndef RUN_EPOCH_FILES_H
#define RUN_EPOCH_FILES_H

#include "base/status.h"

typedef struct sw_epoch_files {
    const char *folder; /* "masks" */
    /* ".png", ..., NULL. An epoch is there while its file with the first ending is: a run writes that one
     * last. */
    const char *const *endings;
} sw_epoch_files;

/* "RUN/masks/epoch_07.png", on the heap; NULL when memory is out. */
char *sw_epoch_file(const char *run, const char *folder, int epoch, const char *ending);

/* Lists the epochs that are there, ascending; a folder that does not exist has none. The caller frees *out.
 * SW_E_IO: the folder cannot be read. */
sw_status sw_epoch_files_list(int **out, int *count, const char *run,
                              const sw_epoch_files *files) SW_NODISCARD;

/* Removes the files of all epochs but first..last, also those that a killed process left of an epoch. */
sw_status sw_epoch_files_keep(const char *run, const sw_epoch_files *files, int first, int last) SW_NODISCARD;

#endif
