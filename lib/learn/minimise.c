#include "learn/minimise.h"
#include "base/clock.h"
#include "learn/moment.h"
#include "learn/tape.h"
#include "num/vector.h"
#include <math.h>
#include <string.h>

const bsn_param bsn_descent_params[] = {
    {"steps", BSN_COUNT, offsetof(bsn_descent, steps), NULL, .lo = 0, .hi = 2e9, .doc = "length of the run in updates"},
    {"schedule", BSN_ROW, offsetof(bsn_descent, schedule), "constant", .table = "schedule",
     .doc = "how the learning rate changes"},
    {0}};

static double spent(const bsn_minimise *m) { return m->before + bsn_seconds() - m->since; }

/* ---- what is recorded ---- */
static double lr_of(const bsn_minimise *m) {
  bsn_progress progress = {m->step, m->steps, 1};
  return bsn_optimizer_lr(m->optimizer.type, m->optimizer.config) * bsn_schedule_factor(&m->schedule, &progress);
}

/* f without noise, and its gradient in m->g unless f alone is wanted; costs nothing. */
static double look_at(bsn_minimise *m, bool gradient) {
  bsn_objective *o = &m->surface->base;
  bsn_cost cost = o->cost;
  double f = NAN;
  o->select(o, NULL, 0, BSN_EVAL);
  o->eval(o, m->w, &f, gradient ? m->g : NULL);
  o->select(o, NULL, 0, BSN_TRAIN);
  o->cost = cost;
  return f;
}

static bool evaluate(bsn_minimise *m, bsn_error *error) {
  bsn_record *r = &m->record;
  const bsn_surface_type *type = m->surface->type;
  double seconds = spent(m), f = look_at(m, true), lowest = type->lowest;
  bool ok = bsn_record_metric(r, m->step, "objective", f) &&
            (isnan(lowest) || bsn_record_metric(r, m->step, "excess", f - lowest)) &&
            (!type->nminima || bsn_record_metric(r, m->step, "distance", bsn_surface_distance(m->surface, m->w))) &&
            bsn_record_metric(r, m->step, "gradient_norm", bsn_norm(m->surface->base.n, m->g)) &&
            bsn_record_metric(r, m->step, "lr", lr_of(m)) && bsn_record_clock(r, m->step, seconds);
  m->evaluated = m->step;
  m->since += spent(m) - seconds; /* watching costs no time of the run */
  return ok || bsn_no_memory(error);
}

/* Every stride-th step, and the last one. */
static void walk(bsn_minimise *m, bool last) {
  bool known = m->npath && m->path_step[m->npath - 1] == (int32_t)m->step;
  if (known || (!last && m->step % m->stride)) return;
  int64_t i = m->npath++;
  m->path_step[i] = (int32_t)m->step;
  m->path_f[i] = look_at(m, false);
  m->path_x[i] = (double)m->w[0];
  m->path_y[i] = m->surface->base.n > 1 ? (double)m->w[1] : 0;
}

static bool note_array(bsn_minimise *m, int64_t step, const char *name, char dtype, int64_t n, const void *data) {
  return bsn_record_array(&m->record, (bsn_array){step, name, dtype, 1, {n}, data});
}

static bool note_path(bsn_minimise *m) {
  return note_array(m, m->step, "path_step", 'i', m->npath, m->path_step) &&
         note_array(m, m->step, "path_f", 'd', m->npath, m->path_f) &&
         note_array(m, m->step, "path_x", 'd', m->npath, m->path_x) &&
         note_array(m, m->step, "path_y", 'd', m->npath, m->path_y);
}

static bool note_grid(bsn_minimise *m) {
  enum { N = BSN_GRID * BSN_GRID };
  const double *edge = m->surface->window;
  float *at = bsn_alloc_in(m->arena, 3 * N * sizeof *at);
  if (!at) return false;
  for (int i = 0; i < N; i++) {
    double x = (i % BSN_GRID) / (BSN_GRID - 1.), y = (double)(i / BSN_GRID) / (BSN_GRID - 1);
    double w[2] = {edge[0] + (edge[1] - edge[0]) * x, edge[2] + (edge[3] - edge[2]) * y};
    at[i] = (float)w[0];
    at[N + i] = (float)w[1];
    at[2 * N + i] = (float)bsn_surface_value(m->surface, w);
  }
  return note_array(m, 0, "grid_x", 'f', N, at) && note_array(m, 0, "grid_y", 'f', N, at + N) &&
         note_array(m, 0, "grid_f", 'f', N, at + 2 * N);
}

