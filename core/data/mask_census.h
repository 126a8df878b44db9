/* Which values mask files have, before anything is known of their classes. */
#ifndef DATA_MASK_CENSUS_H
#define DATA_MASK_CENSUS_H

#include "base/progress.h"
#include "base/size.h"
#include "pair_list.h"

typedef enum census_kind {
    CENSUS_GREY,     /* one channel, without a palette */
    CENSUS_PALETTE,  /* numbers of a palette */
    CENSUS_RGB_GREY, /* three channels that are the same in every pixel */
    CENSUS_COLOURS,
} census_kind;

typedef struct census_value {
    int number;   /* GREY: the level; PALETTE: the number; else as the level where it is grey, or -1 */
    uint32_t rgb; /* as it is shown, 0xRRGGBB */
    uint64_t pixels;
} census_value;

/* More values than a mask can have are not all counted. */
enum { CENSUS_MOST_VALUES = 4096 };

/* What one file has. */
typedef struct census_file {
    census_kind kind;
    sw_size size;
    census_value *values;
    int count;
    bool has_more;       /* than CENSUS_MOST_VALUES */
    char *fault;         /* why it cannot be read; NULL: it was */
    bool has_picture;    /* its picture was to be read too: */
    char *picture_fault; /* why that failed; NULL: it did not */
    char *other_size;    /* of its picture, where that was read and differs; NULL: not */
} census_file;

/* Reads the masks of pairs into files[count], which the caller frees with census_deinit. Of the pictures
 * every so many-th is read to compare sizes; 0: none. `progress` may be NULL. */
sw_status census_read(census_file *files, const data_pair *const *pairs, int count, int every_picture,
                      int threads, const sw_progress_output *progress) SW_NODISCARD;
void census_deinit(census_file *files, int count);

#endif
