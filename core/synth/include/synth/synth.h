/* Synthetic pets: pictures of animal-like figures with exact trimaps, in the Oxford-IIIT Pet layout, so that
 * the loader of the real data reads them. Everything segwork shows can be shown without a download.
 *
 * Every picture is a function of (seed, its number): same seed, same bytes, whatever the thread count. */
#ifndef SYNTH_SYNTH_H
#define SYNTH_SYNTH_H

#include <stdint.h>

#include "base/progress.h"
#include "base/status.h"
#include "image/image.h"

enum { SW_SYNTH_MIN_SIZE_PX = 16, SW_SYNTH_MAX_SIZE_PX = 1024, SW_SYNTH_MAX_COUNT = 100000 };

typedef struct sw_synth_options {
    int train, val; /* pictures in annotations/trainval.txt and annotations/test.txt, each at least 1 */
    int size_px;    /* side, SW_SYNTH_MIN_SIZE_PX..SW_SYNTH_MAX_SIZE_PX */
    uint64_t seed;
    int threads;                        /* below 1: one a processor */
    const sw_progress_output *progress; /* NULL: none */
} sw_synth_options;

/* Writes the set into `dir`, which must be absent, empty, or hold a whole set made with the same options
 * (then nothing is done). Anything else there: SW_E_CONFIG. A set that was interrupted while being written is
 * written anew. Lists come last, so that a set without all of its pictures names none. Out-of-range options,
 * or another process that writes the same set: SW_E_USAGE. */
sw_status sw_synth_write(const char *dir, const sw_synth_options *options) SW_NODISCARD;

/* Draws picture number `number`: image (S,S,3) and trimap (S,S) with 1 pet, 2 background, 3 border. Both are
 * freed by the caller (sw_image_deinit). */
sw_status sw_synth_draw(sw_image *image, sw_image *trimap, uint64_t seed, uint32_t number,
                        int size_px) SW_NODISCARD;

#endif
