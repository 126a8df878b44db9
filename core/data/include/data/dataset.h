/* A split of a data set. All of it is decoded, checked and counted when it is opened; as many images as
 * data.cache_mb allows stay in memory, the others are read again whenever they are asked for. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "base/classes.h"
#include "base/status.h"
#include "data/config.h"
#include "data/description.h"

typedef struct sw_dataset sw_dataset;

/* Reads and decodes a split. What `data` points to (texts, classes) must outlive the set. A bad file
 * (missing, undecodable, mask of another size or with a value of no class, a link leading out) is skipped, or
 * fails the whole, as configured. Skipped and converted files are logged with path and reason, in the order
 * of the list whatever the thread count; of many with one reason some, and the number of the others.
 * SW_E_CONFIG: the root or the list is missing (the message says how to get data). SW_E_DATA: a malformed
 * line (file:line), a bad file when they fail, or nothing usable left. SW_E_MEMORY: the pictures would not
 * fit the machine. */
sw_status sw_dataset_open(sw_dataset **out, const sw_data_config *data, sw_split split) SW_NODISCARD;
void sw_dataset_destroy(sw_dataset *dataset);

int sw_dataset_count(const sw_dataset *dataset);   /* usable images, at least 1 */
int sw_dataset_skipped(const sw_dataset *dataset); /* listed (within the limit) but bad */
sw_size sw_dataset_size(const sw_dataset *dataset);
const sw_normalize *sw_dataset_normalize(const sw_dataset *dataset); /* of what the network sees */
const sw_classes *sw_dataset_classes(const sw_dataset *dataset);

/* i in 0..count-1, in the order of the list. Borrowed from the data set. */
const char *sw_dataset_name(const sw_dataset *dataset, int i);
const char *sw_dataset_image_path(const sw_dataset *dataset, int i);

/* Copies an image (H,W,3) and its labels (H,W), class numbers or SW_NO_CLASS; either may be NULL. SW_E_IO,
 * SW_E_DATA: an image that is not in memory has changed since the set was opened. */
sw_status sw_dataset_read(uint8_t *image, uint8_t *labels, const sw_dataset *dataset, int i) SW_NODISCARD;

/* Drops the images at the set's size, so that there is room for pictures at full resolution: for sets whose
 * loader augments these (sw_augment_needs_pictures). */
void sw_dataset_prefer_pictures(sw_dataset *dataset);

/* The number of the image of that name, or -1. */
int sw_dataset_find(const sw_dataset *dataset, const char *name);

/* Returns the share of class c in the pixels of all usable images at the set's size, without ignored ones. */
double sw_dataset_class_fraction(const sw_dataset *dataset, int c);

/* Computes class weights by median-frequency balancing: class c gets median(f) / f_c, where f_c is its share
 * in the pixels, without ignored ones, of the images that contain it. A class that never occurs gets weight 0
 * and stays out of the median. */
void sw_dataset_median_frequency(const sw_dataset *dataset, float weights[SW_MAX_CLASSES]);

/* 32 hexadecimal digits: XXH3 (128 bits) over size, names and decoded bytes in order; the same for every
 * thread count. */
const char *sw_dataset_fingerprint(const sw_dataset *dataset);

#endif
