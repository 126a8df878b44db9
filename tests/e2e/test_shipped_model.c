/* The model that comes with segwork: where it is found, who uses it, and what is said where there is none. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "program.h"
#include "scratch.h"

TestSuite(shipped_model, .init = scratch_create, .fini = scratch_remove);

/* Trains a tiny network and puts it into a folder as the model of that name. */
static void ship(const char *folder, const char *name)
{
    if (!file_exists("run"))
        program_expect(0, NULL,
                       "segwork data synth pets --train 8 --val 4 --size 32 && "
                       "segwork run $SRC/tests/support/tiny.yaml --out run --set train.epochs=1");
    program_expect(0, NULL,
                   "mkdir -p %s && cp $SRC/tests/support/tiny.yaml %s/%s.yaml && "
                   "segwork export run --f16 --out %s/%s.safetensors",
                   folder, folder, name, folder, name);
}

Test(shipped_model, a_picture_alone_is_labelled_by_it_into_the_folder_predicted)
{
    ship("kit/configs/models", "pets");
    program_expect(0, "model pets: kit/configs/models/pets.safetensors\n",
                   "SEGWORK_CONFIG_DIR=kit segwork predict pets/images/pet_000001.jpg");
    cr_expect_not_null(strstr(program_output, "predicted 1 picture into predicted\n"), "%s", program_output);
    program_expect(0, NULL,
                   "cp kit/configs/models/pets.safetensors w.safetensors && "
                   "segwork predict --checkpoint w.safetensors --config $SRC/tests/support/tiny.yaml "
                   "pets/images/pet_000001.jpg --out named");
    expect_same_file("predicted/pet_000001.png", "named/pet_000001.png");
    program_expect(0, "\"folder\":\t\"predicted\"",
                   "SEGWORK_CONFIG_DIR=kit segwork predict pets/images/pet_000001.jpg --json --quiet");
    cr_expect_null(strstr(program_output, "model pets"), "%s", program_output);
}

Test(shipped_model, it_is_found_in_the_sources_in_the_named_folder_and_in_an_installation)
{
    ship("sources/configs/models", "pets");
    ship("share/models", "pets");
    program_expect(0, "model pets: configs/models/pets.safetensors\n",
                   "cd sources && SEGWORK_CONFIG_DIR=../share segwork predict ../pets/images/pet_000001.jpg");
    program_expect(0, "model pets: share/models/pets.safetensors\n",
                   "SEGWORK_CONFIG_DIR=share segwork predict pets/images/pet_000001.jpg");
    /* the program looks beside its own folder, as after cmake --install */
    program_expect(0, "/share/segwork/models/pets.safetensors\n",
                   "mkdir -p usr/bin usr/share/segwork && cp -r share/models usr/share/segwork && "
                   "cp \"$SEGWORK_BINARY\" usr/bin/segwork && "
                   "usr/bin/segwork predict pets/images/pet_000001.jpg --out installed");
    expect_same_file("installed/pet_000001.png", "predicted/pet_000001.png");
}

Test(shipped_model, its_name_stands_for_its_weights_in_every_command)
{
    ship("kit/models", "pets");
    program_expect(0, "weights  kit/models/pets.safetensors, epoch 1\n",
                   "SEGWORK_CONFIG_DIR=kit segwork eval --checkpoint pets 2>/dev/null");
    program_expect(0, "written  pets.onnx", "SEGWORK_CONFIG_DIR=kit segwork export pets --out pets.onnx");
    program_expect(0, "tensors taken from pets\n",
                   "SEGWORK_CONFIG_DIR=kit segwork run $SRC/tests/support/tiny.yaml --out tuned "
                   "--set init.from=pets --set train.epochs=1");
    program_expect(1, "cats: No such file", "SEGWORK_CONFIG_DIR=kit segwork eval --checkpoint cats");
    /* what lies here under that name comes first: a run */
    ship("kit/models", "cats");
    program_expect(0, "weights  cats/checkpoints/best.safetensors",
                   "cp -r run cats && SEGWORK_CONFIG_DIR=kit segwork eval --checkpoint cats");
}

Test(shipped_model, without_one_the_message_says_where_it_was_looked_for_and_what_to_do)
{
    program_expect(2, "without weights the model 'pets' is used, and it is not installed: looked at ",
                   "mkdir kit && SEGWORK_CONFIG_DIR=kit segwork predict a.jpg");
    static const char *const words[] = {
        "configs/models/pets.safetensors, kit/configs/models/pets.safetensors, "
        "kit/models/pets.safetensors, ",
        "/share/segwork/models/pets.safetensors. ", "--checkpoint RUN", "SEGWORK_CONFIG_DIR"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect_not_null(strstr(program_output, words[i]), "no '%s' in %s", words[i], program_output);
    program_expect(2, "--config is the experiment of weights: name them too",
                   "segwork predict a.jpg --config $SRC/tests/support/tiny.yaml");
    cr_expect_not(file_exists("predicted"));
    ship("kit/models", "pets");
    program_expect(
        2, "give its experiment with --config",
        "rm kit/models/pets.yaml && SEGWORK_CONFIG_DIR=kit segwork predict pets/images/pet_000001.jpg");
    program_expect(2, "unknown key 'trian'",
                   "(cat $SRC/tests/support/tiny.yaml && echo 'trian: 1') > kit/models/pets.yaml && "
                   "SEGWORK_CONFIG_DIR=kit segwork predict pets/images/pet_000001.jpg");
}

/* --- the file itself -------------------------------------------------------------------------- */

/* What answering with the class of the most pixels would have right. */
static double constant_answer(const cJSON *confusion)
{
    double most = 0, all = 0;
    const cJSON *row, *cell;
    cJSON_ArrayForEach(row, confusion)
    {
        double pixels = 0;
        cJSON_ArrayForEach(cell, row) pixels += cell->valuedouble;
        most = pixels > most ? pixels : most;
        all += pixels;
    }
    return most / all;
}

Test(shipped_model, the_file_is_small_and_tells_drawn_pets_from_their_background)
{
    char path[512];
    struct stat file;
    snprintf(path, sizeof path, "%s/configs/models/pets.safetensors", getenv("SEGWORK_SOURCE_DIR"));
    if (stat(path, &file) != 0) cr_skip_test("there is no %s", path);
    cr_expect_leq(file.st_size, 4000000);
    program_expect(0, NULL,
                   "segwork data synth drawn --train 4 --val 12 --size 128 --seed 1 && "
                   "SEGWORK_CONFIG_DIR=$SRC segwork eval --checkpoint pets --set data.root=drawn --json "
                   "2>/dev/null > figures.json");
    char *text = file_text("figures.json", NULL);
    cJSON *figures = cJSON_Parse(text);
    const double constant = constant_answer(cJSON_GetObjectItemCaseSensitive(figures, "confusion"));
    const double accuracy = cJSON_GetObjectItemCaseSensitive(figures, "pixel_accuracy")->valuedouble;
    const double miou = cJSON_GetObjectItemCaseSensitive(figures, "miou")->valuedouble;
    cr_expect_gt(accuracy, constant + 0.05);
    cr_expect_gt(miou, constant / 3 + 0.05, "a constant answer has no other class");
    cJSON_Delete(figures);
    free(text);
}
