#include "layout.h"

const data_layout *layout_of(const sw_data_config *data)
{
    static const data_layout *const layouts[] = {[SW_LAYOUT_PETS] = &layout_pets,
                                                 [SW_LAYOUT_FOLDERS] = &layout_folders,
                                                 [SW_LAYOUT_LISTS] = &layout_lists,
                                                 [SW_LAYOUT_VOC] = &layout_voc};
    return layouts[data->layout];
}

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

const char *layout_split_name(const sw_data_config *data, sw_split split)
{
    if (data->layout == SW_LAYOUT_FOLDERS) return text_or_empty(data->folders[split].images);
    const char *given = text_or_empty(data->split[split]);
    return *given ? given : text_or_empty(layout_of(data)->split[split]);
}
