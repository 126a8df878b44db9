/* annotations/<split>.txt: the names of a split. */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include "base/arena.h"
#include "data/dataset.h"

enum { SPLIT_NAME_MAX_BYTES = 200, SPLIT_FILE_MAX_BYTES = 64 << 20 };

typedef struct split_list {
    sw_arena arena; /* holds the names */
    char **names;
    int count;
} split_list;

/* Reads the names of ROOT/annotations/SPLIT.txt that the options take. Lines "NAME class-id species
 * breed-id": blank lines, '#' comments, CRLF and a byte-order mark are passed over. SW_E_CONFIG: root or file
 * missing. SW_E_DATA: a malformed line, an unsafe name or one listed twice (file:line), or no name at all. */
sw_status split_read(split_list *out, const sw_dataset_options *options) SW_NODISCARD;
void split_deinit(split_list *split);

#endif