/* ---- steps ---- */
static bool finish(bsn_minimise *m, bsn_outcome outcome, bsn_error *error) {
  const bsn_cost *cost = &m->surface->base.cost;
  if (m->evaluated != m->step) BSN_TRY(evaluate(m, error));
  walk(m, true);
  m->record.outcome = outcome;
  m->record.outcome_step = m->step;
  m->record.grads = cost->gradients;
  m->record.products = cost->products;
  m->record.seconds = spent(m);
  return (note_path(m) && (m->surface->base.n != 2 || note_grid(m))) || bsn_no_memory(error);
}

static bool start(bsn_minimise *m, bsn_error *error) {
  double bytes = (double)bsn_optimizer_bytes(m->optimizer.type, m->optimizer.config, m->surface->base.n);
  bool ok = bsn_record_metric(&m->record, 0, "optimizer_bytes", bytes) &&
            bsn_record_metric(&m->record, 0, "parameters", (double)m->surface->base.n);
  if (!ok) return bsn_no_memory(error);
  BSN_TRY(evaluate(m, error));
  m->start_f = bsn_record_last(&m->record, "objective");
  walk(m, false);
  return true;
}

static bool diverged(const bsn_minimise *m) {
  double f = m->optimizer.loss;
  return !isfinite(f) || fabs(f) > 1e6 * fmax(fabs(m->start_f), 1) || !bsn_all_finite(m->surface->base.n, m->w);
}

bool bsn_minimise_step(bsn_minimise *m, bsn_error *error) {
  bsn_objective *o = &m->surface->base;
  if (m->step == 0 && m->evaluated < 0) BSN_TRY(start(m, error));
  if (bsn_minimise_is_over(m)) return finish(m, BSN_BUDGET, error);
  m->surface->step = (uint64_t)m->step;
  if (!bsn_optimizer_step(&m->optimizer, o, m->w, lr_of(m))) return bsn_fail(error, o->error.code, "%s", o->error.text);
  m->step++;
  if (diverged(m)) return finish(m, BSN_DIVERGED, error);
  if (m->step == m->next_eval) {
    BSN_TRY(evaluate(m, error));
    m->next_eval = bsn_next_moment(&m->spec->eval, m->step, m->steps, 1);
    bsn_schedule_watch(&m->schedule, bsn_record_last(&m->record, "objective"));
  }
  walk(m, false);
  if (m->spec->tolerance > 0 && bsn_norm(o->n, m->optimizer.g) <= m->spec->tolerance)
    return finish(m, BSN_CONVERGED, error);
  return true;
}

bool bsn_minimise_is_over(const bsn_minimise *m) { return m->step >= m->steps; }
double bsn_minimise_seconds(const bsn_minimise *m) { return spent(m); }

bool bsn_minimise_needs_length(const bsn_minimise_spec *spec) {
  const bsn_choice *s = &spec->train.schedule;
  return bsn_schedule_needs_length((const bsn_schedule *)s->row, s->config) || bsn_moment_needs_length(&spec->eval);
}

/* ---- making one ---- */
/* Strides are powers of two: the path of a shorter run has all points that one of a longer run has so far. */
static bool make_path(bsn_minimise *m) {
  for (m->stride = 1; m->steps / m->stride >= BSN_PATH - 1; m->stride *= 2) continue;
  double *path = bsn_alloc_in(m->arena, 3 * BSN_PATH * sizeof *path);
  m->path_step = bsn_alloc_in(m->arena, BSN_PATH * sizeof *m->path_step);
  m->path_f = path;
  m->path_x = path ? path + BSN_PATH : NULL;
  m->path_y = path ? path + 2 * BSN_PATH : NULL;
  return path && m->path_step;
}

