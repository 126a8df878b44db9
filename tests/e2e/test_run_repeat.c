/* The same seed gives the same bits. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(run_repeat, .init = scratch_create, .fini = scratch_remove);

static void run(const char *name, const char *sets)
{
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out %s %s", name, sets);
}

Test(run_repeat, two_runs_are_equal_to_the_last_bit_whatever_the_thread_count)
{
    program_draw_pets(14, 6); /* the last batch is a smaller one */
    run("a", "");
    run("b", "");
    expect_same_run("a", "b", 3);
    run("c", "--set data.loader_threads=5 --set data.prefetch=7");
    expect_same_file("a/checkpoints/last.safetensors", "c/checkpoints/last.safetensors");
    expect_same_file("a/steps.jsonl", "c/steps.jsonl");
    expect_same_metrics("a", "c");
}

/* With debug_buffers every node works by itself, in evaluation too. */
Test(run_repeat, nodes_that_do_the_work_of_others_change_no_bit)
{
    program_draw_pets(14, 6);
    run("together", "");
    run("apart", "--set runtime.debug_buffers=true");
    expect_same_file("together/checkpoints/last.safetensors", "apart/checkpoints/last.safetensors");
    expect_same_file("together/steps.jsonl", "apart/steps.jsonl");
    expect_same_metrics("together", "apart");
}

Test(run_repeat, another_seed_is_another_run)
{
    program_draw_pets(14, 6);
    run("a", "--set train.epochs=1");
    run("b", "--set train.epochs=1 --set seed=8");
    char *a = file_text("a/steps.jsonl", NULL), *b = file_text("b/steps.jsonl", NULL);
    cr_expect_str_neq(a, b);
    free(a);
    free(b);
}

Test(run_repeat, the_resolved_config_repeats_the_run)
{
    program_draw_pets(6, 4);
    run("a", "--set train.epochs=1 --set loss.kind=focal --set optimizer.lr=0.004");
    program_expect(0, NULL, "segwork run a/config.yaml --out b");
    expect_same_run("a", "b", 1);
}
