/* segwork as a user meets it: a child process, started in the test's scratch folder (scratch.h). Sanitizer
 * reports in its output fail the test. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/status.h"

/* What the last finished command printed, both streams, in order. */
extern char program_output[1 << 18];

/* A program that has not ended after so many seconds is killed with all it started, and the test fails. 0: as
 * the environment says (SEGWORK_TEST_CHILD_S); else what is killed fails no test. */
extern double program_limit_s;

/* Runs a shell command line in which "segwork" stands for the program and $SRC for the sources' folder.
 * Returns its exit code, or 128 + the signal that ended it. */
int program_run(const char *fmt, ...) SW_PRINTF(1, 2);

/* program_run that also expects an exit code and, where it is not NULL, `words` in the output. */
void program_expect(int code, const char *words, const char *fmt, ...) SW_PRINTF(3, 4);

/* No line of program_output has more than 80 characters (not bytes). The program's own path, which it repeats
 * in commands it suggests, counts as "segwork": how long it is depends on the build folder. */
void program_expect_narrow(void);

/* program_run on a pseudo-terminal of 80 columns. */
int program_run_on_terminal(const char *fmt, ...) SW_PRINTF(1, 2);

/* In the background: one segwork command line without the word "segwork". program_wait is its end. */
pid_t program_start(const char *fmt, ...) SW_PRINTF(1, 2);
int program_wait(pid_t pid);

/* Waits until the file (in the scratch folder) has `lines` lines, or the process has ended; true: it has. */
bool program_wait_for_lines(pid_t pid, const char *name, int lines);

/* Starts a new run and sends it the signal once the file in its folder has so many lines. Starts it anew
 * where it was done before that, so that afterwards it is a run that was stopped. */
void program_stop_run(const char *run, const char *file, int lines, int signal_number, const char *arguments);

/* Draws the data set that tests/support/tiny.yaml names. */
void program_draw_pets(int train, int val);

/* A file of the scratch folder, whole; freed by the caller. */
char *file_text(const char *name, size_t *length);
bool file_exists(const char *name);
void expect_same_file(const char *a, const char *b);
/* All of metrics.jsonl but how long it took. */
void expect_same_metrics(const char *run_a, const char *run_b);
/* Weights, figures, steps and pictures of two runs of so many epochs, byte for byte. */
void expect_same_run(const char *run_a, const char *run_b, int epochs);

#endif
