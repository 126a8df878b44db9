/* Which pictures belong to a split: the list of the layout, held-out images, shares and samples. */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include "pair_list.h"

/* Lists the pairs of a split. The order is that of the list, or of the names in a folder. SW_E_CONFIG: the
 * split is not given, its list is missing, or nothing is left of it. SW_E_DATA: a malformed line, an unsafe
 * name or one listed twice (file:line), or no name at all. */
sw_status split_list(pair_list *out, const sw_data_config *data, sw_split split) SW_NODISCARD;

#endif
