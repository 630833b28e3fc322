/* Update rules and schedules: every row of the tables lowers a function, resumes to the same bits, takes the memory it says. */
#include "basin_check.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

enum { N = 7 }; /* odd, so that loops over vectors have tails */

/* f = sum h_i w_i^2 / 2, h from 1 to 30. */
static bool quadratic(bsn_objective *o, const bsn_real *w, double *f, bsn_real *g) {
  *f = 0;
  for (size_t i = 0; i < o->n; i++) {
    double h = 1 + 29.0 * (double)i / (N - 1);
    *f += h * w[i] * w[i] / 2;
    if (g) g[i] = (bsn_real)(h * w[i]);
  }
  return true;
}

/* The default texts of a row's numbers and words; a stand-in for the reader of base/row.h. */
static const void *defaults(bsn_arena *arena, const bsn_row *row) {
  char *config = bsn_alloc_in(arena, row->config_size);
  for (const bsn_param *p = row->params; p->name; p++)
    if (p->type == BSN_REAL)
      *(double *)(config + p->offset) = strtod(p->def, NULL);
    else if (p->type == BSN_WORD)
      *(const char **)(config + p->offset) = p->def;
  return config;
}

static void start(bsn_real *w) {
  for (int i = 0; i < N; i++) w[i] = (bsn_real)(i % 2 ? -0.01 : 0.01);
}

static void walk(bsn_optimizer_state *s, bsn_real *w, int steps) {
  bsn_objective o = {.n = N, .eval = quadratic};
  double lr = bsn_optimizer_lr(s->type, s->config);
  while (steps--) ck_assert(bsn_optimizer_step(s, &o, w, lr));
}

static void check_row(const bsn_optimizer *type) {
  bsn_arena arena = {0};
  const void *config = defaults(&arena, &type->row);
  bsn_optimizer_state s, again;
  bsn_real *w = bsn_reals_in(&arena, N), *v = bsn_reals_in(&arena, N);
  ck_assert(bsn_optimizer_init(&s, type, config, N, &arena) && bsn_optimizer_init(&again, type, config, N, &arena));
  ck_assert_uint_eq(bsn_optimizer_bytes(type, config, N), s.nslots * N * sizeof(bsn_real));
  start(w);
  walk(&s, w, 20);
  bsn_objective o = {.n = N, .eval = quadratic};
  double f, f0;
  quadratic(&o, w, &f, NULL);
  start(v);
  quadratic(&o, v, &f0, NULL);
  ck_assert_msg(f < 0.7 * f0, "%s: %g -> %g", type->row.name, f0, f);
  memcpy(v, w, N * sizeof *v);
  for (size_t i = 0; i < s.nslots; i++) memcpy(again.slot[i], s.slot[i], N * sizeof(bsn_real));
  memcpy(again.number, s.number, BSN_OPTIMIZER_NUMBERS * sizeof(double));
  again.t = s.t;
  walk(&s, w, 20);
  walk(&again, v, 20);
  ck_assert_msg(!memcmp(v, w, N * sizeof *v), "%s does not resume", type->row.name);
  bsn_arena_free(&arena);
}

START_TEST(every_optimizer_descends_and_resumes) {
  for (const void *const *family = bsn_optimizers.families; *family; family++)
    for (const bsn_optimizer *type = *family; type->row.name; type++) check_row(type);
}
END_TEST

START_TEST(constant_schedule_is_one) {
  bsn_schedule_state none = {0}, constant = {.type = bsn_schedules.families[0]};
  bsn_progress p = {.step = 3, .steps = 10, .steps_per_epoch = 5};
  ck_assert(bsn_schedule_factor(&none, &p) == 1 && bsn_schedule_factor(&constant, &p) == 1);
}
END_TEST

BASIN_TESTS("optim", every_optimizer_descends_and_resumes, constant_schedule_is_one)
