/* runtime.storage: bfloat16 in a whole training. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(run_storage, .init = scratch_create, .fini = scratch_remove);

/* Wide enough that there is something to keep: values of 16 channels or more. */
#define WIDE                                                                                                 \
    "run $SRC/tests/support/tiny.yaml --set 'model.encoder=[{convs: 1, width: 16}, {convs: 2, width: 32}]' " \
    "--set 'model.decoder=[{unpool_from: 2, convs: 1, width: 16}, {unpool_from: 1, convs: 2, width: 0}]' "
#define HALF WIDE "--set runtime.storage=bfloat16 "

/* The MiB that describe says training's activations take. */
static double described(const char *storage)
{
    double mib = 0;
    program_expect(0, "activations",
                   "segwork describe $SRC/experiments/segnet_baseline.yaml --set runtime.storage=%s",
                   storage);
    const char *line = strstr(program_output, "\n  activations");
    cr_assert(line && sscanf(line, " activations %lf", &mib) == 1, "%s", program_output);
    return mib;
}

Test(run_storage, half_the_memory)
{
    const double all = described("float32"), half = described("bfloat16");
    cr_expect(half > 0.5 * all && half < 0.52 * all, "%g MiB instead of %g", half, all);
}

/* Looking at every value, each in its own buffer and nothing merged, changes nothing. */
Test(run_storage, the_same_bits_whatever_is_merged)
{
    program_draw_pets(26, 6);
    program_expect(0, NULL, "segwork " HALF "--out merged");
    program_expect(0, NULL, "segwork " HALF "--out apart --set runtime.check=true");
    program_expect(0, NULL, "segwork " HALF "--out buffers --set runtime.debug_buffers=true");
    program_expect(0, NULL, "segwork " WIDE "--out float32");
    program_expect(0, NULL,
                   "cmp merged/checkpoints/last.safetensors apart/checkpoints/last.safetensors && "
                   "cmp merged/checkpoints/last.safetensors buffers/checkpoints/last.safetensors");
    program_expect(1, NULL,
                   "cmp -s merged/checkpoints/last.safetensors float32/checkpoints/last.safetensors");
}

Test(run_storage, stopped_and_resumed_to_the_same_bits)
{
    program_draw_pets(26, 6);
    program_expect(0, NULL, "segwork " HALF "--out whole");
    program_expect(130, NULL, "segwork " HALF "--out stopped --set train.max_minutes=0.00001");
    program_expect(0, NULL, "segwork run --resume stopped --set train.max_minutes=0");
    program_expect(0, NULL, "cmp whole/checkpoints/last.safetensors stopped/checkpoints/last.safetensors");
}

/* A loss of NaN is explained as in float32: by the first result that holds a NaN or an infinity. */
Test(run_storage, a_loss_that_is_no_number_is_explained)
{
    program_draw_pets(26, 6);
    program_expect(
        1, "the loss is",
        "segwork " HALF
        "--out nan --set optimizer.kind=sgd --set optimizer.lr=100 --set optimizer.weight_decay=100 "
        "--set train.epochs=40 --set train.batch_size=2");
    cr_expect(strstr(program_output, "the first value that is not finite is in"), "%s", program_output);
}
