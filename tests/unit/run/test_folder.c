/* The folder of a run: made once, never overwritten, held by one process. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "run/folder.h"
#include "scratch.h"

TestSuite(run_folder, .init = scratch_create, .fini = scratch_remove);

static sw_run_folder *create(const char *experiment, const char *given)
{
    sw_run_folder *folder;
    cr_assert_eq(sw_run_folder_create(&folder, scratch_path("runs"), experiment, given), SW_OK, "%s",
                 sw_error_message());
    return folder;
}

static sw_status try_create(const char *experiment, const char *given)
{
    sw_run_folder *folder;
    sw_status status = sw_run_folder_create(&folder, scratch_path("runs"), experiment, given);
    sw_run_folder_destroy(folder);
    return status;
}

static char *read_text(const char *path)
{
    char *text;
    size_t length;
    cr_assert_eq(sw_fs_read(&text, &length, path, 1 << 20), SW_OK, "%s", sw_error_message());
    return text;
}

/* ---- where ---- */

Test(run_folder, runs_are_numbered_from_001_and_have_their_sub_folders)
{
    static const char *const want[] = {"runs/pets/001", "runs/pets/002", "runs/pets/003"};
    for (int i = 0; i < 3; i++) {
        sw_run_folder *folder = create("pets", NULL);
        cr_assert_str_eq(folder->path, scratch_path(want[i]));
        cr_assert(sw_fs_is_dir(folder->grids) && sw_fs_is_dir(folder->checkpoints));
        sw_run_folder_destroy(folder);
    }
    sw_run_folder *other = create("cats", NULL);
    cr_assert_str_eq(other->path, scratch_path("runs/cats/001"));
    sw_run_folder_destroy(other);
}

Test(run_folder, a_number_once_used_is_not_used_again)
{
    cr_assert_eq(sw_fs_mkdirs(scratch_path("runs/pets/041")), SW_OK);
    cr_assert_eq(sw_fs_mkdirs(scratch_path("runs/pets/1000 copies")), SW_OK);
    cr_assert_eq(sw_fs_mkdirs(scratch_path("runs/pets/best")), SW_OK);
    sw_run_folder *folder = create("pets", NULL);
    cr_assert_str_eq(folder->path, scratch_path("runs/pets/042"));
    sw_run_folder_destroy(folder);
    cr_assert_eq(sw_fs_mkdirs(scratch_path("runs/pets/1000")), SW_OK);
    folder = create("pets", NULL);
    cr_assert_str_eq(folder->path, scratch_path("runs/pets/1001"));
    sw_run_folder_destroy(folder);
}

