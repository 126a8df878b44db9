/* Which files a prediction would replace. */
#ifndef APPLY_PREDICT_OUTPUTS_H
#define APPLY_PREDICT_OUTPUTS_H

#include "data/config.h"
#include "predict_inputs.h"

typedef struct sw_predict_writing {
    unsigned files;               /* set of sw_predict_file */
    const char *shares;           /* CSV; NULL: none */
    const sw_data_config *data;   /* of the run */
    const char *const *also_read; /* weights and experiment; ended by NULL */
} sw_predict_writing;

/* SW_E_USAGE, before anything is written, where two results would go to one file, or where one would replace
 * a file that is read, a picture, mask or list of the run's data, or a file that a run wrote, under whatever
 * name or link. */
sw_status sw_predict_outputs_check(const sw_predict_inputs *inputs,
                                   const sw_predict_writing *writing) SW_NODISCARD;

#endif
