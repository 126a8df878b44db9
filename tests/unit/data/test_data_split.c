/* Which images of a list belong to a split: samples, held-out ones, names listed twice. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "pets_folder.h"
#include "scratch.h"

TestSuite(data_split, .init = scratch_create, .fini = scratch_remove);

static sw_data_config options_of(const char *root)
{
    return (sw_data_config){.root = root, .split = {"trainval"}, .size = {8, 8}, .loader_threads = 2};
}

static sw_dataset *open_or_fail(const sw_data_config *options, sw_split split)
{
    sw_dataset *dataset;
    cr_assert_eq(sw_dataset_open(&dataset, options, split), SW_OK, "%s", sw_error_message());
    return dataset;
}

Test(data_split, a_limit_draws_a_sample_that_a_larger_one_contains_in_the_order_of_the_list)
{
    sw_data_config options = options_of(pets_folder_create("many"));
    enum { MANY = 40, SOME = 10 };
    char list[MANY * 4] = "", first[SOME][8];
    for (int i = 0; i < MANY; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%02d", i);
        pets_folder_add(options.root, name, 8, 8, 0);
        strcat(strcat(list, i ? " " : ""), name);
    }
    pets_folder_list(options.root, "trainval", list);
    bool is_head = true;
    for (int round = 0; round < 4; round++) { /* the same sample again, a larger one, another seed */
        options.limit[SW_SPLIT_TRAIN] = round == 2 ? 2 * SOME : SOME;
        options.limit_seed = round == 3;
        sw_dataset *dataset = open_or_fail(&options, SW_SPLIT_TRAIN);
        int same = 0;
        cr_assert_eq(sw_dataset_count(dataset), options.limit[SW_SPLIT_TRAIN]);
        for (int i = 1; i < sw_dataset_count(dataset); i++)
            cr_expect_lt(strcmp(sw_dataset_name(dataset, i - 1), sw_dataset_name(dataset, i)), 0);
        for (int i = 0; i < SOME && round == 0; i++) {
            snprintf(first[i], sizeof first[i], "%s", sw_dataset_name(dataset, i));
            is_head = is_head && atoi(first[i] + 1) == i;
        }
        for (int i = 0; i < SOME; i++) same += sw_dataset_find(dataset, first[i]) >= 0;
        if (round < 3)
            cr_expect_eq(same, SOME, "%d", round);
        else
            cr_expect_lt(same, SOME);
        sw_dataset_destroy(dataset);
    }
    cr_expect(!is_head);
    options.limit[SW_SPLIT_TRAIN] = 100;
    sw_dataset *dataset = open_or_fail(&options, SW_SPLIT_TRAIN);
    cr_assert_eq(sw_dataset_count(dataset), MANY);
    sw_dataset_destroy(dataset);
}

static void expect_names(const sw_data_config *options, sw_split split, int count, const char *const *names)
{
    sw_dataset *dataset = open_or_fail(options, split);
    cr_assert_eq(sw_dataset_count(dataset), count);
    for (int i = 0; i < count; i++) cr_expect_str_eq(sw_dataset_name(dataset, i), names[i]);
    sw_dataset_destroy(dataset);
}

Test(data_split, what_is_held_out_and_the_rest_are_the_whole_list)
{
    const char *root = pets_folder_create("held");
    for (char name[2] = "a"; name[0] <= 'g'; name[0]++) pets_folder_add(root, name, 8, 8, 0);
    pets_folder_list(root, "trainval", "a b c d e f g");
    sw_data_config options = options_of(root);
    options.holdout = 3;
    expect_names(&options, SW_SPLIT_TRAIN, 5, (const char *const[]){"a", "b", "d", "e", "g"});
    expect_names(&options, SW_SPLIT_VAL, 2, (const char *const[]){"c", "f"});
    sw_dataset *dataset;
    options.holdout = 8;
    cr_assert_eq(sw_dataset_open(&dataset, &options, SW_SPLIT_VAL), SW_E_CONFIG);
    cr_expect(strstr(sw_error_message(), "data.holdout 8"), "%s", sw_error_message());
    options.holdout = 1;
    cr_assert_eq(sw_dataset_open(&dataset, &options, SW_SPLIT_TRAIN), SW_E_CONFIG);
}

Test(data_split, a_name_listed_twice_is_refused_also_where_only_one_of_them_is_held_out)
{
    const char *root = pets_folder_create("twice");
    for (char name[2] = "a"; name[0] <= 'd'; name[0]++) pets_folder_add(root, name, 8, 8, 0);
    pets_folder_list(root, "trainval", "a b c c d"); /* c is the third and the fourth */
    sw_data_config options = options_of(root);
    options.holdout = 3;
    for (sw_split split = SW_SPLIT_TRAIN; split <= SW_SPLIT_VAL; split++) {
        sw_dataset *dataset;
        cr_assert_eq(sw_dataset_open(&dataset, &options, split), SW_E_DATA);
        cr_expect(strstr(sw_error_message(), ":4: 'c' is listed already in line 3"), "%s",
                  sw_error_message());
    }
}
