/* Fetching: from a server of our own, whole, in pieces, and from archives that mean harm. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/fs.h"
#include "data/dataset.h"
#include "fetch/fetch.h"
#include "http_server.h"
#include "pets_folder.h"
#include "scratch.h"

static const char *url, *site;

static void start(void)
{
    scratch_create();
    site = scratch_path("site");
    cr_assert_eq(sw_fs_mkdirs(site), SW_OK);
    url = http_server_start(site);
}

static void stop(void)
{
    http_server_stop();
    scratch_remove();
}

TestSuite(data_fetch, .init = start, .fini = stop, .timeout = 60);

typedef struct archive_file {
    const char *name, *content, *link; /* link: a symbolic one to there */
    const char *from;                  /* a file to take the content of, instead of `content` */
} archive_file;

static void add_entry(struct archive *archive, const archive_file *file)
{
    char *bytes = NULL;
    size_t length = file->content ? strlen(file->content) : 0;
    if (file->from) cr_assert_eq(sw_fs_read(&bytes, &length, file->from, 1 << 20), SW_OK);
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, file->name);
    archive_entry_set_perm(entry, 0644);
    bool folder = file->name[strlen(file->name) - 1] == '/';
    archive_entry_set_filetype(entry, file->link ? AE_IFLNK : folder ? AE_IFDIR : AE_IFREG);
    if (file->link) archive_entry_set_symlink(entry, file->link);
    archive_entry_set_size(entry, (la_int64_t)length);
    cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK, "%s", archive_error_string(archive));
    if (length)
        cr_assert_eq(archive_write_data(archive, bytes ? bytes : file->content, length), (la_ssize_t)length);
    archive_entry_free(entry);
    free(bytes);
}

