#include "pair.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool lies_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* Refuses a link whose end lies outside the data set, where the layout says so. */
static sw_status check_link(const char *path, const pair_list *list)
{
    struct stat info;
    if (!list->inside[0] || lstat(path, &info) != 0 || !S_ISLNK(info.st_mode))
        return SW_OK; /* a missing file is reported by its reader */
    char *end = realpath(path, NULL);
    if (!end) return sw_fail(SW_E_IO, "%s: a link that leads nowhere (%s)", path, strerror(errno));
    bool inside = false;
    for (size_t i = 0; i < sizeof list->inside / sizeof list->inside[0]; i++)
        inside = inside || (list->inside[i] && lies_in(end, list->inside[i]));
    sw_status status =
        inside ? SW_OK : sw_fail(SW_E_DATA, "%s: a link that leads out of the data folder, to %s", path, end);
    free(end);
    return status;
}

static sw_status check_size(const sw_image *image, const sw_image *labels, const char *path, int step)
{
    if ((labels->width - 1) / step + 1 == image->width && (labels->height - 1) / step + 1 == image->height)
        return SW_OK;
    if (step > 1) /* pictures are shrunk when it is known that the sizes agree */
        return sw_fail(SW_E_DATA, "%s: another size than when the data set was opened", path);
    char size[160];
    sw_image_describe_size(size, sizeof size, image);
    return sw_fail(SW_E_DATA, "%s: %d x %d pixels, but its picture has %s%s", path, labels->width,
                   labels->height, size,
                   image->orientation ? ": turn the mask too, or remove the Exif orientation" : "");
}

sw_status pair_read(sw_image *image, sw_image *labels, sw_str *notes, const pair_list *list,
                    const data_pair *pair, const mask_coding *coding, int step)
{
    sw_status status = SW_OK;
    *image = *labels = (sw_image){0};
    SW_TRY(check_link(pair->image, list));
    SW_TRY(sw_image_read_rgb_shrunk(image, notes, pair->image, step));
    if (!pair->mask) SW_TRY(sw_fail(SW_E_DATA, "%s: %s", pair->image, pair->looked_for));
    SW_TRY(check_link(pair->mask, list));
    SW_TRY(mask_read(labels, coding, pair->mask));
    SW_TRY(check_size(image, labels, pair->mask, step));
done:
    if (status != SW_OK) {
        sw_image_deinit(image);
        sw_image_deinit(labels);
    }
    return status;
}
