/* grad.h: the derivative of an expression, as more expressions.
 *
 *     bsn_grad(1, &loss, &seed, n, w, g);          // g[i] = (d loss / d w[i])' seed
 *     bsn_grad(n, g, v, n, w, hv);                 // Hessian-vector product: the gradient of the gradient
 *
 * Reverse mode: each op's rule is written in public ops, so that a gradient can be differentiated again, as often as wanted.
 */
#ifndef BSN_GRAPH_GRAD_H
#define BSN_GRAPH_GRAD_H

#include "graph/graph.h"

/* g[j] = sum over i of (d y[i] / d x[j])' seed[i], summed over rows when x[j] is not batch; NULL: exactly zero. seed[i] has
 * y[i]'s shape or is broadcast to it; y[i] or seed[i] NULL counts as zero. False (and g all NULL or of no use) without
 * memory, or when the graph holds an error. */
bool bsn_grad(size_t ny, bsn_node *const y[], bsn_node *const seed[], size_t nx, bsn_node *const x[], bsn_node *g[]);

/* jv = (d y / d x) v: forward mode by reverse mode twice. dummy is any leaf of y's shape (its numbers are never read). NULL
 * in v: zero; the result NULL: exactly zero. */
bsn_node *bsn_push(bsn_node *y, bsn_node *dummy, size_t nx, bsn_node *const x[], bsn_node *const v[]);

#endif
