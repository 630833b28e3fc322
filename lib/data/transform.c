#include "data/dataset.h"
#include <math.h>
#include <string.h>

/* What is known of each feature of the rows of a view, in the set's own values (scale * raw + shift). */
typedef struct features {
  double *mean, *variance, *least, *most;
} features;

static double value_at(const bsn_dataset *set, size_t row, size_t j) {
  size_t at = row * set->width + j;
  double raw = set->u8 ? set->u8[at] : (double)set->real[at];
  return (double)set->scale * raw + (double)set->shift;
}

static bool features_new(features *f, size_t width, bsn_arena *arena) {
  double **field[] = {&f->mean, &f->variance, &f->least, &f->most};
  for (size_t i = 0; i < 4; i++) {
    if (!(*field[i] = bsn_alloc_in(arena, width * sizeof(double)))) return false;
  }
  return true;
}

/* Two passes: the variance of values that lie close together far from 0 needs their mean first. */
static void features_measure(features *f, const bsn_view *view) {
  size_t width = view->set->width;
  for (size_t j = 0; j < width; j++) {
    f->least[j] = INFINITY;
    f->most[j] = -INFINITY;
  }
  for (size_t i = 0; i < view->n; i++) {
    for (size_t j = 0; j < width; j++) {
      double v = value_at(view->set, (size_t)view->row[i], j);
      f->mean[j] += v;
      if (v < f->least[j]) f->least[j] = v;
      if (v > f->most[j]) f->most[j] = v;
    }
  }
  for (size_t j = 0; j < width; j++) f->mean[j] /= (double)view->n;
  for (size_t i = 0; i < view->n; i++) {
    for (size_t j = 0; j < width; j++) {
      double d = value_at(view->set, (size_t)view->row[i], j) - f->mean[j];
      f->variance[j] += d * d;
    }
  }
  for (size_t j = 0; j < width; j++) f->variance[j] /= (double)view->n;
}

typedef void centre_of(const features *f, size_t j, double *centre, double *size);

static void standard(const features *f, size_t j, double *centre, double *size) {
  *centre = f->mean[j];
  *size = sqrt(f->variance[j]);
}

static void unit(const features *f, size_t j, double *centre, double *size) {
  *centre = f->least[j];
  *size = f->most[j] - f->least[j];
}

static bool fit(bsn_transform *t, centre_of *of, const bsn_view *view, bsn_arena *arena) {
  bsn_arena scratch = {0};
  features f = {0};
  size_t width = view->set->width;
  bsn_real *scale = bsn_reals_in(arena, width), *shift = bsn_reals_in(arena, width);
  bool ok = scale && shift && features_new(&f, width, &scratch);
  if (ok) features_measure(&f, view);
  for (size_t j = 0; ok && j < width; j++) {
    double centre, size;
    of(&f, j, &centre, &size);
    /* Asked of the values themselves: rounding in the sums makes a constant feature's variance tiny, not 0. */
    if (!(f.least[j] < f.most[j]) || !(size > 0)) size = 1;
    scale[j] = (bsn_real)((double)view->set->scale / size);
    shift[j] = (bsn_real)(((double)view->set->shift - centre) / size);
  }
  *t = (bsn_transform){.step = 1, .scale = scale, .shift = shift};
  bsn_arena_free(&scratch);
  return ok;
}

static bool leave(bsn_transform *t, const bsn_view *view, bsn_arena *arena) {
  bsn_real *scale = bsn_reals_in(arena, 1), *shift = bsn_reals_in(arena, 1);
  if (!scale || !shift) return false;
  *scale = view->set->scale;
  *shift = view->set->shift;
  *t = (bsn_transform){.step = 0, .scale = scale, .shift = shift};
  return true;
}

bool bsn_transform_fit(bsn_transform *t, const char *scale, const bsn_view *view, bsn_arena *arena, bsn_error *error) {
  static const struct {
    const char *word;
    centre_of *of;
  } kinds[] = {{"none", NULL}, {"standard", standard}, {"unit", unit}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strcmp(scale, kinds[i].word) != 0) continue;
    if (view->set->sealed)
      return bsn_fail(error, BSN_BAD_INPUT, "test rows are sealed: no transform may be fitted on them");
    if (kinds[i].of && !view->n) return bsn_fail(error, BSN_BAD_INPUT, "data.scale: there are no rows to fit it on");
    bool ok = kinds[i].of ? fit(t, kinds[i].of, view, arena) : leave(t, view, arena);
    return ok || bsn_no_memory(error);
  }
  return bsn_fail(error, BSN_BAD_INPUT, "data.scale: unknown word '%s'", scale);
}
