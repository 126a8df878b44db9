/* segwork compare on runs as they are found: finished, stopped, running, copied, broken. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(compare_command, .init = scratch_create, .fini = scratch_remove);

#define TINY "$SRC/tests/support/tiny.yaml --set grid.count=2 --set train.epochs=2 "

static void run(const char *sets, const char *out)
{
    program_expect(0, NULL, "segwork run " TINY "%s --out %s", sets, out);
}

static void expect_words(const char *words)
{
    cr_expect_not_null(strstr(program_output, words), "no '%s' in\n%s", words, program_output);
}

Test(compare_command, runs_tell_what_differs_and_what_came_of_it_also_when_moved_without_their_data)
{
    program_draw_pets(8, 4);
    run("--set seed=1", "runs/a/001");
    run("--set seed=2", "runs/a/002");
    run("--set loss.kind=focal", "runs/b");
    program_expect(0, NULL,
                   "mkdir elsewhere && mv runs elsewhere/ && rm -r pets && "
                   "segwork compare elsewhere/runs/a elsewhere/runs/b --rank iou");
    expect_words("3 runs compared, 2 but for seeds\n");
    expect_words("! B: another loss than A's");
    expect_words("A2  finished  2/2     2     elsewhere/runs/a/002\n");
    expect_words("Configuration: 4 of ");
    expect_words("loss.kind             cross_entropy  A     default\n");
    expect_words("focal          B     --set loss.kind=focal\n");
    expect_words("tiny.yaml:2\n");
    expect_words("Ranking by iou at its best epoch\n");
    expect_words("Last epoch\n");
    expect_words("Best epoch by iou\n");
    expect_words("Classes at the best epoch by iou\n");
    expect_words("iou, epoch by epoch\n");
    expect_words("2,236");
    expect_words(" ±");
}

Test(compare_command, a_stopped_a_killed_and_a_running_run_are_compared_as_far_as_they_are)
{
    static const char slow[] =
        "run $SRC/tests/support/tiny.yaml --set train.batch_size=1 --set train.epochs=1000 --out %s";
    program_draw_pets(8, 4);
    run("--set train.epochs=1", "whole");
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "killed" : "stopped";
        char metrics[32];
        snprintf(metrics, sizeof metrics, "%s/metrics.jsonl", name);
        pid_t pid = program_start(slow, name);
        cr_assert(program_wait_for_lines(pid, metrics, 2));
        kill(pid, i ? SIGKILL : SIGINT);
        cr_expect_eq(program_wait(pid), i ? 128 + SIGKILL : 130, "%s", program_output);
    }
    pid_t pid = program_start(slow, "busy");
    cr_assert(program_wait_for_lines(pid, "busy/metrics.jsonl", 2));
    program_expect(0, "B  interrupted", "segwork compare whole stopped killed busy");
    expect_words("C  cut off");
    expect_words("D  running");
    expect_words("! B, C, D: another number of epochs than A\n");
    kill(pid, SIGINT);
    cr_expect_eq(program_wait(pid), 130, "being looked at disturbed the run: %s", program_output);
    /* killed within an append */
    program_expect(0, "B  interrupted",
                   "printf '{\"epoch\":77,\"iou_' >> stopped/metrics.jsonl; segwork compare whole stopped");
}

Test(compare_command, markdown_json_csv_and_html_are_what_they_claim_to_be)
{
    if (program_run("python3 -c 'import csv, html.parser, json'") != 0) cr_skip_test("no python3 here");
    program_draw_pets(8, 4);
    run("--set seed=1", "r/a,\\\"1\\\"");
    run("--set seed=2", "'r/a<2>|&'");
    run("--set loss.kind=focal", "r/b");
    program_expect(0, NULL,
                   "for f in md json csv html; do segwork compare r $SRC/experiments/segnet_small.yaml "
                   "--out c.$f || exit 1; done");
    scratch_write("look.py",
                  "import csv, json, html.parser\n"
                  "j = json.load(open('c.json'))\n"
                  "assert j['format'] == 'segwork-compare' and j['version'] == 1\n"
                  "assert [r['label'] for r in j['runs']] == ['A1', 'A2', 'B', 'C'], j['runs']\n"
                  "assert j['runs'][0]['path'] == 'r/a,\"1\"'\n"
                  "assert len(j['columns']) == 3 and j['columns'][0]['final']['iou']['sd'] is not None\n"
                  "rows = list(csv.DictReader(open('c.csv', newline='')))\n"
                  "assert len(rows) == 7, len(rows)\n"
                  "assert rows[0]['path'] == 'r/a,\"1\"' and rows[2]['path'] == 'r/a<2>|&'\n"
                  "assert rows[0]['seed'] == '1' and rows[4]['loss.kind'] == 'focal'\n"
                  "assert all(None not in r and None not in r.values() for r in rows)\n"
                  "for r, e in zip(rows[:2], j['runs'][0]['epochs']):\n"
                  "    assert abs(float(r['val_loss']) - e['val_loss']) < 1e-6\n"
                  "assert rows[6]['epoch'] == '' and rows[6]['parameters'] == '957164'\n"
                  "class Page(html.parser.HTMLParser):\n"
                  "    open, cells, widths, text = [], 0, [], ''\n"
                  "    def handle_starttag(self, tag, attrs):\n"
                  "        if tag not in ('meta', '!doctype'): self.open.append(tag)\n"
                  "        assert tag not in ('script', 'link', 'img'), 'needs something from elsewhere'\n"
                  "        if tag in ('td', 'th'): self.cells += 1\n"
                  "        if tag == 'table': self.widths = []\n"
                  "    def handle_endtag(self, tag):\n"
                  "        assert self.open.pop() == tag, tag\n"
                  "        if tag == 'tr': self.widths.append(self.cells); self.cells = 0\n"
                  "        if tag == 'table': assert len(set(self.widths)) == 1, self.widths\n"
                  "    def handle_data(self, data): self.text += data\n"
                  "page = Page(); page.feed(open('c.html').read()); page.close()\n"
                  "assert page.open == [] and 'r/a<2>|&' in page.text\n"
                  "block = []\n"
                  "for line in open('c.md').read().split('\\n') + ['']:\n"
                  "    if line.startswith('|'): block.append(line.replace('\\\\|', '').count('|'))\n"
                  "    elif block: assert len(set(block)) == 1 and len(block) > 2, block; block = []\n"
                  "print('all four are well formed')\n");
    program_expect(0, "all four are well formed", "PYTHONIOENCODING=utf8 PYTHONUTF8=1 python3 look.py");
}

