/* Minimising surfaces: paths against closed forms, outcomes, and a run that goes on where it was packed. */
#include "learn/minimise.h"
#include "num/vector.h"
#include "surface_check.h"

static bsn_minimise_spec spec_of(bsn_arena *arena, const char *surface, const char *optimizer, size_t steps) {
  return (bsn_minimise_spec){.surface = choice_of(arena, &bsn_surfaces, surface),
                             .optimizer = choice_of(arena, &bsn_optimizers, optimizer),
                             .train = {steps, choice_of(arena, &bsn_schedules, "constant")},
                             .eval = {BSN_EVERY_STEPS, 10},
                             .seeds = {.noise = 3}};
}

static void run(bsn_minimise *m, const bsn_minimise_spec *spec, bsn_arena *arena) {
  bsn_error error = {0};
  ck_assert_msg(bsn_minimise_init(m, spec, arena, &error), "%s", error.text);
  while (m->record.outcome == BSN_UNDONE) ck_assert_msg(bsn_minimise_step(m, &error), "%s", error.text);
}

static const bsn_array *array_of(const bsn_record *r, const char *name) {
  for (size_t i = 0; i < r->narrays; i++)
    if (!strcmp(r->array[i].name, name)) return &r->array[i];
  ck_abort_msg("no array %s", name);
}

/* w_t = (1 - lr curvature)^t w_0, whose step size is stable below 2 / curvature. */
START_TEST(gradient_descent_is_geometric) {
  static const struct {
    const char *gd;
    double lr;
    bsn_outcome outcome;
  } cases[] = {{"gd lr=0.09", 0.09, BSN_BUDGET}, {"gd lr=0.099", 0.099, BSN_BUDGET}, {"gd lr=0.2", 0.2, BSN_DIVERGED}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    bsn_arena arena = {0};
    bsn_minimise m;
    bsn_minimise_spec spec = spec_of(&arena, "quadratic condition=20", cases[c].gd, 50);
    run(&m, &spec, &arena);
    const double *x = array_of(&m.record, "path_x")->data, *y = array_of(&m.record, "path_y")->data;
    const double *f = array_of(&m.record, "path_f")->data;
    int64_t n = array_of(&m.record, "path_x")->shape[0];
    ck_assert_int_eq(m.record.outcome, cases[c].outcome);
    ck_assert_int_eq(n, m.step + 1);
    for (int64_t t = 0; t < n; t++) {
      double a = pow(1 - cases[c].lr, (double)t), b = pow(1 - 20 * cases[c].lr, (double)t),
             eps = sizeof(bsn_real) == 8 ? 1e-13 : 1e-5;
      ck_assert_double_eq_tol(x[t], a, eps * fmax(1, fabs(a)));
      ck_assert_double_eq_tol(y[t], b, eps * fmax(1, fabs(b)));
      ck_assert_double_eq_tol(f[t], (a * a + 20 * b * b) / 2, 40 * eps * fmax(1, b * b));
    }
    bsn_arena_free(&arena);
  }
}
END_TEST

