/* What timing found, kept in a file. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "device_case.h"
#include "ops/conv_cache.h"
#include "scratch.h"

static void open_all(void)
{
    scratch_create();
    session_open();
    setenv("SEGWORK_CACHE_DIR", scratch_path("cache/below"), 1);
}

static void close_all(void)
{
    session_close();
    scratch_remove();
}

TestSuite(conv_cache, .init = open_all, .fini = close_all);

static const sw_conv_layer layers[] = {{3, 16, 32, 64, 48, 1, 1}, {1, 64, 3, 128, 128, 1, 1}};

static sw_conv_cache open_cache(const char *program)
{
    sw_conv_cache cache;
    cr_assert_eq(sw_conv_cache_open(&cache, session, program), SW_OK, "%s", sw_error_message());
    return cache;
}

static void save(const sw_conv_table *table)
{
    sw_conv_cache cache = open_cache("1.0");
    cr_assert_eq(sw_conv_cache_lock(&cache, NULL), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_conv_cache_save(&cache, table), SW_OK, "%s", sw_error_message());
    sw_conv_cache_close(&cache);
}

/* Two layers, of which the second is not decided. */
static void save_some(void)
{
    sw_conv_table table = {0};
    sw_conv_row *row;
    cr_assert_eq(sw_conv_table_add(&row, &table, &layers[0]), SW_OK);
    row->pass[SW_CONV_FORWARD] = (sw_conv_verdict){
        SW_CONV_GEMM, 3, {{SW_CONV_WINOGRAD, -1}, {SW_CONV_GEMM, 0.25}, {SW_CONV_CLBLAST, 1.5}}};
    row->pass[SW_CONV_BACKWARD_DATA] = (sw_conv_verdict){.choice = SW_CONV_CLBLAST};
    row->pass[SW_CONV_BACKWARD_WEIGHTS] = (sw_conv_verdict){SW_CONV_WINOGRAD, 1, {{SW_CONV_WINOGRAD, 2}}};
    cr_assert_eq(sw_conv_table_add(&row, &table, &layers[1]), SW_OK);
    row->pass[SW_CONV_FORWARD].choice = SW_CONV_CLBLAST;
    save(&table);
    sw_conv_table_deinit(&table);
}

static sw_status load(sw_conv_table *table, const char *program)
{
    sw_conv_cache cache = open_cache(program);
    sw_status status = sw_conv_cache_load(table, &cache);
    sw_conv_cache_close(&cache);
    return status;
}

Test(conv_cache, no_file_is_an_empty_table)
{
    sw_conv_table table;
    cr_expect_eq(load(&table, "1.0"), SW_OK);
    cr_expect_eq(table.count, 0);
}

Test(conv_cache, what_is_saved_is_read_again_and_what_is_undecided_is_not_saved)
{
    sw_conv_table table;
    save_some();
    cr_assert_eq(load(&table, "1.0"), SW_OK, "%s", sw_error_message());
    cr_assert_eq(table.count, 1);
    const sw_conv_row *row = sw_conv_table_find(&table, &layers[0]);
    cr_assert_not_null(row);
    cr_expect_null(sw_conv_table_find(&table, &layers[1]));
    cr_expect_eq(row->pass[SW_CONV_FORWARD].choice, SW_CONV_GEMM);
    cr_expect_eq(row->pass[SW_CONV_BACKWARD_DATA].choice, SW_CONV_CLBLAST);
    cr_expect_eq(row->pass[SW_CONV_BACKWARD_WEIGHTS].choice, SW_CONV_WINOGRAD);
    const sw_conv_verdict *forward = &row->pass[SW_CONV_FORWARD];
    cr_assert_eq(forward->trial_count, 3);
    cr_expect(forward->trials[0].engine == SW_CONV_WINOGRAD && forward->trials[0].ms < 0);
    cr_expect(forward->trials[1].engine == SW_CONV_GEMM && forward->trials[1].ms == 0.25);
    cr_expect(forward->trials[2].engine == SW_CONV_CLBLAST && forward->trials[2].ms == 1.5);
    sw_conv_table_deinit(&table);
}