/* Writes NAME into the site's folder and returns its size. */
static uint64_t make_archive(const char *name, const archive_file *files, int count)
{
    const char *path = pets_folder_path(site, name);
    struct archive *archive = archive_write_new();
    archive_write_add_filter_gzip(archive);
    archive_write_set_format_pax_restricted(archive);
    cr_assert_eq(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (int i = 0; i < count; i++) add_entry(archive, &files[i]);
    cr_assert_eq(archive_write_free(archive), ARCHIVE_OK);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    return (uint64_t)info.st_size;
}

/* A small data set on the site, and the options that fetch it. */
static sw_fetch_options make_site(void)
{
    const char *source = pets_folder_create("source");
    pets_folder_add(source, "a", 40, 30, 0);
    const archive_file images[] = {
        {.name = "images/"}, {.name = "images/a.jpg", .from = pets_folder_path(source, "images/a.jpg")}};
    const archive_file annotations[] = {
        {.name = "./annotations/"}, /* some tars begin every path so */
        {.name = "annotations/trainval.txt", .content = "a 1 1 1\n"},
        {.name = "annotations/trimaps/._a.png", .content = "what macOS leaves"},
        {.name = "annotations/trimaps/a.png", .from = pets_folder_path(source, "annotations/trimaps/a.png")},
    };
    return (sw_fetch_options){.base_url = url,
                              .images_bytes = make_archive("images.tar.gz", images, 2),
                              .annotations_bytes = make_archive("annotations.tar.gz", annotations, 4)};
}

static void expect_whole(const char *dir)
{
    sw_data_config options = {
        .root = dir, .split = {"trainval"}, .size = {16, 16}, .on_bad_file = SW_BAD_FILE_FAIL};
    sw_dataset *dataset;
    cr_assert_eq(sw_dataset_open(&dataset, &options, SW_SPLIT_TRAIN), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_dataset_count(dataset), 1);
    sw_dataset_destroy(dataset);
    static const char *const gone[] = {"images.tar.gz", "annotations.tar.gz", "images.tar.gz.partial",
                                       "images.unpacking", "annotations/trimaps/._a.png"};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        cr_assert_not(sw_fs_exists(pets_folder_path(dir, gone[i])), "%s is still there", gone[i]);
}

static void expect_failure(const char *dir, const sw_fetch_options *options, sw_status kind, const char *part)
{
    cr_assert_eq(sw_fetch_run(dir, options), kind, "%s", sw_error_message());
    cr_assert(strstr(sw_error_message(), part), "'%s' is not in: %s", part, sw_error_message());
}

Test(data_fetch, a_set_is_downloaded_unpacked_and_usable_and_not_fetched_twice)
{
    sw_fetch_options options = make_site();
    const char *dir = scratch_path("got/deep");
    cr_assert_eq(sw_fetch_run(dir, &options), SW_OK, "%s", sw_error_message());
    expect_whole(dir);
    int requests = http_server_requests();
    cr_assert_eq(requests, 2);
    cr_assert_eq(sw_fetch_run(dir, &options), SW_OK);
    cr_assert_eq(http_server_requests(), requests);
}

Test(data_fetch, a_slash_after_the_base_url_makes_no_difference)
{
    sw_fetch_options options = make_site();
    char longer[80];
    snprintf(longer, sizeof longer, "%s/", url);
    options.base_url = longer;
    cr_assert_eq(sw_fetch_run(scratch_path("got"), &options), SW_OK, "%s", sw_error_message());
}

Test(data_fetch, a_broken_download_goes_on_where_it_stopped)
{
    enum { PIECE = 100 };
    sw_fetch_options options = make_site();
    const char *dir = scratch_path("got");
    http_server_behave((http_behaviour){.cut_after = PIECE});
    int calls = 0;
    sw_status status;
    while ((status = sw_fetch_run(dir, &options)) != SW_OK) {
        cr_assert_eq(status, SW_E_IO);
        cr_assert(strstr(sw_error_message(), "goes on from there"), "%s", sw_error_message());
        cr_assert_lt(++calls, 1000);
    }
    uint64_t all = options.images_bytes + options.annotations_bytes;
    cr_assert_geq(calls, (int)(all / PIECE) - 2);
    cr_assert_eq(http_server_body_bytes(), all, "no byte was sent twice");
    expect_whole(dir);
}

Test(data_fetch, a_server_without_ranges_is_asked_for_the_whole_again)
{
    sw_fetch_options options = make_site();
    const char *dir = scratch_path("got");
    scratch_write("got/annotations.tar.gz.partial", "the first bytes of something");
    http_server_behave((http_behaviour){.ignores_ranges = true});
    caught_log_clear();
    cr_assert_eq(sw_fetch_run(dir, &options), SW_OK, "%s", sw_error_message());
    cr_assert(strstr(caught_log(), "starts again"), "%s", caught_log());
    expect_whole(dir);
}

static const char login_page[] = "<html>Welcome to our network. Please log in.</html>";

Test(data_fetch, a_page_that_asks_for_a_login_takes_nothing_of_what_is_here)
{
    enum { PIECE = 100 };
    sw_fetch_options options = make_site();
    const char *dir = scratch_path("got"), *partial = scratch_path("got/annotations.tar.gz.partial");
    const char *archive = pets_folder_path(site, "annotations.tar.gz");
    char *bytes, *kept;
    size_t length, kept_length;
    cr_assert_eq(sw_fs_read(&bytes, &length, archive, 1 << 20), SW_OK);
    write_file(archive, login_page, strlen(login_page));
    expect_failure(dir, &options, SW_E_DATA, "no .tar.gz");
    cr_assert_eq(sw_fs_read(&kept, &kept_length, partial, 1 << 20), SW_OK);
    cr_assert_eq(kept_length, 0, "a login page lies in the archive's place");
    free(kept);

    write_file(partial, bytes, PIECE);
    http_server_behave((http_behaviour){.ignores_ranges = true});
    expect_failure(dir, &options, SW_E_IO, "is kept to continue later");
    cr_assert_eq(sw_fs_read(&kept, &kept_length, partial, 1 << 20), SW_OK);
    cr_assert_eq(kept_length, PIECE);
    free(kept);

    http_server_behave((http_behaviour){0});
    write_file(archive, bytes, length);
    cr_assert_eq(sw_fetch_run(dir, &options), SW_OK, "%s", sw_error_message());
    expect_whole(dir);
    free(bytes);
}

Test(data_fetch, an_archive_cut_short_that_lies_there_by_its_own_name_is_left)
{
    sw_fetch_options options = make_site();
    scratch_write("got/annotations.tar.gz", "half of it");
    expect_failure(scratch_path("got"), &options, SW_E_CONFIG, "Rename it to");
    cr_assert(sw_fs_exists(scratch_path("got/annotations.tar.gz")));
}

Test(data_fetch, an_archive_that_cannot_be_read_just_now_is_left)
{
    sw_fetch_options options = make_site();
    const char *dir = scratch_path("got"), *archive = pets_folder_path(dir, "annotations.tar.gz");
    cr_assert_eq(sw_fs_mkdirs(dir), SW_OK);
    cr_assert_eq(rename(pets_folder_path(site, "annotations.tar.gz"), archive), 0);
    int next = open("/dev/null", O_RDONLY);
    close(next);
    struct rlimit whole, one_more;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &whole), 0);
    one_more = (struct rlimit){.rlim_cur = (rlim_t)next + 1, .rlim_max = whole.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &one_more), 0); /* enough for the folder's lock */
    sw_status status = sw_fetch_run(dir, &options);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &whole), 0);
    cr_assert_eq(status, SW_E_IO, "%s", sw_error_message());
    cr_assert(sw_fs_exists(archive), "removed: %s", sw_error_message());
    cr_assert_eq(sw_fetch_run(dir, &options), SW_OK, "%s", sw_error_message());
    expect_whole(dir);
}

