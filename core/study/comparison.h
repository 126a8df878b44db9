/* What a comparison (study/compare.h) knows once it is open: runs, the columns they share, and their figures.
 * compare.c opens it; compare_sheets.c and compare_data.c write it. */
#ifndef STUDY_COMPARISON_H
#define STUDY_COMPARISON_H

#include "base/arena.h"
#include "base/str.h"
#include "comparability.h"

enum { MAX_CONTENDERS = 1000 };

enum { PARAMETERS, MACS, MEMORY, EPOCH_SECONDS, SECONDS, RATE, COSTS };

/* A run, or an experiment that has not been run. */
typedef struct contender {
    char label[32]; /* "A", or "A2" where the column has several */
    char *path;
    sw_run_reader run;      /* zeroed for an experiment */
    bool borrowed;          /* the run is closed by somebody else */
    sw_experiment *planned; /* NULL for a run */
    sw_config_values plan;  /* of an experiment */
    judged judged;          /* of either */
    const sw_epoch_record *rows;
    int *places;         /* of the comparison's metrics in the rows; -1: none */
    int best;            /* the best epoch, from 1; 0: none */
    double costs[COSTS]; /* NaN: unknown */
    size_t column;
    unsigned odd; /* how it differs from the first: ODD_... */
} contender;

/* Runs that differ in their seed only. */
typedef struct run_column {
    char label[8];
    size_t *members; /* indices of contenders */
    size_t count;
} run_column;

typedef struct sw_comparison {
    sw_arena arena; /* of paths, columns and places */
    contender *items;
    size_t count;
    run_column *columns;
    size_t column_count;
    sw_columns layout;             /* metrics in the order of the files */
    int rank;                      /* the metric that decides */
    int most_epochs;               /* of any run */
    unsigned odd;                  /* of all contenders together */
    const char *const *each_epoch; /* metrics shown epoch by epoch; see sw_compare_options */
    sw_config_keys differing;
} sw_comparison;

/* Compares runs that are open already and outlive it, by train.save_best of the first. Closed as any other
 * (sw_comparison_close). */
sw_status comparison_of_runs(sw_comparison **out, const sw_run_reader *const *runs,
                             size_t count) SW_NODISCARD;

/* ---- runs ---- */

const char *contender_state(const contender *of); /* "finished", "not run" */

/* The file and line or the option a value came from, or "default"; NULL where the key is absent. */
const char *contender_origin(const contender *of, const char *key);

/* The value of a key in a run, or "(absent)". */
const char *comparison_value(const sw_comparison *c, size_t run, const char *key);

/* Whether an earlier run has the same value. */
bool comparison_value_seen(const sw_comparison *c, size_t run, const char *key);

/* Appends the labels (comparison_labels) of the runs that have the value of this one. */
void comparison_label_value(sw_str *out, const sw_comparison *c, size_t run, const char *key);

/* Computes the costs that are known and finds the best epoch. SW_E_CONFIG: an experiment can't be built. */
sw_status contender_measure(contender *of, const sw_comparison *c) SW_NODISCARD;

/* Appends "A, C2": the columns of which every member is chosen, and single members of the others. */
void comparison_labels(sw_str *out, const sw_comparison *c, const bool *chosen);

/* ---- figures ---- */

/* A row is an epoch from 1, whose figures are the metrics, or one of these. */
enum { ROW_FINAL = -1, ROW_BEST = -2, ROW_COST = -3 /* its figures are the costs */ };

/* How many figures a row has, and the key of each. */
int comparison_figures(const sw_comparison *c, int row);
const char *comparison_key(const sw_comparison *c, int row, int figure);

/* The epoch of a row, or 0 where the run has none. */
int contender_epoch(const contender *of, int row);
double contender_figure(const contender *of, int row, int figure); /* NaN: none */

/* A figure of a column: the mean over its runs that have it. */
typedef struct mean_figure {
    double mean, sd; /* NaN: none; sd of a single one too */
    int count, of;   /* runs that have a value, and runs in all */
    bool comparable; /* with the first column's */
    bool best;       /* of the comparable ones, unless all are equal */
} mean_figure;

/* Computes a figure for every column. */
void comparison_row(mean_figure *out, const sw_comparison *c, int row, int figure);

/* Whether any column has the figure. */
bool comparison_has(const sw_comparison *c, int row, int figure);

/* Orders the columns from best to worst by the deciding metric at the best epoch. Those without a figure, or
 * not comparable with the first, come last in their own order. Returns how many have a rank. */
size_t comparison_ranking(size_t *order, const sw_comparison *c);

#endif