Test(run_folder, processes_that_start_together_get_a_folder_each)
{
    enum { PROCESSES = 8, EACH = 5 };
    for (int p = 0; p < PROCESSES; p++) {
        pid_t child = fork();
        cr_assert_geq(child, 0);
        if (child > 0) continue;
        for (int i = 0; i < EACH; i++) {
            sw_run_folder *folder;
            if (sw_run_folder_create(&folder, scratch_path("runs"), "pets", NULL) != SW_OK) _exit(1);
            sw_run_folder_destroy(folder);
        }
        _exit(0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status;
        cr_assert_geq(wait(&status), 0);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    sw_run_folder *next = create("pets", NULL);
    cr_assert_str_eq(next->path, scratch_path("runs/pets/041"), "%s", next->path);
    sw_run_folder_destroy(next);
}

Test(run_folder, of_processes_that_want_the_same_folder_one_gets_it)
{
    enum { PROCESSES = 8 };
    for (int p = 0; p < PROCESSES; p++) {
        pid_t child = fork();
        cr_assert_geq(child, 0);
        if (child == 0) _exit(try_create("pets", scratch_path("wanted")) == SW_OK ? 0 : 1);
    }
    int got_it = 0;
    for (int p = 0; p < PROCESSES; p++) {
        int status;
        cr_assert_geq(wait(&status), 0);
        cr_assert(WIFEXITED(status));
        got_it += WEXITSTATUS(status) == 0;
    }
    cr_assert_eq(got_it, 1, "%d processes", got_it);
}

Test(run_folder, a_given_folder_may_be_new_or_empty_and_its_parents_are_made)
{
    const char *fresh = scratch_path("a/b/run"), *empty = scratch_path("empty");
    cr_assert_eq(mkdir(empty, 0700), 0);
    sw_run_folder *one = create("no name at all", fresh), *two = create("pets", empty);
    cr_assert_str_eq(one->path, fresh);
    cr_assert_str_eq(two->path, empty);
    cr_assert_not(sw_fs_exists(scratch_path("runs")));
    sw_run_folder_destroy(one);
    sw_run_folder_destroy(two);
}

Test(run_folder, nothing_is_ever_overwritten)
{
    const char *taken = scratch_path("taken"), *file = scratch_path("file");
    scratch_write("taken/notes.txt", "mine");
    scratch_write("file", "mine");
    cr_assert_eq(try_create("pets", taken), SW_E_USAGE);
    cr_assert_not_null(strstr(sw_error_message(), taken), "%s", sw_error_message());
    cr_assert_not_null(strstr(sw_error_message(), "--resume"), "%s", sw_error_message());
    cr_assert_eq(try_create("pets", file), SW_E_USAGE);
    cr_assert_not(sw_fs_exists(scratch_path("taken/log.txt")));
    sw_run_folder *folder = create("pets", scratch_path("run"));
    cr_assert_eq(try_create("pets", folder->path), SW_E_USAGE, "nor a run under way");
    sw_run_folder_destroy(folder);
}

Test(run_folder, an_experiment_s_name_cannot_lead_out_of_the_runs)
{
    static const char *const names[] = {"",     ".",       "..",  "../pets", "a/b",
                                        "/tmp", ".hidden", "a b", "-rf",     "a\n"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert_eq(try_create(names[i], NULL), SW_E_CONFIG, "'%s'", names[i]);
    cr_assert_not(sw_fs_exists(scratch_path("runs")));
}

Test(run_folder, a_folder_that_cannot_be_made_is_an_io_error)
{
    scratch_write("runs", "a file in the way");
    cr_assert_eq(try_create("pets", NULL), SW_E_IO);
}

Test(run_folder, what_cannot_be_made_is_known_before_and_asking_makes_nothing)
{
    const char *runs = scratch_path("runs"), *file = scratch_path("file"), *full = scratch_path("full");
    scratch_write("file", "in the way");
    scratch_write("full/notes.txt", "mine");
    cr_expect_eq(sw_run_folder_check(runs, "pets", NULL), SW_OK, "%s", sw_error_message());
    cr_expect_eq(sw_run_folder_check(runs, "pets", scratch_path("a/b/run")), SW_OK, "%s", sw_error_message());
    cr_expect_eq(sw_run_folder_check(runs, "-rf", NULL), SW_E_CONFIG);
    cr_expect_eq(sw_run_folder_check(runs, "-rf", scratch_path("run")), SW_OK, "it names nothing then");
    cr_expect_eq(sw_run_folder_check(runs, "pets", ""), SW_E_USAGE);
    cr_expect_eq(sw_run_folder_check(runs, "pets", full), SW_E_USAGE);
    cr_expect_eq(sw_run_folder_check(runs, "pets", scratch_path("file/a/b")), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "file is a file"), "%s", sw_error_message());
    cr_expect_eq(sw_run_folder_check(file, "pets", NULL), SW_E_IO);
    /* whoever may write everywhere can try this only where nobody can */
    cr_assert_eq(mkdir(scratch_path("closed"), 0555), 0);
    if (access(scratch_path("closed"), W_OK) != 0) {
        cr_expect_eq(sw_run_folder_check(runs, "pets", scratch_path("closed/a/b")), SW_E_IO);
        cr_expect_eq(sw_run_folder_check(scratch_path("closed"), "pets", NULL), SW_E_IO);
        cr_expect_eq(sw_run_folder_check(runs, "pets", scratch_path("closed")), SW_E_IO);
    }
    cr_expect_not(sw_fs_exists(runs) || sw_fs_exists(scratch_path("a")));
}

/* ---- again ---- */

static void make_run(const char *path)
{
    sw_run_folder *folder = create("pets", path);
    cJSON *manifest = cJSON_CreateObject();
    cr_assert_eq(sw_run_folder_write_config(folder, "seed: 1\n"), SW_OK);
    cr_assert_eq(sw_run_folder_write_manifest(folder, manifest), SW_OK);
    cJSON_Delete(manifest);
    sw_run_folder_destroy(folder);
}

Test(run_folder, a_run_is_opened_again_and_its_log_goes_on)
{
    const char *path = scratch_path("run");
    make_run(path);
    scratch_write("run/log.txt", "earlier\n");
    sw_run_folder *folder;
    cr_assert_eq(sw_run_folder_open(&folder, path), SW_OK, "%s", sw_error_message());
    sw_log(SW_LOG_INFO, "later");
    sw_run_folder_destroy(folder);
    char *log = read_text(scratch_path("run/log.txt"));
    cr_assert_eq(strncmp(log, "earlier\n", 8), 0);
    cr_assert_not_null(strstr(log, " info: later\n"), "%s", log);
    free(log);
}

Test(run_folder, what_is_no_run_is_not_opened_and_not_changed)
{
    sw_run_folder *folder;
    cr_assert_eq(sw_run_folder_open(&folder, scratch_path("missing")), SW_E_USAGE);
    cr_assert_null(folder);
    scratch_write("pictures/config.yaml", "seed: 1\n");
    cr_assert_eq(sw_run_folder_open(&folder, scratch_path("pictures")), SW_E_USAGE);
    cr_assert_not_null(strstr(sw_error_message(), "manifest.json"), "%s", sw_error_message());
    cr_assert_not(sw_fs_exists(scratch_path("pictures/log.txt")));
}

Test(run_folder, only_one_process_writes_a_run)
{
    const char *path = scratch_path("run");
    make_run(path);
    sw_run_folder *folder, *second;
    cr_assert_eq(sw_run_folder_open(&folder, path), SW_OK);
    cr_assert_eq(sw_run_folder_open(&second, path), SW_E_USAGE);
    cr_assert_not_null(strstr(sw_error_message(), "another process"), "%s", sw_error_message());
    cr_assert_null(second);
    sw_run_folder_destroy(folder);
    cr_assert_eq(sw_run_folder_open(&folder, path), SW_OK, "free again");
    sw_run_folder_destroy(folder);
}

/* ---- what is in it ---- */

Test(run_folder, log_lines_carry_time_and_level_and_end_with_the_folder)
{
    sw_run_folder *folder = create("pets", scratch_path("run"));
    sw_log(SW_LOG_DEBUG, "small");
    sw_log(SW_LOG_WARNING, "number %d", 7);
    sw_run_folder_destroy(folder);
    sw_log(SW_LOG_ERROR, "too late");
    char *log = read_text(scratch_path("run/log.txt")), level[2][16], text[2][32];
    int year[2], milliseconds, used = 0;
    cr_assert_eq(
        sscanf(log, "%4d-%*2d-%*2d %*2d:%*2d:%*2d.%3dZ %15s %31[^\n]\n%4d-%*2d-%*2d %*s %15s %31[^\n]\n%n",
               &year[0], &milliseconds, level[0], text[0], &year[1], level[1], text[1], &used),
        7, "%s", log);
    cr_assert_eq((size_t)used, strlen(log), "no third line: %s", log);
    cr_assert(year[0] >= 2024 && milliseconds < 1000);
    cr_assert_str_eq(level[0], "debug:");
    cr_assert_str_eq(text[0], "small");
    cr_assert_str_eq(level[1], "warning:");
    cr_assert_str_eq(text[1], "number 7");
    free(log);
}

Test(run_folder, config_and_manifest_are_written_whole_and_the_manifest_comes_back)
{
    sw_run_folder *folder = create("pets", scratch_path("run"));
    cr_assert_eq(sw_run_folder_write_config(folder, "seed: 1 # \xC3\xBC\n"), SW_OK);
    char *config = read_text(scratch_path("run/config.yaml"));
    cr_assert_str_eq(config, "seed: 1 # \xC3\xBC\n");
    free(config);
    cJSON *manifest = cJSON_CreateObject(), *again;
    cJSON_AddStringToObject(manifest, "device", "a \"device\"");
    cr_assert_eq(sw_run_folder_write_manifest(folder, manifest), SW_OK);
    cr_assert_eq(sw_run_folder_read_manifest(&again, folder), SW_OK, "%s", sw_error_message());
    cr_assert(cJSON_Compare(manifest, again, 1));
    cJSON_Delete(manifest);
    cJSON_Delete(again);
    scratch_write("run/manifest.json", "[1, 2]");
    cr_assert_eq(sw_run_folder_read_manifest(&again, folder), SW_E_DATA);
    cr_assert_null(again);
    scratch_write("run/manifest.json", "{\"torn\":");
    cr_assert_eq(sw_run_folder_read_manifest(&again, folder), SW_E_DATA);
    cr_assert_eq(remove(scratch_path("run/manifest.json")), 0);
    cr_assert_eq(sw_run_folder_read_manifest(&again, folder), SW_E_IO);
    sw_run_folder_destroy(folder);
}

static const char *string_at(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    cr_assert_not_null(text, "%s", key);
    return text;
}

Test(run_folder, a_manifest_says_which_program_ran_where_with_what_and_when)
{
    const sw_library_version libraries[] = {{"CLBlast", "1.5.3"}, {"libpng", "1.6.39"}};
    cJSON *manifest = cJSON_CreateObject();
    cr_assert_eq(sw_manifest_begin(manifest, libraries, 2), SW_OK);
    const cJSON *program = cJSON_GetObjectItemCaseSensitive(manifest, "segwork");
    cr_assert_str_eq(string_at(program, "version"), sw_build_version());
    cr_assert_str_eq(string_at(program, "revision"), sw_build_revision());
    const char *revision = sw_build_revision();
    size_t hex = strspn(revision, "0123456789abcdef");
    cr_assert(strcmp(revision, "unknown") == 0 ||
                  (hex >= 7 && (revision[hex] == '\0' || strcmp(revision + hex, "-modified") == 0)),
              "%s", revision);
    const cJSON *host = cJSON_GetObjectItemCaseSensitive(manifest, "host");
    char name[256] = "";
    cr_assert_eq(gethostname(name, sizeof name - 1), 0);
    cr_assert_str_eq(string_at(host, "name"), name);
    cr_assert_geq(cJSON_GetObjectItemCaseSensitive(host, "cpus")->valueint, 1);
    cr_assert_gt(cJSON_GetObjectItemCaseSensitive(host, "memory_bytes")->valuedouble, 1e6);
    cr_assert_str_eq(string_at(cJSON_GetObjectItemCaseSensitive(manifest, "libraries"), "CLBlast"), "1.5.3");
    cr_assert_str_eq(string_at(cJSON_GetObjectItemCaseSensitive(manifest, "libraries"), "libpng"), "1.6.39");
    cJSON_Delete(manifest);
}

Test(run_folder, each_process_that_writes_a_run_adds_a_session)
{
    cJSON *manifest = cJSON_CreateObject();
    cr_assert_eq(sw_manifest_end(manifest, "done"), SW_E_DATA, "none was begun");
    cr_assert_eq(sw_manifest_begin(manifest, NULL, 0), SW_OK);
    cr_assert_eq(sw_manifest_end(manifest, "interrupted"), SW_OK);
    cr_assert_eq(sw_manifest_begin(manifest, NULL, 0), SW_OK);
    const cJSON *sessions = cJSON_GetObjectItemCaseSensitive(manifest, "sessions");
    cr_assert_eq(cJSON_GetArraySize(sessions), 2);
    const cJSON *first = cJSON_GetArrayItem(sessions, 0), *second = cJSON_GetArrayItem(sessions, 1);
    cr_assert_str_eq(string_at(first, "outcome"), "interrupted");
    cr_assert_eq(strlen(string_at(first, "started")), strlen("2025-01-01T00:00:00Z"));
    cr_assert_leq(strcmp(string_at(first, "started"), string_at(first, "ended")), 0);
    cr_assert_null(cJSON_GetObjectItemCaseSensitive(second, "ended"));
    cr_assert_eq(sw_manifest_end(manifest, "done"), SW_OK);
    cr_assert_eq(sw_manifest_end(manifest, "done"), SW_OK);
    cr_assert_eq(cJSON_GetArraySize(second), 3, "started, ended and outcome, once each");
    cr_assert_eq(cJSON_GetArraySize(manifest), 4, "segwork, host, libraries and sessions, once each");
    cJSON_Delete(manifest);
}
