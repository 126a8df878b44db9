/* What a configuration says of its data: classes, ignored values, splits. */
#ifndef DATA_DESCRIPTION_H
#define DATA_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "data/config.h"

/* The classes of the data that a configuration describes: data.classes, or those of its layout. NULL: neither
 * has any. Valid as long as the configuration. */
const sw_classes *sw_data_classes(const sw_data_config *data);
const sw_class_list *sw_data_class_list(const sw_data_config *data);

/* The values that are ignored: data.ignore, or those of the layout; NULL: none. */
const sw_ignore_list *sw_data_ignore(const sw_data_config *data);

/* Gives lists that are not named the names that the layout has for them. */
void sw_data_complete(sw_data_config *data);

/* Takes colours and roles (background, border) from the data set whose classes have these names, where there
 * is one: for lists read back from files that keep names only. */
void sw_data_recognise_classes(sw_classes *classes);

/* The layout as data.layout names it. */
const char *sw_data_layout_name(const sw_data_config *data);

/* What messages call a split: the name or path of its list or folder, with what was done to it ("trainval
 * (held out)"). buffer[bytes] is used where needed. */
const char *sw_data_split_title(char *buffer, size_t bytes, const sw_data_config *data, sw_split split);

/* Whether the configuration gives this split. */
bool sw_data_has_split(const sw_data_config *data, sw_split split);

#endif
