/* show, export, sql: results as text. */
#include "program.h"
#include "report/export.h"
#include "report/show.h"
#include "store/query.h"
#include <stdio.h>
#include <string.h>

typedef struct options {
  const char *study, *query, *out;
  bsn_show show;
  bool csv, json, latex, curves;
} options;

enum { CSV = OPTION_OUT + 1, JSON, LATEX, BY, METRIC, CURVES, CHOOSE, PAIRS, RATIO };

static const option_field fields[] = {{OPTION_OUT, OPTION_TEXT, offsetof(options, out)},
                                      {CSV, OPTION_FLAG, offsetof(options, csv)},
                                      {JSON, OPTION_FLAG, offsetof(options, json)},
                                      {LATEX, OPTION_FLAG, offsetof(options, latex)},
                                      {CURVES, OPTION_FLAG, offsetof(options, curves)},
                                      {BY, OPTION_TEXT, offsetof(options, show.by)},
                                      {METRIC, OPTION_TEXT, offsetof(options, show.metric)},
                                      {CHOOSE, OPTION_TEXT, offsetof(options, show.choose)},
                                      {PAIRS, OPTION_FLAG, offsetof(options, show.pairs)},
                                      {RATIO, OPTION_FLAG, offsetof(options, show.ratio)},
                                      {0}};

/* The study, and where the command has one (query is not NULL) the query. */
static void take_word(options *o, const char *word, struct argp_state *state) {
  const char **to = !o->study ? &o->study : o->query && !*o->query ? &o->query : NULL;
  if (to)
    *to = word;
  else
    argp_error(state, "'%s' is one word too many", word);
}

static error_t parse(int key, char *arg, struct argp_state *state) {
  options *o = state->input;
  if (key == ARGP_KEY_ARG) return take_word(o, arg, state), 0;
  if (key != ARGP_KEY_END) return take_option(fields, key, arg, o, NULL);
  if (!o->study) argp_error(state, "which study?");
  if (o->query && !*o->query) argp_error(state, "which query?");
  if (o->csv + o->json + o->latex > 1) argp_error(state, "one form at a time");
  return 0;
}

typedef bool writer(bsn_store *store, const options *o, bsn_out *out, bsn_error *error);

static int write_study(const options *o, writer *write) {
  bsn_error error = {0};
  bsn_arena arena = {0};
  bsn_out out = {.write = to_stdout};
  bsn_store *store = open_study(&arena, o->study, o->out, &error);
  if (store && write(store, o, &out, &error)) bsn_out_end(&out, &error);
  bsn_out_free(&out);
  bsn_store_close(store);
  bsn_arena_free(&arena);
  return finish(&error);
}

/* ---- show ---- */
static bool write_show(bsn_store *store, const options *o, bsn_out *out, bsn_error *error) {
  return bsn_show_study(store, &o->show, out, error);
}

int cmd_show(int argc, char **argv) {
  static const struct argp_option list[] = {
      {"by", BY, "FACTOR", 0, "Compare the values of this factor with each other", 0},
      {"metric", METRIC, "NAME", 0, "Only this metric, as test_loss", 0},
      {"choose", CHOOSE, "METRIC", 0,
       "With --by: where settings below FACTOR vary, as optimizer.lr below optimizer, the metric whose mean chooses "
       "the best of them (default: validation_loss, train_loss or objective); none: keep all of them",
       0},
      {"pairs", PAIRS, NULL, 0, "With --by: the comparisons alone", 0},
      {"ratio", RATIO, NULL, 0, "With --by: compare by ratios instead of differences, as for losses of different size",
       0},
      {"csv", CSV, NULL, 0, "As comma-separated values", 0},
      {"json", JSON, NULL, 0, "As JSON", 0},
      {"latex", LATEX, NULL, 0, "As a LaTeX tabular", 0},
      OUT_OPTION,
      {0}};
  const struct argp argp = {
      .options = list,
      .parser = parse,
      .args_doc = "STUDY",
      .doc =
          "Print the results of a study: for every cell and metric the mean with its 95 % interval, the median, and "
          "how many trials there are. With --by, the values of one factor are compared with each other, replicate by "
          "replicate: which differences are real, which are not shown, and who ties with whom." STUDY_HELP,
      .children = help_child};
  options o = {.out = "results"};
  if (argp_parse(&argp, argc, argv, 0, NULL, &o)) return BSN_USAGE;
  o.show.form = o.csv ? BSN_SHOW_CSV : o.json ? BSN_SHOW_JSON : o.latex ? BSN_SHOW_LATEX : BSN_SHOW_TEXT;
  return write_study(&o, write_show);
}

