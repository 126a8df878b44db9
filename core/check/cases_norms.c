/* Norms that look at one image: over groups of channels, and across the channels of a pixel. */
#include "cases.h"

#define GROUP(size_, n, h, w, c, groups_, relu_, fill_)                                                      \
    OP(size_, group_norm, (&(const sw_group_norm_attrs){groups_, 1e-5f, relu_}), n, h, w, c, fill_, false)
#define RESPONSE(size_, n, h, w, c, window_, alpha_, beta_, k_, fill_)                                       \
    OP(size_, local_response_norm, (&(const sw_local_response_norm_attrs){window_, alpha_, beta_, k_}), n,   \
       h, w, c, fill_, false)

static const sw_check_case cases[] = {
    GROUP(TINY, 2, 3, 2, 6, 3, true, UNIFORM),
    GROUP(TINY, 1, 2, 2, 16, 4, false, UNIFORM),
    GROUP(TINY, 2, 2, 33, 2, 1, false, UNIFORM),   /* two chunks an image on GPUs */
    GROUP(QUICK, 1, 1, 1, 16, 16, false, UNIFORM), /* groups of one value: a variance of 0 */
    GROUP(QUICK, 1, 1, 1, 16, 1, false, UNIFORM),
    GROUP(QUICK, 2, 7, 7, 3, 1, false, UNIFORM),
    GROUP(QUICK, 3, 31, 33, 17, 17, true, UNIFORM),
    GROUP(QUICK, 3, 31, 33, 17, 1, false, UNIFORM),
    GROUP(QUICK, 2, 33, 7, 64, 32, true, UNIFORM),
    GROUP(QUICK, 2, 33, 7, 64, 32, true, TIES),
    GROUP(QUICK, 2, 33, 7, 64, 8, false, UNIFORM),
    GROUP(QUICK, 2, 9, 31, 24, 8, true, UNIFORM), /* groups that lie across vectors */
    GROUP(QUICK, 3, 7, 33, 20, 4, false, UNIFORM),
    GROUP(QUICK, 2, 31, 9, 6, 2, true, UNIFORM),
    GROUP(QUICK, 1, 7, 7, 16, 4, true, SHIFTED), /* E[x^2] - E[x]^2 has no digits left */
    GROUP(QUICK, 2, 33, 33, 16, 2, false, SHIFTED),
    GROUP(QUICK, 3, 41, 43, 20, 5, true, SHIFTED),
    GROUP(FULL, 2, 128, 128, 64, 32, true, UNIFORM),
    GROUP(FULL, 2, 16, 16, 512, 32, true, UNIFORM),
    GROUP(FULL, 2, 16, 16, 512, 1, true, SHIFTED),
    GROUP(FULL, 1, 257, 257, 2, 1, false, UNIFORM), /* on GPUs chunks of more than 64 pixels */

    RESPONSE(TINY, 1, 2, 3, 3, 5, 1e-4f, 0.75f, 1, UNIFORM),
    RESPONSE(TINY, 1, 2, 2, 16, 4, 1, 0.5f, 2, UNIFORM),
    RESPONSE(QUICK, 1, 1, 1, 1, 5, 1, 0.75f, 1, UNIFORM),
    RESPONSE(QUICK, 2, 7, 31, 3, 5, 1e-4f, 0.75f, 1, UNIFORM),
    RESPONSE(QUICK, 2, 7, 31, 17, 5, 1, 0.75f, 1, UNIFORM),
    RESPONSE(QUICK, 3, 9, 7, 16, 1, 0.5f, 1, 1, UNIFORM),
    RESPONSE(QUICK, 3, 9, 7, 16, 2, 0.5f, 0.75f, 0.1f, UNIFORM), /* even: one more channel below */
    RESPONSE(QUICK, 2, 33, 7, 64, 6, 2, 0.75f, 2, UNIFORM),
    RESPONSE(QUICK, 2, 5, 6, 3, 9, 1, 0.75f, 1, UNIFORM), /* wider than the channels */
    RESPONSE(QUICK, 2, 31, 33, 3, 5, 1e-4f, 0.75f, 1, LARGE),
    RESPONSE(QUICK, 2, 5, 6, 24, 5, 0, 0.75f, 2, UNIFORM),
    RESPONSE(FULL, 2, 128, 128, 64, 5, 1e-4f, 0.75f, 1, UNIFORM),
};

const sw_check_cases sw_cases_norms = CASE_LIST(cases);
