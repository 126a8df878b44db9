/* annotations/<split>.txt: the names of a split. */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"

enum { SPLIT_NAME_MAX_BYTES = 200, SPLIT_FILE_MAX_BYTES = 64 << 20 };

typedef struct split_list {
    sw_arena arena; /* holds the names */
    char **names;
    int count;
} split_list;

/* The part of a list that is taken. */
typedef struct split_part {
    int holdout; /* names number holdout, 2 holdout, 3 holdout ... (from 1) are held out; 0: none */
    bool held;   /* take those alone, not the others */
    int limit;   /* the first so many of those taken; 0: all */
} split_part;

/* Reads the names of ROOT/annotations/NAME.txt that `part` takes. Lines "NAME class-id species breed-id":
 * blank lines, '#' comments, CRLF and a byte-order mark are passed over. SW_E_CONFIG: root or file missing.
 * SW_E_DATA: a malformed line, an unsafe name or one listed twice (file:line), or no name at all. */
sw_status split_read(split_list *out, const char *root, const char *name, split_part part) SW_NODISCARD;
void split_deinit(split_list *split);

#endif
