/* What a run's masks show, drawn again: an animation of its epochs, a picture of each, several runs side by
 * side. Needs nothing but the run's folder. */
#ifndef STUDY_RENDER_H
#define STUDY_RENDER_H

#include "draw/tiles.h"

enum { SW_RENDER_MIN_SIZE_PX = 16, SW_RENDER_MAX_SIZE_PX = 1024 };

typedef struct sw_render_options {
    const char *const *runs; /* folders, ended by NULL; one or more */
    const char *gif;         /* file of the animation; NULL: none */
    const char *frames;      /* folder for pictures epoch_NN.png; NULL: none */
    const char *images;      /* "3,7": numbers from 1 in reading order, or names; NULL: all */
    const char *panels; /* "input,truth,prediction,error,confidence" in any order; NULL: the first three */
    double fps;         /* epochs a second, 0.1 to 50 */
    int size_px;        /* longer side of an image in the picture; 0: the run's own, made 128 or more */
} sw_render_options;

typedef struct sw_render_result {
    int frames, first_epoch, last_epoch;
    int width, height;
} sw_render_result;

/* Draws a frame for each epoch that any of the runs has. A run without that epoch shows its last one before,
 * or else its first. The last frame of the animation stays longer, then it begins again. SW_E_USAGE: an
 * option is wrong, a folder is no run or has no masks or no epoch yet, the runs' grid images differ, or the
 * picture would be too large. SW_E_DATA, SW_E_IO: a file of a run is damaged or missing, or one can't be
 * written. Nothing of a run's own files is changed. */
sw_status sw_render(sw_render_result *result, const sw_render_options *options) SW_NODISCARD;

#endif
