/* Wrong input ends with the promised exit code and a message that says what to do, and leaves nothing behind.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(run_mistakes, .init = scratch_create, .fini = scratch_remove);

#define TINY "segwork run $SRC/tests/support/tiny.yaml "

Test(run_mistakes, wrong_usage_and_wrong_configuration)
{
    program_expect(2, "takes one experiment file, got 0", "segwork run");
    program_expect(2, "takes one experiment file, got 2", "segwork run a.yaml b.yaml");
    program_expect(2, "experiment 'nowhere.yaml' not found", "segwork run nowhere.yaml");
    program_expect(2, "unknown key 'train.epoch'; the nearest known key is 'train.epochs'",
                   TINY "--set train.epoch=3");
    program_expect(2, "train.epochs: expected", TINY "--set train.epochs=many");
    program_expect(2, "optimizer.lr: expected", TINY "--set optimizer.lr=1e30");
    program_expect(2, "--frobnicate: unknown option", TINY "--frobnicate");
    program_expect(2, "data.size", TINY "--set data.size=3");
    program_expect(2, "broken.yaml:2:1: ", "printf 'seed: [\\n' > broken.yaml; segwork run broken.yaml");
    cr_expect_not(file_exists("runs"));
}

Test(run_mistakes, missing_data_end_with_the_two_ways_on)
{
    program_expect(2, "'segwork data fetch pets'", TINY);
    cr_expect_not_null(strstr(program_output, "'segwork data synth pets --size 32'"), "%s", program_output);
    program_expect(2, "pets/annotations/trainval.txt is missing", "mkdir pets; " TINY);
    program_draw_pets(8, 4);
    program_expect(2, "annotations/dev.txt is missing", TINY "--set data.val_split=dev");
    cr_expect_not(file_exists("runs"));
}

/* Five of the eight training pairs cannot be used, each for its own reason. */
static void spoil_pets(void)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL,
                   "segwork data synth small --train 1 --val 1 --size 16 --seed 5 && cd pets && "
                   "i=images/pet_00000 t=annotations/trimaps/pet_00000 && "
                   "head -c 100 ${i}1.jpg > x && mv x ${i}1.jpg && "
                   "echo no picture > ${i}2.jpg && "
                   "cp ../small/annotations/trimaps/pet_000001.png ${t}3.png && "
                   "cp ${i}4.jpg ${t}4.png && "
                   "rm ${i}5.jpg");
}

Test(run_mistakes, files_that_cannot_be_used_are_named_one_line_each_and_skipped_or_fatal_as_configured)
{
    static const char *const names[] = {"images/pet_000001.jpg", "images/pet_000002.jpg",
                                        "trimaps/pet_000003.png", "trimaps/pet_000004.png",
                                        "images/pet_000005.jpg"};
    spoil_pets();
    program_expect(0, "data pets/trainval: 3 images of 32x32, 5 skipped", TINY "--out run");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *found = strstr(program_output, names[i]);
        cr_expect(found && !strstr(found + 1, names[i]), "%s is to be named once in\n%s", names[i],
                  program_output);
    }
    char *log = file_text("run/log.txt", NULL);
    cr_expect_not_null(strstr(log, names[0]), "%s", log);
    free(log);
    program_expect(1, "pets/images/pet_000001.jpg", TINY "--out failed --set data.on_bad_file=fail");
    cr_expect_not(file_exists("failed"));
    program_expect(1, NULL, "rm pets/images/*; " TINY "--out failed");
    cr_expect_not(file_exists("failed"));
}

Test(run_mistakes, a_list_cannot_lead_out_of_the_data_folder)
{
    program_draw_pets(8, 4);
    program_expect(1, "trainval.txt:10: the name has '..'",
                   "echo '../../secret 1 1 1' >> pets/annotations/trainval.txt; " TINY);
}

Test(run_mistakes, a_folder_that_is_taken_or_cannot_be_made)
{
    program_draw_pets(8, 4);
    program_expect(2, "never overwritten", "mkdir taken && touch taken/file && " TINY "--out taken");
    cr_expect_null(strstr(program_output, "data pets"), "noticed before the data are read\n%s",
                   program_output);
    program_expect(2, "is a file", "touch file && " TINY "--out file");
    program_expect(1, "cannot create folder", TINY "--out file/run");
    cr_expect_null(strstr(program_output, "data pets"), "noticed before the data are read\n%s",
                   program_output);
    program_expect(1, "cannot create folder", TINY "--out /proc/run");
    program_expect(2, "--out: expected a folder", TINY "--out ''");
    cr_expect_null(strstr(program_output, "data pets"), "%s", program_output);
    program_expect(2, "must be a plain file name", TINY "--set name=../up");
    program_expect(2, "must be a plain file name", TINY "--set name=-x");
    program_expect(1, "cannot create folder runs/tiny: runs is a file", "touch runs && " TINY);
    cr_expect_null(strstr(program_output, "data pets"), "%s", program_output);
}

