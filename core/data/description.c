#include "data/description.h"

#include <stdio.h>

#include "data/pets.h"
#include "layout.h"

const sw_class_list *sw_data_class_list(const sw_data_config *data)
{
    return data->classes ? data->classes : layout_of(data)->classes;
}

const sw_classes *sw_data_classes(const sw_data_config *data)
{
    const sw_class_list *list = sw_data_class_list(data);
    return list ? &list->classes : NULL;
}

const sw_ignore_list *sw_data_ignore(const sw_data_config *data)
{
    return data->ignore ? data->ignore : layout_of(data)->ignore;
}

const char *sw_data_layout_name(const sw_data_config *data)
{
    return layout_of(data)->name;
}

void sw_data_complete(sw_data_config *data)
{
    if (data->layout == SW_LAYOUT_FOLDERS) return;
    for (int s = 0; s < SW_SPLITS; s++) data->split[s] = layout_split_name(data, (sw_split)s);
}

void sw_data_recognise_classes(sw_classes *classes)
{
    if (sw_classes_same(classes, &sw_pets_class_list.classes)) *classes = sw_pets_class_list.classes;
}

bool sw_data_has_split(const sw_data_config *data, sw_split split)
{
    if (*layout_split_name(data, split)) return true;
    return split == SW_SPLIT_VAL && (data->holdout > 0 || data->val_share > 0);
}

const char *sw_data_split_title(char *buffer, size_t bytes, const sw_data_config *data, sw_split split)
{
    const char *own = layout_split_name(data, split);
    if (split != SW_SPLIT_VAL || (data->holdout == 0 && *own)) return own;
    snprintf(buffer, bytes, "%s (%s)", layout_split_name(data, SW_SPLIT_TRAIN),
             data->holdout > 0 ? "held out" : "data.val_share");
    return buffer;
}
