/* The files of a data set, to be told apart from others. */
#ifndef DATA_FILES_H
#define DATA_FILES_H

#include "base/file_set.h"
#include "data/config.h"
#include "image/picture_files.h"

/* Which files of a data set. */
typedef enum sw_data_files {
    SW_DATA_MASKS, /* masks that are no pictures themselves */
    SW_DATA_ALL    /* pictures, masks and lists */
} sw_data_files;

/* Adds the files of every split that the configuration gives, whatever samples it takes of them. A split
 * whose files are not there (any more) adds none. */
sw_status sw_data_files_add(sw_file_set *set, const sw_data_config *data, sw_data_files which) SW_NODISCARD;

/* Tells which of a folder's files are masks of others among them, where the data keep masks and pictures in
 * one folder: by the names that data.mask_suffix gives them, or the usual ones. *out has files->count items
 * and is freed by the caller. */
sw_status sw_data_masks_beside(bool **out, const sw_data_config *data, const char *folder,
                               const sw_picture_files *files) SW_NODISCARD;

#endif
