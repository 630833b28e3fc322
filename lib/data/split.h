/* split.h: ways to divide rows: k-fold (plain, stratified), hold-out, bootstrap draws.
 *
 *     bsn_view fit, held;
 *     if (!bsn_fold(&all, 5, 2, true, stream, arena, &fit, &held)) return bsn_no_memory(error);
 *
 * All take a view and return views of the same data set; a row is never in both parts. Draws come from a named stream.
 */
#ifndef BSN_DATA_SPLIT_H
#define BSN_DATA_SPLIT_H

#include "base/stream.h"
#include "data/dataset.h"

/* Fold number `which` of k: held gets its rows, fit all others. Rows are dealt out by a permutation of the stream (the same for
 * every fold), sizes differ by at most 1; stratified: the same is true within each class (of numbers to predict there
 * is one class). k >= 2 and which < k; with more folds than rows some are empty. Both parts keep the view's order. False
 * without memory. */
bool bsn_fold(const bsn_view *view, size_t k, size_t which, bool stratified, bsn_stream stream, bsn_arena *arena,
              bsn_view *fit, bsn_view *held);

/* n rows drawn without replacement into held, the others into fit; both keep the view's order; stratified: each class by its
 * share (largest remainders). False without memory, or when the view has fewer than n rows. */
bool bsn_holdout(const bsn_view *view, size_t n, bool stratified, bsn_stream stream, bsn_arena *arena, bsn_view *fit,
                 bsn_view *held);

/* As many rows as the view has, drawn with replacement, into bag as distinct rows with weights (counts, of mean 1 over the
 * view of distinct rows); the rows never drawn into out. Where the view has weights, they multiply the counts. False without memory. */
bool bsn_bootstrap(const bsn_view *view, bsn_stream stream, bsn_arena *arena, bsn_view *bag, bsn_view *out);

#endif
