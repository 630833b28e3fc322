/* plot: charts of a study. */
#include "program.h"
#include "report/chart.h"
#include "store/query.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
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
/* What all pictures of one command are made of. */
typedef struct album {
  bsn_arena *arena;
  size_t n;
  bsn_store **store; /* the pictures go beside the first */
  const char *format;
  size_t noverlays;
  const char **overlay;
} album;

/* The chart's name, the values that are not its defaults, and what else is in the picture: two drawings of one chart have files
 * of their own. */
static const char *picture_name(const album *a, const bsn_chart_source *source, const bsn_drawing *d) {
  const char *name = d->chart;
  for (size_t i = 0; i < d->n && name; i++) name = bsn_text_in(a->arena, "%s-%s", name, d->value[i]);
  for (size_t i = 1; i < a->n && name; i++) name = bsn_text_in(a->arena, "%s-with-%s", name, source[i].study);
  return name && a->noverlays ? bsn_text_in(a->arena, "%s-overlay", name) : name;
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

/* How many trials a study's file asks for; 0: not known. */
static bool trials_of(bsn_store *store, bsn_arena *arena, size_t *trials, bsn_error *error) {
  const char *text = NULL;
  BSN_TRY(bsn_store_fact(store, "trials", arena, &text, error));
  *trials = text ? (size_t)strtoull(text, NULL, 10) : 0;
  return true;
}

static bool fill_source(const album *a, size_t i, bsn_chart_source *source, bsn_error *error) {
  asker *asking = bsn_copy_in(a->arena, &(asker){a->store[i], a->arena}, sizeof *asking);
  *source = (bsn_chart_source){.rows = ask_store, .context = asking};
  if (!asking) return bsn_no_memory(error);
  return bsn_store_fact(a->store[i], "study", a->arena, &source->study, error) &&
         trials_of(a->store[i], a->arena, &source->trials, error);
}

static bool fill_job(const album *a, const bsn_drawing *d, bsn_chart_job *job, bsn_error *error) {
  bsn_chart_set *set = set_of(a->arena, d);
  bsn_chart_source *source = bsn_alloc_in(a->arena, a->n * sizeof *source);
  if (!set || !source) return bsn_no_memory(error);
  for (size_t i = 0; i < a->n; i++) BSN_TRY(fill_source(a, i, &source[i], error));
  *job = (bsn_chart_job){.name = picture_name(a, source, d),
                         .style = chart_file(a->arena, "style", error),
                         .format = a->format,
                         .nset = d->n,
                         .set = set,
                         .nsources = a->n,
                         .source = source,
                         .noverlays = a->noverlays,
                         .overlay = a->overlay};
  return job->style && make_folder(a->store[0], a->arena, &job->folder, error);
}

static bool draw(const album *a, const bsn_drawing *d, bool tell, bsn_error *error) {
  bsn_chart chart;
  bsn_chart_job job;
  const char *file = chart_file(a->arena, d->chart, error), *picture = NULL;
  BSN_TRY(file && bsn_chart_read(&chart, a->arena, file, error));
  BSN_TRY(fill_job(a, d, &job, error) && bsn_chart_draw(&chart, &job, a->arena, &picture, error));
  if (tell) printf("%s\n", picture);
  return true;
}

/* A chart that cannot be drawn does not keep the others from it: the first fault is told, the others are printed. */
static bool draw_all(const album *a, const bsn_drawings *charts, bool tell, bsn_error *error) {
  for (size_t i = 0; i < charts->n; i++) {
    bsn_error own = {0};
    if (draw(a, &charts->item[i], tell, &own)) continue;
    if (error->code)
      finish(&own);
    else
      *error = own;
  }
  return !error->code;
}

bool draw_charts(bsn_store *store, bsn_arena *arena, const bsn_drawings *charts, const char *format, bool tell,
                 bsn_error *error) {
  return draw_all(&(album){.arena = arena, .n = 1, .store = &store, .format = format}, charts, tell, error);
}

/* ---- the command ---- */
typedef struct options {
  bsn_arena arena;
  const char *format, *out, *chart;         /* chart NULL: those that the first study's file asks for */
  word_list studies, name, value, overlays; /* name, value: parameters of charts */
  double watch;                             /* seconds between two looks; 0: draws once */
} options;

enum { FORMAT = OPTION_OUT + 1, OVERLAY, WATCH };

/* Options that are not the command's are parameters of the chart: take them out of argv. False: no memory. */
static bool take_parameters(options *o, int *argc, char **argv) {
  static const char *const own[] = {"help", "usage", "out", "format", "overlay", "watch", "version"};
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
    if (!word_list_add(&o->name, &o->arena, name) || !word_list_add(&o->value, &o->arena, value)) return false;
  }
  *argc = kept;
  argv[kept] = NULL;
  return true;
}

