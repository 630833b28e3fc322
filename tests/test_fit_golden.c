/* Whole training runs against those of PyTorch (tests/reference/fit.py): data, start, batches, gradients and rules together. */
#include "fit_check.h"

static const char *const models[2][2] = {{"regression",
                                          "model: {name: mlp, hidden: [7], activation: tanh, weights: "
                                          "%s/tests/golden/fit_regression.safetensors}\nloss: mse\n"},
                                         {"classes",
                                          "model: {name: mlp, hidden: [6], activation: relu, weights: "
                                          "%s/tests/golden/fit_classes.safetensors}\nloss: cross-entropy\n"}};

static void train_as(bench *b, const char *task, const char *optimizer) {
  const char *source = getenv("BASIN_SOURCE");
  const char *model = models[strcmp(task, models[0][0]) != 0][1];
  char text[5000], part[2000];
  snprintf(part, sizeof part, model, source);
  snprintf(text, sizeof text,
           "study: x\ndata: {name: csv, file: %s/tests/golden/fit_%s.csv}\n%soptimizer: %s\n"
           "train: {batch: 8, steps: 35, order: sequential}\n",
           source, task, part, optimizer);
  bench_open(b, text);
  bench_fit(b);
}

/* PyTorch keeps a dense weight as [out][in], we as [in][out]. */
static size_t place_of(const bsn_tensor *t, size_t i) {
  size_t in = t->axes == 2 ? t->shape[0] : 1, out = t->axes == 2 ? t->shape[1] : t->size;
  return t->offset + (t->axes == 2 ? i % in * out + i / in : i);
}

static void compare(bench *b, const char *task, const char *optimizer, char *numbers) {
  double tolerance = sizeof(bsn_real) == sizeof(double) ? 1e-10 : 1e-5;
  char *rest = numbers;
  for (size_t t = 0; t < b->fit.net.ntensors; t++)
    for (size_t i = 0; i < b->fit.net.tensor[t].size; i++) {
      double theirs = strtod(strtok_r(NULL, ";\n", &rest), NULL);
      double ours = (double)b->fit.w[place_of(&b->fit.net.tensor[t], i)];
      ck_assert_msg(fabs(ours - theirs) <= tolerance * fmax(1, fabs(theirs)), "%s, %s: %s[%d] is %.17g, not %.17g",
                    task, optimizer, b->fit.net.tensor[t].name, (int)i, ours, theirs);
    }
  ck_assert_ptr_null(strtok_r(NULL, ";\n", &rest));
}

START_TEST(runs_end_where_the_reference_ends) {
  char path[4096], line[4000];
  snprintf(path, sizeof path, "%s/tests/golden/fit_runs.csv", getenv("BASIN_SOURCE"));
  FILE *file = fopen(path, "r");
  int lines = 0;
  ck_assert_msg(file != NULL, "%s cannot be read", path);
  for (; fgets(line, sizeof line, file); lines++) {
    bench b;
    char *rest, *task = strtok_r(line, ";", &rest), *optimizer = strtok_r(NULL, ";", &rest);
    train_as(&b, task, optimizer);
    compare(&b, task, optimizer, rest);
    bench_close(&b);
  }
  ck_assert_int_eq(lines, 22);
  fclose(file);
}
END_TEST

BASIN_TESTS("fit_golden", runs_end_where_the_reference_ends)
