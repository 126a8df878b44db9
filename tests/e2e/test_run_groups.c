/* Runs in which some parameters are frozen, or train at a rate of their own. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"
#include "weights/safetensors.h"

TestSuite(run_groups, .init = scratch_create, .fini = scratch_remove);

#define TINY "segwork run $SRC/tests/support/tiny.yaml "
/* everything but the decoder's last stage; clipping looks at all gradients, and averages at all weights */
#define FROZEN                                                                                               \
    "--set init.freeze='[dc*, uc2.*]' --set optimizer.clip_norm=0.5 --set optimizer.weight_decay=0.1 "

static float *read_tensor(const char *file, const char *name, size_t *bytes)
{
    sw_safetensors_reader *r;
    cr_assert_eq(sw_safetensors_reader_open(&r, scratch_path(file)), SW_OK, "%s", sw_error_message());
    const sw_safetensors_tensor *t = sw_safetensors_reader_find(r, name);
    cr_assert_not_null(t, "%s", name);
    float *values = malloc(t->bytes);
    cr_assert_eq(sw_safetensors_reader_read(r, t, values, t->bytes), SW_OK);
    *bytes = t->bytes;
    sw_safetensors_reader_destroy(r);
    return values;
}

static void expect_moved(const char *file_a, const char *file_b, const char *name, bool moved)
{
    size_t bytes_a, bytes_b;
    float *a = read_tensor(file_a, name, &bytes_a), *b = read_tensor(file_b, name, &bytes_b);
    cr_assert_eq(bytes_a, bytes_b);
    cr_expect_eq(memcmp(a, b, bytes_a) != 0, moved, "%s %s", name, moved ? "stayed" : "moved");
    free(a);
    free(b);
}

#define FIRST  "first/checkpoints/last.safetensors"
#define SECOND "second/checkpoints/last.safetensors"

Test(run_groups, frozen_parameters_keep_their_bits_and_their_norms_go_on_counting)
{
    static const char *const still[] = {"dc1.seq.0.weight", "dc1.seq.1.weight", "dc2.seq.1.bias",
                                        "uc2.seq.0.weight"};
    static const char *const moving[] = {"bn_input.weight", "uc1.seq.0.weight", "uc1.seq.4.bias",
                                         "dc1.seq.1.running_mean", "uc2.seq.1.running_var"};
    program_draw_pets(8, 4);
    program_expect(0, NULL, TINY "--out first --set train.epochs=1");
    program_expect(0, "init: 29 tensors taken", TINY FROZEN "--out second --set init.from=" FIRST);
    for (size_t i = 0; i < sizeof still / sizeof *still; i++) expect_moved(FIRST, SECOND, still[i], false);
    for (size_t i = 0; i < sizeof moving / sizeof *moving; i++) expect_moved(FIRST, SECOND, moving[i], true);
}

/* With what lies before them frozen too, nothing goes back through the frozen stages; the rest must not
 * notice. */
Test(run_groups, what_is_trained_moves_as_it_would_if_gradients_were_computed_for_all)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, TINY "--out first --set init.freeze='[bn_input.*, dc*, uc2.*]'");
    program_expect(0, NULL,
                   TINY "--out second --set optimizer.groups='[{match: [bn_input.*, dc*, uc2.*], lr: 0}]'");
    program_expect(0, NULL, "cmp " FIRST " " SECOND);
}

Test(run_groups, a_run_with_frozen_parameters_groups_and_averages_goes_on_with_the_same_bits)
{
#define ALL_OF_IT                                                                                            \
    "run $SRC/tests/support/tiny.yaml " FROZEN                                                               \
    "--set train.ema_decay=0.9 --set train.epochs=2 --set train.batch_size=1 --set grid.columns=4 "          \
    "--set optimizer.groups='[{match: 1d, decay: 0}, {match: uc1.seq.0.*, lr: 0.1}]' "
    program_draw_pets(24, 4);
    program_expect(0, NULL, "segwork " ALL_OF_IT "--out whole");
    pid_t pid = program_start(ALL_OF_IT "--out parts");
    program_wait_for_lines(pid, "parts/steps.jsonl", 7);
    kill(pid, SIGINT);
    cr_expect_eq(program_wait(pid), 130, "%s", program_output);
    program_expect(0, NULL, "segwork run --resume parts");
    expect_same_run("whole", "parts", 2);
}

Test(run_groups, a_pattern_that_names_nothing_is_refused_before_anything_is_made)
{
    program_draw_pets(8, 4);
    program_expect(2, "init.freeze: 'dc3.*' is the name of no parameter of the network; the nearest are dc",
                   TINY "--out run --set init.freeze=[dc3.*]");
    program_expect(2, "optimizer.groups.0.match: '*.biases' is the name of no parameter",
                   TINY "--out run --set optimizer.groups='[{match: \"*.biases\", decay: 0}]'");
    program_expect(2, "init.freeze: nothing is left to be trained",
                   TINY "--out run --set init.freeze='[\"*\"]'");
    program_expect(2, "optimizer.groups.0.match", TINY "--out run --set optimizer.groups='[{lr: 0.1}]'");
    cr_expect_not(file_exists("run"));
}