/* ---- export ---- */
static bool write_export(bsn_store *store, const options *o, bsn_out *out, bsn_error *error) {
  return (o->csv ? bsn_export_csv : bsn_export_json)(store, out, o->curves, error);
}

int cmd_export(int argc, char **argv) {
  static const struct argp_option list[] = {{"csv", CSV, NULL, 0, "As comma-separated values", 0},
                                            {"json", JSON, NULL, 0, "As JSON", 0},
                                            {"curves", CURVES, NULL, 0, "Every recorded point, too", 0},
                                            OUT_OPTION,
                                            {0}};
  const struct argp argp = {.options = list,
                            .parser = parse,
                            .args_doc = "STUDY --csv|--json",
                            .doc =
                                "Write everything that was recorded of a study: settings, outcomes, the last value of "
                                "every metric." STUDY_HELP,
                            .children = help_child};
  options o = {.out = "results"};
  if (argp_parse(&argp, argc, argv, 0, NULL, &o)) return BSN_USAGE;
  if (o.csv || o.json) return write_study(&o, write_export);
  fprintf(stderr, "%s: which form? --csv or --json\n", argv[0]);
  return BSN_USAGE;
}

/* ---- sql ---- */
static void write_cell(bsn_query *q, int column, bsn_out *out) {
  switch (bsn_query_cell(q, column)) {
  case BSN_QUERY_NULL:
    break;
  case BSN_QUERY_NUMBER:
    bsn_out_csv_number(out, bsn_query_number(q, column));
    break;
  case BSN_QUERY_BYTES:
    bsn_out_add(out, "(bytes)");
    break;
  default:
    bsn_out_csv(out, bsn_query_text(q, column));
  }
}

static bool write_sql(bsn_store *store, const options *o, bsn_out *out, bsn_error *error) {
  bsn_query q;
  BSN_TRY(bsn_query_open(&q, store, o->query, error));
  for (int c = 0; c < q.columns; c++) {
    bsn_out_add(out, "%s", c ? "," : "");
    bsn_out_csv(out, bsn_query_name(&q, c));
  }
  bsn_out_add(out, "\n");
  while (bsn_query_next(&q, error)) {
    for (int c = 0; c < q.columns; c++) {
      bsn_out_add(out, "%s", c ? "," : "");
      write_cell(&q, c, out);
    }
    bsn_out_add(out, "\n");
  }
  bsn_query_close(&q);
  return !error->code;
}

int cmd_sql(int argc, char **argv) {
  static const struct argp_option list[] = {OUT_OPTION, {0}};
  const struct argp argp = {
      .options = list,
      .parser = parse,
      .args_doc = "STUDY QUERY",
      .doc =
          "Answer an SQL query on a study, as comma-separated values. Tables: trial, setting, unit, metric, array, "
          "clock, study; views: final, curve, report. Besides SQLite's functions there are median(x), quantile(x, p), "
          "t_lo(x) and t_hi(x), the ends of the 95 % interval of the mean." STUDY_HELP,
      .children = help_child};
  options o = {.out = "results", .query = ""};
  if (argp_parse(&argp, argc, argv, 0, NULL, &o)) return BSN_USAGE;
  return write_study(&o, write_sql);
}
