/* oxford_iiit_pet: the layout of the Oxford-IIIT Pet data set.
 *
 *   ROOT/annotations/SPLIT.txt         lines "NAME class-id species breed-id"; '#' comments
 *   ROOT/images/NAME.jpg               the picture (its content may be JPEG or PNG)
 *   ROOT/annotations/trimaps/NAME.png  1 pet, 2 background, 3 border
 *
 * A name never leads out of the folder, and neither does a link among the files: the set is unpacked from an
 * archive. (ROOT and the folders in it may be links: that is the owner's arrangement.) */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "data/pets.h"
#include "layout.h"
#include "lines.h"

static bool is_integer(const char *field)
{
    const size_t length = strlen(field);
    return length > 0 && length <= 9 && strspn(field, "0123456789") == length;
}

/* Leaves the name alone in `line`. */
static sw_status parse_line(char *line, const char *path, int number)
{
    char *rest, *name = strtok_r(line, " \t", &rest);
    const char *fault = pair_name_fault(name, strlen(name));
    if (fault) return sw_fail(SW_E_DATA, "%s:%d: %s", path, number, fault);
    for (int i = 0; i < 3; i++) {
        const char *field = strtok_r(NULL, " \t", &rest);
        if (!field || !is_integer(field))
            return sw_fail(SW_E_DATA,
                           "%s:%d: '%s' should be followed by three numbers (class-id species breed-id); "
                           "data.layout: lists takes names alone",
                           path, number, name);
    }
    if (strtok_r(NULL, " \t", &rest))
        return sw_fail(SW_E_DATA,
                       "%s:%d: more than 'NAME class-id species breed-id' on the line (names have no blanks)",
                       path, number);
    return SW_OK;
}

static sw_status add_name(pair_list *out, const char *root, const char *name, int line)
{
    const data_pair pair = {.name = sw_arena_strdup(&out->arena, name),
                            .image = sw_arena_printf(&out->arena, "%s/images/%s.jpg", root, name),
                            .mask = sw_arena_printf(&out->arena, "%s/annotations/trimaps/%s.png", root, name),
                            .line = line};
    return pair.name && pair.image && pair.mask ? pair_list_add(out, pair) : SW_E_MEMORY;
}

static sw_status resolve_folder(const char **out, pair_list *list, const char *root, const char *folder)
{
    const char *path = sw_arena_printf(&list->arena, "%s/%s", root, folder), *fault = NULL;
    if (!path) return SW_E_MEMORY;
    char *real = realpath(path, NULL);
    if (!real)
        fault = strerror(errno);
    else if (!sw_fs_is_dir(real))
        fault = "not a folder";
    *out = real ? sw_arena_strdup(&list->arena, real) : NULL;
    free(real);
    if (fault) return sw_fail(SW_E_CONFIG, "%s: %s: the Oxford-IIIT Pet layout has this folder", path, fault);
    return *out ? SW_OK : SW_E_MEMORY;
}

static sw_status read_names(pair_list *out, const char *root)
{
    sw_status status = SW_OK;
    data_lines lines = {0};
    char *line;
    SW_TRY(data_lines_open(&lines, out->source));
    while ((line = data_lines_next(&lines))) {
        SW_TRY(parse_line(line, out->source, lines.number));
        SW_TRY(add_name(out, root, line, lines.number));
    }
done:
    data_lines_deinit(&lines);
    return status;
}

static sw_status list_split(pair_list *out, const sw_data_config *data, sw_split split, const char *name)
{
    (void)split;
    const char *root = data->root;
    if (name[0] == '\0' || pair_name_fault(name, strlen(name)))
        return sw_fail(SW_E_CONFIG, "'%s' is no name of a split (trainval and test are the official ones)",
                       name);
    out->source = sw_arena_printf(&out->arena, "%s/annotations/%s.txt", root, name);
    if (!out->source) return SW_E_MEMORY;
    if (!sw_fs_exists(out->source))
        return sw_fail(SW_E_CONFIG,
                       "%s is missing: is %s a folder in the Oxford-IIIT Pet layout (images/, "
                       "annotations/trimaps/, annotations/%s.txt)? For other data see data.layout",
                       out->source, root, name);
    SW_ENSURE(read_names(out, root));
    SW_ENSURE(resolve_folder(&out->inside[0], out, root, "."));
    SW_ENSURE(resolve_folder(&out->inside[1], out, root, "images"));
    return resolve_folder(&out->inside[2], out, root, "annotations/trimaps");
}

const data_layout layout_pets = {.name = "oxford_iiit_pet",
                                 .split = {"trainval", "test", ""},
                                 .classes = &sw_pets_class_list,
                                 .list = list_split};