Test(data_fetch, two_do_not_download_into_one_folder)
{
    sw_fetch_options options = make_site();
    const char *dir = scratch_path("got");
    cr_assert_eq(sw_fs_mkdirs(dir), SW_OK);
    int other = open(dir, O_RDONLY | O_DIRECTORY);
    cr_assert_eq(flock(other, LOCK_EX), 0);
    expect_failure(dir, &options, SW_E_USAGE, "another process");
    close(other);
    cr_assert_eq(sw_fetch_run(dir, &options), SW_OK, "%s", sw_error_message());
}

Test(data_fetch, what_is_already_down_is_only_unpacked)
{
    sw_fetch_options options = make_site();
    const char *dir = scratch_path("got");
    cr_assert_eq(sw_fs_mkdirs(dir), SW_OK);
    static const char *const names[][2] = {{"images.tar.gz", "images.tar.gz.partial"},
                                           {"annotations.tar.gz", "annotations.tar.gz"}};
    for (int i = 0; i < 2; i++)
        cr_assert_eq(rename(pets_folder_path(site, names[i][0]), pets_folder_path(dir, names[i][1])), 0);
    cr_assert_eq(sw_fetch_run(dir, &options), SW_OK, "%s", sw_error_message());
    cr_assert_eq(http_server_requests(), 0);
    expect_whole(dir);
}

Test(data_fetch, another_size_than_expected_is_refused)
{
    sw_fetch_options options = make_site();
    options.annotations_bytes--;
    expect_failure(scratch_path("longer"), &options, SW_E_DATA, "more than the");
    options.annotations_bytes += 2;
    expect_failure(scratch_path("shorter"), &options, SW_E_DATA, "bytes instead of");
    cr_assert_not(sw_fs_exists(scratch_path("shorter/annotations")));
}

Test(data_fetch, a_wrong_address_is_said)
{
    sw_fetch_options options = make_site();
    char wrong[128];
    snprintf(wrong, sizeof wrong, "%s/nothing/here", url);
    options.base_url = wrong;
    expect_failure(scratch_path("got"), &options, SW_E_IO, "404");
    options.base_url = "http://127.0.0.1:1";
    expect_failure(scratch_path("got"), &options, SW_E_IO, "http://127.0.0.1:1/annotations.tar.gz");
    options.base_url = "gopher://127.0.0.1";
    expect_failure(scratch_path("got"), &options, SW_E_IO, "Protocol \"gopher\" ");
}

Test(data_fetch, too_little_space_is_said_before_anything_is_downloaded)
{
    sw_fetch_options options = make_site();
    options.images_bytes = (uint64_t)1 << 60;
    expect_failure(scratch_path("got"), &options, SW_E_IO, "GB are needed");
    cr_assert_eq(http_server_requests(), 0);
}

Test(data_fetch, a_damaged_archive_is_removed_so_that_the_next_call_gets_another)
{
    sw_fetch_options options = make_site();
    const char *dir = scratch_path("got");
    char *bytes;
    size_t length;
    const char *archive = pets_folder_path(site, "images.tar.gz");
    cr_assert_eq(sw_fs_read(&bytes, &length, archive, 1 << 20), SW_OK);
    char *damaged = malloc(length);
    cr_assert_not_null(damaged);
    memcpy(damaged, bytes, length);
    memset(damaged + 20, 0xff, 40);
    write_file(archive, damaged, length);
    expect_failure(dir, &options, SW_E_DATA, "damaged");
    cr_assert_not(sw_fs_exists(pets_folder_path(dir, "images")));
    write_file(archive, bytes, length);
    cr_assert_eq(sw_fetch_run(dir, &options), SW_OK, "%s", sw_error_message());
    expect_whole(dir);
    free(bytes);
    free(damaged);
}

