/* Plans: the same bits however a graph is cut into tiles and calls, on every kernel path; phases, blocks, odd outputs. */
#include "plan_check.h"

/* ---- the same bits ---- */
static const size_t tiles[] = {0, ROWS, 1, 5, 13};

/* In double, the exact sums of the baseline path are not promised. */
static const char *const paths[] = {"v4", "v3", sizeof(bsn_real) == 4 ? "baseline" : "none"};

START_TEST(tiles_epilogues_and_kernels_change_no_bit) {
  for (size_t net = 0; net < NETS; net++) {
    work b;
    inputs in;
    whole(&b, nets[net]);
    fill(&in, b.n);
    const bsn_real *first = NULL;
    for (size_t p = 0; p < 3; p++) {
      const bsn_kernels *kernels = bsn_kernels_named(paths[p]);
      for (size_t t = 0; kernels && t < 2 * sizeof tiles / sizeof *tiles; t++) {
        const bsn_real *out =
            run(&b, &in, (bsn_plan_options){.tile = tiles[t / 2], .plain = t % 2, .kernels = kernels}, ROWS);
        if (!first) first = out;
        same_bits(&b, first, out, kernels->name);
      }
    }
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* What is tested above is what is done: three layers with their epilogues in one call, and those two of the four gradients that are
 * equally far from the input in another. */
START_TEST(narrow_products_of_one_input_go_together) {
  work b;
  bsn_node *g[MOST_W], *one;
  begin(&b);
  forked_net(&b);
  one = bsn_constant(&b.graph, 1);
  ck_assert(bsn_grad(1, &b.loss, &one, b.nw, b.w, g));
  for (size_t i = 0; i < b.nw; i++) ask(&b, g[i]);
  for (int plain = 0; plain < 2; plain++) {
    size_t products = 0, sums = 0;
    const char *text = bsn_plan_text(planned(&b, (bsn_plan_options){.plain = plain}), &b.arena);
    for (const char *at = text; (at = strstr(at, "and matmul + bias + relu")); at++) products++;
    for (const char *at = text; (at = strstr(at, "and contract")); at++) sums++;
    ck_assert_msg(products == (plain ? 0 : 2) && sums == (plain ? 0 : 1), "%s", text);
  }
  bsn_arena_free(&b.arena);
}
END_TEST

START_TEST(fewer_rows_than_planned_are_fine) {
  const size_t some[] = {28, 17, 13, 2, 1, 0};
  for (size_t net = 0; net < NETS; net++)
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
      work b;
      inputs in;
      whole(&b, nets[net]);
      fill(&in, b.n);
      const bsn_real *exact = run(&b, &in, (bsn_plan_options){.rows = some[i] ? some[i] : 1}, some[i]);
      same_bits(&b, exact, run(&b, &in, (bsn_plan_options){.tile = 5}, some[i]), "rows planned");
      same_bits(&b, exact, run(&b, &in, (bsn_plan_options){0}, some[i]), "rows planned");
      bsn_arena_free(&in.arena);
      bsn_arena_free(&b.arena);
    }
}
END_TEST

START_TEST(no_rows_give_sums_of_0) {
  work b;
  inputs in;
  results r = whole(&b, relu_net);
  fill(&in, b.n);
  const bsn_real *out = run(&b, &in, (bsn_plan_options){0}, 0);
  ck_assert(out[r.loss] == 0);
  for (size_t i = 0; i < b.nw; i++)
    for (size_t e = 0; e < b.w[i]->size; e++) ck_assert(out[r.g[i] + e] == 0);
  bsn_arena_free(&in.arena);
  bsn_arena_free(&b.arena);
}
END_TEST

/* What depends on v alone may be run again; what depends on the weights needs a run. */
START_TEST(a_repeat_equals_a_run) {
  for (size_t net = 0; net < NETS; net++) {
    work b;
    inputs in;
    whole(&b, nets[net]);
    fill(&in, b.n);
    bsn_plan *plan = planned(&b, (bsn_plan_options){.repeat = 1u << WAY, .tile = net % 2 ? 5 : 0});
    bsn_real *out = fresh_out(&b, plan);
    bind(plan, &in, 0);
    bsn_plan_run(plan, ROWS);
    same_bits(&b, run(&b, &in, (bsn_plan_options){0}, ROWS), out, "in two phases");
    for (uint64_t again = 10; again < 12; again++) {
      scatter(in.way, b.n, 1, again);
      bsn_plan_repeat(plan, ROWS);
      same_bits(&b, run(&b, &in, (bsn_plan_options){0}, ROWS), out, "repeated");
    }
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

START_TEST(blocks_of_rows_continue_the_sums) {
  for (size_t net = 0; net < NETS; net++) {
    work b;
    inputs in;
    results r = whole(&b, nets[net]);
    fill(&in, b.n);
    const bsn_real *all = run(&b, &in, (bsn_plan_options){0}, ROWS);
    bsn_plan *plan = planned(&b, (bsn_plan_options){.rows = 12, .tile = 5});
    bsn_real *out = fresh_out(&b, plan);
    bind(plan, &in, 0);
    bsn_plan_run(plan, 12);
    bind(plan, &in, 12);
    bsn_plan_continue(plan, 12);
    bind(plan, &in, 24);
    bsn_plan_continue(plan, ROWS - 24);
    ck_assert(out[r.loss] == all[r.loss]);
    for (size_t i = 0; i < b.nw; i++) {
      ck_assert_mem_eq(out + r.g[i], all + r.g[i], b.w[i]->size * sizeof *out);
      ck_assert_mem_eq(out + r.hv[i], all + r.hv[i], (b.out[4].node ? b.w[i]->size : 0) * sizeof *out);
    }
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* ---- ops of this test ---- */
static int spied;

static bool shape_same(bsn_node *y) { return y->type == BSN_NUMBER; }
static bool shape_over(bsn_node *y) {
  y->batch = false;
  return true;
}

static void eval_spy(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  spied++;
  memcpy(out, x[0], rows * c->node->size * sizeof *out);
}

/* x less its mean over rows. */
static void eval_centre(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  size_t n = c->node->size;
  for (size_t j = 0; j < n; j++) {
    double sum = 0;
    for (size_t r = 0; r < rows; r++) sum += (double)x[0][r * n + j];
    for (size_t r = 0; r < rows; r++) out[r * n + j] = (bsn_real)((double)x[0][r * n + j] - sum / (double)rows);
  }
}

/* The largest over rows. */
static void eval_top(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  size_t n = c->node->size;
  for (size_t e = 0; e < rows * n; e++)
    if (e < n || x[0][e] > out[e % n]) out[e % n] = x[0][e];
}

static const bsn_op spy_op = {"spy", 1, BSN_EACH_ROW, shape_same, eval_spy, NULL, 0};
static const bsn_op centre_op = {"centre", 1, BSN_ALL_ROWS, shape_same, eval_centre, NULL, 0};
static const bsn_op top_op = {"top", 1, BSN_ALL_ROWS, shape_over, eval_top, NULL, 0};

START_TEST(dead_nodes_are_not_evaluated) {
  work b;
  inputs in;
  begin(&b);
  bsn_node *h = bsn_tanh_of(b.x), *spy = bsn_apply(&spy_op, h, NULL, NULL);
  bsn_square(spy);
  ask(&b, bsn_sum_row(h));
  fill(&in, 1);
  run(&b, &in, (bsn_plan_options){0}, ROWS);
  ck_assert_int_eq(spied, 0);
  ask(&b, spy);
  run(&b, &in, (bsn_plan_options){.tile = ROWS}, ROWS);
  ck_assert_int_eq(spied, 1);
  run(&b, &in, (bsn_plan_options){.tile = 10}, ROWS);
  ck_assert_int_eq(spied, 4);
  bsn_arena_free(&in.arena);
  bsn_arena_free(&b.arena);
}
END_TEST

START_TEST(ops_over_all_rows_see_them_all) {
  for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++) {
    work b;
    inputs in;
    begin(&b);
    bsn_node *h = bsn_affine(b.x, 2, 1), *centred = bsn_apply(&centre_op, h, NULL, NULL);
    bsn_node *top = bsn_apply(&top_op, bsn_square(centred), NULL, NULL);
    size_t at = ask(&b, bsn_add(bsn_mul(centred, h), top));
    fill(&in, 1);
    const bsn_real *out = run(&b, &in, (bsn_plan_options){.tile = tiles[t]}, ROWS);
    for (size_t j = 0; j < FEATURES; j++) {
      double mean = 0, most = 0;
      for (size_t r = 0; r < ROWS; r++) mean += (2 * (double)in.x[r * FEATURES + j] + 1) / ROWS;
      for (size_t r = 0; r < ROWS; r++) most = fmax(most, pow(2 * (double)in.x[r * FEATURES + j] + 1 - mean, 2));
      for (size_t r = 0; r < ROWS; r++) {
        double y = 2 * (double)in.x[r * FEATURES + j] + 1;
        ck_assert(fabs((double)out[at + r * FEATURES + j] - ((y - mean) * y + most)) < 1e-5);
      }
    }
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

static int times(const char *text, const char *what) {
  int n = 0;
  while ((text = strstr(text, what))) n++, text++;
  return n;
}

/* Both regions pad for themselves, and so does the slice before; what is an output anyway is not evaluated twice. */
START_TEST(cheap_nodes_are_evaluated_again_rather_than_kept) {
  for (int asked = 0; asked < 2; asked++) {
    work b;
    inputs in;
    begin(&b);
    bsn_node *padded = bsn_pad(bsn_slice(b.x, 0, 1, 4), 0, 1, 2);
    ask(&b, bsn_mul(bsn_apply(&centre_op, bsn_square(padded), NULL, NULL), padded));
    if (asked) ask(&b, padded);
    fill(&in, 1);
    const char *plain = bsn_plan_text(planned(&b, (bsn_plan_options){.plain = true}), &b.arena);
    const char *text = bsn_plan_text(planned(&b, (bsn_plan_options){.plain = false}), &b.arena);
    ck_assert_msg(times(plain, "pad [") == 1 && times(plain, "kept\n") == (asked ? 2 : 3), "%s", plain);
    ck_assert_msg(times(text, "pad [") == (asked ? 1 : 2) && times(text, "kept\n") == 2, "%s", text);
    const bsn_real *out = run(&b, &in, (bsn_plan_options){.plain = true}, ROWS);
    for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++)
      same_bits(&b, out, run(&b, &in, (bsn_plan_options){.tile = tiles[t]}, ROWS), "evaluated again");
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* A product with a direction pads again where it goes on from what was kept at the weights. */
START_TEST(both_phases_evaluate_what_is_cheap) {
  work b;
  whole(&b, padded_net);
  const char *text = bsn_plan_text(planned(&b, (bsn_plan_options){.repeat = 1u << WAY}), &b.arena);
  ck_assert_msg(times(text, "pad [rows x 7] tile") == 2 && !times(text, "pad [rows x 7] kept"), "%s", text);
  bsn_arena_free(&b.arena);
}
END_TEST

START_TEST(outputs_may_be_leaves_twins_and_views) {
  for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++) {
    work b;
    inputs in;
    begin(&b);
    bsn_node *w = parameter(&b, 2, (size_t[]){2, 3}), *h = bsn_neg(b.x),
             *column = bsn_reshape(h, 2, (size_t[]){FEATURES, 1});
    size_t leaf = ask(&b, w), batch = ask(&b, b.x), number = ask(&b, bsn_constant(&b.graph, 2.5));
    size_t one = ask(&b, h), two = ask(&b, h), view = ask(&b, column),
           turned = ask(&b, bsn_reshape(w, 1, (size_t[]){6}));
    ask(&b, NULL);
    size_t last = ask(&b, bsn_sum_rows(column));
    fill(&in, b.n);
    const bsn_real *out = run(&b, &in, (bsn_plan_options){.tile = tiles[t]}, ROWS);
    ck_assert_mem_eq(out + leaf, in.w, 6 * sizeof *out);
    ck_assert_mem_eq(out + turned, in.w, 6 * sizeof *out);
    ck_assert_mem_eq(out + batch, in.x, ROWS * FEATURES * sizeof *out);
    ck_assert(out[number] == BSN_R(2.5));
    for (size_t i = 0; i < ROWS * FEATURES; i++)
      ck_assert(out[one + i] == -in.x[i] && out[two + i] == -in.x[i] && out[view + i] == -in.x[i]);
    double sum = 0;
    for (size_t r = 0; r < ROWS; r++) sum -= (double)in.x[r * FEATURES];
    ck_assert(fabs((double)out[last] - sum) < 1e-4);
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

START_TEST(integers_may_be_outputs) {
  work b;
  inputs in;
  int32_t label[ROWS + 16] = {0}, best[2 * ROWS + 1 + 16] = {0};
  begin(&b);
  bsn_node *winner = bsn_winner(b.x, 0);
  bsn_output out[] = {{b.label, OUT, 0}, {winner, DUMMY, 1}, {winner, DUMMY, 1 + ROWS}};
  fill(&in, 1);
  bsn_plan *plan = bsn_plan_new(&b.graph, 3, out, &(bsn_plan_options){.rows = ROWS, .tile = 5}, &b.arena, &b.error);
  ck_assert_msg(plan, "%s", b.error.text);
  bind(plan, &in, 0);
  bsn_plan_bind(plan, OUT, label);
  bsn_plan_bind(plan, DUMMY, best);
  bsn_plan_run(plan, ROWS);
  ck_assert_mem_eq(label, in.label, ROWS * sizeof *label);
  for (size_t r = 0; r < ROWS; r++) {
    int32_t most = 0;
    for (int32_t j = 1; j < FEATURES; j++)
      if (in.x[r * FEATURES + (size_t)j] > in.x[r * FEATURES + (size_t)most]) most = j;
    ck_assert(best[1 + r] == most && best[1 + ROWS + r] == most);
  }
  ck_assert_int_eq(best[0], 0);
  bsn_arena_free(&in.arena);
  bsn_arena_free(&b.arena);
}
END_TEST

/* A net's gradient and nothing else, where most nodes have one reader. */
static void first_order(work *b, build *net) {
  bsn_node *g[MOST_W], *one;
  begin(b);
  net(b);
  one = bsn_constant(&b->graph, 1);
  ck_assert(bsn_grad(1, &b->loss, &one, b->nw, b->w, g));
  for (size_t i = 0; i < b->nw; i++) ask(b, g[i]);
}

/* Each activation's derivative is taken with the product that its cotangent comes from. */
START_TEST(derivatives_of_activations_are_gates) {
  static const struct {
    build *net;
    const char *call;
  } list[] = {{relu_net, "matmul + gate"}, {tanh_net, "matmul + tanh_back"}, {padded_net, "matmul + sigmoid_back"}};
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    work b;
    first_order(&b, list[i].net);
    const char *text = bsn_plan_text(planned(&b, (bsn_plan_options){0}), &b.arena);
    ck_assert_msg(strstr(text, list[i].call), "%s", text);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

START_TEST(gradients_alone_have_the_bits_of_plain_ones) {
  for (size_t net = 0; net < NETS; net++) {
    work b;
    inputs in;
    first_order(&b, nets[net]);
    fill(&in, b.n);
    const bsn_real *plain = run(&b, &in, (bsn_plan_options){.plain = true}, ROWS);
    for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++)
      same_bits(&b, plain, run(&b, &in, (bsn_plan_options){.tile = tiles[t]}, ROWS), "a gradient");
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* A layer so wide that images, way forward and way back are regions of their own: both ways gather the images, so that the first region
 * has nothing left to do. */
START_TEST(what_nobody_reads_any_more_is_left_out) {
  enum { WIDE = 3072, HIDDEN = 1024, MANY = 128 };
  static uint8_t image[WIDE];
  static int32_t label[1];
  static const bsn_rows_of images = {.u8 = image};
  work b;
  bsn_node *g[MOST_W], *one;
  begin(&b);
  bsn_node *x = bsn_gather(b.label, &images, 1, (size_t[]){WIDE});
  b.z = dense(&b, bsn_relu(dense(&b, x, WIDE, HIDDEN)), HIDDEN, CLASSES);
  b.loss = bsn_cross_entropy(b.z, bsn_gather_label(b.label, label));
  one = bsn_constant(&b.graph, 1);
  ck_assert(bsn_grad(1, &b.loss, &one, b.nw, b.w, g));
  bsn_output out[MOST_W];
  for (size_t i = 0, at = 0; i < b.nw; at += g[i++]->size) out[i] = (bsn_output){g[i], OUT, at};
  bsn_plan *plan = bsn_plan_new(&b.graph, b.nw, out, &(bsn_plan_options){.rows = MANY}, &b.arena, &b.error);
  const char *text = bsn_plan_text(plan, &b.arena);
  ck_assert_msg(times(text, "gather [") == 2 && !strstr(text, "tile 128\nregion"), "%s", text);
  bsn_arena_free(&b.arena);
}
END_TEST

START_TEST(a_plan_can_be_read) {
  work b;
  whole(&b, relu_net);
  const char *text = bsn_plan_text(planned(&b, (bsn_plan_options){.repeat = 1u << WAY}), &b.arena);
  ck_assert_ptr_nonnull(strstr(text, "matmul + bias + relu"));
  ck_assert_ptr_nonnull(strstr(text, "matmul + gate"));
  ck_assert_ptr_nonnull(strstr(text, "region, repeated"));
  ck_assert_ptr_nonnull(strstr(text, "matmul + bias + gate")); /* of a direction's bias, which is broadcast */
  bsn_arena_free(&b.arena);
}
END_TEST

BASIN_TESTS("plan", tiles_epilogues_and_kernels_change_no_bit, narrow_products_of_one_input_go_together,
            fewer_rows_than_planned_are_fine, no_rows_give_sums_of_0, a_repeat_equals_a_run,
            blocks_of_rows_continue_the_sums, dead_nodes_are_not_evaluated, ops_over_all_rows_see_them_all,
            cheap_nodes_are_evaluated_again_rather_than_kept, both_phases_evaluate_what_is_cheap,
            outputs_may_be_leaves_twins_and_views, integers_may_be_outputs, derivatives_of_activations_are_gates,
            gradients_alone_have_the_bits_of_plain_ones, what_nobody_reads_any_more_is_left_out, a_plan_can_be_read)
