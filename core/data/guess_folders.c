/* Which pair of folders becomes which split. */
#include <string.h>

#include "base/str.h"
#include "guess_files.h"

/* The largest pair that names the split, or that names none; of equal ones the first. */
static const folder_pair *largest(const folder_pairs *pairs, bool has_split, sw_split split)
{
    const folder_pair *best = NULL;
    for (int i = 0; i < pairs->count; i++) {
        const folder_pair *pair = &pairs->list[i];
        if (pair->has_split != has_split || (has_split && pair->split != split)) continue;
        if (!best || pair->pictures > best->pictures) best = pair;
    }
    return best;
}

static void choose_splits(const folder_pair *chosen[SW_SPLITS], const folder_pairs *pairs)
{
    for (int s = 0; s < SW_SPLITS; s++) chosen[s] = largest(pairs, true, (sw_split)s);
    if (!chosen[SW_SPLIT_TRAIN]) chosen[SW_SPLIT_TRAIN] = largest(pairs, false, SW_SPLIT_TRAIN);
    /* something must be trained on, whatever it is called */
    for (int s = SW_SPLIT_VAL; s < SW_SPLITS && !chosen[SW_SPLIT_TRAIN]; s++) {
        chosen[SW_SPLIT_TRAIN] = chosen[s];
        chosen[s] = NULL;
    }
}

static bool lies_in(const char *folder, const char *parent)
{
    const size_t length = strlen(parent);
    return strcmp(parent, ".") == 0 ||
           (strncmp(folder, parent, length) == 0 && (folder[length] == '/' || folder[length] == '\0'));
}

static bool is_used(const scan_set *set, const folder_pair *const chosen[SW_SPLITS])
{
    for (int s = 0; s < SW_SPLITS; s++)
        if (chosen[s] && (lies_in(set->folder, chosen[s]->images) || lies_in(set->folder, chosen[s]->masks)))
            return true;
    return false;
}

static sw_status tell_left_out(sw_guess *guess, const folder_scan *scan,
                               const folder_pair *const chosen[SW_SPLITS])
{
    enum { SHOWN = 4 };
    sw_str text = {0};
    int count = 0;
    for (int s = 0; s < scan->count; s++) {
        const scan_set *set = &scan->sets[s];
        if (is_used(set, chosen)) continue;
        if (count++ < SHOWN)
            sw_str_printf(&text, "%s%s (%d file%s)", count > 1 ? ", " : "", set->folder,
                          set->files.files.count, set->files.files.count == 1 ? "" : "s");
    }
    if (count > SHOWN) sw_str_printf(&text, " and %d more folders", count - SHOWN);
    sw_status status = sw_str_status(&text);
    if (status == SW_OK && count)
        status = guess_remark(guess, "left out, for lack of masks or of a split: %s", sw_str_text(&text));
    sw_str_deinit(&text);
    return status;
}

sw_status guess_folders(sw_guess *guess, const folder_scan *scan, const folder_pairs *pairs)
{
    const folder_pair *chosen[SW_SPLITS];
    choose_splits(chosen, pairs);
    guess->data.layout = SW_LAYOUT_FOLDERS;
    for (int s = 0; s < SW_SPLITS; s++) {
        if (!chosen[s]) continue;
        sw_split_folders *folders = &guess->data.folders[s];
        folders->images = sw_arena_strdup(&guess->arena, chosen[s]->images);
        folders->masks = sw_arena_strdup(&guess->arena, chosen[s]->masks);
        if (!folders->images || !folders->masks) return SW_E_MEMORY;
    }
    return tell_left_out(guess, scan, chosen);
}