bool bsn_minimise_init(bsn_minimise *m, const bsn_minimise_spec *spec, bsn_arena *arena, bsn_error *error) {
  *m = (bsn_minimise){
      .spec = spec, .arena = arena, .steps = (int64_t)spec->train.steps, .evaluated = -1, .since = bsn_seconds()};
  bsn_record_init(&m->record, arena, "", "", "fit", 0);
  const bsn_surface_type *type = (const bsn_surface_type *)spec->surface.row;
  m->surface = bsn_surface_in(arena, type, spec->surface.config, &spec->options, &spec->seeds, error);
  if (!m->surface) return false;
  size_t n = m->surface->base.n;
  m->w = bsn_reals_in(arena, n);
  m->g = bsn_reals_in(arena, n);
  const bsn_optimizer *rule = (const bsn_optimizer *)spec->optimizer.row;
  if (!m->w || !m->g || !make_path(m) || !bsn_optimizer_init(&m->optimizer, rule, spec->optimizer.config, n, arena))
    return bsn_no_memory(error);
  bsn_copy(n, m->surface->start, m->w);
  m->schedule = (bsn_schedule_state){(const bsn_schedule *)spec->train.schedule.row, spec->train.schedule.config, {0}};
  const char *metric = bsn_schedule_metric(m->schedule.type, m->schedule.config);
  if (metric && strcmp(metric, "objective"))
    return bsn_fail(error, BSN_BAD_INPUT, "schedule %s watches '%s': here it can watch objective alone",
                    m->schedule.type->row.name, metric);
  m->next_eval = bsn_next_moment(&spec->eval, 0, m->steps, 1);
  return true;
}

/* ---- between steps ---- */
static void pass(bsn_tape *t, void *state) {
  bsn_minimise *m = state;
  bsn_tape_pass(t, &m->step, sizeof m->step);
  bsn_tape_pass(t, &m->evaluated, sizeof m->evaluated);
  bsn_tape_pass(t, &m->start_f, sizeof m->start_f);
  bsn_tape_pass(t, &m->before, sizeof m->before);
  bsn_tape_pass(t, &m->npath, sizeof m->npath);
  bsn_tape_pass(t, m->path_step, BSN_PATH * sizeof *m->path_step);
  bsn_tape_pass(t, m->path_f, 3 * BSN_PATH * sizeof *m->path_f); /* x and y lie behind it */
  bsn_tape_pass(t, &m->surface->base.cost, sizeof m->surface->base.cost);
  bsn_tape_pass(t, m->w, m->surface->base.n * sizeof *m->w);
  bsn_tape_pass(t, m->schedule.number, sizeof m->schedule.number);
  bsn_tape_optimizer(t, &m->optimizer);
}

bool bsn_minimise_pack(const bsn_minimise *constant, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error) {
  bsn_minimise m = *constant;
  m.before = spent(&m);
  return bsn_tape_write(pass, &m, &m.record, arena, bytes, n, error);
}

/* Leave the points of the path that a run of this length keeps. */
static void thin_path(bsn_minimise *m) {
  int64_t n = 0;
  for (int64_t i = 0; i < m->npath; i++) {
    if (m->path_step[i] % m->stride) continue;
    m->path_step[n] = m->path_step[i];
    m->path_f[n] = m->path_f[i];
    m->path_x[n] = m->path_x[i];
    m->path_y[n++] = m->path_y[i];
  }
  m->npath = n;
}

bool bsn_minimise_unpack(bsn_minimise *m, const void *bytes, size_t n, bsn_error *error) {
  BSN_TRY(bsn_tape_read(pass, m, &m->record, m->arena, bytes, n, error));
  if (m->npath < 0 || m->npath >= BSN_PATH || m->step < 0 || m->step > m->steps)
    return bsn_fail(error, BSN_BAD_INPUT, "a checkpoint is damaged");
  thin_path(m);
  m->since = bsn_seconds();
  m->next_eval = bsn_next_moment(&m->spec->eval, m->step, m->steps, 1);
  return true;
}
