/* The losses. */
#include "cases.h"

/* Of as many classes as there may be, of four sizes by turns */
#define WEIGHTS_4  0.5f, 2.0f, 1.25f, 0.75f
#define WEIGHTS_16 WEIGHTS_4, WEIGHTS_4, WEIGHTS_4, WEIGHTS_4
#define WEIGHTS_64 WEIGHTS_16, WEIGHTS_16, WEIGHTS_16, WEIGHTS_16
#define WEIGHTS                                                                                              \
    {                                                                                                        \
        WEIGHTS_64, WEIGHTS_64, WEIGHTS_64, WEIGHTS_16, WEIGHTS_16, WEIGHTS_16, WEIGHTS_4, WEIGHTS_4,        \
            WEIGHTS_4, 0.5f, 2.0f, 1.25f                                                                     \
    }
#define ENTROPY(size_, n, h, w, c, weighted_, ignore_, fill_)                                                \
    OP(size_, cross_entropy,                                                                                 \
       (&(const sw_loss_attrs){                                                                              \
           .ignore_index = ignore_, .class_weight_count = (weighted_) ? (c) : 0, .class_weights = WEIGHTS}), \
       n, h, w, c, fill_, false)
#define FOCAL(size_, n, h, w, c, gamma_, weighted_, ignore_, fill_)                                          \
    OP(size_, focal,                                                                                         \
       (&(const sw_loss_attrs){.gamma = gamma_,                                                              \
                               .ignore_index = ignore_,                                                      \
                               .class_weight_count = (weighted_) ? (c) : 0,                                  \
                               .class_weights = WEIGHTS}),                                                   \
       n, h, w, c, fill_, false)
#define SMOOTHED(size_, n, h, w, c, smoothing_, weighted_, ignore_, fill_)                                   \
    OP(size_, cross_entropy,                                                                                 \
       (&(const sw_loss_attrs){.label_smoothing = smoothing_,                                                \
                               .ignore_index = ignore_,                                                      \
                               .class_weight_count = (weighted_) ? (c) : 0,                                  \
                               .class_weights = WEIGHTS}),                                                   \
       n, h, w, c, fill_, false)
#define DICE(size_, n, h, w, c, smooth_, weighted_, ignore_, fill_)                                          \
    OP(size_, dice,                                                                                          \
       (&(const sw_loss_attrs){.smooth = smooth_,                                                            \
                               .ignore_index = ignore_,                                                      \
                               .class_weight_count = (weighted_) ? (c) : 0,                                  \
                               .class_weights = WEIGHTS}),                                                   \
       n, h, w, c, fill_, false)
#define TVERSKY(size_, n, h, w, c, alpha_, beta_, smooth_, weighted_, ignore_, fill_)                        \
    OP(size_, tversky,                                                                                       \
       (&(const sw_loss_attrs){.alpha = alpha_,                                                              \
                               .beta = beta_,                                                                \
                               .smooth = smooth_,                                                            \
                               .ignore_index = ignore_,                                                      \
                               .class_weight_count = (weighted_) ? (c) : 0,                                  \
                               .class_weights = WEIGHTS}),                                                   \
       n, h, w, c, fill_, false)

#define BOUNDARY(size_, n, h, w, c, w0_, sigma_, weighted_, ignore_, fill_)                                  \
    OP(size_, boundary,                                                                                      \
       (&(const sw_loss_attrs){.w0 = w0_,                                                                    \
                               .sigma = sigma_,                                                              \
                               .ignore_index = ignore_,                                                      \
                               .class_weight_count = (weighted_) ? (c) : 0,                                  \
                               .class_weights = WEIGHTS}),                                                   \
       n, h, w, c, fill_, false)
#define OHEM(size_, n, h, w, c, share_, threshold_, weighted_, ignore_, fill_)                               \
    OP(size_, ohem,                                                                                          \
       (&(const sw_loss_attrs){.share = share_,                                                              \
                               .threshold = threshold_,                                                      \
                               .ignore_index = ignore_,                                                      \
                               .class_weight_count = (weighted_) ? (c) : 0,                                  \
                               .class_weights = WEIGHTS}),                                                   \
       n, h, w, c, fill_, false)

#define LOVASZ(size_, n, h, w, c, weighted_, ignore_, fill_)                                                 \
    OP(size_, lovasz,                                                                                        \
       (&(const sw_loss_attrs){                                                                              \
           .ignore_index = ignore_, .class_weight_count = (weighted_) ? (c) : 0, .class_weights = WEIGHTS}), \
       n, h, w, c, fill_, false)

