/* What timing found on a device, kept from one process to the next: a JSON file a device in the cache folder
 * (sw_fs_cache_folder), whose name and content tell device, driver, kernels and program. */
#ifndef OPS_CONV_CACHE_H
#define OPS_CONV_CACHE_H

#include <signal.h>

#include "ops/conv_choice.h"

typedef struct sw_conv_cache {
    char *path;     /* of the file */
    char *identity; /* what the figures hold for, a line */
    int lock_fd;    /* -1: not locked */
} sw_conv_cache;

/* Where the file is; touches no file. `program` is the program's version. SW_E_IO: no cache folder is known.
 */
sw_status sw_conv_cache_open(sw_conv_cache *cache, const sw_cl *cl, const char *program) SW_NODISCARD;
void sw_conv_cache_close(
    sw_conv_cache *cache); /* gives the lock back; accepts a zeroed one and one half open */

/* Reads the file into an empty table; no file leaves it empty. SW_E_DATA: it is no such file, or another
 * device's, SW_E_IO; the table is then empty. */
sw_status sw_conv_cache_load(sw_conv_table *table, const sw_conv_cache *cache) SW_NODISCARD;

/* Makes the folder and waits until no other process is timing for this file. SW_E_IO: nothing can be written
 * there; SW_E_INTERRUPTED: *stop became set meanwhile (stop may be NULL). */
sw_status sw_conv_cache_lock(sw_conv_cache *cache, const volatile sig_atomic_t *stop) SW_NODISCARD;

/* Writes the decided rows aside and renames. */
sw_status sw_conv_cache_save(const sw_conv_cache *cache, const sw_conv_table *table) SW_NODISCARD;

#endif
