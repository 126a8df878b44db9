/* Runs that a newer version of segwork wrote: read with a warning, never written to. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(other_version, .init = scratch_create, .fini = scratch_remove);

/* The run `run`, and `newer`, which has keys, a column and members of the manifest that nobody knows yet. */
static void make_runs(const char *version)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --set train.epochs=2 --out run");
    program_expect(0, NULL,
                   "cp -r run newer && sed -i -e '/^train:/a\\  sharpness: 3' -e '$a future: {a: 1}' "
                   "newer/config.yaml && sed -i 's/\"epoch\":/\"zap\":0.5,&/' newer/metrics.jsonl && "
                   "sed -i -e 's/\"version\":\\t*\"[0-9.]*\",/\"version\": \"%s\", \"wings\": 2,/' "
                   "-e 's/\"config\":/\"another\":/' newer/manifest.json",
                   version);
}

static int count_of(const char *words)
{
    int count = 0;
    for (const char *at = program_output; (at = strstr(at, words)); at++) count++;
    return count;
}

Test(other_version, what_reads_a_newer_run_goes_on_and_says_so_in_one_line)
{
    static const char *const readers[] = {"compare run newer",
                                          "report newer --out report.html",
                                          "plot newer --metrics miou --out plot.png",
                                          "eval --checkpoint newer",
                                          "eval --checkpoint newer/checkpoints/last.safetensors",
                                          "predict --checkpoint newer pets/images --out masks",
                                          "export newer --out newer.onnx"};
    make_runs("9.0.0");
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        program_expect(0, "was written by a newer segwork, 9.0.0: this segwork, ", "segwork %s", readers[i]);
        cr_expect_eq(count_of("warning"), 1, "%s: %s", readers[i], program_output);
        cr_expect_not_null(strstr(program_output, "; keys: future, train.sharpness"), "%s: %s", readers[i],
                           program_output);
    }
    program_expect(0, "keys: future, train.sharpness; columns: zap\n", "segwork compare newer");
    program_expect(0, "does not know; columns: zap\n", "segwork render newer --frames frames");
    program_expect(0, NULL, "segwork compare run && segwork eval --checkpoint run");
    cr_expect_eq(count_of("warning"), 0, "%s", program_output);
    program_expect(2, "unknown key 'train.sharpnes'",
                   "segwork eval --checkpoint newer --set train.sharpnes=2");
}

Test(other_version, a_newer_run_is_not_resumed_and_stays_as_it_is)
{
    make_runs("9.0.0");
    program_expect(0, NULL, "cp -r newer before");
    program_expect(2, "newer was written by segwork 9.0.0, which is newer than this one, ",
                   "segwork run --resume newer --set train.epochs=3");
    program_expect(0, NULL, "diff -r newer before");
    /* the same version's number: the unknown keys tell */
    program_expect(0, NULL, "sed -i 's/9[.]0[.]0/0.1.0/' newer/manifest.json && cp -r newer again");
    program_expect(2, "a newer version than this one, ", "segwork run --resume newer --set train.epochs=3");
    cr_expect_not_null(strstr(program_output, "newer/config.yaml:"), "%s", program_output);
    cr_expect_not_null(strstr(program_output, "unknown key 'train.sharpness'"), "%s", program_output);
    program_expect(0, NULL, "diff -r newer again");
}