static const sw_check_case cases[] = {
    ENTROPY(TINY, 1, 2, 2, 3, false, -1, UNIFORM),
    ENTROPY(QUICK, 1, 1, 1, 2, false, -1, UNIFORM),
    ENTROPY(QUICK, 2, 7, 31, 3, false, -1, UNIFORM),
    ENTROPY(QUICK, 3, 33, 31, 3, true, 1, UNIFORM),
    ENTROPY(QUICK, 2, 16, 32, 3, false, -1, LARGE),
    ENTROPY(QUICK, 2, 7, 33, 3, true, -1, TIES),
    ENTROPY(QUICK, 2, 7, 7, 11, true, 255, UNIFORM),
    ENTROPY(QUICK, 2, 7, 7, 17, false, -1, UNIFORM),
    ENTROPY(QUICK, 1, 31, 33, 3, false, 2, NANS), /* logits of ignored pixels may be anything */
    ENTROPY(QUICK, 1, 1, 3, 32, false, -1, NANS), /* no pixel counts */
    ENTROPY(TINY, 1, 2, 2, 17, true, 3, UNIFORM), /* many classes, from here on */
    ENTROPY(QUICK, 2, 7, 33, 33, true, 3, UNIFORM),
    ENTROPY(QUICK, 2, 16, 32, 33, false, -1, LARGE),
    ENTROPY(QUICK, 1, 31, 33, 33, true, 32, NANS),
    ENTROPY(QUICK, 2, 16, 8, 150, true, 255, UNIFORM),
    ENTROPY(QUICK, 2, 13, 16, 255, true, 254, UNIFORM),
    ENTROPY(QUICK, 1, 7, 31, 255, false, -1, TIES),
    ENTROPY(FULL, 2, 128, 128, 3, true, -1, UNIFORM),
    SMOOTHED(TINY, 1, 2, 2, 3, 0.1f, false, -1, UNIFORM),
    SMOOTHED(QUICK, 2, 7, 31, 3, 0.1f, true, 1, UNIFORM),
    SMOOTHED(QUICK, 2, 16, 32, 3, 0.2f, false, -1, LARGE),
    SMOOTHED(QUICK, 1, 31, 33, 3, 0.1f, false, 2, NANS),
    SMOOTHED(TINY, 1, 2, 2, 17, 0.1f, true, 3, UNIFORM),
    SMOOTHED(QUICK, 2, 7, 33, 33, 1, false, 255, TIES),
    SMOOTHED(QUICK, 2, 13, 16, 255, 0.3f, true, 254, UNIFORM),

    FOCAL(TINY, 1, 2, 2, 3, 2, false, -1, UNIFORM),
    FOCAL(QUICK, 2, 7, 31, 3, 2, false, -1, UNIFORM),
    FOCAL(QUICK, 3, 33, 31, 3, 2, true, 1, UNIFORM),
    FOCAL(QUICK, 2, 16, 32, 3, 2, false, -1, LARGE),
    FOCAL(QUICK, 2, 16, 32, 3, 0.5f, false, -1,
          LARGE), /* the slope's factor q^(gamma-1) grows without bound */
    FOCAL(QUICK, 2, 7, 7, 11, 2, true, 255, UNIFORM),
    FOCAL(QUICK, 2, 7, 7, 17, 0.5f, false, -1, UNIFORM),
    FOCAL(QUICK, 2, 7, 33, 3, 0, true, -1, UNIFORM),
    FOCAL(QUICK, 2, 7, 33, 3, 1, true, 0, TIES),
    FOCAL(QUICK, 2, 7, 33, 3, 5, false, -1, UNIFORM),
    FOCAL(QUICK, 1, 31, 33, 3, 2, false, 2, NANS),
    FOCAL(TINY, 1, 2, 2, 17, 2, true, 3, UNIFORM), /* many classes, from here on */
    FOCAL(QUICK, 2, 7, 33, 33, 2, true, 3, UNIFORM),
    FOCAL(QUICK, 2, 16, 32, 33, 0.5f, false, -1, LARGE),
    FOCAL(QUICK, 1, 31, 33, 33, 2, true, 32, NANS),
    FOCAL(QUICK, 2, 16, 8, 150, 2, true, 255, UNIFORM),
    FOCAL(QUICK, 2, 13, 16, 255, 2, true, 254, UNIFORM),
    FOCAL(QUICK, 1, 7, 31, 255, 1, false, -1, TIES),
    FOCAL(FULL, 2, 128, 128, 3, 2, true, -1, UNIFORM),

    DICE(TINY, 2, 2, 2, 3, 0, false, -1, UNIFORM),
    DICE(QUICK, 1, 1, 1, 2, 0, false, -1, UNIFORM),
    DICE(QUICK, 2, 7, 31, 3, 1, false, -1, UNIFORM),
    DICE(QUICK, 3, 33, 31, 3, 0, true, 1, UNIFORM),
    DICE(QUICK, 2, 16, 32, 3, 0, false, -1, LARGE),
    DICE(QUICK, 2, 7, 33, 3, 0, true, -1, TIES),
    DICE(QUICK, 2, 2, 3, 11, 1, true, 255, UNIFORM), /* classes that are not true in an image */
    DICE(QUICK, 1, 31, 33, 3, 0, false, 2, NANS),
    DICE(QUICK, 2, 1, 3, 32, 0, false, -1, NANS), /* hardly a pixel counts */
    DICE(QUICK, 2, 7, 33, 33, 1, true, 3, UNIFORM),
    DICE(QUICK, 2, 13, 16, 255, 0, true, 254, UNIFORM),
    DICE(FULL, 2, 128, 128, 3, 0, true, -1, UNIFORM),

    TVERSKY(TINY, 2, 2, 2, 3, 0.3f, 0.7f, 0, false, -1, UNIFORM),
    TVERSKY(QUICK, 3, 33, 31, 3, 0.3f, 0.7f, 1, true, 1, UNIFORM),
    TVERSKY(QUICK, 2, 16, 32, 3, 0.3f, 0.7f, 0, false, -1, LARGE),
    TVERSKY(QUICK, 2, 7, 31, 3, 0, 1, 0, false, -1, UNIFORM),
    TVERSKY(QUICK, 2, 7, 33, 17, 2, 0.5f, 0, true, 255, TIES),
    TVERSKY(QUICK, 1, 31, 33, 3, 0.3f, 0.7f, 0, false, 2, NANS),
    TVERSKY(FULL, 2, 128, 128, 21, 0.3f, 0.7f, 0, true, 20, UNIFORM),

    BOUNDARY(TINY, 1, 3, 2, 3, 10, 1, false, -1, UNIFORM),
    BOUNDARY(QUICK, 1, 1, 1, 2, 10, 5, false, -1, UNIFORM),
    BOUNDARY(QUICK, 2, 7, 31, 3, 10, 5, false, -1, UNIFORM),
    BOUNDARY(QUICK, 3, 33, 31, 3, 10, 2.5f, true, 1, UNIFORM),
    BOUNDARY(QUICK, 2, 16, 32, 3, 0, 1, true, -1, LARGE),
    BOUNDARY(QUICK, 2, 31, 33, 2, 3, 0.3f, false, 1, UNIFORM), /* one class alone: no border */
    BOUNDARY(QUICK, 1, 31, 33, 3, 10, 5, false, 2, NANS),
    BOUNDARY(QUICK, 1, 1, 3, 32, 10, 5, false, -1, NANS), /* hardly a pixel counts */
    BOUNDARY(QUICK, 2, 13, 16, 33, 5, 80, true, 255, TIES),
    BOUNDARY(FULL, 2, 128, 128, 3, 10, 5, true, -1, UNIFORM),

    OHEM(TINY, 1, 3, 2, 3, 0.25f, 0, false, -1, UNIFORM),
    OHEM(QUICK, 1, 1, 1, 2, 0.25f, 0, false, -1, UNIFORM),
    OHEM(QUICK, 2, 7, 31, 3, 0.25f, 0, false, -1, UNIFORM),
    OHEM(QUICK, 3, 33, 31, 3, 0.1f, 0.3f, true, 1, UNIFORM),
    OHEM(QUICK, 2, 16, 32, 3, 0.25f, 0.7f, true, -1, LARGE),
    OHEM(QUICK, 2, 7, 31, 3, 1, 0, true, -1, TIES), /* all of them: cross-entropy */
    OHEM(QUICK, 1, 31, 33, 3, 0.5f, 0, false, 2, NANS),
    OHEM(QUICK, 1, 1, 3, 32, 0.25f, 0, false, -1, NANS), /* hardly a pixel counts */
    OHEM(QUICK, 2, 13, 16, 33, 0.01f, 0.02f, true, 255, UNIFORM),
    OHEM(FULL, 2, 128, 128, 3, 0.25f, 0, true, -1, UNIFORM),

    LOVASZ(TINY, 1, 3, 2, 3, false, -1, UNIFORM),
    LOVASZ(QUICK, 1, 1, 1, 2, false, -1, UNIFORM),
    LOVASZ(QUICK, 2, 7, 31, 3, false, -1, UNIFORM),
    LOVASZ(QUICK, 3, 33, 31, 3, true, 1, UNIFORM),
    LOVASZ(QUICK, 2, 16, 32, 3, false, -1, LARGE),
    LOVASZ(QUICK, 2, 7, 33, 3, true, -1, TIES),
    LOVASZ(QUICK, 1, 31, 33, 3, false, 2, NANS),
    LOVASZ(QUICK, 2, 1, 3, 32, false, -1, NANS),     /* hardly a pixel counts */
    LOVASZ(QUICK, 1, 70, 80, 2, true, 255, UNIFORM), /* several tiles */
    LOVASZ(QUICK, 2, 13, 16, 33, true, 3, UNIFORM),
    LOVASZ(FULL, 2, 128, 128, 3, true, -1, UNIFORM),
};

const sw_check_cases sw_cases_losses = CASE_LIST(cases);
