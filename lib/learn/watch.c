#include "learn/watch.h"
#include "num/vector.h"
#include <stdlib.h>

/* ---- the fitted curve ---- */
typedef struct point {
  double x;
  int32_t row;
} point;

static int by_x(const void *a, const void *b) {
  const point *p = a, *q = b;
  return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : (p->row > q->row) - (p->row < q->row);
}

static point *sorted_points(const bsn_dataset *set, bsn_arena *arena) {
  point *all = bsn_alloc_in(arena, set->rows * sizeof *all);
  for (size_t i = 0; all && i < set->rows; i++) {
    double raw = set->u8 ? set->u8[i] : (double)set->real[i];
    all[i] = (point){raw * (double)set->scale + (double)set->shift, (int32_t)i};
  }
  if (all) qsort(all, set->rows, sizeof *all, by_x);
  return all;
}

static bool note_array(bsn_record *r, int64_t step, const char *name, const double *data, size_t n, bsn_error *error) {
  bsn_array array = {.step = step, .name = name, .dtype = 'd', .axes = 1, .shape = {(int64_t)n}, .data = data};
  return bsn_record_array(r, array) || bsn_no_memory(error);
}

bool bsn_watch_curve(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error) {
  const bsn_dataset *set = ((const bsn_curve_watch *)context)->set;
  if (set->task != BSN_REGRESSION || set->width != 1 || set->outputs != 1)
    return bsn_fail(error, BSN_BAD_INPUT, "eval.curve wants a regression on one input");
  bsn_arena scratch = {0};
  size_t n = set->rows < BSN_CURVE_POINTS ? set->rows : BSN_CURVE_POINTS;
  point *all = sorted_points(set, &scratch);
  int32_t *row = bsn_alloc_in(&scratch, n * sizeof *row);
  bsn_real *z = bsn_reals_in(&scratch, n);
  double *x = bsn_alloc_in(record->arena, n * sizeof *x), *truth = bsn_alloc_in(record->arena, n * sizeof *x);
  double *prediction = bsn_alloc_in(record->arena, n * sizeof *x);
  bool ok = (all && row && z && x && truth && prediction) || bsn_no_memory(error);
  for (size_t i = 0; ok && i < n; i++) {
    const point *p = &all[n > 1 ? i * (set->rows - 1) / (n - 1) : 0];
    row[i] = p->row;
    x[i] = p->x;
    truth[i] = (double)(set->truth ? set->truth : set->target)[p->row];
  }
  ok = ok && bsn_fit_predict(fit, &(bsn_view){.set = set, .n = n, .row = row}, z, error);
  for (size_t i = 0; ok && i < n; i++) prediction[i] = (double)z[i];
  bsn_arena_free(&scratch);
  return ok && note_array(record, fit->step, "grid_x", x, n, error) &&
         note_array(record, fit->step, "grid_truth", truth, n, error) &&
         note_array(record, fit->step, "grid_prediction", prediction, n, error);
}

/* ---- inside a step ---- */
static bool note(bsn_record *r, int64_t step, const char *name, double value, bsn_error *error) {
  return (name && bsn_record_metric(r, step, name, value)) || bsn_no_memory(error);
}

static double distance(size_t n, const bsn_real *x, const bsn_real *y) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
  return __builtin_sqrt(sum);
}

bool bsn_watch_internals(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error) {
  (void)context;
  const bsn_optimizer_state *s = &fit->optimizer;
  if (fit->step == 0) return true;
  double update = distance(fit->net.n, fit->w, fit->before), gradient = bsn_norm(fit->net.n, s->g);
  BSN_TRY(note(record, fit->step, "update_norm", update, error));
  BSN_TRY(note(record, fit->step, "batch_gradient_norm", gradient, error));
  BSN_TRY(note(record, fit->step, "effective_lr", update / gradient, error));
  for (size_t i = 0; i < s->nslots && i < 8; i++) {
    const char *name = bsn_text_in(record->arena, "optimizer_norm_%zu", i + 1);
    BSN_TRY(note(record, fit->step, name, bsn_norm(s->n, s->slot[i]), error));
  }
  return true;
}