Test(run_mistakes, a_device_that_is_not_there)
{
    program_draw_pets(8, 4);
    program_expect(2, "no OpenCL device matches 'quantum'", TINY "--device quantum");
    cr_expect_not_null(strstr(program_output, "0:0"), "the devices there are\n%s", program_output);
    program_expect(2, "from the environment variable SEGWORK_DEVICE",
                   "export SEGWORK_DEVICE=77:7; " TINY "; code=$?; unset SEGWORK_DEVICE; exit $code");
    program_expect(2, "77:7", TINY "--set runtime.device=77:7");
    program_expect(1, "no OpenCL platform found", "export OCL_ICD_VENDORS=/nonexistent; " TINY);
    cr_expect_not(file_exists("runs"));
}

Test(run_mistakes, what_does_not_fit_is_refused_with_a_hint_before_anything_is_made)
{
    program_draw_pets(8, 4);
    /* PoCL is told to have 1 GB */
    program_expect(1, "use a smaller batch (train.batch_size)",
                   "export POCL_MEMORY_LIMIT=1; " TINY "--set train.batch_size=20000");
    program_expect(2, "use a smaller batch or image",
                   TINY "--set train.batch_size=60000 --set data.size=512");
    cr_expect_not(file_exists("runs"));
}

Test(run_mistakes, a_grid_larger_than_a_picture_can_be_is_refused_before_anything_is_made)
{
    program_draw_pets(8, 90);
    static const char *const large[] = {"--set grid.count=90 --set grid.columns=1",
                                        "--set grid.count=64 --set grid.columns=64 --set data.size=512"};
    static const char *const words[] = {
        "grid.columns: a grid of 90 images of 32 x 32 px in 1 columns is more than",
        "64 grid images of 512 x 512 px in 64 columns make a sheet over 20000 px"};
    for (int i = 0; i < 2; i++) {
        program_expect(2, words[i], TINY "--out run %s", large[i]);
        program_expect(2, words[i], TINY "--dry-run %s", large[i]);
        program_expect(0, words[i], "segwork check $SRC/tests/support/tiny.yaml %s", large[i]);
    }
    cr_expect_not(file_exists("run"));
    /* of fewer validation images, those are shown */
    program_expect(0, "the grid shows 4 validation images, which are all",
                   TINY "--dry-run --set grid.count=90 --set grid.columns=1 --set data.val_limit=4");
    program_expect(0, "valid",
                   "segwork check $SRC/tests/support/tiny.yaml --set grid.count=90 "
                   "--set grid.columns=1 --set data.val_limit=4");
    cr_expect_null(strstr(program_output, "more than"), "%s", program_output);
}

Test(run_mistakes, a_loss_that_becomes_nan_stops_the_run_and_says_where_it_began)
{
    program_draw_pets(8, 4);
    program_expect(1, "the first value that is not finite is in ",
                   TINY "--out run --set optimizer.kind=sgd --set optimizer.lr=100 "
                        "--set optimizer.weight_decay=100 --set train.epochs=40");
    /* "epoch 3, step 2: the loss is ...", or "validation of epoch 3, batch 1: ..." */
    char *place = strstr(program_output, ": the loss is ");
    cr_assert_not_null(place, "%s", program_output);
    *place = '\0';
    char *line = strrchr(program_output, '\n');
    cr_expect(line && strstr(line, "epoch ") && (strstr(line, ", step ") || strstr(line, ", batch ")), "%s",
              line);
    char *manifest = file_text("run/manifest.json", NULL);
    cr_expect_not_null(strstr(manifest, "\"failed: "), "%s", manifest);
    free(manifest);
}

/* A limit on the size of files stands for a full disk: the same failed write, for whoever runs the tests. */
Test(run_mistakes, a_full_disk_ends_the_run_and_once_there_is_room_it_goes_on)
{
    static const char wide[] = "--set model.encoder.0.width=64 --set model.encoder.1.width=256 "
                               "--set model.encoder.1.convs=2 --set model.decoder.0.width=64 "
                               "--set train.epochs=2";
    program_draw_pets(8, 4);
    program_expect(0, NULL, TINY "--out whole %s", wide);
    /* resume.safetensors is to be the first that does not fit: it has weights and two moments */
    program_expect(1, "cannot write", "ulimit -f 8000; " TINY "--out full %s", wide);
    program_expect(0, NULL, "ls -A full/checkpoints");
    cr_expect_str_eq(program_output, "best.safetensors\nlast.safetensors\n",
                     "what was not written whole is gone");
    program_expect(0, NULL, "segwork run --resume full");
    expect_same_run("whole", "full", 2);
}
