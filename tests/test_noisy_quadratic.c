/* The noisy quadratic model: closed form against its published size, a table of steps, and runs of SGD. */
#include "learn/noisy_quadratic.h"
#include "surface_check.h"

enum { D = 10000 };

START_TEST(starts_at_half_the_harmonic_number) {
  ck_assert_double_eq_tol(bsn_noisy_quadratic_loss(D, 1, 0.1, 0), 4.893803018, 5e-10);
  ck_assert_double_eq_tol(bsn_noisy_quadratic_loss(1, 1, 1, 1), 0.5,
                          1e-15); /* all start forgotten, noise of one step */
  ck_assert_double_eq_tol(bsn_noisy_quadratic_loss(1, 4, 0.5, INFINITY), 0.5 * 0.5 / (4 * 1.5), 1e-15);
}
END_TEST

/* 60 learning rates from 1e-4 to 1.95, even in their logarithm; steps until 0.01 with the best. An independent NumPy
 * evaluation of the closed form. Perfect scaling up to a batch of 256, then a plateau. */
static double rate(int k) { return exp(log(1e-4) + k * (log(1.95) - log(1e-4)) / 59); }

START_TEST(steps_fall_with_the_batch_and_then_no_more) {
  static const struct {
    double batch, steps, lr, digits;
  } table[] = {{1, 6026387, .00336, 5e-6},
               {64, 96395, .22119, 5e-6},
               {256, 26153, .7141, 5e-5},
               {1024, 10355, 1.649, 5e-4},
               {1048576, 6845, 1.95, 5e-3}};
  for (size_t b = 0; b < sizeof table / sizeof *table; b++) {
    double best = INFINITY, lr = NAN;
    for (int k = 59; k >= 0; k--) {
      if (isfinite(best) && bsn_noisy_quadratic_loss(D, table[b].batch, rate(k), best) > 0.01) continue; /* no better */
      double steps = bsn_noisy_quadratic_steps(D, table[b].batch, rate(k), 0.01);
      if (steps < best) best = steps, lr = rate(k);
    }
    ck_assert_double_eq(best, table[b].steps);
    ck_assert_double_eq_tol(lr, table[b].lr, table[b].digits);
  }
}
END_TEST

START_TEST(steps_are_the_first_ones) {
  double n = bsn_noisy_quadratic_steps(50, 16, 0.3, 0.1);
  ck_assert(isfinite(n) && n > 1);
  ck_assert_double_le(bsn_noisy_quadratic_loss(50, 16, 0.3, n), 0.1);
  ck_assert_double_gt(bsn_noisy_quadratic_loss(50, 16, 0.3, n - 1), 0.1);
  ck_assert(isinf(bsn_noisy_quadratic_steps(50, 1, 1, 0.1)));
  ck_assert_double_eq(bsn_noisy_quadratic_steps(50, 1, 1, 10), 0);
}
END_TEST

/* The mean over seeds of SGD's own losses, within four of its standard errors. */
START_TEST(sgd_does_what_the_formula_says) {
  enum { SEEDS = 300, MOMENTS = 3 };
  static const int at[MOMENTS] = {1, 10, 60};
  double sum[MOMENTS] = {0}, square[MOMENTS] = {0};
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    bsn_arena arena = {0};
    bsn_surface *s = surface_of(&arena, "noisy-quadratic dimension=20 batch=2", NULL, seed);
    bsn_choice sgd = choice_of(&arena, &bsn_optimizers, "sgd");
    bsn_optimizer_state state;
    ck_assert(bsn_optimizer_init(&state, (const bsn_optimizer *)sgd.row, sgd.config, s->base.n, &arena));
    for (int m = 0, t = 0; m < MOMENTS; m++) {
      double f;
      for (s->base.select(&s->base, NULL, 0, BSN_TRAIN); t < at[m]; t++)
        ck_assert(bsn_optimizer_step(&state, &s->base, s->start, 0.4));
      s->base.select(&s->base, NULL, 0, BSN_EVAL);
      ck_assert(s->base.eval(&s->base, s->start, &f, NULL));
      sum[m] += f, square[m] += f * f;
    }
    bsn_arena_free(&arena);
  }
  for (int m = 0; m < MOMENTS; m++) {
    double mean = sum[m] / SEEDS, error = sqrt((square[m] / SEEDS - mean * mean) / SEEDS);
    ck_assert_double_eq_tol(mean, bsn_noisy_quadratic_loss(20, 2, 0.4, at[m]), 4 * error);
    ck_assert_double_lt(error, 0.05 * mean);
  }
}
END_TEST

BASIN_TESTS("noisy quadratic", starts_at_half_the_harmonic_number, steps_fall_with_the_batch_and_then_no_more,
            steps_are_the_first_ones, sgd_does_what_the_formula_says)
