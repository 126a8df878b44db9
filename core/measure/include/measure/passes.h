/* Rows of a profile: what each layer's passes cost, from the device's clock and the shapes. `segwork bench`
 * and `segwork run --profile` give the same rows. */
#ifndef MEASURE_PASSES_H
#define MEASURE_PASSES_H

#include "base/arena.h"
#include "base/str.h"
#include "cl/profile.h"
#include "nn/network.h"

enum { SW_PASS_MAX_ROUNDS = 3 };

/* One layer's pass, or what is no layer's: (input) upload, (optimiser) update, (loss) and (results) read. */
typedef struct sw_pass_row {
    const char *layer;
    char op[32];        /* as in sw_described_layer */
    char algorithm[16]; /* how it is computed, where the op has several ways ("winograd"); else "" */
    const char *pass;   /* "forward", "recompute", "backward", and of convolutions "backward-data" and
                           "backward-weights"; "infer" (forward as evaluation does it); "upload", "update",
                           "read",   "metrics" */
    bool infer;         /* of an evaluation step, else of a training step */
    int rounds;
    double ms[SW_PASS_MAX_ROUNDS]; /* of its kernels, a step */
    double best_ms, median_ms;     /* of the rounds */
    double launches;               /* kernels and transfers a step */
    double flop;                   /* 2 a multiply-add of the direct algorithm; 0 for what is all memory */
    double bytes;                  /* the least that must move: everything read and written once */
} sw_pass_row;

typedef struct sw_pass_list {
    sw_pass_row *rows;
    int count;
    sw_arena names;
} sw_pass_list;

void sw_pass_list_deinit(sw_pass_list *list); /* accepts a zeroed one */

/* Adds the rows of a round: what the device context's profile has gathered over `steps` steps of `images`
 * images in all, of the training executor or of the evaluator. Empties the profile. Rounds of one side follow
 * each other, 0 first. */
sw_status sw_pass_list_take(sw_pass_list *list, const sw_network *network, bool infer, int round, int steps,
                            double images) SW_NODISCARD;

/* Together, of a training or an evaluation step. */
double sw_pass_list_ms(const sw_pass_list *list, bool infer);

/* Appends tables of 80 columns: with `layers` a row a layer and pass, and always a row an op and pass. */
void sw_pass_list_print(sw_str *out, const sw_pass_list *list, double peak_gflops, bool layers);

struct cJSON;
/* Adds the arrays "layers" and "totals". */
sw_status sw_pass_list_json(struct cJSON *root, const sw_pass_list *list, double peak_gflops) SW_NODISCARD;

#endif
