/* The steps of sw_guess_files. */
#ifndef DATA_GUESS_FILES_H
#define DATA_GUESS_FILES_H

#include "data/guess.h"
#include "guess_pairs.h"
#include "guess_scan.h"

/* Appends a remark; the format is that of printf. */
sw_status guess_remark(sw_guess *guess, const char *fmt, ...) SW_PRINTF(2, 3) SW_NODISCARD;

/* Recognises the layouts of the pets and of VOC, in the folder or in one below it, which becomes data.root.
 * *found: it has one of them, and data.layout and the lists are filled. */
sw_status guess_known_layout(bool *found, sw_guess *guess, const folder_scan *scan) SW_NODISCARD;

/* Looks for text files called after splits, in the folder and in those below it, that list pairs whose files
 * are there: by paths, or by names in the folders of `pair` (NULL: none was found). *found: there is one for
 * training, and data is filled for layout lists. */
sw_status guess_lists(bool *found, sw_guess *guess, const folder_pair *pair) SW_NODISCARD;

/* Fills data for layout folders: the pairs of each split, or one pair for all. */
sw_status guess_folders(sw_guess *guess, const folder_scan *scan, const folder_pairs *pairs) SW_NODISCARD;

#endif