Test(data_fetch, an_archive_cannot_write_outside_its_folder)
{
    static const archive_file evil[] = {
        {.name = "annotations/../../escaped.txt", .content = "x"},
        {.name = "../escaped.txt", .content = "x"},
        {.name = "annotations/link", .link = "../.."},
        {.name = "annotations/back\\slash", .content = "x"},
        {.name = "annotations/line\nbreak", .content = "x"},
    };
    sw_fetch_options options = make_site();
    char absolute[256];
    snprintf(absolute, sizeof absolute, "%s", scratch_path("escaped.txt"));
    for (size_t i = 0; i <= sizeof evil / sizeof evil[0]; i++) {
        archive_file rooted = {.name = absolute, .content = "x"};
        options.annotations_bytes = make_archive("annotations.tar.gz", i ? &evil[i - 1] : &rooted, 1);
        cr_assert_eq(sw_fetch_run(scratch_path("a/b/got"), &options), SW_E_DATA, "case %zu: %s", i,
                     sw_error_message());
        cr_assert(strstr(sw_error_message(), "entry '"), "%s", sw_error_message());
    }
    static const char *const places[] = {"escaped.txt",         "a/escaped.txt",  "a/b/escaped.txt",
                                         "a/b/got/escaped.txt", "a/b/got/images", "a/b/got/annotations"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        cr_assert_not(sw_fs_exists(scratch_path(places[i])), "%s was written", places[i]);
}

Test(data_fetch, entries_of_other_folders_are_passed_over_and_one_of_its_own_is_needed)
{
    const archive_file files[] = {{.name = "README", .content = "x"},
                                  {.name = "._annotations", .content = "what macOS leaves"},
                                  {.name = "images/escaped.jpg", .content = "x"},
                                  {.name = "annotationsescaped.txt", .content = "x"},
                                  {.name = "annotations/trainval.txt", .content = "a 1 1 1\n"}};
    sw_fetch_options options = make_site();
    const char *dir = scratch_path("got");
    options.annotations_bytes = make_archive("annotations.tar.gz", files, 4);
    expect_failure(dir, &options, SW_E_DATA, "nothing in it belongs to annotations/");
    options.annotations_bytes = make_archive("annotations.tar.gz", files, 5);
    caught_log_clear();
    cr_assert_eq(sw_fetch_run(dir, &options), SW_OK, "%s", sw_error_message());
    cr_assert_eq(caught_log_lines(), 3, "%s", caught_log());
    cr_assert(sw_fs_exists(pets_folder_path(dir, "annotations/trainval.txt")));
    static const char *const places[] = {"README", "annotations/README", "images/escaped.jpg",
                                         "annotationsescaped.txt"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        cr_assert_not(sw_fs_exists(pets_folder_path(dir, places[i])), "%s was written", places[i]);
}

Test(data_fetch, a_link_lying_in_the_way_is_not_followed)
{
    sw_fetch_options options = make_site();
    scratch_write("mine/keep.txt", "mine");
    cr_assert_eq(sw_fs_mkdirs(scratch_path("got/annotations.unpacking")), SW_OK);
    cr_assert_eq(symlink(scratch_path("mine"), scratch_path("got/annotations.unpacking/trimaps")), 0);
    cr_assert_eq(sw_fetch_run(scratch_path("got"), &options), SW_OK, "%s", sw_error_message());
    cr_assert_not(sw_fs_exists(scratch_path("mine/a.png")));
    cr_assert(sw_fs_exists(scratch_path("mine/keep.txt")));
}

Test(data_fetch, nothing_of_an_unpacking_that_did_not_end_is_taken_over)
{
    sw_fetch_options options = make_site();
    scratch_write("got/annotations.unpacking/trimaps/of_another_archive.png", "x");
    cr_assert_eq(sw_fetch_run(scratch_path("got"), &options), SW_OK, "%s", sw_error_message());
    cr_assert_not(sw_fs_exists(scratch_path("got/annotations/trimaps/of_another_archive.png")));
}

Test(data_fetch, an_archive_that_swells_without_end_is_stopped)
{
    enum { SWOLLEN = 4 << 20 };
    char *zeros = malloc(SWOLLEN + 1);
    cr_assert_not_null(zeros);
    memset(zeros, '0', SWOLLEN);
    zeros[SWOLLEN] = '\0';
    archive_file bomb = {.name = "annotations/bomb.txt", .content = zeros};
    sw_fetch_options options = make_site();
    options.annotations_bytes = make_archive("annotations.tar.gz", &bomb, 1);
    expect_failure(scratch_path("got"), &options, SW_E_DATA, "unpacks to more than");
    free(zeros);
}

static bool stop_at_once(void *user, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
    (void)what;
    cr_assert_leq(done_bytes, total_bytes);
    ++*(int *)user;
    return false;
}

Test(data_fetch, the_caller_can_stop_it)
{
    sw_fetch_options options = make_site();
    int calls = 0;
    options.progress = stop_at_once;
    options.user = &calls;
    cr_assert_eq(sw_fetch_run(scratch_path("got"), &options), SW_E_INTERRUPTED, "%s", sw_error_message());
    cr_assert_geq(calls, 1);
    options.progress = NULL;
    cr_assert_eq(sw_fetch_run(scratch_path("got"), &options), SW_OK, "%s", sw_error_message());
    expect_whole(scratch_path("got"));
}
