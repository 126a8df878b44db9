/* A figure of every validation image, as a run's gallery keeps it: RUN/gallery/epoch_NN.csv. */
#ifndef RUN_GALLERY_SCORES_H
#define RUN_GALLERY_SCORES_H

#include <stddef.h>

#include "base/status.h"

typedef struct sw_gallery_score {
    const char *name;
    double value; /* NaN: not defined */
} sw_gallery_score;

typedef struct sw_gallery_scores {
    sw_gallery_score *items; /* (count) in the order of their names */
    size_t count;            /* 0: the run has no such file */
    char *text;              /* holds the names */
} sw_gallery_scores;

/* Reads a column ("pixel_accuracy") of an epoch's file. A file that is not there is no error. SW_E_IO: it
 * can't be read. SW_E_DATA: it has no such column, or a line that is none of it, with its number. */
sw_status sw_gallery_scores_read(sw_gallery_scores *out, const char *run, int epoch,
                                 const char *column) SW_NODISCARD;
void sw_gallery_scores_deinit(sw_gallery_scores *scores); /* accepts a zeroed one */

/* The value of an image; NaN: there is none. */
double sw_gallery_score_of(const sw_gallery_scores *scores, const char *name);

#endif