static const option_field fields[] = {
    {OPTION_OUT, OPTION_TEXT, offsetof(options, out)}, {OVERLAY, OPTION_WORDS, offsetof(options, overlays)}, {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
  static const char *const formats[] = {"png", "svg", "pdf"};
  options *o = state->input;
  switch (key) {
  case FORMAT:
    o->format = NULL;
    for (int i = 0; i < 3; i++)
      if (!strcmp(arg, formats[i])) o->format = formats[i];
    if (!o->format) argp_error(state, "--format: '%s' is none of png, svg, pdf", arg);
    return 0;
  case WATCH:
    o->watch = 2;
    if (arg && (!bsn_number_read(arg, &o->watch) || o->watch < 0.1 || o->watch > 86400))
      argp_error(state, "--watch: '%s' is no number of seconds from 0.1 to 86400", arg);
    return 0;
  case ARGP_KEY_ARG:
    return word_list_add(&o->studies, &o->arena, arg) ? 0 : ENOMEM;
  case ARGP_KEY_NO_ARGS:
    argp_error(state, "which study?");
    return EINVAL;
  default:
    return take_option(fields, key, arg, o, &o->arena);
  }
}

/* Give the drawing those of the parameters that its chart has; mark them as used. */
static bool set_parameters(options *o, bsn_drawing *d, bool *used, bsn_error *error) {
  bsn_chart chart;
  const char *file = chart_file(&o->arena, d->chart, error);
  BSN_TRY(file && bsn_chart_read(&chart, &o->arena, file, error));
  const char **name = bsn_alloc_in(&o->arena, (d->n + o->name.n) * sizeof *name);
  const char **value = bsn_alloc_in(&o->arena, (d->n + o->name.n) * sizeof *value);
  if (!name || !value) return bsn_no_memory(error);
  for (size_t i = 0; i < d->n; i++) name[i] = d->name[i], value[i] = d->value[i];
  for (size_t i = 0; i < o->name.n; i++)
    for (size_t p = 0; p < chart.nparameters; p++) {
      if (strcmp(chart.parameter[p].name, o->name.item[i])) continue;
      name[d->n] = o->name.item[i], value[d->n] = o->value.item[i];
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

/* Which charts with which values of their parameters. */
static bool choose_charts(options *o, bsn_store *store, bsn_drawings *charts, bsn_error *error) {
  bool *used = bsn_alloc_in(&o->arena, o->name.n + 1);
  bsn_drawing *one = bsn_copy_in(&o->arena, &(bsn_drawing){.chart = o->chart}, sizeof *one);
  if (!used || !one) return bsn_no_memory(error);
  *charts = (bsn_drawings){1, one};
  if (!o->chart) BSN_TRY(wanted_charts(o, store, charts, error));
  for (size_t i = 0; i < charts->n; i++) BSN_TRY(set_parameters(o, &charts->item[i], used, error));
  for (size_t i = 0; i < o->name.n; i++)
    if (!used[i])
      return bsn_fail(error, BSN_USAGE, "no chart has a parameter '%s'; see basin list chart --json", o->name.item[i]);
  return true;
}

static void close_album(album *a) {
  while (a->n) bsn_store_close(a->store[--a->n]);
}

static bool open_album(album *a, options *o, bsn_error *error) {
  *a = (album){.arena = &o->arena, .format = o->format, .noverlays = o->overlays.n, .overlay = o->overlays.item};
  a->store = bsn_alloc_in(&o->arena, o->studies.n * sizeof *a->store);
  if (!a->store) return bsn_no_memory(error);
  for (size_t i = 0; i < o->studies.n; i++) {
    a->store[i] = open_study(&o->arena, o->studies.item[i], o->out, error);
    if (!a->store[i]) return false;
    a->n++;
  }
  return true;
}

static bool plot_once(options *o, bsn_error *error) {
  album a;
  bsn_drawings charts;
  bool ok =
      open_album(&a, o, error) && choose_charts(o, a.store[0], &charts, error) && draw_all(&a, &charts, true, error);
  close_album(&a);
  return ok;
}

/* ---- watching ---- */
/* How far the studies are. */
typedef struct state {
  size_t units, trials, wanted;
  bool running; /* someone works on one of them */
} state;

/* A lock that can be had is free; it is given back at once. */
static bool is_running(const bsn_store *store, bsn_arena *arena) {
  const char *path = bsn_text_in(arena, "%s/lock", bsn_store_folder(store));
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (fd >= 0) close(fd);
  return held;
}

static bool look_at(const album *a, state *now, bsn_error *error) {
  *now = (state){0};
  for (size_t i = 0; i < a->n; i++) {
    bsn_query q;
    size_t wanted;
    now->running |= is_running(a->store[i], a->arena); /* before it is counted: what ended in between is seen */
    BSN_TRY(trials_of(a->store[i], a->arena, &wanted, error));
    BSN_TRY(bsn_query_open(&q, a->store[i], "SELECT (SELECT count(*) FROM unit), (SELECT count(*) FROM trial)", error));
    bool there = bsn_query_next(&q, error);
    now->units += there ? (size_t)bsn_query_whole(&q, 0) : 0;
    now->trials += there ? (size_t)bsn_query_whole(&q, 1) : 0;
    now->wanted += wanted;
    bsn_query_close(&q);
    if (!there) return false;
  }
  return true;
}

static bool is_complete(const state *s) { return !s->running && s->trials >= s->wanted; }

static void tell_redraw(const album *a, const state *s, const bsn_drawings *charts, const bsn_error *why) {
  char clock[16];
  time_t t = time(NULL);
  struct tm local;
  strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&t, &local));
  printf("%s %zu of %zu trials: ", clock, s->trials, s->wanted > s->trials ? s->wanted : s->trials);
  if (why->code)
    printf("%s\n", why->text);
  else
    printf("%zu picture%s in %s/charts\n", charts->n, charts->n == 1 ? "" : "s", bsn_store_folder(a->store[0]));
  fflush(stdout);
}

/* One look: draws if there is more than before. While trials are missing, what cannot be drawn may be drawn later. */
static bool look_again(options *o, state *seen, bsn_error *error) {
  album a;
  state now;
  bsn_drawings charts;
  bsn_error why = {0};
  bool ok = open_album(&a, o, error) && choose_charts(o, a.store[0], &charts, error) && look_at(&a, &now, error);
  if (ok && now.units != seen->units) {
    for (size_t i = 0; i < charts.n && !why.code; i++) draw(&a, &charts.item[i], false, &why);
    bool later = why.code == BSN_BAD_INPUT && !is_complete(&now);
    if (why.code && !later) *error = why, ok = false;
    if (ok) tell_redraw(&a, &now, &charts, &why);
    if (later) now.units = SIZE_MAX;
  }
  close_album(&a);
  if (ok) *seen = now;
  return ok;
}

/* Until the studies are complete, or a signal ends it. Signals are blocked, so that none of them stops gnuplot half way. */
static bool watch(options *o, bsn_error *error) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  struct timespec pause = {(time_t)o->watch, (long)(1e9 * (o->watch - (double)(time_t)o->watch))};
  state seen = {.units = SIZE_MAX};
  for (;;) {
    options once = *o; /* with an arena for this look alone */
    once.arena = (bsn_arena){0};
    bool ok = look_again(&once, &seen, error);
    bsn_arena_free(&once.arena);
    if (!ok || is_complete(&seen)) return ok;
    if (sigtimedwait(&ends, NULL, &pause) > 0) return bsn_fail(error, BSN_PAUSED, "stopped watching");
  }
}

