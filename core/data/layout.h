/* How the files of a data set lie in its folder: one source file a layout behind one interface. */
#ifndef DATA_LAYOUT_H
#define DATA_LAYOUT_H

#include "pair_list.h"

typedef struct data_layout {
    const char *name;             /* as data.layout has it */
    const char *split[SW_SPLITS]; /* names of the lists where data.*_split is ""; "": none. NULL for the
                                   * layout whose splits are folders */
    const sw_class_list *classes; /* where data.classes is not given; NULL: it must be */
    const sw_ignore_list *ignore; /* where data.ignore is not given; NULL: none */
    /* Lists a split that is given, whose list (or folder) is called `name`, in an order that depends on names
     * or the list alone. SW_E_CONFIG: the root or the list is missing. SW_E_DATA: a malformed line
     * (file:line), or a name listed twice. */
    sw_status (*list)(pair_list *out, const sw_data_config *data, sw_split split, const char *name);
} data_layout;

extern const data_layout layout_pets, layout_folders, layout_lists, layout_voc;

const data_layout *layout_of(const sw_data_config *data);

/* Returns the name of a split's list: data.*_split or the layout's; "": the split is not given. For folders
 * the folder of its pictures. */
const char *layout_split_name(const sw_data_config *data, sw_split split);

/* SW_E_CONFIG with a hint when the root is no folder. */
sw_status layout_check_root(const sw_data_config *data) SW_NODISCARD;

/* Returns root/path, or an absolute path as it is, in the list's arena; NULL: memory is out. */
const char *layout_path(pair_list *list, const sw_data_config *data, const char *path);

#endif