Test(conv_cache, what_others_could_have_written_is_not_trusted_and_the_folder_is_the_user_s_alone)
{
    struct stat info;
    sw_conv_table table;
    save_some();
    cr_assert_eq(stat(scratch_path("cache/below"), &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0700);
    sw_conv_cache cache = open_cache("1.0");
    cr_assert_eq(chmod(cache.path, 0666), 0);
    cr_expect_eq(load(&table, "1.0"), SW_E_DATA);
    cr_expect_not_null(strstr(sw_error_message(), "everybody may write it"), "%s", sw_error_message());
    cr_assert_eq(chmod(cache.path, 0644), 0);
    cr_assert_eq(load(&table, "1.0"), SW_OK, "%s", sw_error_message());
    sw_conv_table_deinit(&table);
    if (geteuid() != 0) cr_skip_test("only root can give a file away");
    cr_assert_eq(chown(cache.path, 12345, 12345), 0);
    cr_expect_eq(load(&table, "1.0"), SW_E_DATA);
    sw_conv_cache_close(&cache);
}

/* Decided everywhere, all three passes by one engine. */
static void add_decided(sw_conv_table *table, const sw_conv_layer *layer, sw_conv_choice choice)
{
    sw_conv_row *row;
    cr_assert_eq(sw_conv_table_add(&row, table, layer), SW_OK);
    for (int p = 0; p < SW_CONV_PASSES; p++) row->pass[p].choice = choice;
}

Test(conv_cache, layers_that_differ_in_stride_or_dilation_are_told_apart)
{
    static const sw_conv_layer plain = {
        .kernel = 3, .in_channels = 16, .out_channels = 32, .height = 64, .width = 48};
    static const sw_conv_layer steps[] = {{3, 16, 32, 64, 48, 2, 1}, {3, 16, 32, 64, 48, 1, 2}};
    sw_conv_table table = {0};
    add_decided(&table, &plain, SW_CONV_WINOGRAD);
    add_decided(&table, &steps[0], SW_CONV_GEMM);
    add_decided(&table, &steps[1], SW_CONV_CLBLAST);
    save(&table);
    sw_conv_table_deinit(&table);
    cr_assert_eq(load(&table, "1.0"), SW_OK, "%s", sw_error_message());
    cr_assert_eq(table.count, 3);
    cr_expect_eq(sw_conv_table_find(&table, &plain)->pass[0].choice, SW_CONV_WINOGRAD);
    cr_expect_eq(sw_conv_table_find(&table, &layers[0]), sw_conv_table_find(&table, &plain));
    cr_expect_eq(sw_conv_table_find(&table, &steps[0])->pass[0].choice, SW_CONV_GEMM);
    cr_expect_eq(sw_conv_table_find(&table, &steps[1])->pass[0].choice, SW_CONV_CLBLAST);
    sw_conv_table_deinit(&table);
}

Test(conv_choice, a_layer_is_printed_with_the_steps_that_are_not_1)
{
    static const struct {
        sw_conv_layer layer;
        const char *text;
    } cases[] = {{{3, 64, 128, 64, 48, 1, 1}, "3x3 64 > 128, 64x48"},
                 {{3, 64, 128, 64, 48, 0, 0}, "3x3 64 > 128, 64x48"},
                 {{7, 3, 64, 224, 224, 2, 1}, "7x7/2 3 > 64, 224x224"},
                 {{3, 256, 256, 28, 28, 1, 12}, "3x3 dilated 12 256 > 256, 28x28"},
                 {{3, 4096, 4096, 4096, 4096, 8, 64}, "3x3/8 dilated 64 4096 > 4096, 4096x4096"},
                 {{1, 64, 128, 56, 56, 2, 6}, "1x1/2 64 > 128, 56x56"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[SW_CONV_LAYER_BYTES];
        sw_conv_layer_print(text, &cases[i].layer);
        cr_expect_str_eq(text, cases[i].text);
    }
}

Test(conv_cache, another_program_has_another_file)
{
    sw_conv_table table;
    save_some();
    cr_expect_eq(load(&table, "1.1"), SW_OK);
    cr_expect_eq(table.count, 0);
}

static char *saved_text(char **path)
{
    size_t length;
    char *text;
    sw_conv_cache cache = open_cache("1.0");
    *path = sw_strf("%s", cache.path);
    sw_conv_cache_close(&cache);
    cr_assert_eq(sw_fs_read(&text, &length, *path, 1 << 20), SW_OK, "%s", sw_error_message());
    return text;
}

static void expect_refused(const char *path, const char *text, size_t length, const char *words)
{
    sw_conv_table table;
    cr_assert_eq(sw_fs_write(path, text, length), SW_OK);
    cr_expect_eq(load(&table, "1.0"), SW_E_DATA, "%.*s", (int)length, text);
    cr_expect_not_null(strstr(sw_error_message(), words), "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), path), "%s", sw_error_message());
    cr_expect_eq(table.count, 0);
    sw_conv_table_deinit(&table);
}

Test(conv_cache, a_file_cut_off_anywhere_is_refused)
{
    char *path, *text;
    save_some();
    text = saved_text(&path);
    size_t whole = (size_t)(strrchr(text, '}') - text); /* the last brace */
    for (size_t length = 0; length <= whole; length += length < whole - 20 ? 13 : 1)
        expect_refused(path, text, length, "not a file of convolution timings");
    free(text);
    free(path);
}

Test(conv_cache, a_file_with_anything_strange_in_it_is_refused)
{
    static const struct {
        const char *from, *to, *words;
    } changes[] = {{"timings 1", "timings 2", "not a file of convolution timings"},
                   {"segwork 1.0", "segwork 0.9", "another device, driver or program"},
                   {"\"gemm\":", "\"gemn\":", "a layer in it"},
                   {"\"engine\":\t\"gemm\"", "\"engine\":\t\"auto\"", "a layer in it"},
                   {"\"kernel\":\t3", "\"kernel\":\t0", "a layer in it"},
                   {"\"in\":\t16", "\"in\":\t1.5", "a layer in it"},
                   {"\"in\":\t16", "\"in\":\t16, \"stride\":\t0", "a layer in it"},
                   {"\"in\":\t16", "\"in\":\t16, \"dilation\":\t\"2\"", "a layer in it"},
                   {"\"in\":\t16", "\"in\":\t9e99", "a layer in it"},
                   {"0.25", "-1", "a layer in it"},
                   {"0.25", "\"fast\"", "a layer in it"},
                   {"\"weights\"", "\"weigths\"", "a layer in it"},
                   {"\"layers\"", "\"rows\"", "not a file of convolution timings"}};
    char *path, *text;
    save_some();
    text = saved_text(&path);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *at = strstr(text, changes[i].from);
        cr_assert_not_null(at, "%s is not in %s", changes[i].from, text);
        char *changed =
            sw_strf("%.*s%s%s", (int)(at - text), text, changes[i].to, at + strlen(changes[i].from));
        expect_refused(path, changed, strlen(changed), changes[i].words);
        free(changed);
    }
    free(text);
    free(path);
}

Test(conv_cache, a_folder_that_cannot_be_made_is_an_error_of_the_lock)
{
    setenv("SEGWORK_CACHE_DIR", scratch_path("file/below"), 1);
    scratch_write("file", "");
    sw_conv_cache cache = open_cache("1.0");
    cr_expect_eq(sw_conv_cache_lock(&cache, NULL), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), scratch_path("file")), "%s", sw_error_message());
    sw_conv_cache_close(&cache);
}

