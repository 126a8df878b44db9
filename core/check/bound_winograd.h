/* How far Winograd's F(4x4, 3x3) and F(2x2, 3x3) may be from the exact result.
 *
 * With the matrices of Lavin and Gray for the points 0, 1, -1 (and 2, -2),
 *
 *   y  = A^T [ sum over channels of (G w G^T) . (B^T d B) ] A        d: 6x6 (4x4) pixels of x
 *   dw = G^T [ sum over tiles of (B^T d B) . (A dy A^T) ] G
 *
 * results come about by cancellation of much larger terms, so a bound made of their absolute values, as for a
 * plain sum (bound.h), would be a hundred times what ever happens, and catch nothing. But for inputs of
 * random sign, as ours are, errors can be followed by their variance. With sx, sw the root mean squares of
 * the inputs, the place (p,q) of a product has the variance sx^2 sw^2 b_p b_q g_p g_q, b and g being the sums
 * of squares of the matrices' rows. A partial sum of n such products has at most n times that; each of the n
 * additions makes an error of eps/(2 sqrt 3) of it, and so do the roundings of the transforms, 24 at most in
 * a row. The last transform adds variances with its squared entries:
 *
 *   deviation of y at row i, column j of its tile <= eps/(2 sqrt 3) sqrt(n (n+24)) sx sw s_i s_j,
 *   s_i^2 = sum over p of A[p,i]^2 b_p g_p        (dw: G[p,k]^2 b_p a_p)
 *
 * The bound is 2 eps times that product: seven such deviations. */
#ifndef CHECK_BOUND_WINOGRAD_H
#define CHECK_BOUND_WINOGRAD_H

#include "problem.h"

/* Widens the bounds of y (or dx), a sum over `channels`, of inputs with root mean squares rms_x and rms_w;
 * tiles of `side` pixels, 4 or 2. */
void sw_bound_winograd_data(sw_tensor *y, int side, int channels, double rms_x, double rms_w);
/* The same of the weights' gradient, from x of that shape, with tiles of 4. */
void sw_bound_winograd_weights(sw_tensor *dw, sw_shape x, double rms_x, double rms_dy);

#endif
