#include "data/read.h"

bsn_view bsn_view_all(const bsn_dataset *set, bsn_arena *arena) {
  bsn_view view = {.set = set, .n = set->rows};
  if (set->rows > INT32_MAX) return view;
  int32_t *row = bsn_buffer_in(arena, set->rows * sizeof *row);
  if (!row) return view;
  for (size_t i = 0; i < set->rows; i++) row[i] = (int32_t)i;
  view.row = row;
  return view;
}

/* The picked weights, scaled to mean 1 (left alone when they sum to 0: there is nothing to scale). */
static bsn_real *pick_weights(const bsn_view *view, const size_t *pick, size_t n, bsn_arena *arena) {
  bsn_real *weight = bsn_reals_in(arena, n);
  if (!weight) return NULL;
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)view->weight[pick[i]];
  double scale = sum > 0 ? (double)n / sum : 1;
  for (size_t i = 0; i < n; i++) weight[i] = (bsn_real)(scale * (double)view->weight[pick[i]]);
  return weight;
}

bsn_view bsn_view_pick(const bsn_view *view, const size_t *pick, size_t n, bsn_arena *arena) {
  bsn_view part = {.set = view->set, .n = n};
  if (n > INT32_MAX) return part;
  int32_t *row = bsn_buffer_in(arena, n * sizeof *row);
  if (!row) return part;
  if (view->weight && !(part.weight = pick_weights(view, pick, n, arena))) return part;
  for (size_t i = 0; i < n; i++) row[i] = view->row[pick[i]];
  part.row = row;
  return part;
}

bsn_dataset bsn_images(size_t rows, const size_t shape[3], const uint8_t *pixels, const int32_t *label, size_t classes,
                       const char *const *class_name) {
  return (bsn_dataset){.task = BSN_CLASSIFICATION,
                       .rows = rows,
                       .axes = 3,
                       .shape = {shape[0], shape[1], shape[2]},
                       .width = shape[0] * shape[1] * shape[2],
                       .u8 = pixels,
                       .scale = (bsn_real)1 / 255,
                       .outputs = classes,
                       .label = label,
                       .class_name = class_name};
}
