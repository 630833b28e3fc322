/* Views of rows, and scaling fitted on them. */
#include "basin_check.h"
#include "data/dataset.h"

/* Columns: 1 2 3 4; constant; far from 0. */
static const bsn_real reals[] = {1, 7, 1000, 2, 7, 1001, 3, 7, 1002, 4, 7, 1003};
static const uint8_t bytes[] = {0, 255, 10, 51, 255, 10, 102, 255, 10, 153, 0, 10};

static bsn_dataset set_of(bool u8) {
  return (bsn_dataset){.rows = 4,
                       .axes = 1,
                       .shape = {3},
                       .width = 3,
                       .u8 = u8 ? bytes : NULL,
                       .real = u8 ? NULL : reals,
                       .scale = u8 ? (bsn_real)1 / 255 : 1};
}

static double seen(const bsn_dataset *set, const bsn_transform *t, size_t i, size_t j) {
  double raw = set->u8 ? set->u8[i * set->width + j] : (double)set->real[i * set->width + j];
  return (double)t->scale[j * t->step] * raw + (double)t->shift[j * t->step];
}

/* What each kind makes of value (row, column), fitted on the first `rows` rows. */
static const struct {
  const char *scale;
  bool u8;
  size_t rows, i, j;
  double want;
} cases[] = {
    {"none", false, 4, 2, 0, 3},
    {"none", true, 4, 2, 0, 0.4},
    {"standard", false, 4, 0, 0, -1.3416407864998738},
    {"standard", false, 4, 3, 0, 1.3416407864998738},
    {"standard", false, 2, 3, 0, 5},
    {"standard", false, 4, 2, 1, 0},
    {"standard", false, 4, 0, 2, -1.3416407864998738},
    {"standard", true, 4, 3, 0, 1.3416407864998738},
    {"standard", true, 3, 3, 1, -1},
    {"standard", true, 4, 3, 1, -1.7320508075688772},
    {"unit", false, 4, 3, 0, 1},
    {"unit", false, 2, 3, 0, 3},
    {"unit", false, 4, 1, 1, 0},
    {"unit", true, 4, 1, 0, 1. / 3},
    {"unit", true, 3, 3, 1, -1},
};

START_TEST(scales_are_fitted_on_the_view_alone) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_dataset set = set_of(cases[i].u8);
    bsn_view all = bsn_view_all(&set, &arena);
    static const size_t first[] = {0, 1, 2, 3};
    bsn_view part = bsn_view_pick(&all, first, cases[i].rows, &arena);
    bsn_transform t;
    ck_assert(bsn_transform_fit(&t, cases[i].scale, &part, &arena, &error));
    double got = seen(&set, &t, cases[i].i, cases[i].j), epsilon = sizeof(bsn_real) == 4 ? 1e-6 : 1e-15;
    double size = fabs((double)t.scale[cases[i].j * t.step]) * 1003 + 1;
    ck_assert_msg(fabs(got - cases[i].want) <= epsilon * size, "case %zu: %.17g, not %.17g", i, got, cases[i].want);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(what_cannot_be_fitted_is_an_error) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_dataset set = set_of(false);
  bsn_view all = bsn_view_all(&set, &arena);
  bsn_transform t;
  ck_assert(!bsn_transform_fit(&t, "loud", &all, &arena, &error));
  ck_assert_str_eq(error.text, "data.scale: unknown word 'loud'");
  bsn_view nothing = bsn_view_pick(&all, NULL, 0, &arena);
  error = (bsn_error){0};
  ck_assert(!bsn_transform_fit(&t, "standard", &nothing, &arena, &error));
  ck_assert_str_eq(error.text, "data.scale: there are no rows to fit it on");
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(views_are_picked_from_views) {
  bsn_arena arena = {0};
  bsn_dataset set = set_of(false);
  bsn_view all = bsn_view_all(&set, &arena);
  for (size_t i = 0; i < 4; i++) ck_assert_int_eq(all.row[i], (int)i);
  bsn_real weights[] = {BSN_R(0.5), 0, BSN_R(1.5), 2};
  all.weight = weights;
  bsn_view part = bsn_view_pick(&all, (size_t[]){3, 1, 0}, 3, &arena);
  bsn_view again = bsn_view_pick(&part, (size_t[]){2, 0}, 2, &arena);
  ck_assert_int_eq(part.row[0], 3);
  ck_assert_int_eq(part.row[1], 1);
  ck_assert_int_eq(part.row[2], 0);
  ck_assert_double_eq_tol((double)part.weight[0], 2.4, 1e-6);
  ck_assert_double_eq((double)part.weight[1], 0);
  ck_assert_double_eq_tol((double)part.weight[2], 0.6, 1e-6);
  ck_assert_int_eq(again.row[0], 0);
  ck_assert_int_eq(again.row[1], 3);
  ck_assert_double_eq_tol((double)again.weight[0], 0.4, 1e-6);
  ck_assert_ptr_eq(again.set, &set);
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("transform", scales_are_fitted_on_the_view_alone, what_cannot_be_fitted_is_an_error,
            views_are_picked_from_views)
