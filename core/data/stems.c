#include "stems.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"

/* Endings of masks in data sets that are in use, the first that fits is taken. */
static const char *const mask_endings[] = {
    "_mask",         "_masks",  "-mask", "_L",        "_labelIds",     "_gtFine_labelIds", "_labelTrainIds",
    "_label",        "_labels", "_gt",   "_seg",      "_segmentation", "_annotation",      "_trimap",
    "_gtFine_color", "_color",  "_lab",  "_train_id", "_manual1",
};

/* Endings of pictures that their masks do not have. */
static const char *const picture_endings[] = {"_leftImg8bit", "_image", "_img", "_sat", "_training", "_test"};

enum {
    MASK_ENDINGS = sizeof mask_endings / sizeof mask_endings[0],
    PICTURE_ENDINGS = sizeof picture_endings / sizeof picture_endings[0],
    STEM_BYTES = 1024,
};

sw_status stem_index_make(stem_index *out, const char *folder)
{
    *out = (stem_index){.folder = folder};
    if (!folder) return SW_E_MEMORY;
    if (!sw_fs_is_dir(folder))
        return sw_fail(SW_E_CONFIG, "%s: %s; see data.root and data.train", folder,
                       sw_fs_exists(folder) ? "not a folder" : "no such folder");
    return sw_picture_files_list(&out->files, folder, true);
}

void stem_index_deinit(stem_index *index)
{
    sw_picture_files_deinit(&index->files);
}

bool stem_is_png(const char *path)
{
    const size_t length = strlen(path);
    return length > 4 && strcasecmp(path + length - 4, ".png") == 0;
}

const char *stem_index_find(const stem_index *index, const char *stem, const char *suffix, stem_kind kind)
{
    char wanted[STEM_BYTES];
    const size_t length = strlen(stem) + strlen(suffix);
    if (length + 2 > sizeof wanted) return NULL;
    strcpy(wanted, stem);
    strcat(wanted, suffix);
    strcat(wanted, ".");
    /* the first path that is not before "stem." */
    int low = 0, high = index->files.count;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (strcmp(index->files.paths[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < index->files.count && strncmp(index->files.paths[low], wanted, length + 1) == 0; low++) {
        const char *path = index->files.paths[low];
        if ((size_t)sw_stem_length(path) == length &&
            (kind == STEM_ANY || stem_is_png(path) == (kind == STEM_PNG)))
            return path;
    }
    return NULL;
}

/* Where the stem ends without `ending`; 0: it does not end so. */
static size_t length_without(const char *stem, const char *ending)
{
    const size_t length = strlen(stem), tail = strlen(ending);
    return length > tail && strcmp(stem + length - tail, ending) == 0 ? length - tail : 0;
}

/* `bare`: the stem alone is a mask's name too. */
static const char *find_with_endings(const stem_index *masks, const char *stem, bool bare)
{
    const char *found = bare ? stem_index_find(masks, stem, "", STEM_PNG) : NULL;
    for (int i = 0; i < MASK_ENDINGS && !found; i++)
        found = stem_index_find(masks, stem, mask_endings[i], STEM_PNG);
    return found;
}

const char *stem_find_mask(const stem_index *masks, const char *stem, bool bare, const char *mask_suffix)
{
    if (mask_suffix && *mask_suffix) return stem_index_find(masks, stem, mask_suffix, STEM_PNG);
    const char *found = find_with_endings(masks, stem, bare);
    for (int i = 0; i < PICTURE_ENDINGS && !found; i++) {
        char shorter[STEM_BYTES];
        const size_t length = length_without(stem, picture_endings[i]);
        if (length == 0 || length >= sizeof shorter) continue;
        memcpy(shorter, stem, length);
        shorter[length] = '\0';
        found = find_with_endings(masks, shorter, true);
    }
    return found;
}

sw_status stems_add_pair(pair_list *out, const stem_index *images, const stem_index *masks, const char *stem,
                         int line, const char *mask_suffix)
{
    sw_arena *arena = &out->arena;
    const char *image = stem_index_find(images, stem, "", STEM_ANY);
    /* in one folder a PNG of the bare name is the picture itself */
    const bool bare = !image || !stem_is_png(image) || strcmp(images->folder, masks->folder) != 0;
    const char *mask = stem_find_mask(masks, stem, bare, mask_suffix);
    data_pair pair = {.name = sw_arena_strdup(arena, stem),
                      .image = image ? sw_arena_printf(arena, "%s/%s", images->folder, image)
                                     : sw_arena_printf(arena, "%s/%s.jpg", images->folder, stem),
                      .line = line};
    if (!pair.name || !pair.image) return SW_E_MEMORY;
    if (mask) {
        pair.mask = sw_arena_printf(arena, "%s/%s", masks->folder, mask);
        if (!pair.mask) return SW_E_MEMORY;
    } else {
        const bool own = mask_suffix && *mask_suffix;
        pair.looked_for =
            own ? sw_arena_printf(arena, "no mask in %s that is called as the picture with %s.png behind",
                                  masks->folder, mask_suffix)
                : sw_arena_printf(arena,
                                  "no mask in %s that is called as the picture, as .png (nor with _mask, _L, "
                                  "_labelIds or another usual ending; another: data.mask_suffix)",
                                  masks->folder);
        if (!pair.looked_for) return SW_E_MEMORY;
    }
    return pair_list_add(out, pair);
}

static bool visit_shortened(const char *stem, size_t length, stem_visitor visit, void *user)
{
    char picture[STEM_BYTES];
    if (length >= sizeof picture) return false;
    memcpy(picture, stem, length);
    picture[length] = '\0';
    if (visit(user, picture)) return true;
    for (int i = 0; i < PICTURE_ENDINGS; i++) {
        if (length + strlen(picture_endings[i]) >= sizeof picture) continue;
        strcpy(picture + length, picture_endings[i]);
        if (visit(user, picture)) return true;
    }
    return false;
}

bool stem_of_mask_visit(const char *mask_stem, const char *mask_suffix, stem_visitor visit, void *user)
{
    const bool own = mask_suffix && *mask_suffix;
    if (own) {
        const size_t length = length_without(mask_stem, mask_suffix);
        return length && visit_shortened(mask_stem, length, visit, user);
    }
    if (visit_shortened(mask_stem, strlen(mask_stem), visit, user)) return true;
    for (int i = 0; i < MASK_ENDINGS; i++) {
        const size_t length = length_without(mask_stem, mask_endings[i]);
        if (length && visit_shortened(mask_stem, length, visit, user)) return true;
    }
    return false;
}

/* Whether the stem ends as those of masks do. */
static bool stem_is_of_mask(const char *stem, const char *mask_suffix)
{
    if (mask_suffix && *mask_suffix) return length_without(stem, mask_suffix) > 0;
    for (int i = 0; i < MASK_ENDINGS; i++)
        if (length_without(stem, mask_endings[i])) return true;
    return false;
}

bool stem_is_mask_of_other(const stem_index *files, const char *path, const char *stem,
                           const char *mask_suffix)
{
    return stem_is_png(path) &&
           (stem_is_of_mask(stem, mask_suffix) || stem_index_find(files, stem, "", STEM_JPEG));
}
