/* lists: a text file a split, data.train_split and so on, relative to the root. A line is one of these:
 *
 * - IMAGE MASK: two paths, relative to the root or absolute. Blanks, a tab, a comma or a semicolon separate
 * them (CSV, whose first line may be a heading "image,mask").
 * - NAME: a picture's name, with or without its extension, in the folder data.train.images ("images"), or its
 *   path, "images/a.jpg". Its mask is in data.train.masks ("masks").
 *
 * Blank lines and '#' comments are passed over. */
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "image/picture_files.h"
#include "layout.h"
#include "lines.h"
#include "stems.h"

typedef struct list_reading {
    pair_list *out;
    const sw_data_config *data;
    sw_split split;
    stem_index images, masks; /* of names alone; made when the first is met */
    bool has_folders;
    const char *folder; /* of the pictures, as the configuration has it */
} list_reading;

static const char *folder_of(const char *given, const char *fallback)
{
    return given && *given ? given : fallback;
}

static sw_status add_by_name(list_reading *r, char *name, int line)
{
    if (!r->has_folders) {
        const sw_split_folders *own = &r->data->folders[r->split], *train = &r->data->folders[SW_SPLIT_TRAIN];
        const char *images = folder_of(own->images, folder_of(train->images, "images"));
        const char *masks = folder_of(own->masks, folder_of(train->masks, "masks"));
        r->folder = images;
        SW_ENSURE(stem_index_make(&r->images, layout_path(r->out, r->data, images)));
        SW_ENSURE(stem_index_make(&r->masks, layout_path(r->out, r->data, masks)));
        r->has_folders = true;
    }
    const size_t length = strlen(r->folder);
    if (strncmp(name, r->folder, length) == 0 && name[length] == '/') name += length + 1;
    if (sw_is_picture_name(name)) name[sw_stem_length(name)] = '\0';
    return stems_add_pair(r->out, &r->images, &r->masks, name, line, r->data->mask_suffix);
}

static sw_status add_pair(list_reading *r, char *const *fields, int line)
{
    sw_arena *arena = &r->out->arena;
    const data_pair pair = {.name = sw_arena_printf(arena, "%.*s", sw_stem_length(fields[0]), fields[0]),
                            .image = layout_path(r->out, r->data, fields[0]),
                            .mask = layout_path(r->out, r->data, fields[1]),
                            .line = line};
    return pair.name && pair.image && pair.mask ? pair_list_add(r->out, pair) : SW_E_MEMORY;
}

static bool is_heading(char *const *fields, int count)
{
    static const char *const words[] = {"image",   "images", "img",     "image_path",
                                        "picture", "file",   "filename"};
    for (size_t i = 0; count >= 2 && i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(fields[0], words[i]) == 0) return true;
    return false;
}

static sw_status read_list(list_reading *r)
{
    sw_status status = SW_OK;
    data_lines lines = {0};
    char *line, *fields[DATA_LINE_FIELDS];
    const char *path = r->out->source;
    SW_TRY(data_lines_open(&lines, path));
    for (bool first = true; (line = data_lines_next(&lines)); first = false) {
        const int count = data_line_split(fields, line);
        if (count < 0) SW_TRY(sw_fail(SW_E_DATA, "%s:%d: a quote (\") is not closed", path, lines.number));
        if (first && is_heading(fields, count)) continue;
        if (count < 1 || count > 2)
            SW_TRY(sw_fail(SW_E_DATA,
                           "%s:%d: %d fields; expected a name, or a picture and its mask (a path with blanks "
                           "needs CSV: \"my picture.jpg\",\"my mask.png\")",
                           path, lines.number, count));
        for (int i = 0; i < count; i++)
            for (const char *c = fields[i]; *c; c++)
                if ((unsigned char)*c < 0x20 || *c == 0x7f)
                    SW_TRY(sw_fail(SW_E_DATA, "%s:%d: the name has a control character", path, lines.number));
        if (!*fields[0] || (count == 2 && !*fields[1]))
            SW_TRY(sw_fail(SW_E_DATA, "%s:%d: a field is empty", path, lines.number));
        SW_TRY(count == 1 ? add_by_name(r, fields[0], lines.number) : add_pair(r, fields, lines.number));
    }
done:
    data_lines_deinit(&lines);
    return status;
}

static sw_status list_split(pair_list *out, const sw_data_config *data, sw_split split, const char *name)
{
    list_reading reading = {.out = out, .data = data, .split = split};
    out->source = layout_path(out, data, name);
    if (!out->source) return SW_E_MEMORY;
    if (!sw_fs_exists(out->source))
        return sw_fail(SW_E_CONFIG, "the list %s is missing (data.%s_split, relative to data.root)",
                       out->source, sw_data_split_name(split));
    sw_status status = read_list(&reading);
    stem_index_deinit(&reading.images);
    stem_index_deinit(&reading.masks);
    return status;
}

const data_layout layout_lists = {.name = "lists", .split = {"train.txt", "", ""}, .list = list_split};
