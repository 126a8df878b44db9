/* The work on one picture that the device has no part in: it is read and scaled before, and its map is made
 * and written behind. Each function here is called by one thread, for different pictures by several. */
#ifndef APPLY_PREDICT_PICTURE_H
#define APPLY_PREDICT_PICTURE_H

#include "apply/predict.h"
#include "apply/view.h"
#include "base/crew.h"
#include "data/mask_values.h"
#include "predict_inputs.h"

/* What is the same for all pictures. */
typedef struct sw_predict_plan {
    const sw_predict_options *options;
    const sw_classes *classes; /* of the data set */
    int class_count;           /* of the network */
    unsigned files;            /* the set of what is written */
    sw_view_rule rule;
    sw_normalize normalize; /* of what the network sees */
    sw_mask_writing writing;
} sw_predict_plan;

typedef struct sw_predict_picture {
    const sw_predict_plan *plan;
    const sw_predict_input *input;
    sw_job read,
        finish;       /* sw_predict_picture_read; sw_predict_picture_write where there are several windows */
    bool ended;       /* there is no more to do but `finish` */
    sw_status status; /* of what failed first */
    char *message;    /* of that failure */
    sw_str notes;     /* of its reader */
    sw_size size;     /* of the picture, turned as its Exif says */
    sw_view view;
    sw_size map;          /* of the results */
    sw_image scaled;      /* until all of its windows are cut */
    uint8_t *labels;      /* the map: class numbers */
    float *probabilities; /* (classes, height, width) of the map; NULL: not wanted */
    float *uncertainty;   /* (height, width) of the map; NULL: no samples were taken */
    double *shares;       /* (classes) of the pixels of the map; NULL: not wanted, or not written yet */
} sw_predict_picture;

/* A window of a picture in the batch under way. */
typedef struct sw_predict_window {
    sw_predict_picture *picture;
    int number;
    float *logits;   /* (window height, window width, classes); become probabilities */
    float *mirrored; /* the logits of the same window mirrored; NULL: it was not */
    float *spread;   /* (window height, window width) of several samples; `logits` are then their mean
                        probabilities; NULL: one prediction */
    sw_job work;     /* sw_predict_window_finish */
    sw_status status;
    char *message;
} sw_predict_window;

/* Jobs (sw_job.run), which get the picture or the window. Read the file and scale the picture; turn a
 * window's logits into its part of the map, and write the picture's files where it is the only window; write
 * them. */
void sw_predict_picture_read(void *picture);
void sw_predict_window_finish(void *window);
void sw_predict_picture_write(void *picture);

/* Takes the failure of a window over, unless there was one before. */
void sw_predict_picture_take_failure(sw_predict_picture *picture, sw_predict_window *window);

void sw_predict_picture_deinit(sw_predict_picture *picture); /* accepts a zeroed one */

#endif
