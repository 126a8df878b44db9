/* voc: the layout of the Pascal VOC data sets.
 *
 *   ROOT/ImageSets/Segmentation/SPLIT.txt  names, one a line
 *   ROOT/JPEGImages/NAME.jpg               the picture (or .jpeg, .png, in any case)
 *   ROOT/SegmentationClass/NAME.png        its mask; 255, the void around objects, is ignored */
#include "base/fs.h"
#include "layout.h"
#include "lines.h"
#include "stems.h"

static sw_status list_split(pair_list *out, const sw_data_config *data, sw_split split, const char *name)
{
    (void)split;
    sw_status status = SW_OK;
    data_lines lines = {0};
    stem_index images = {0}, masks = {0};
    char *line;
    out->source = sw_arena_printf(&out->arena, "%s/ImageSets/Segmentation/%s.txt", data->root, name);
    if (!out->source) return SW_E_MEMORY;
    if (!sw_fs_exists(out->source))
        return sw_fail(SW_E_CONFIG,
                       "%s is missing: is %s a folder in the Pascal VOC layout (JPEGImages/, "
                       "SegmentationClass/, ImageSets/Segmentation/%s.txt)?",
                       out->source, data->root, name);
    SW_TRY(stem_index_make(&images, layout_path(out, data, "JPEGImages")));
    SW_TRY(stem_index_make(&masks, layout_path(out, data, "SegmentationClass")));
    SW_TRY(data_lines_open(&lines, out->source));
    while ((line = data_lines_next(&lines)))
        SW_TRY(stems_add_pair(out, &images, &masks, line, lines.number, data->mask_suffix));
done:
    data_lines_deinit(&lines);
    stem_index_deinit(&images);
    stem_index_deinit(&masks);
    return status;
}

static unsigned void_code[] = {255};
static const sw_ignore_list void_border = {void_code, 1};

const data_layout layout_voc = {
    .name = "voc", .split = {"train", "val", ""}, .ignore = &void_border, .list = list_split};