/* Each surface with something that should get to a minimum of it. */
START_TEST(minima_are_found) {
  static const struct {
    const char *surface, *optimizer;
    size_t steps;
    double start[2]; /* zeros: the surface's own; Beale's leads to the valley that falls towards y = 1 far out */
  } cases[] = {{"rosenbrock", "adam lr=0.05", 3000},
               {"beale", "adam lr=0.05", 3000, {1, 1}},
               {"branin", "gd lr=0.02", 500},
               {"himmelblau", "gd lr=0.01", 500},
               {"two-wells", "gd lr=0.1", 500},
               {"rosenbrock-chain dimension=3", "adam lr=0.05", 4000},
               {"quadratic rotated=true", "momentum lr=0.01 momentum=0.8", 3000}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    bsn_arena arena = {0};
    bsn_minimise m;
    bsn_minimise_spec spec = spec_of(&arena, cases[c].surface, cases[c].optimizer, cases[c].steps);
    if (cases[c].start[0] != 0) spec.options.start = (bsn_list){2, {.real = cases[c].start}};
    run(&m, &spec, &arena);
    ck_assert_int_eq(m.record.outcome, BSN_BUDGET);
    ck_assert_msg(bsn_record_last(&m.record, "distance") < 0.02, "%s, %s: %g away", cases[c].surface,
                  cases[c].optimizer, bsn_record_last(&m.record, "distance"));
    ck_assert_double_lt(bsn_record_last(&m.record, "excess"), 1e-3);
    ck_assert_double_eq(m.record.grads, (double)cases[c].steps);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(falling_without_end_is_diverging) {
  bsn_arena arena = {0};
  bsn_minimise m;
  bsn_minimise_spec spec = spec_of(&arena, "saddle", "gd lr=0.1", 1000);
  run(&m, &spec, &arena);
  ck_assert_int_eq(m.record.outcome, BSN_DIVERGED);
  ck_assert(m.record.outcome_step > 10 && m.record.outcome_step < 200);
  ck_assert(isnan(bsn_record_last(&m.record, "distance")) && isnan(bsn_record_last(&m.record, "excess")));
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(small_gradients_are_convergence) {
  bsn_arena arena = {0};
  bsn_minimise m;
  bsn_minimise_spec spec = spec_of(&arena, "quadratic condition=2", "gd lr=0.4", 1000);
  spec.tolerance = 1e-3;
  run(&m, &spec, &arena);
  ck_assert_int_eq(m.record.outcome, BSN_CONVERGED);
  ck_assert_int_eq(m.record.outcome_step, 15); /* 0.6^t < 1e-3 first at t = 14, where the step after begins */
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(paths_are_thinned_and_grids_are_the_surface) {
  bsn_arena arena = {0};
  bsn_minimise m;
  bsn_minimise_spec spec = spec_of(&arena, "himmelblau", "gd lr=0.001", 12345);
  run(&m, &spec, &arena);
  const bsn_array *step = array_of(&m.record, "path_step"), *f = array_of(&m.record, "grid_f");
  int64_t n = step->shape[0];
  ck_assert(n <= BSN_PATH && n > BSN_PATH / 2);
  ck_assert_int_eq(((const int32_t *)step->data)[0], 0);
  ck_assert_int_eq(((const int32_t *)step->data)[n - 1], 12345);
  ck_assert_int_eq(f->shape[0], BSN_GRID * BSN_GRID);
  const float *value = f->data, *x = array_of(&m.record, "grid_x")->data, *y = array_of(&m.record, "grid_y")->data;
  ck_assert(x[0] == -6 && y[0] == -6 && x[BSN_GRID - 1] == 6 && y[BSN_GRID - 1] == -6 &&
            y[BSN_GRID * BSN_GRID - 1] == 6);
  ck_assert(value[0] == 890); /* (36 - 6 - 11)^2 + (-6 + 36 - 7)^2 */
  bsn_arena_free(&arena);
}
END_TEST

/* With noise, state and a schedule, broken off at several steps: the same record, byte for byte. */
START_TEST(a_run_goes_on_where_it_was_packed) {
  static const int64_t breaks[] = {1, 10, 37};
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_minimise whole, part, rest;
  bsn_minimise_spec spec = spec_of(&arena, "rosenbrock noise=1 batch=2", "adam lr=0.02", 60);
  spec.train.schedule = choice_of(&arena, &bsn_schedules, "cosine");
  run(&whole, &spec, &arena);
  whole.record.seconds = 0;
  whole.record.nclocks = 0;
  for (size_t b = 0; b < 3; b++) {
    void *bytes, *one, *two;
    size_t n, n1, n2;
    ck_assert(bsn_minimise_init(&part, &spec, &arena, &error) && bsn_minimise_init(&rest, &spec, &arena, &error));
    while (part.step < breaks[b]) ck_assert(bsn_minimise_step(&part, &error));
    ck_assert(bsn_minimise_pack(&part, &arena, &bytes, &n, &error));
    ck_assert(!bsn_minimise_unpack(&rest, bytes, 100, &error));
    error = (bsn_error){0};
    ck_assert_msg(bsn_minimise_unpack(&rest, bytes, n, &error), "%s", error.text);
    while (!rest.record.outcome) ck_assert(bsn_minimise_step(&rest, &error));
    rest.record.seconds = 0;
    rest.record.nclocks = 0;
    ck_assert(bsn_record_pack(&whole.record, &arena, &one, &n1, &error) &&
              bsn_record_pack(&rest.record, &arena, &two, &n2, &error));
    ck_assert_uint_eq(n1, n2);
    ck_assert_mem_eq(one, two, n1);
  }
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("minimise", gradient_descent_is_geometric, minima_are_found, falling_without_end_is_diverging,
            small_gradients_are_convergence, paths_are_thinned_and_grids_are_the_surface,
            a_run_goes_on_where_it_was_packed)
