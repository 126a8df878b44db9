#include <math.h>

#include "check/reference.h"

/* --- group norm -------------------------------------------------------------------------------- */

/* The values of a group of an image, one after another: element k of group g of image n. */
static size_t group_element(sw_shape s, int groups, int n, int g, size_t k)
{
    const size_t width = (size_t)(s.c / groups), pixels = (size_t)s.h * (size_t)s.w;
    return ((size_t)n * pixels + k / width) * (size_t)s.c + (size_t)g * width + k % width;
}

static size_t group_count(sw_shape s, int groups)
{
    return (size_t)s.h * (size_t)s.w * (size_t)(s.c / groups);
}

void sw_reference_group_norm_statistics(double *mean, double *variance, const double *x, sw_shape s,
                                        int groups)
{
    const size_t m = group_count(s, groups);
    for (int i = 0; i < s.n * groups; i++) {
        double sum = 0, squares = 0;
        for (size_t k = 0; k < m; k++) sum += x[group_element(s, groups, i / groups, i % groups, k)];
        mean[i] = sum / (double)m;
        for (size_t k = 0; k < m; k++) {
            const double centred = x[group_element(s, groups, i / groups, i % groups, k)] - mean[i];
            squares += centred * centred;
        }
        variance[i] = squares / (double)m;
    }
}

void sw_reference_group_norm_y(double *y, const double *x, sw_shape s, const sw_reference_group_norm *norm,
                               const double *mean, const double *variance)
{
    const size_t m = group_count(s, norm->groups);
    for (int i = 0; i < s.n * norm->groups; i++)
        for (size_t k = 0; k < m; k++) {
            const size_t e = group_element(s, norm->groups, i / norm->groups, i % norm->groups, k);
            const size_t c = e % (size_t)s.c;
            y[e] = norm->gamma[c] * (x[e] - mean[i]) / sqrt(variance[i] + norm->eps) + norm->beta[c];
            if (norm->relu && y[e] < 0) y[e] = 0;
        }
}

void sw_reference_group_norm_backward(double *dx, double *dgamma, double *dbeta, const double *x,
                                      const double *dy, sw_shape s, const sw_reference_group_norm *norm,
                                      const double *mean, const double *variance, const uint8_t *passed)
{
    const size_t m = group_count(s, norm->groups);
    for (int c = 0; c < s.c; c++) dgamma[c] = dbeta[c] = 0;
    for (int i = 0; i < s.n * norm->groups; i++) {
        const double rstd = 1 / sqrt(variance[i] + norm->eps);
        double mean_g = 0, mean_gx = 0;
        for (size_t k = 0; k < m; k++) {
            const size_t e = group_element(s, norm->groups, i / norm->groups, i % norm->groups, k);
            const size_t c = e % (size_t)s.c;
            const double g = !passed || passed[e] ? dy[e] : 0, xhat = (x[e] - mean[i]) * rstd;
            dbeta[c] += g;
            dgamma[c] += g * xhat;
            mean_g += norm->gamma[c] * g / (double)m;
            mean_gx += norm->gamma[c] * g * xhat / (double)m;
        }
        for (size_t k = 0; k < m; k++) {
            const size_t e = group_element(s, norm->groups, i / norm->groups, i % norm->groups, k);
            const double g = !passed || passed[e] ? dy[e] : 0, xhat = (x[e] - mean[i]) * rstd;
            dx[e] = rstd * (norm->gamma[e % (size_t)s.c] * g - mean_g - xhat * mean_gx);
        }
    }
}

/* --- local response norm ----------------------------------------------------------------------- */

double sw_reference_response_norm_s(const double *pixel, int channels, int c,
                                    const sw_reference_response_norm *norm)
{
    double squares = 0;
    for (int j = c - norm->size / 2; j <= c + (norm->size - 1) / 2; j++)
        if (j >= 0 && j < channels) squares += pixel[j] * pixel[j];
    return norm->k + norm->alpha / norm->size * squares;
}

void sw_reference_response_norm_y(double *y, const double *x, sw_shape s,
                                  const sw_reference_response_norm *norm)
{
    for (size_t p = 0; p < sw_shape_pixels(s); p++)
        for (int c = 0; c < s.c; c++) {
            const double *pixel = x + p * (size_t)s.c;
            y[p * (size_t)s.c + (size_t)c] =
                pixel[c] * pow(sw_reference_response_norm_s(pixel, s.c, c, norm), -norm->beta);
        }
}

void sw_reference_response_norm_backward(double *dx, double *size, const double *x, const double *dy,
                                         sw_shape s, const sw_reference_response_norm *norm)
{
    const double scale = 2 * norm->alpha / norm->size * norm->beta;
    for (size_t i = 0; i < sw_shape_elems(s); i++) dx[i] = size[i] = 0;
    for (size_t p = 0; p < sw_shape_pixels(s); p++)
        for (int c = 0; c < s.c; c++) { /* what dy[c] gives to each x of its window */
            const double *pixel = x + p * (size_t)s.c, g = dy[p * (size_t)s.c + (size_t)c];
            double *to = dx + p * (size_t)s.c, *to_size = size + p * (size_t)s.c;
            const double denominator = sw_reference_response_norm_s(pixel, s.c, c, norm);
            const double own = g * pow(denominator, -norm->beta);
            to[c] += own;
            to_size[c] += fabs(own);
            for (int j = c - norm->size / 2; j <= c + (norm->size - 1) / 2; j++) {
                if (j < 0 || j >= s.c) continue;
                const double term = scale * pixel[j] * pixel[c] * own / denominator;
                to[j] -= term;
                to_size[j] += fabs(term);
            }
        }
}
