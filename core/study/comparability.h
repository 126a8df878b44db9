/* Decides in what a run may be compared with another. Compare and report both use it. */
#ifndef STUDY_COMPARABILITY_H
#define STUDY_COMPARABILITY_H

#include <stdbool.h>

#include "run/reader.h"

/* How a run differs from the first one; with one of NOT_COMPARABLE its metrics can't be compared. */
enum {
    ODD_SIZE = 1,      /* images of another size */
    ODD_VAL = 2,       /* other validation images */
    ODD_CLASSES = 4,   /* other classes are evaluated */
    ODD_TRAIN = 8,     /* other training images */
    ODD_RESIZE = 16,   /* images were resized another way */
    ODD_LOSS = 32,     /* losses are of another kind */
    ODD_DEVICE = 64,   /* times are of another device */
    ODD_PROGRAM = 128, /* another revision of segwork */
    ODD_LENGTH = 256,  /* another number of epochs */
    NOT_COMPARABLE = ODD_SIZE | ODD_VAL | ODD_CLASSES
};

/* What is compared: a run, or an experiment that has not been run. All borrowed. */
typedef struct judged {
    bool is_run;
    const sw_run_facts *facts; /* zeroed for an experiment */
    const sw_config_values *values;
    const sw_experiment *x;
    int epochs;
} judged;

judged judge_run(const sw_run_reader *run);

/* Whether a key is a label only, or changes roundings only: a name, and the engines of convolutions. */
bool judge_is_label(const char *key);

/* Tells how `other` differs from `first`: ODD_... */
unsigned judge_oddities(const judged *first, const judged *other);

/* Whether two runs may share a column: they differ in the seed only. */
bool judge_same_but_seed(const judged *a, const judged *b);

/* A sentence about runs that differ, around the name of the first run. */
typedef struct note {
    const char *kind;           /* "validation_data" */
    bool forbids;               /* metrics can't be compared */
    unsigned flag;              /* the one of ODD_... it is about */
    const char *before, *after; /* "validated on other images than ", ": metrics are not comparable" */
} note;

enum { JUDGE_NOTES = 9 };

extern const note judge_notes[JUDGE_NOTES];

#endif