Test(compare_command, the_ending_of_the_file_says_the_format_in_any_case)
{
    static const char *const cases[][2] = {
        {"c.htm", "<!DOCTYPE html>"}, {"c.HTML", "<!DOCTYPE html>"},   {"c.Md", "# "}, {"c.JSON", "{"},
        {"c.TXT", "1 run compared"},  {"with.dot/c", "1 run compared"}};
    program_expect(0, NULL, "mkdir with.dot");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program_expect(0, NULL, "segwork compare $SRC/experiments/segnet_small.yaml --out %s", cases[i][0]);
        char *text = file_text(cases[i][0], NULL);
        cr_expect_eq(strncmp(text, cases[i][1], strlen(cases[i][1])), 0, "%s: %.80s", cases[i][0], text);
        free(text);
    }
    program_expect(0, NULL,
                   "segwork compare $SRC/experiments/segnet_small.yaml --out c.log --format md && head -c 2 "
                   "c.log | grep '# '");
}

Test(compare_command, experiments_that_were_not_run_are_compared_by_keys_and_cost)
{
    program_expect(
        0, "Configuration: 4 of ",
        "cd $SRC && segwork compare experiments/segnet_baseline.yaml experiments/segnet_focal.yaml");
    expect_words("configs/loss/focal.yaml:5\n");
    expect_words("15,274,892");
    cr_expect_null(strstr(program_output, "Last epoch"));
}

Test(compare_command, every_mistake_has_its_exit_code_and_message)
{
    program_draw_pets(8, 4);
    run("", "a");
    program_expect(2, "needs run folders or experiments", "segwork compare");
    program_expect(2, "there is no such run folder or experiment", "segwork compare a b");
    program_expect(2, "a is given twice", "segwork compare a a");
    program_expect(2, "pets is not the folder of a run", "segwork compare a pets");
    program_expect(2, "no.yaml' not found", "segwork compare a no.yaml");
    program_expect(2, "expected text, md, json, csv or html", "segwork compare a --format pdf");
    program_expect(2, "c.pdf does not end in .txt, .md, .json, .csv or .html: give the format with --format",
                   "segwork compare a --out c.pdf");
    cr_expect_not(file_exists("c.pdf"));
    program_expect(2, "there is no metric 'beauty'", "segwork compare a --rank beauty");
    program_expect(2, "there is no metric 'beauty'", "segwork compare a --each-epoch beauty");
    program_expect(2, "--wrong", "segwork compare a --wrong");
    program_expect(1, "nowhere/c.md", "segwork compare a --out nowhere/c.md");
    program_expect(1, "b/manifest.json: not a JSON object",
                   "cp -r a b && head -c 100 a/manifest.json > b/manifest.json && segwork compare a b");
    program_expect(1, "b/metrics.jsonl:1: not a row",
                   "cp a/manifest.json b/ && echo x > b/metrics.jsonl && echo x >> b/metrics.jsonl && "
                   "segwork compare a b");
    program_expect(
        2, "b/config.yaml:",
        "cp a/metrics.jsonl b/ && sed -i 's/^seed: .*/seed: x/' b/config.yaml && segwork compare a b");
    program_expect(0, "many/torn is left out",
                   "mkdir many && cp -r a many/whole && cp -r a many/torn && rm many/torn/manifest.json && "
                   "segwork compare many");
}