Test(conv_cache, the_lock_is_held_by_one_process_and_waiting_for_it_can_be_stopped)
{
    int ready[2], parent[2];
    cr_assert(pipe(ready) == 0 && pipe(parent) == 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        sw_conv_cache cache;
        char nothing;
        close(parent[1]);
        bool locked =
            sw_conv_cache_open(&cache, session, "1.0") == SW_OK && sw_conv_cache_lock(&cache, NULL) == SW_OK;
        bool told = write(ready[1], locked ? "y" : "n", 1) == 1;
        _exit(told && read(parent[0], &nothing, 1) == 0
                  ? 0
                  : 1); /* the lock is held as long as the parent lives */
    }
    char answer = 0;
    cr_assert_eq(read(ready[0], &answer, 1), 1);
    cr_assert_eq(answer, 'y');
    const volatile sig_atomic_t stop = 1;
    sw_conv_cache cache = open_cache("1.0");
    cr_expect_eq(sw_conv_cache_lock(&cache, &stop), SW_E_INTERRUPTED);
    sw_conv_cache_close(&cache);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    cache = open_cache("1.0");
    cr_expect_eq(sw_conv_cache_lock(&cache, &stop), SW_OK); /* it went with the process */
    sw_conv_cache_close(&cache);
}

Test(conv_cache, the_folder_is_the_one_named_else_the_users)
{
    static const struct {
        const char *own, *all, *home, *folder;
    } cases[] = {{"/a", "/b", "/c", "/a"},
                 {"", "/b", "/c", "/b/segwork"},
                 {NULL, "/b/", "/c", "/b/segwork"},
                 {NULL, "relative", "/c", "/c/.cache/segwork"},
                 {NULL, NULL, "/c", "/c/.cache/segwork"},
                 {NULL, NULL, NULL, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const names[] = {"SEGWORK_CACHE_DIR", "XDG_CACHE_HOME", "HOME"};
        const char *const values[] = {cases[i].own, cases[i].all, cases[i].home};
        for (int v = 0; v < 3; v++) values[v] ? setenv(names[v], values[v], 1) : unsetenv(names[v]);
        char *folder;
        sw_status status = sw_fs_cache_folder(&folder);
        cr_expect_eq(status, cases[i].folder ? SW_OK : SW_E_IO, "case %zu", i);
        if (cases[i].folder) cr_expect_str_eq(folder, cases[i].folder);
        free(folder);
    }
}

Test(conv_choice, three_passes_are_written_as_one_word_or_three)
{
    static const struct {
        const char *text;
        sw_conv_choice choices[SW_CONV_PASSES];
    } good[] = {{"winograd", {SW_CONV_WINOGRAD, SW_CONV_WINOGRAD, SW_CONV_WINOGRAD}},
                {"gemm/winograd/clblast", {SW_CONV_GEMM, SW_CONV_WINOGRAD, SW_CONV_CLBLAST}},
                {"auto", {SW_CONV_AUTO, SW_CONV_AUTO, SW_CONV_AUTO}},
                {"auto/gemm/gemm", {SW_CONV_AUTO, SW_CONV_GEMM, SW_CONV_GEMM}}};
    static const char *const bad[] = {"",
                                      "/",
                                      "fast",
                                      "gemm/",
                                      "gemm/gemm",
                                      "gemm/gemm/",
                                      "gemm/gemm/gemm/",
                                      "gemm/gemm/gemm/gemm",
                                      "gem",
                                      "gemmm",
                                      " gemm",
                                      "gemm /gemm/gemm",
                                      "//"};
    sw_conv_choice choices[SW_CONV_PASSES];
    char text[SW_CONV_CHOICES_BYTES];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect(sw_conv_choices_parse(choices, good[i].text), "%s", good[i].text);
        cr_expect_arr_eq(choices, good[i].choices, sizeof choices);
        sw_conv_choices_print(text, good[i].choices);
        cr_expect_str_eq(text, good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(!sw_conv_choices_parse(choices, bad[i]), "'%s'", bad[i]);
}
