/* A split of a data set in the Oxford-IIIT Pet layout, decoded and resized once and kept as bytes.
 *
 *   ROOT/annotations/SPLIT.txt       lines "NAME class-id species breed-id"; '#' comments
 *   ROOT/images/NAME.jpg             the picture (its content may be JPEG or PNG)
 *   ROOT/annotations/trimaps/NAME.png  1 pet, 2 background, 3 border
 *
 * A name never leads out of the folder: it has no '/', no "..", no control character; a file that is a
 * symbolic link to somewhere outside is a bad file. (ROOT and the folders in it may be links: that is the
 * owner's arrangement.) */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "base/classes.h"
#include "base/status.h"
#include "data/config.h"

/* The classes of the data that a configuration describes; never freed. */
const sw_classes *sw_data_classes(const sw_data_config *data);

/* Takes colours and roles (background, border) from the data set whose classes have these names, where there
 * is one: for lists read back from files that keep names only. */
void sw_data_recognise_classes(sw_classes *classes);

typedef struct sw_dataset_options {
    const char *root, *split; /* "trainval" is annotations/trainval.txt */
    int holdout;              /* leave out names number holdout, 2 holdout, ... (from 1); 0: none */
    bool held;                /* with holdout: take those names alone, not the others */
    int limit;                /* take only the first so many of these; 0: all */
    sw_size size;
    sw_resize_kind resize; /* pictures; masks are always resized nearest */
    sw_bad_file on_bad_file;
    int threads; /* that decode; below 1: one a processor */
} sw_dataset_options;

typedef struct sw_dataset sw_dataset;

/* Reads and decodes everything. A bad file (missing, undecodable, mask of another size or with a value of no
 * class, a link leading out) is logged in one line with path and reason and skipped, or fails the
 * whole, as configured. Converted pictures are logged too, in the order of the list whatever the thread
 * count. SW_E_CONFIG: the root or the split file is missing (the message says how to get data). SW_E_DATA: a
 * malformed line (file:line), a bad file when they fail, or nothing usable left. SW_E_MEMORY: the pictures
 * would not fit the machine. */
sw_status sw_dataset_open(sw_dataset **out, const sw_dataset_options *options) SW_NODISCARD;
void sw_dataset_destroy(sw_dataset *dataset);

int sw_dataset_count(const sw_dataset *dataset);   /* usable images, at least 1 */
int sw_dataset_skipped(const sw_dataset *dataset); /* listed (within the limit) but bad */
sw_size sw_dataset_size(const sw_dataset *dataset);
const sw_classes *sw_dataset_classes(const sw_dataset *dataset);

/* i in 0..count-1, in the order of the split file. Borrowed from the data set. */
const char *sw_dataset_name(const sw_dataset *dataset, int i);
const uint8_t *sw_dataset_image(const sw_dataset *dataset, int i);  /* (H,W,3) */
const uint8_t *sw_dataset_labels(const sw_dataset *dataset, int i); /* (H,W) class numbers */

/* The number of the image of that name, or -1. */
int sw_dataset_find(const sw_dataset *dataset, const char *name);

/* Returns the share of class c in the pixels of all usable images at that size. */
double sw_dataset_class_fraction(const sw_dataset *dataset, int c);

/* Computes class weights by median-frequency balancing: class c gets median(f) / f_c, where f_c is its share
 * in the pixels of the images that contain it. A class that never occurs gets weight 0 and stays out of the
 * median. */
void sw_dataset_median_frequency(const sw_dataset *dataset, float weights[SW_MAX_CLASSES]);

/* 32 hexadecimal digits: XXH3 (128 bits) over size, names and decoded bytes in order; the same for every
 * thread count. */
const char *sw_dataset_fingerprint(const sw_dataset *dataset);

#endif
