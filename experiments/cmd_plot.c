/* plot: charts of a study. */
#include "program.h"
#include "report/chart.h"
#include "store/query.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- where charts are ---- */
static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static bool known(const char *name, size_t n, const char **names) {
  for (size_t i = 0; i < n; i++)
    if (!strcmp(names[i], name)) return true;
  return !strcmp(name, "style");
}

size_t chart_names(bsn_arena *arena, const char ***names) {
  size_t n = 0;
  const char **list = NULL;
  for (const char *const *folder = share_folders(arena); folder && *folder; folder++) {
    const char *path = bsn_text_in(arena, "%s/plots", *folder);
    DIR *dir = path ? opendir(path) : NULL;
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
      size_t length = strlen(e->d_name);
      if (length < 4 || strcmp(e->d_name + length - 3, ".gp")) continue;
      const char *name = bsn_text_in(arena, "%.*s", (int)length - 3, e->d_name);
      const char **more = bsn_grow_in(arena, list, n, sizeof *more);
      if (!name || !more) break;
      list = more;
      if (!known(name, n, list)) list[n++] = name;
    }
    if (dir) closedir(dir);
  }
  if (n) qsort(list, n, sizeof *list, by_text);
  *names = list;
  return n;
}

const char *chart_file(bsn_arena *arena, const char *name, bsn_error *error) {
  for (const char *const *folder = share_folders(arena); folder && *folder && !strchr(name, '/'); folder++) {
    const char *path = bsn_text_in(arena, "%s/plots/%s.gp", *folder, name);
    if (path && access(path, R_OK) == 0) return path;
  }
  const char **names;
  size_t n = chart_names(arena, &names);
  const char *near = bsn_nearest(name, n, names);
  bsn_fail(error, BSN_BAD_INPUT, "no chart is named '%s'%s%s%s", name,
           near ? ": did you mean '" : "; see basin list chart", near ? near : "", near ? "'?" : "");
  return NULL;
}

/* ---- a chart's query ---- */
typedef struct asker {
  bsn_store *store;
  bsn_arena *arena;
} asker;

static bool fill_cell(bsn_query *q, int column, bsn_arena *arena, bsn_cell *cell) {
  size_t n;
  const void *bytes;
  switch (bsn_query_cell(q, column)) {
  case BSN_QUERY_NULL:
    *cell = (bsn_cell){.kind = BSN_CELL_NULL};
    return true;
  case BSN_QUERY_WHOLE:
  case BSN_QUERY_NUMBER:
    *cell = bsn_number(bsn_query_number(q, column));
    return true;
  case BSN_QUERY_TEXT:
    *cell = bsn_words(bsn_text_in(arena, "%s", bsn_query_text(q, column)));
    return cell->text;
  default:
    bytes = bsn_query_bytes(q, column, &n);
    *cell = (bsn_cell){.kind = BSN_CELL_BYTES, .bytes = bsn_copy_in(arena, bytes, n), .size = n};
    return cell->bytes;
  }
}

static bool fill_table(bsn_query *q, bsn_arena *arena, bsn_table_result *out, bsn_error *error) {
  const char **names = bsn_alloc_in(arena, (size_t)q->columns * sizeof *names);
  if (!names) return bsn_no_memory(error);
  for (int c = 0; c < q->columns; c++) names[c] = bsn_query_name(q, c);
  if (!bsn_result_init(out, arena, (size_t)q->columns, names)) return bsn_no_memory(error);
  while (bsn_query_next(q, error)) {
    bsn_cell *row = bsn_result_row(out);
    if (!row) return bsn_no_memory(error);
    for (int c = 0; c < q->columns; c++)
      if (!fill_cell(q, c, arena, &row[c])) return bsn_no_memory(error);
  }
  return !error->code;
}

static bool ask_store(void *context, const char *sql, bsn_table_result *out, bsn_error *error) {
  asker *a = context;
  bsn_query q;
  BSN_TRY(bsn_query_open(&q, a->store, sql, error));
  bool ok = fill_table(&q, a->arena, out, error);
  bsn_query_close(&q);
  return ok;
}

/* ---- drawing ---- */
/* The chart's name and the values that are not its defaults: two drawings of one chart have files of their own. */
static const char *picture_name(bsn_arena *arena, const bsn_drawing *d) {
  const char *name = d->chart;
  for (size_t i = 0; i < d->n && name; i++) name = bsn_text_in(arena, "%s-%s", name, d->value[i]);
  return name;
}

static bool make_folder(bsn_store *store, bsn_arena *arena, const char **folder, bsn_error *error) {
  *folder = bsn_text_in(arena, "%s/charts", bsn_store_folder(store));
  if (!*folder) return bsn_no_memory(error);
  if (mkdir(*folder, 0777) == 0 || errno == EEXIST) return true;
  return bsn_fail(error, BSN_IO, "%s: %s", *folder, strerror(errno));
}

