/* A model with all that one training step and its evaluation take, its weights those of the goldens' rule. */
#ifndef GOLDEN_STEP_H
#define GOLDEN_STEP_H

#include "exec/executor.h"
#include "nn/model.h"

typedef struct golden_step {
    sw_model model;
    sw_store store;
    sw_slabs slabs;
    sw_executor *trainer, *evaluator;
} golden_step;

/* Allocates everything for step->model, which is built, on the test's session. A failure fails the test. */
void golden_step_open(golden_step *step);
/* The model too. */
void golden_step_close(golden_step *step);

/* Uploads images (n,H,W,3) and labels of the graph's batch. */
void golden_step_feed(const golden_step *step, const sw_executor *executor, const float *images,
                      const uint8_t *labels);
/* Computes losses and gradients. */
void golden_step_train(const golden_step *step, int batch);
/* The first loss of the training. */
float golden_step_loss(const golden_step *step);

#endif
