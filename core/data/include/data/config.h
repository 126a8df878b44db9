/* The configuration of data and augmentation. Plain values, filled from YAML by config/schema. */
#ifndef DATA_CONFIG_H
#define DATA_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/classes.h"
#include "base/size.h"
#include "image/fit.h"

typedef enum sw_bad_file { SW_BAD_FILE_SKIP, SW_BAD_FILE_FAIL } sw_bad_file; /* skip, fail */

typedef enum sw_split { SW_SPLIT_TRAIN, SW_SPLIT_VAL, SW_SPLIT_TEST, SW_SPLITS } sw_split;

/* "train", "val" or "test". */
static inline const char *sw_data_split_name(sw_split split)
{
    static const char *const names[SW_SPLITS] = {"train", "val", "test"};
    return names[split];
}

/* How the files of a data set lie in its folder; data/layout*.c */
typedef enum sw_layout_kind {
    SW_LAYOUT_PETS,    /* oxford_iiit_pet */
    SW_LAYOUT_FOLDERS, /* folders: a folder of pictures and one of masks a split, paired by name */
    SW_LAYOUT_LISTS,   /* lists: a text file a split */
    SW_LAYOUT_VOC,     /* voc: JPEGImages, SegmentationClass, ImageSets/Segmentation */
} sw_layout_kind;

/* What the pixels of a mask file say. */
typedef enum sw_mask_kind {
    SW_MASKS_AUTO, /* auto: colour where the classes are given by colours; else grey levels, or the numbers of
                    * a palette */
    SW_MASKS_INDEX,   /* index: grey levels */
    SW_MASKS_PALETTE, /* palette: numbers of the file's palette */
    SW_MASKS_COLOUR,  /* colour: RGB */
} sw_mask_kind;

/* A value of the masks: a number 0..255, or SW_MASK_IS_COLOUR | 0xRRGGBB. */
enum { SW_MASK_IS_COLOUR = 1 << 24 };

typedef struct sw_mask_value {
    unsigned code;
    int label; /* number of the class; SW_NO_CLASS: ignored */
} sw_mask_value;

/* data.classes: the classes and what means them in a mask. Values are in the order of the classes; the first
 * of a class is the one that predictions are written with. */
typedef struct sw_class_list {
    sw_classes classes;
    sw_mask_value *values;
    int value_count;
} sw_class_list;

/* data.ignore: values of pixels that count for nothing. */
typedef struct sw_ignore_list {
    unsigned *codes;
    int count;
} sw_ignore_list;

typedef struct sw_split_folders {
    const char *images, *masks; /* relative to the root; "": not given */
} sw_split_folders;

/* Colours c (0..1) become (c - mean) / std, a channel each; std 0: they stay. */
typedef struct sw_normalize {
    float mean[3], std[3];
} sw_normalize;

typedef struct sw_data_config {
    sw_layout_kind layout;
    const char *root;
    sw_split_folders folders[SW_SPLITS]; /* train, val, test; layouts folders and lists */
    const char *split[SW_SPLITS];        /* train_split, val_split, test_split: name of a list; "": none */
    float val_share;                     /* of the training images that validate where val is not given */
    int holdout;             /* every so many-th training name validates instead of val_split; 0: none */
    int limit[SW_SPLITS];    /* a sample of so many images; 0: all */
    int limit_seed;          /* of the samples */
    const char *mask_suffix; /* a mask is called as its picture, with this behind the name; "": see layout */
    sw_mask_kind masks;
    const sw_class_list *classes; /* NULL: those of the layout */
    const sw_ignore_list *ignore; /* NULL: none */
    sw_size size;                 /* of the images that the network sees */
    sw_fit_kind fit;
    sw_resize_kind resize;
    sw_normalize normalize; /* of what the network sees, after augmentation */
    sw_bad_file on_bad_file;
    int loader_threads;
    int prefetch; /* batches prepared ahead of the device */
    int cache_mb; /* memory for the images of each split; 0: a quarter of the machine's */
    int sharers;  /* processes of this machine that divide that quarter among them; below 1 counts as 1. No
                     key: whoever starts them sets it */
} sw_data_config;

typedef struct sw_range {
    float low, high;
} sw_range;

enum { SW_MAX_CUTOUT_COUNT = 8 };

/* torchvision's ColorJitter in the order brightness, contrast, saturation, hue; a factor is drawn uniformly
 * from [max(0, 1-x), 1+x] (hue: shift from [-x, x] of the colour circle). 0 switches a part off. */
typedef struct sw_augment_config {
    float hflip, vflip; /* probabilities */
    float brightness, contrast, saturation, hue;
    float crop;     /* sides of a cut-out: from 1 - crop to 1 of the image's; 0: off */
    sw_range scale; /* magnification of the picture, against how data.fit shows it; {1, 1} or {0, 0}: off */
    bool crop_to_size; /* ... against its own pixels */
    float rotation;    /* angle from [-x, x] degrees */
    float blur, noise; /* standard deviation from [0, x], in pixels and of colours 0..1 */
    float cutout;      /* greatest side of the erased rectangles, as a share of the image's */
    int cutout_count;  /* of them */
} sw_augment_config;

#endif
