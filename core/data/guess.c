#include "data/guess.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "data/description.h"
#include "guess_files.h"
#include "split.h"

/* ---- nothing found ---- */

static sw_status no_pictures(const char *root)
{
    return sw_fail(SW_E_DATA,
                   "%s: no picture in it, nor in the folders in it; .jpg, .jpeg and .png files are read (an "
                   "archive has to be unpacked first)",
                   root);
}

static const char *describe_set(const scan_set *set)
{
    if (!set->has_png) return "JPEG";
    if (set->readable == 0 && set->fault) return "which cannot be read as masks";
    if (set->likeness < 0.5 && set->one_channel) return "grey levels, too many or too mixed for masks";
    return set->likeness >= 0.5 ? "like masks" : "like pictures";
}

/* Tells what is there, since there are many reasons for it. */
static sw_status no_masks(const char *root, const folder_scan *scan)
{
    enum { SHOWN = 4 };
    sw_str text = {0};
    for (int s = 0; s < scan->count && s < SHOWN; s++) {
        const scan_set *set = &scan->sets[s];
        sw_str_printf(&text, "%s%s (%d, such as %s: %s)", s ? ", " : "", set->folder, set->files.files.count,
                      set->files.files.paths[0], describe_set(set));
    }
    if (scan->count > SHOWN) sw_str_printf(&text, " and %d more folders", scan->count - SHOWN);
    for (int s = 0; s < scan->count && s < SHOWN; s++) {
        const scan_set *set = &scan->sets[s];
        if (set->has_png && set->readable == 0 && set->fault) sw_str_printf(&text, ". %s", set->fault);
    }
    sw_status status = sw_str_status(&text);
    if (status == SW_OK)
        status = sw_fail(SW_E_DATA,
                         "%s: no pictures with masks in it. Its files: %s. A mask is a PNG of few values, "
                         "called as its picture (cat.jpg and cat.png, or cat_mask.png); JPEG changes values "
                         "and cannot hold one. Masks that are called otherwise need a list of pairs "
                         "(data.layout: lists)",
                         root, sw_str_text(&text));
    sw_str_deinit(&text);
    return status;
}

/* ---- the splits ---- */

static sw_status count_split(sw_guess *guess, sw_split split)
{
    pair_list list;
    SW_ENSURE(split_list(&list, &guess->data, split));
    sw_guess_split *counts = &guess->splits[split];
    counts->pictures = list.count;
    for (int i = 0; i < list.count; i++)
        counts->without_mask += !list.pairs[i].mask || !sw_fs_exists(list.pairs[i].mask);
    pair_list_deinit(&list);
    return SW_OK;
}

static sw_status count_splits(sw_guess *guess)
{
    for (int s = 0; s < SW_SPLITS; s++) {
        if (!sw_data_has_split(&guess->data, (sw_split)s)) continue;
        SW_ENSURE(count_split(guess, (sw_split)s));
        const sw_guess_split *counts = &guess->splits[s];
        if (s == SW_SPLIT_TEST && counts->without_mask == counts->pictures) {
            SW_ENSURE(
                guess_remark(guess, "the %d test images have no masks, and are left out", counts->pictures));
            guess->data.split[s] = "";
            guess->data.folders[s] = (sw_split_folders){0};
            guess->splits[s] = (sw_guess_split){0};
        } else if (counts->without_mask) {
            SW_ENSURE(guess_remark(guess, "%s: %d of %d pictures have no mask, and will be skipped",
                                   sw_data_split_name((sw_split)s), counts->without_mask, counts->pictures));
        }
    }
    return SW_OK;
}

static sw_status find_layout(sw_guess *guess, int threads)
{
    sw_status status = SW_OK;
    const char *root = guess->data.root;
    bool found = false;
    folder_scan scan = {0};
    folder_pairs pairs = {0};
    SW_TRY(folder_scan_make(&scan, root, threads));
    if (scan.files.count == 0) SW_TRY(no_pictures(root));
    SW_TRY(guess_known_layout(&found, guess, &scan));
    if (found) goto done;
    SW_TRY(folder_pairs_find(&pairs, &scan));
    guess->data.mask_suffix = pairs.mask_suffix ? sw_arena_strdup(&guess->arena, pairs.mask_suffix) : "";
    if (!guess->data.mask_suffix) SW_TRY(SW_E_MEMORY);
    if (pairs.count == 0 || (pairs.count == 1 && !pairs.list[0].has_split))
        SW_TRY(guess_lists(&found, guess, pairs.count ? &pairs.list[0] : NULL));
    if (!found && pairs.count == 0) SW_TRY(no_masks(root, &scan));
    if (!found) SW_TRY(guess_folders(guess, &scan, &pairs));
    if (!sw_data_has_split(&guess->data, SW_SPLIT_VAL)) guess->data.val_share = 0.1f;
done:
    folder_pairs_deinit(&pairs);
    folder_scan_deinit(&scan);
    return status;
}

sw_status sw_guess_files(sw_guess *out, const char *folder, int threads)
{
    sw_status status = SW_OK;
    *out = (sw_guess){0};
    char *root = sw_fs_without_last_slash(folder);
    if (!root) return SW_E_MEMORY;
    out->data = (sw_data_config){.root = sw_arena_strdup(&out->arena, root), .mask_suffix = ""};
    free(root);
    if (!out->data.root) SW_TRY(SW_E_MEMORY);
    if (!sw_fs_is_dir(folder))
        SW_TRY(sw_fail(SW_E_CONFIG, "%s: %s; expected the folder with your pictures and masks", folder,
                       sw_fs_exists(folder) ? "a file" : "no such folder"));
    SW_TRY(find_layout(out, threads));
    SW_TRY(count_splits(out));
done:
    if (status != SW_OK) sw_guess_deinit(out);
    return status;
}

void sw_guess_deinit(sw_guess *guess)
{
    free(guess->remarks);
    free(guess->values);
    sw_arena_deinit(&guess->arena);
    *guess = (sw_guess){0};
}