int cmd_plot(int argc, char **argv) {
  static const struct argp_option list[] = {
      {"format", FORMAT, "FORMAT", 0, "png (default), svg or pdf", 0},
      {"overlay", OVERLAY, "FILE.csv", 0,
       "Draw curves from a csv file below the study's. Its columns are x and y, or are named like what is drawn "
       "(epoch, test_loss); lo and hi, or sd, make a band; words are the curve's name. FILE.csv:x=COLUMN,y=COLUMN says "
       "which is which",
       0},
      {"watch", WATCH, "SECONDS", OPTION_ARG_OPTIONAL,
       "Draw again whenever there is more, until the study is complete; looks every 2 seconds or as often as said", 0},
      OUT_OPTION,
      {0}};
  const struct argp argp = {.options = list,
                            .parser = parse,
                            .args_doc = "STUDY.. [CHART] [--PARAMETER VALUE]",
                            .doc =
                                "Draw a chart of a study, or all that its file asks for; of several studies, all in "
                                "one picture, beside the first one's. Options like --metric test_loss or --x epoch set "
                                "parameters of charts: see `basin explain CHART'." STUDY_HELP,
                            .children = help_child};
  options o = {.format = "png", .out = "results"};
  bsn_error error = {0};
  const char **names;
  if (!take_parameters(&o, &argc, argv)) bsn_no_memory(&error);
  if (!error.code && argp_parse(&argp, argc, argv, 0, NULL, &o)) return BSN_USAGE;
  size_t n = chart_names(&o.arena, &names);
  const char *last = o.studies.n > 1 ? o.studies.item[o.studies.n - 1] : "style";
  if (strcmp(last, "style") && known(last, n, names)) o.chart = o.studies.item[--o.studies.n];
  if (!o.studies.n && !error.code) bsn_fail(&error, BSN_USAGE, "which study?");
  if (!error.code && (o.watch > 0 ? watch(&o, &error) : plot_once(&o, &error))) fflush(stdout);
  bsn_arena_free(&o.arena);
  return finish(&error);
}