static bsn_chart_set *set_of(bsn_arena *arena, const bsn_drawing *d) {
  bsn_chart_set *set = bsn_alloc_in(arena, d->n * sizeof *set);
  for (size_t i = 0; set && i < d->n; i++) set[i] = (bsn_chart_set){d->name[i], d->value[i]};
  return set;
}

static bool check_chart(bsn_arena *arena, const bsn_drawing *d, bsn_error *error) {
  bsn_chart chart;
  const char *file = chart_file(arena, d->chart, error);
  const bsn_chart_set *set = set_of(arena, d);
  BSN_TRY(file && bsn_chart_read(&chart, arena, file, error));
  return set ? bsn_chart_set_parameters(&chart, d->n, set, arena, error) : bsn_no_memory(error);
}

bool check_charts(bsn_arena *arena, const bsn_drawings *charts, bsn_error *error) {
  bsn_faults faults = {.arena = arena};
  for (size_t i = 0; i < charts->n; i++) {
    bsn_error own = {0};
    if (check_chart(arena, &charts->item[i], &own)) continue;
    if (own.code != BSN_BAD_INPUT) return *error = own, false;
    bsn_fault(&faults, charts->item[i].mark, "%s", own.text);
  }
  return bsn_faults_none(&faults, error);
}

static bool fill_job(bsn_store *store, bsn_arena *arena, const bsn_drawing *d, bsn_chart_job *job, bsn_error *error) {
  const char *trials = NULL;
  bsn_chart_set *set = set_of(arena, d);
  if (!set) return bsn_no_memory(error);
  BSN_TRY(make_folder(store, arena, &job->folder, error));
  BSN_TRY(bsn_store_fact(store, "study", arena, &job->study, error));
  BSN_TRY(bsn_store_fact(store, "trials", arena, &trials, error));
  job->trials = trials ? (size_t)strtoull(trials, NULL, 10) : 0;
  job->name = picture_name(arena, d);
  job->style = chart_file(arena, "style", error);
  job->nset = d->n;
  job->set = set;
  return job->style != NULL;
}

static bool draw(bsn_store *store, bsn_arena *arena, const bsn_drawing *d, const char *format, bool tell,
                 bsn_error *error) {
  bsn_chart chart;
  const char *file = chart_file(arena, d->chart, error), *picture = NULL;
  asker asking = {store, arena};
  bsn_chart_job job = {.format = format, .rows = ask_store, .context = &asking};
  BSN_TRY(file && bsn_chart_read(&chart, arena, file, error));
  BSN_TRY(fill_job(store, arena, d, &job, error));
  BSN_TRY(bsn_chart_draw(&chart, &job, arena, &picture, error));
  if (tell) printf("%s\n", picture);
  return true;
}

/* A chart that cannot be drawn does not keep the others from it: the first fault is told, the others are printed. */
bool draw_charts(bsn_store *store, bsn_arena *arena, const bsn_drawings *charts, const char *format, bool tell,
                 bsn_error *error) {
  for (size_t i = 0; i < charts->n; i++) {
    bsn_error own = {0};
    if (draw(store, arena, &charts->item[i], format, tell, &own)) continue;
    if (error->code)
      finish(&own);
    else
      *error = own;
  }
  return !error->code;
}

/* ---- the command ---- */
typedef struct options {
  bsn_arena arena;
  const char *format, *out;
  size_t nwords, nset;
  const char **word, **name, **value; /* studies and a chart; parameters of charts */
} options;

enum { OUT = 1000, FORMAT };

static bool add_text(bsn_arena *arena, const char ***list, size_t n, const char *text) {
  const char **more = bsn_grow_in(arena, *list, n, sizeof *more);
  if (!more) return false;
  *list = more;
  more[n] = text;
  return text;
}

