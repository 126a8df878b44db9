/* The pictures of a split and their masks, before any file is opened. */
#ifndef DATA_PAIR_LIST_H
#define DATA_PAIR_LIST_H

#include "base/arena.h"
#include "data/config.h"

enum { PAIR_NAME_MAX_BYTES = 200 };

typedef struct data_pair {
    const char *name;       /* unique in the split: "Abyssinian_1", "street/0001" */
    const char *image;      /* paths */
    const char *mask;       /* NULL: there is none */
    const char *looked_for; /* without a mask: what was looked for, in words; else NULL */
    int line;               /* of the list that names it; 0: no list */
} data_pair;

typedef struct pair_list {
    sw_arena arena; /* owns the texts */
    data_pair *pairs;
    int count;
    const char *source;    /* the list or folder they come from, for messages */
    const char *inside[3]; /* folders, with links resolved, that a link among the files must not lead out of;
                            * NULL: links may lead anywhere */
} pair_list;

/* Appends a pair; the texts must live as long as the list (its arena). */
sw_status pair_list_add(pair_list *list, data_pair pair) SW_NODISCARD;
void pair_list_deinit(pair_list *list); /* accepts a zeroed one */

/* Returns why a name could lead out of its folder or spoil messages, or NULL when it is fine. */
const char *pair_name_fault(const char *name, size_t length);

/* SW_E_DATA, naming both places, when two pairs have one name. */
sw_status pair_list_refuse_duplicates(const pair_list *list) SW_NODISCARD;

#endif
