/* The inside of a comparison (study/compare.h): compare.c opens it, compare_notes.c says what can't be
 * compared (a report asks it too), compare_figures.c computes, compare_sheets.c and compare_data.c write. */
#ifndef STUDY_COMPARISON_H
#define STUDY_COMPARISON_H

#include <stdbool.h>

#include "base/arena.h"
#include "page/sheet.h"
#include "run/reader.h"
#include "study/compare.h"

/* How a run stands to the first one; those of NOT_COMPARABLE forbid comparing its metrics. */
enum {
    ODD_SIZE = 1,      /* images of another size */
    ODD_VAL = 2,       /* other validation images */
    ODD_CLASSES = 4,   /* other classes count */
    ODD_TRAIN = 8,     /* other training images */
    ODD_RESIZE = 16,   /* images were resized another way */
    ODD_LOSS = 32,     /* losses are of another kind */
    ODD_DEVICE = 64,   /* times are of another device */
    ODD_PROGRAM = 128, /* another revision of segwork */
    ODD_LENGTH = 256,  /* another number of epochs */
    NOT_COMPARABLE = ODD_SIZE | ODD_VAL | ODD_CLASSES
};

enum { MAX_CONTENDERS = 1000 };

enum { PARAMETERS, MACS, MEMORY, EPOCH_SECONDS, SECONDS, RATE, COSTS };

/* A run, or an experiment that has not been run. */
typedef struct contender {
    char label[16]; /* "A", or "A2" where the column has several */
    char *path;
    bool is_run;
    sw_run_reader run;         /* zeroed for an experiment */
    sw_experiment *planned;    /* NULL for a run */
    sw_config_values plan;     /* of an experiment */
    const sw_experiment *x;    /* of either */
    const sw_config_values *v; /* of either */
    int epochs;                /* rows of figures */
    double *figures;           /* (epochs, metrics) */
    int best;                  /* row; -1: none */
    double costs[COSTS];       /* NaN: unknown */
    size_t column;
    unsigned odd;
} contender;

/* Runs that differ in their seed only. */
typedef struct column {
    char label[8];
    size_t *members; /* indices of contenders; owned */
    size_t count;
} column;

struct sw_comparison {
    contender *items;
    size_t count;
    column *columns;
    size_t column_count;
    sw_columns *layout; /* metrics in the order of the files */
    int rank;           /* the metric that decides */
    sw_compare_options options;
    sw_config_keys differing;
};

/* ---- compare_notes.c ---- */

typedef struct note {
    const char *kind; /* "validation_data" */
    bool forbids;     /* metrics can't be compared */
    unsigned flag;
    const char *before,
        *after; /* what is said, around the name of the first: "validated on other images than ",
                   ": metrics are not comparable" */
} note;

/* What decides how a run, or an experiment that has not been run, stands to another. All borrowed. */
typedef struct judged {
    bool is_run;
    const sw_run_facts *facts; /* zeroed for an experiment */
    const sw_config_values *values;
    const sw_experiment *x;
    int epochs;
} judged;

judged comparison_judged_run(const sw_run_reader *run);
/* How `other` stands to `first`: ODD_... */
unsigned comparison_oddities(const judged *first, const judged *other);

void comparison_judge(sw_comparison *c);
unsigned comparison_odd(const sw_comparison *c); /* of all contenders together */
/* The notes on what is odd; at most COMPARISON_NOTES. */
enum { COMPARISON_NOTES = 9 };
int comparison_notes(note notes[COMPARISON_NOTES], unsigned odd);

/* Whether two runs may share a column: the same but for the seed. */
bool comparison_same_but_seed(const contender *a, const contender *b);

/* ---- compare_figures.c ---- */

typedef struct figure {
    double mean, sd; /* NaN: none; sd of a single one too */
    int count, of;   /* values that are there, of so many runs */
} figure;

enum { ROW_FINAL = -1, ROW_BEST = -2 }; /* else an epoch, from 1 */

/* Takes costs, finds best epochs. */
sw_status comparison_measure(sw_comparison *c);
double contender_figure(const sw_comparison *c, const contender *of, int row, int metric);
figure column_figure(const sw_comparison *c, size_t col, int row, int metric);
figure column_cost(const sw_comparison *c, size_t col, int cost);
int cost_sense(int cost);
const char *cost_key(int cost);

/* Whether figures of the column may be held against the first one's. */
bool column_metric_comparable(const sw_comparison *c, size_t col, int metric);
bool column_cost_comparable(const sw_comparison *c, size_t col, int cost);

/* marks[i]: figures[i] is the best of those with allowed[i], and not all of them are. */
void mark_best(bool *marks, const figure *figures, const bool *allowed, size_t count, int sense);

/* Columns from best to worst by the metric at the best epoch; those without a figure or not comparable with
 * the first come last, in their order. Returns how many have a rank. */
size_t comparison_ranking(size_t *order, const sw_comparison *c);

/* ---- compare.c ---- */

/* "A, C2": columns of which all members are among those with chosen[i], and single members. */
void comparison_labels(sw_str *out, const sw_comparison *c, const bool *chosen);
int comparison_metric(const sw_comparison *c, const char *key); /* -1: there is none */

/* ---- compare_sheets.c, compare_data.c ---- */

sw_status comparison_sheet(sw_sheet *out, const sw_comparison *c);
sw_status comparison_json(sw_str *out, const sw_comparison *c);
void comparison_csv(sw_str *out, const sw_comparison *c);

#endif