/* Options that are not the command's are parameters of the chart: take them out of argv. False: no memory. */
static bool take_parameters(options *o, int *argc, char **argv) {
  static const char *const own[] = {"help", "usage", "out", "format", "version"};
  int kept = 1;
  for (int i = 1; i < *argc; i++) {
    size_t length = strcspn(argv[i] + 2 * !strncmp(argv[i], "--", 2), "=");
    bool option = !strncmp(argv[i], "--", 2) && argv[i][2];
    for (size_t k = 0; option && k < sizeof own / sizeof *own; k++)
      option = strlen(own[k]) != length || strncmp(own[k], argv[i] + 2, length);
    bool joined = option && argv[i][2 + length] == '=';
    if (!option || (!joined && i + 1 == *argc)) {
      argv[kept++] = argv[i];
      continue;
    }
    const char *name = bsn_text_in(&o->arena, "%.*s", (int)length, argv[i] + 2);
    const char *value = joined ? argv[i] + 3 + length : argv[++i];
    if (!add_text(&o->arena, &o->name, o->nset, name) || !add_text(&o->arena, &o->value, o->nset, value)) return false;
    o->nset++;
  }
  *argc = kept;
  argv[kept] = NULL;
  return true;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
  options *o = state->input;
  static const char *const formats[] = {"png", "svg", "pdf"};
  bool good = false;
  switch (key) {
  case OUT:
    o->out = arg;
    return 0;
  case FORMAT:
    for (int i = 0; i < 3; i++) good |= !strcmp(arg, formats[i]);
    if (!good) argp_error(state, "--format: '%s' is none of png, svg, pdf", arg);
    o->format = arg;
    return 0;
  case ARGP_KEY_ARG:
    return add_text(&o->arena, &o->word, o->nwords, arg) ? o->nwords++, 0 : ENOMEM;
  case ARGP_KEY_NO_ARGS:
    argp_error(state, "which study?");
    return EINVAL;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* Give the drawing those of the parameters that its chart has; mark them as used. */
static bool set_parameters(options *o, bsn_drawing *d, bool *used, bsn_error *error) {
  bsn_chart chart;
  const char *file = chart_file(&o->arena, d->chart, error);
  BSN_TRY(file && bsn_chart_read(&chart, &o->arena, file, error));
  const char **name = bsn_alloc_in(&o->arena, (d->n + o->nset) * sizeof *name);
  const char **value = bsn_alloc_in(&o->arena, (d->n + o->nset) * sizeof *value);
  if (!name || !value) return bsn_no_memory(error);
  for (size_t i = 0; i < d->n; i++) name[i] = d->name[i], value[i] = d->value[i];
  for (size_t i = 0; i < o->nset; i++)
    for (size_t p = 0; p < chart.nparameters; p++) {
      if (strcmp(chart.parameter[p].name, o->name[i])) continue;
      name[d->n] = o->name[i], value[d->n] = o->value[i];
      d->n++;
      used[i] = true;
    }
  d->name = name;
  d->value = value;
  return true;
}

/* The charts that the study's file asks for; convergence if it asks for none. */
static bool wanted_charts(options *o, bsn_store *store, bsn_drawings *charts, bsn_error *error) {
  bsn_faults faults = {.arena = &o->arena};
  const char *text = NULL;
  BSN_TRY(bsn_store_fact(store, "file", &o->arena, &text, error));
  bsn_value *tree = text ? bsn_value_read(&o->arena, "the study's file", text, strlen(text), &faults) : NULL;
  bsn_drawings_read(charts, &o->arena, bsn_value_get(tree, "charts"), &faults);
  BSN_TRY(bsn_faults_none(&faults, error));
  if (charts->n) return true;
  *charts = (bsn_drawings){1, bsn_copy_in(&o->arena, &(bsn_drawing){.chart = "convergence"}, sizeof(bsn_drawing))};
  return charts->item || bsn_no_memory(error);
}

static bool plot_study(options *o, const char *word, const char *chart, bsn_error *error) {
  bsn_drawing one = {.chart = chart};
  bsn_drawings charts = {1, &one};
  bool *used = bsn_alloc_in(&o->arena, o->nset + 1);
  bsn_store *store = used ? open_study(&o->arena, word, o->out, error) : NULL;
  bool ok = store && (chart || wanted_charts(o, store, &charts, error));
  for (size_t i = 0; ok && i < charts.n; i++) ok = set_parameters(o, &charts.item[i], used, error);
  for (size_t i = 0; ok && i < o->nset; i++)
    if (!used[i])
      ok = bsn_fail(error, BSN_USAGE, "no chart has a parameter '%s'; see basin list chart --json", o->name[i]);
  ok = ok && draw_charts(store, &o->arena, &charts, o->format, true, error);
  bsn_store_close(store);
  return ok;
}

int cmd_plot(int argc, char **argv) {
  static const struct argp_option list[] = {{"format", FORMAT, "FORMAT", 0, "png (default), svg or pdf", 0},
                                            {"out", OUT, "DIR", 0, "Where results are (default: results)", 0},
                                            {0}};
  const struct argp argp = {
      list,
      parse,
      "STUDY.. [CHART] [--PARAMETER VALUE]",
      "Draw a chart of each study, or all that its file asks for. Options like --metric test_loss or "
      "--x epoch set parameters of charts: see `basin explain CHART'." STUDY_HELP,
      help_child,
      NULL,
      NULL};
  options o = {.format = "png", .out = "results"};
  bsn_error error = {0};
  const char **names;
  if (!take_parameters(&o, &argc, argv)) bsn_no_memory(&error);
  if (!error.code && argp_parse(&argp, argc, argv, 0, NULL, &o)) return BSN_USAGE;
  size_t n = chart_names(&o.arena, &names);
  const char *last = o.nwords > 1 ? o.word[o.nwords - 1] : "style";
  const char *chart = strcmp(last, "style") && known(last, n, names) ? last : NULL;
  for (size_t i = 0; !error.code && i < o.nwords - (chart != NULL); i++) plot_study(&o, o.word[i], chart, &error);
  bsn_arena_free(&o.arena);
  return finish(&error);
}
