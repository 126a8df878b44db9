/* Every metric against its definition on sets of pixels, on ordinary and degenerate label maps. */
#include <criterion/criterion.h>
#include <math.h>

#include "base/classes.h"
#include "cl/buffer.h"
#include "count_pixels.h"
#include "device_case.h"
#include "golden.h"
#include "nn/metrics.h"
#include "ops/metrics.h"

static golden g;

static void open_all(void)
{
    session_open();
    golden_open(&g, "metrics");
}

static void close_all(void)
{
    golden_close(&g);
    session_close();
}

TestSuite(golden_metrics, .init = open_all, .fini = close_all);

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* A quotient of two counts in double, rounded to the file's float once: 1 unit of 2^-24. NaN must be NaN. */
static void expect_scalar(const char *name, double found)
{
    const float value = (float)found;
    golden_expect(&g, name, &value, 1);
}

static void expect_classes(const char *name, const sw_confusion *m,
                           double (*of_class)(const sw_confusion *confusion, int c))
{
    float values[SW_MAX_CLASSES];
    for (int c = 0; c < m->classes; c++) values[c] = (float)of_class(m, c);
    golden_expect(&g, name, values, 1);
}

static void expect_confusion(const sw_confusion *m)
{
    size_t count;
    const int32_t *want = golden_ints(&g, "confusion", &count);
    cr_assert_eq(count, (size_t)(m->classes * m->classes));
    for (int t = 0; t < m->classes; t++)
        for (int p = 0; p < m->classes; p++)
            cr_assert_eq(sw_confusion_at(m, t, p), (uint64_t)want[t * m->classes + p], "%s: %d taken for %d",
                         g.name, t, p);
}

static sw_confusion count_pixels(int classes, int ignore)
{
    size_t count;
    const uint8_t *truth = golden_bytes(&g, "x", &count), *prediction = golden_bytes(&g, "prediction", NULL);
    sw_confusion m;
    must(sw_confusion_init(&m, classes, ignore));
    count_pixels_add(&m, truth, prediction, count, ignore);
    return m;
}

Test(golden_metrics, figures_from_the_confusion_matrix_are_those_of_the_pixels)
{
    while (golden_next(&g, "metrics")) {
        sw_confusion m =
            count_pixels((int)golden_number(&g, "classes"), (int)golden_number(&g, "ignore_index"));
        expect_confusion(&m);
        expect_scalar("pixel_accuracy", sw_confusion_accuracy(&m));
        expect_scalar("micro_iou", sw_confusion_micro_iou(&m, 1));
        expect_scalar("micro_iou_of_all", sw_confusion_micro_iou(&m, -1));
        expect_scalar("mean_iou", sw_confusion_mean_iou(&m));
        expect_classes("iou", &m, sw_confusion_iou);
        expect_classes("precision", &m, sw_confusion_precision);
        expect_classes("recall", &m, sw_confusion_recall);
        expect_classes("dice", &m, sw_confusion_dice);
        sw_confusion_deinit(&m);
    }
}

Test(golden_metrics, boundary_f1_is_that_of_every_pair_of_boundary_pixels)
{
    while (golden_next(&g, "metrics")) {
        const sw_safetensors_tensor *x = golden_tensor(&g, "x");
        const int height = (int)x->shape[1], width = (int)x->shape[2],
                  classes = (int)golden_number(&g, "classes");
        const uint8_t *truth = golden_bytes(&g, "x", NULL),
                      *prediction = golden_bytes(&g, "prediction", NULL);
        sw_boundary b;
        must(sw_boundary_init(&b, classes, (int)golden_number(&g, "ignore_index")));
        for (int n = 0; n < (int)x->shape[0]; n++) {
            const size_t at = (size_t)n * (size_t)width * (size_t)height;
            must(sw_boundary_add(&b, truth + at, prediction + at, width, height));
        }
        float f1[SW_MAX_CLASSES];
        for (int c = 0; c < classes; c++) f1[c] = (float)sw_boundary_class_f1(&b, c);
        golden_expect(&g, "boundary_f1", f1, 1);
        expect_scalar("mean_boundary_f1", sw_boundary_mean_f1(&b));
        sw_boundary_deinit(&b);
    }
}

/* --- on the device ----------------------------------------------------------------------------- */

typedef struct device_metrics {
    float soft[2 * 8];
    uint8_t prediction[8 * 64];
    uint32_t confusion[8 * 9];
} device_metrics;

static void run_on_device(device_metrics *out, sw_shape s)
{
    sw_metrics *metrics;
    cl_mem logits, labels;
    const size_t elems = sw_shape_elems(s), pixels = elems / (size_t)s.c;
    cr_assert(s.n <= 8 && s.c == 3 && pixels <= sizeof out->prediction);
    must(sw_buffer_create(&logits, session, elems * sizeof(float), "logits"));
    must(sw_buffer_create(&labels, session, pixels, "labels"));
    must(sw_buffer_write(session, logits, 0, golden_activation(&g, "x", NULL), elems * sizeof(float)));
    must(sw_buffer_write(session, labels, 0, golden_bytes(&g, "labels", NULL), pixels));
    must(sw_metrics_create(&metrics, session, s.n, s.h, s.w, s.c, (int)golden_number(&g, "ignore_index")));
    must(sw_metrics_run(metrics, logits, labels, s.n));
    must(sw_metrics_read(metrics, out->confusion, out->soft, out->prediction, NULL));
    sw_metrics_destroy(metrics);
    sw_buffer_release(&logits);
    sw_buffer_release(&labels);
}

/* Sums over 42 pixels of probabilities that err by some 4 ulp each: 16 covers both, the logits' size (up to
 * 500 in "certain") enters through exp's argument, an exact difference. */
Test(golden_metrics, soft_iou_and_predictions_on_the_device)
{
    while (golden_next(&g, "soft")) {
        device_metrics found;
        sw_shape s;
        size_t pixels;
        golden_activation(&g, "x", &s);
        run_on_device(&found, s);
        golden_expect(&g, "soft", found.soft, 16);
        double iou = 0;
        for (int n = 0; n < s.n; n++)
            iou += ((double)found.soft[2 * n] + 0.001) / ((double)found.soft[2 * n + 1] + 0.001) / s.n;
        const float custom_iou = (float)iou;
        golden_expect(&g, "custom_iou", &custom_iou, 32); /* of two sums */
        const uint8_t *want = golden_bytes(&g, "prediction", &pixels),
                      *labels = golden_bytes(&g, "labels", NULL);
        uint32_t confusion[sizeof found.confusion / sizeof *found.confusion] = {0};
        for (size_t i = 0; i < pixels; i++) {
            cr_assert_eq(found.prediction[i], want[i], "%s: pixel %zu is %d, not %d", g.name, i,
                         found.prediction[i], want[i]);
            if (labels[i] < 3) confusion[i / (pixels / (size_t)s.n) * 9 + labels[i] * 3u + want[i]]++;
        }
        for (size_t i = 0; i < 9 * (size_t)s.n; i++)
            cr_assert_eq(found.confusion[i], confusion[i], "%s: count %zu of image %zu", g.name, i % 9,
                         i / 9);
    }
}
