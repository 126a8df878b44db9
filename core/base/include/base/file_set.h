/* A set of existing files, known by device and inode: one file is recognised under every path, through
 * symbolic links and hard links. */
#ifndef BASE_FILE_SET_H
#define BASE_FILE_SET_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/status.h"

/* Device and inode. */
typedef struct sw_file_id {
    dev_t device;
    ino_t number;
} sw_file_id;

/* False: there is no such file or folder. */
bool sw_file_identify(sw_file_id *out, const char *path);
bool sw_file_id_equals(sw_file_id a, sw_file_id b);

typedef struct sw_file_set_item {
    sw_file_id id;
    const char *path;
} sw_file_set_item;

typedef struct sw_file_set {
    sw_file_set_item *items;
    int count;
    bool sorted;
    sw_arena arena; /* owns the paths */
} sw_file_set;

/* Adds a file under this path; one that is not there is passed over. */
sw_status sw_file_set_add(sw_file_set *set, const char *path) SW_NODISCARD;

/* Returns the path under which the file at `path` was added; NULL: it was not, or there is no file. */
const char *sw_file_set_find(sw_file_set *set, const char *path);

void sw_file_set_deinit(sw_file_set *set); /* accepts a zeroed one */

/* Folders that a walk has been to, so that links neither lead it in circles nor show it a folder twice. */
typedef struct sw_visits {
    sw_file_id *ids;
    int count;
} sw_visits;

/* Notes a folder; *first: it is there and has not been visited before. */
sw_status sw_visits_add(bool *first, sw_visits *visits, const char *folder) SW_NODISCARD;
void sw_visits_deinit(sw_visits *visits); /* accepts a zeroed one */

#endif
