/* Expressions that do not fit and memory that is refused: each has its message, whatever is built on top. */
#include "refuse.h"
#include "plan_check.h"

/* ---- messages ---- */
// clang-format off
#define LEAF(...) bsn_leaf(&b->graph, W, 0, false, sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t), (size_t[]){__VA_ARGS__})
#define WRONG(name, node) static void name(work *b) { b->z = node; }
WRONG(unfit_product, bsn_matmul(LEAF(2, 3), LEAF(2, 3)))
WRONG(unfit_rows, bsn_matmul(b->x, LEAF(6, 2)))
WRONG(unfit_sum, bsn_add(LEAF(2, 3), LEAF(2)))
WRONG(unfit_bias, bsn_mul(b->x, LEAF(6)))
WRONG(unfit_reshape, bsn_reshape(LEAF(2, 3), 2, (size_t[]){4, 2}))
WRONG(unfit_axes, bsn_reshape(LEAF(2, 3), 6, (size_t[]){1, 1, 1, 1, 2, 3}))
WRONG(unfit_slice, bsn_slice(LEAF(4), 0, 3, 2))
WRONG(unfit_empty, bsn_slice(LEAF(4), 0, 3, 0))
WRONG(unfit_slice_axis, bsn_slice(LEAF(4), 2, 0, 1))
WRONG(unfit_slice_below, bsn_slice(LEAF(4), -1, 0, 1))
WRONG(unfit_axis, bsn_sum_axis(LEAF(4, 2), 2, true))
WRONG(unfit_mean, bsn_mean_axis(LEAF(4, 2), -1, true))
WRONG(unfit_permute, bsn_permute(LEAF(4, 2), (size_t[]){0, 0}))
WRONG(unfit_label, bsn_cross_entropy(LEAF(4), b->label))
WRONG(unfit_type, bsn_exp_of(b->label))
WRONG(unfit_pick, bsn_pick(LEAF(4), b->label, 0))
WRONG(unfit_rows_of, bsn_sum_rows(LEAF(4)))
WRONG(unfit_expand, bsn_expand(LEAF(4), LEAF(4, 3)))
WRONG(unfit_sum_to, bsn_sum_to(LEAF(4, 3), LEAF(2)))
WRONG(unfit_hot, bsn_one_hot(LEAF(4), 3))
WRONG(unfit_none, bsn_exp_of(LEAF(3, 0)))
WRONG(unfit_input, bsn_exp_of(bsn_leaf(&b->graph, W, 0, false, 6, (size_t[]){1, 1, 1, 1, 1, 1})))
WRONG(unfit_first, bsn_mul(bsn_matmul(bsn_matmul(LEAF(2, 3), LEAF(4, 3)), LEAF(2)), LEAF(3)))
// clang-format on

static const struct message {
  build *build;
  const char *text;
} messages[] = {{unfit_product, "matmul: shapes 2x3 and 2x3 do not fit"},
                {unfit_rows, "matmul: shapes rowsx7 and 6x2 do not fit"},
                {unfit_sum, "add: shapes 2x3 and 2 do not fit"},
                {unfit_bias, "mul: shapes rowsx7 and 6 do not fit"},
                {unfit_reshape, "reshape: shape 2x3 does not fit"},
                {unfit_axes, "reshape: shape 2x3 does not fit"},
                {unfit_slice, "slice: shape 4 does not fit"},
                {unfit_empty, "slice: shape 4 does not fit"},
                {unfit_slice_axis, "slice: shape 4 does not fit"},
                {unfit_slice_below, "slice: shape 4 does not fit"},
                {unfit_axis, "sum: shape 4x2 does not fit"},
                {unfit_mean, "sum: shape 4x2 does not fit"},
                {unfit_permute, "permute: shape 4x2 does not fit"},
                {unfit_label, "cross-entropy: shapes 4 and rows do not fit"},
                {unfit_type, "exp: shape rows does not fit"},
                {unfit_pick, "pick: shapes 4 and rows do not fit"},
                {unfit_rows_of, "sum-rows: shape 4 does not fit"},
                {unfit_expand, "expand: shape 4 does not fit"},
                {unfit_sum_to, "expand: shape 3 does not fit"},
                {unfit_hot, "one-hot: shape 4 does not fit"},
                {unfit_none, "an input without entries"},
                {unfit_input, "an input of 6 axes: at most 5 are possible"},
                {unfit_first, "matmul: shapes 2x3 and 4x3 do not fit"}};

/* The message survives whatever is built on top, derivatives included, and comes out of the plan. */
START_TEST(expressions_that_do_not_fit_are_named) {
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
    work b;
    begin(&b);
    messages[i].build(&b);
    bsn_node *w = bsn_leaf(&b.graph, W, 0, false, 1, (size_t[]){3}), *g,
             *y = bsn_sum_axis(bsn_square(bsn_mul(b.z, w)), 0, true);
    ck_assert_msg(!bsn_grad(1, &y, &y, 1, &w, &g), "no error where there should be: %s", messages[i].text);
    ck_assert_ptr_null(g);
    ck_assert_ptr_null(bsn_push(y, y, 1, &w, &w));
    bsn_plan *plan =
        bsn_plan_new(&b.graph, 1, (bsn_output[]){{y, OUT, 0}}, &(bsn_plan_options){.rows = 1}, &b.arena, &b.error);
    ck_assert_ptr_null(plan);
    ck_assert_int_eq(b.error.code, BSN_BAD_INPUT);
    ck_assert_str_eq(b.error.text, messages[i].text);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* ---- without memory ---- */
static bool build_and_plan(bsn_arena *arena, bsn_error *error) {
  work b;
  whole(&b, gelu_net);
  bsn_plan *plan = bsn_plan_new(&b.graph, b.nout, b.out, &(bsn_plan_options){.rows = ROWS}, &b.arena, error);
  *arena = b.arena; /* for the caller to free */
  return plan != NULL;
}

START_TEST(every_refused_allocation_gives_the_message) {
  refuse_each(build_and_plan, false, BSN_OK, 500);
  refuse_each(build_and_plan, true, BSN_OK, 5);
}
END_TEST

BASIN_TESTS("plan_faults", expressions_that_do_not_fit_are_named, every_refused_allocation_gives_the_message)
