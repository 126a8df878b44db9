#include "pair.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"

static sw_status resolve_folder(char **out, const char *root, const char *folder)
{
    char *path = sw_strf("%s/%s", root, folder);
    if (!path) return SW_E_MEMORY;
    sw_status status = SW_OK;
    const char *fault = NULL;
    if (!(*out = realpath(path, NULL)))
        fault = strerror(errno);
    else if (!sw_fs_is_dir(*out))
        fault = "not a folder";
    if (fault)
        status = sw_fail(SW_E_CONFIG, "%s: %s: the Oxford-IIIT Pet layout has this folder", path, fault);
    free(path);
    return status;
}

sw_status pair_place_find(pair_place *out, const char *root)
{
    sw_status status = SW_OK;
    *out = (pair_place){0};
    SW_TRY(resolve_folder(&out->root, root, "."));
    SW_TRY(resolve_folder(&out->images, root, "images"));
    SW_TRY(resolve_folder(&out->trimaps, root, "annotations/trimaps"));
done:
    if (status != SW_OK) pair_place_deinit(out);
    return status;
}

void pair_place_deinit(pair_place *place)
{
    free(place->root);
    free(place->images);
    free(place->trimaps);
    *place = (pair_place){0};
}

static bool lies_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* Refuses a link whose end lies outside the data set. */
static sw_status check_link(const char *path, const pair_place *place)
{
    struct stat info;
    if (lstat(path, &info) != 0 || !S_ISLNK(info.st_mode))
        return SW_OK; /* a missing file is reported by its reader */
    char *end = realpath(path, NULL);
    if (!end) return sw_fail(SW_E_IO, "%s: a link that leads nowhere (%s)", path, strerror(errno));
    bool inside = lies_in(end, place->root) || lies_in(end, place->images) || lies_in(end, place->trimaps);
    sw_status status =
        inside ? SW_OK : sw_fail(SW_E_DATA, "%s: a link that leads out of the data folder, to %s", path, end);
    free(end);
    return status;
}

static sw_status check_trimap(const sw_image *image, const sw_image *trimap, const char *path,
                              const sw_classes *classes)
{
    if (trimap->width != image->width || trimap->height != image->height) {
        char size[160];
        sw_image_describe_size(size, sizeof size, image);
        return sw_fail(SW_E_DATA, "%s: %d x %d pixels, but its picture has %s%s", path, trimap->width,
                       trimap->height, size,
                       image->orientation ? ": turn the mask too, or remove the Exif orientation" : "");
    }
    size_t pixels = (size_t)trimap->width * (size_t)trimap->height;
    uint8_t class_of_value[256];
    sw_classes_of_values(class_of_value, classes);
    for (size_t i = 0; i < pixels; i++) {
        if (class_of_value[trimap->pixels[i]] != SW_NO_CLASS) continue;
        char values[SW_MAX_CLASSES * SW_CLASS_NAME_BYTES];
        sw_classes_describe_values(values, sizeof values, classes);
        return sw_fail(SW_E_DATA, "%s: value %d at column %zu, row %zu; a trimap has %s", path,
                       trimap->pixels[i], i % (size_t)trimap->width, i / (size_t)trimap->width, values);
    }
    return SW_OK;
}

sw_status pair_read_picture(sw_image *image, sw_str *notes, const pair_place *place, const char *file)
{
    sw_status status = SW_OK;
    *image = (sw_image){0};
    char *path = sw_strf("%s/%s", place->images, file);
    if (!path) return SW_E_MEMORY;
    SW_TRY(check_link(path, place));
    SW_TRY(sw_image_read_rgb_noted(image, notes, path));
done:
    free(path);
    return status;
}

sw_status pair_read(sw_image *image, sw_image *trimap, sw_str *notes, const pair_place *place,
                    const char *name, const sw_classes *classes)
{
    sw_status status = SW_OK;
    *image = *trimap = (sw_image){0};
    char *file = sw_strf("%s.jpg", name);
    char *trimap_path = sw_strf("%s/%s.png", place->trimaps, name);
    if (!file || !trimap_path) SW_TRY(SW_E_MEMORY);
    SW_TRY(pair_read_picture(image, notes, place, file));
    SW_TRY(check_link(trimap_path, place));
    SW_TRY(sw_image_read_mask(trimap, trimap_path));
    SW_TRY(check_trimap(image, trimap, trimap_path, classes));
done:
    free(file);
    free(trimap_path);
    if (status != SW_OK) {
        sw_image_deinit(image);
        sw_image_deinit(trimap);
    }
    return status;
}
