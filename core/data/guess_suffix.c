#include "guess_suffix.h"

#include <ctype.h>
#include <string.h>

enum { STEMS = 64, SUFFIX_BYTES = 40 };

static bool ends_with(const char *path, int length, const char *suffix)
{
    const int tail = (int)strlen(suffix);
    return length > tail && strncmp(path + length - tail, suffix, (size_t)tail) == 0;
}

/* Copies what a mask's name has behind the longest stem of a picture that it begins with. false: none, or
 * nothing that is an ending. A digit begins no ending: 1.png and 12.png are two pictures. */
static bool ending_of(char suffix[SUFFIX_BYTES], const char *mask, const stem_index *pictures)
{
    const int length = sw_stem_length(mask);
    int longest = 0;
    for (int i = 0; i < pictures->files.count; i++) {
        const char *picture = pictures->files.paths[i];
        const int stem = sw_stem_length(picture);
        if (stem > longest && stem < length && strncmp(picture, mask, (size_t)stem) == 0) longest = stem;
    }
    if (longest == 0 || length - longest >= SUFFIX_BYTES || isdigit((unsigned char)mask[longest]))
        return false;
    memcpy(suffix, mask + longest, (size_t)(length - longest));
    suffix[length - longest] = '\0';
    return true;
}

/* Whether at least this share of the files, in percent, has the ending. */
static bool is_common(const stem_index *files, const char *suffix, int percent)
{
    int count = 0;
    for (int i = 0; i < files->files.count; i++)
        count += ends_with(files->files.paths[i], sw_stem_length(files->files.paths[i]), suffix);
    return 100 * count >= percent * files->files.count;
}

const char *suffix_find(sw_arena *arena, const stem_index *pictures, const stem_index *masks)
{
    const bool together = strcmp(pictures->folder, masks->folder) == 0;
    /* odd: pictures and masks of one folder mostly alternate */
    const int step = (masks->files.count + STEMS - 1) / STEMS | 1;
    for (int i = 0; i < masks->files.count; i += step) {
        char suffix[SUFFIX_BYTES];
        if (!ending_of(suffix, masks->files.paths[i], pictures)) continue;
        if (!is_common(masks, suffix, together ? 45 : 90)) continue;
        const char *copy = sw_arena_strdup(arena, suffix);
        return copy ? copy : "";
    }
    return NULL;
}
