#include "guess_words.h"

#include <ctype.h>
#include <string.h>

enum { WORD_BYTES = 32 };

/* Takes the next word off a path, in lower case: letters up to something else or to a capital behind a small
 * one ("imagesTrain" has two). false: there is none before `end`. */
static bool next_word(char word[WORD_BYTES], const char **at, const char *end)
{
    size_t length = 0;
    const char *c = *at;
    while (c < end && !isalpha((unsigned char)*c)) c++;
    for (; c < end && isalpha((unsigned char)*c); c++) {
        if (length > 0 && isupper((unsigned char)*c) && islower((unsigned char)c[-1])) break;
        if (length + 1 < WORD_BYTES) word[length++] = (char)tolower((unsigned char)*c);
    }
    word[length] = '\0';
    *at = c;
    return length > 0;
}

static bool is_one_of(const char *word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, list[i]) == 0) return true;
    return false;
}

static bool word_split(sw_split *out, const char *word)
{
    static const char *const begins[SW_SPLITS] = {"train", "val", "test"};
    static const char *const rests[] = {"",       "ing",   "id",    "idation", "val",  "set", "data",
                                        "images", "image", "imgs",  "img",     "x",    "y",   "annot",
                                        "masks",  "mask",  "label", "labels",  "anno", "gt",  "annotations"};
    for (int s = 0; s < SW_SPLITS; s++) {
        const size_t length = strlen(begins[s]);
        if (strncmp(word, begins[s], length) != 0) continue;
        *out = (sw_split)s;
        return is_one_of(word + length, rests, sizeof rests / sizeof rests[0]);
    }
    return false;
}

static bool part_split(sw_split *out, const char *part, size_t length)
{
    char word[WORD_BYTES];
    for (const char *at = part; next_word(word, &at, part + length);)
        if (word_split(out, word)) return true;
    return false;
}

bool words_part_is_split(const char *part, size_t length)
{
    sw_split split;
    return part_split(&split, part, length);
}

bool words_split(sw_split *out, const char *path)
{
    bool found = false;
    while (*path) {
        const size_t length = strcspn(path, "/");
        found = part_split(out, path, length) || found;
        path += length + (path[length] == '/');
    }
    return found;
}

int words_role(const char *path)
{
    static const char *const of_masks[] = {"mask",  "label",  "annot", "segment",
                                           "truth", "target", "class", "trimap"};
    static const char *const of_pictures[] = {"image", "photo", "picture", "input"};
    static const char *const short_of_masks[] = {"gt", "seg", "lbl", "y"};
    static const char *const short_of_pictures[] = {"img", "imgs", "jpg", "rgb", "x"};
    bool masks = false, pictures = false;
    char word[WORD_BYTES];
    for (const char *at = path, *end = path + strlen(path); next_word(word, &at, end);) {
        for (size_t i = 0; i < sizeof of_masks / sizeof of_masks[0]; i++)
            masks = masks || strstr(word, of_masks[i]);
        for (size_t i = 0; i < sizeof of_pictures / sizeof of_pictures[0]; i++)
            pictures = pictures || strstr(word, of_pictures[i]);
        masks = masks || is_one_of(word, short_of_masks, sizeof short_of_masks / sizeof short_of_masks[0]);
        pictures = pictures ||
                   is_one_of(word, short_of_pictures, sizeof short_of_pictures / sizeof short_of_pictures[0]);
    }
    return (masks ? 1 : 0) - (pictures ? 1 : 0);
}
