/* Experiments written on the spot, and what their loading says. */
#ifndef CONFIG_CASE_H
#define CONFIG_CASE_H

#include "config/experiment.h"

/* The smallest valid model, three lines long, for experiments to start with; what follows begins at line 4.
 */
#define SMALL_MODEL                                                                                          \
    "model:\n"                                                                                               \
    "  encoder: [{convs: 1, width: 4}, {convs: 1, width: 8}]\n"                                              \
    "  decoder: [{unpool_from: 2, convs: 1, width: 4}, {unpool_from: 1, convs: 2, width: 0}]\n"

/* Writes `text` as exp.yaml into the test's scratch folder and loads it; it must be valid. `sets` are ended
 * by a NULL: LOADED(text, "a.b=1", "c=2"). The caller destroys it. */
sw_experiment *config_loaded(const char *text, const char *const *sets);
#define LOADED(...) config_loaded_list((const char *const[]){__VA_ARGS__, NULL})
sw_experiment *config_loaded_list(const char *const *text_and_sets);

/* Loads it and expects SW_E_CONFIG with a message in which `place` (such as "exp.yaml:4:9: ", looked for with
 * the scratch folder cut away) is followed at once by `words`. */
void config_expect_problem(const char *text, const char *const *sets, const char *place, const char *words);

#endif
