/* verify: compare results with the targets and claims in the studies' files. */
#include "program.h"
#include "report/findings.h"
#include "study/verify.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct options {
  bsn_arena arena;
  const char *out;
  size_t jobs; /* 0: not said */
  word_list words;
  bool json, stored;
  bsn_findings findings; /* of all studies so far */
  int code;              /* the first thing that went wrong */
} options;

/* ---- which studies ---- */
static int shown_entry(const struct dirent *e) { return e->d_name[0] != '.'; }

/* All .yaml files below a folder, in the order of their names. */
static bool walk(bsn_arena *arena, const char *folder, word_list *out) {
  struct dirent **list;
  int n = scandir(folder, &list, shown_entry, alphasort);
  bool ok = true;
  for (int i = 0; i < n; i++) {
    const char *path = bsn_text_in(arena, "%s/%s", folder, list[i]->d_name);
    if (path && is_folder(path))
      ok = walk(arena, path, out) && ok;
    else if (!path || is_yaml(path))
      ok = word_list_add(out, arena, path) && ok;
    free(list[i]);
  }
  if (n >= 0) free(list);
  return ok;
}

/* The tree of a file whose text is enough to look at; NULL for one that is no YAML, which reading it in full will tell. */
static const bsn_value *glance(bsn_arena *arena, const char *file) {
  bsn_faults faults = {.arena = arena};
  bsn_error ignored = {0};
  char *text;
  size_t length;
  if (!bsn_file_read(arena, file, &text, &length, &ignored)) return NULL;
  return bsn_value_read(arena, file, text, length, &faults);
}

/* The studies that come with the program, or those of the folder one is in. */
static const char *own_studies(void) { return is_folder("experiments") ? "experiments" : BASIN_SOURCE "/experiments"; }

/* Of the files below folder those with targets or claims; with name, only the study of this name, whatever it has. */
static bool choose(bsn_arena *arena, const char *folder, const char *name, word_list *out, bsn_error *error) {
  word_list all = {0};
  if (!walk(arena, folder, &all)) return bsn_no_memory(error);
  for (size_t i = 0; i < all.n; i++) {
    const bsn_value *tree = glance(arena, all.item[i]), *study = bsn_value_get(tree, "study");
    bool named = name && study && study->text && !strcmp(study->text, name);
    bool compared = bsn_value_get(tree, "targets") || bsn_value_get(tree, "claims");
    if ((name ? named : compared) && !word_list_add(out, arena, all.item[i])) return bsn_no_memory(error);
  }
  return true;
}

static bool unknown_study(options *o, const char *word, bsn_error *error) {
  word_list all = {0};
  const char **names = NULL;
  size_t n = 0;
  walk(&o->arena, own_studies(), &all);
  for (size_t i = 0; i < all.n; i++) {
    const bsn_value *study = bsn_value_get(glance(&o->arena, all.item[i]), "study");
    const char **more = study && study->text ? bsn_grow_in(&o->arena, names, n, sizeof *names) : NULL;
    if (!more) continue;
    names = more;
    names[n++] = study->text;
  }
  const char *near = n ? bsn_nearest(word, n, names) : NULL;
  return bsn_fail(error, BSN_BAD_INPUT, "no study '%s' in %s%s%s%s", word, own_studies(),
                  near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* The files that a word of the command line stands for: a file, all of a folder, or the study of this name. */
static bool files_of(options *o, const char *word, word_list *out, bsn_error *error) {
  size_t before = out->n;
  const char *slash = strrchr(word, '/');
  if (is_folder(word)) BSN_TRY(choose(&o->arena, word, NULL, out, error));
  if (out->n > before) return true;
  if (is_yaml(word) || (!is_folder(word) && access(word, F_OK) == 0))
    return word_list_add(out, &o->arena, word) || bsn_no_memory(error);
  BSN_TRY(choose(&o->arena, own_studies(), slash && slash[1] ? slash + 1 : word, out, error));
  return out->n > before || unknown_study(o, word, error);
}

/* ---- one study ---- */
/* Add what is stored of a study to *out, all of it missing when there is nothing yet. */
static bool judge(options *o, bsn_study *s, bsn_findings *out, bsn_error *error) {
  const char *folder = bsn_text_in(&o->arena, "%s/%s", o->out, s->name);
  const char *file = folder ? bsn_text_in(&o->arena, "%s/study.db", folder) : NULL;
  if (!file) return bsn_no_memory(error);
  bool there = access(file, F_OK) == 0;
  bsn_store *store = there ? bsn_store_open(folder, BSN_STORE_READ, error) : NULL;
  bsn_sink *sink = there ? (store ? bsn_store_sink(store) : NULL) : bsn_memory_sink_in(&o->arena);
  bool ok = sink || error->code || bsn_no_memory(error);
  while (ok && bsn_study_more(s, sink, error)) continue;
  ok = ok && !error->code && bsn_study_verify(s, sink, &o->arena, out, error);
  bsn_store_close(store);
  return ok;
}

static size_t count_missing(const bsn_findings *f) {
  size_t most = 0;
  for (size_t i = 0; i < f->n; i++) {
    size_t here = f->item[i].of ? f->item[i].missing : 1;
    most = here > most ? here : most;
  }
  return most;
}

/* `basin run FILE`; its exit code. */
static int run_file(const options *o, const char *file) {
  char jobs[32];
  const char *const argv[] = {
      "basin", "run", file, "--quiet", "--no-charts", "--out", o->out, o->jobs ? "--jobs" : NULL, jobs, NULL};
  snprintf(jobs, sizeof jobs, "%zu", o->jobs);
  return run_self((char *const *)(uintptr_t)argv);
}

static bool append(options *o, const bsn_findings *more, bsn_error *error) {
  bsn_findings *all = &o->findings;
  for (size_t i = 0; i < more->n; i++) {
    bsn_finding *items = bsn_grow_in(&o->arena, all->item, all->n, sizeof *items);
    if (!items) return bsn_no_memory(error);
    all->item = items;
    items[all->n++] = more->item[i];
  }
  return true;
}

/* What the store of a study notes of its last comparison; charts read it. */
static bool note(options *o, const char *name, const bsn_findings *findings, bool make, bsn_error *error) {
  const char *folder = bsn_text_in(&o->arena, "%s/%s", o->out, name), *before = NULL;
  bsn_out text = {0};
  bsn_findings_json(findings, &text);
  if (!bsn_out_end(&text, error) || (!make && !is_folder(folder))) return bsn_out_free(&text), !error->code;
  bsn_store *store = bsn_store_open(folder, BSN_STORE_WRITE, error);
  bool ok = store && bsn_store_fact(store, "findings", &o->arena, &before, error);
  if (ok && (!before || strcmp(before, text.text))) ok = bsn_store_note(store, "findings", text.text, error);
  bsn_store_close(store);
  bsn_out_free(&text);
  return ok;
}

static bool verify_file(options *o, const char *file, bsn_error *error) {
  bsn_study *s = read_study(&o->arena, file, 0, NULL, error);
  bsn_findings findings;
  BSN_TRY(s && judge(o, s, &findings, error));
  size_t missing = count_missing(&findings);
  if (missing && !o->stored) {
    if (isatty(STDERR_FILENO)) fprintf(stderr, "%s: running what is missing\n", s->name);
    int code = run_file(o, file);
    if (code && !o->code) o->code = code;
    BSN_TRY(judge(o, s, &findings, error));
  }
  return append(o, &findings, error) && note(o, s->name, &findings, false, error);
}

/* ---- all of them ---- */
/* A file that cannot be read is told and does not keep the others from it; a pause ends it all. */
static void verify_files(options *o, const word_list *files) {
  for (size_t i = 0; i < files->n && o->code != BSN_PAUSED; i++) {
    bsn_error error = {0};
    if (verify_file(o, files->item[i], &error)) continue;
    int code = finish(&error);
    if (!o->code) o->code = code;
  }
}

/* The comparison of all studies, as a study of its own that has a chart: results/verify. */
static bool draw_all(options *o, bsn_error *error) {
  static const bsn_drawing chart = {.chart = "verify"};
  static const char file[] = "study: verify\ncharts: [verify]\n";
  const bsn_drawings charts = {1, (bsn_drawing *)(uintptr_t)&chart};
  const bsn_fact facts[] = {{"study", "verify"}, {"about", "Published numbers and ours"}, {"file", file}};
  const char *folder = bsn_text_in(&o->arena, "%s/verify", o->out);
  if (!folder) return bsn_no_memory(error);
  BSN_TRY(note(o, "verify", &o->findings, true, error));
  bsn_store *store = bsn_store_open(folder, BSN_STORE_WRITE, error);
  bool ok = store && bsn_store_note_all(store, sizeof facts / sizeof *facts, facts, error) &&
            draw_charts(store, &o->arena, &charts, "png", !o->json, error);
  bsn_store_close(store);
  return ok;
}

static bool print(options *o, bsn_error *error) {
  bsn_out out = {.write = to_stdout};
  bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"), ok = true;
  if (o->json)
    bsn_findings_json(&o->findings, &out);
  else
    ok = bsn_findings_text(&o->findings, colour, &o->arena, &out) || bsn_no_memory(error);
  ok = bsn_out_end(&out, error) && ok;
  bsn_out_free(&out);
  return ok;
}

static bool verify(options *o, bsn_error *error) {
  word_list files = {0};
  if (!o->words.n) BSN_TRY(choose(&o->arena, own_studies(), NULL, &files, error));
  for (size_t i = 0; i < o->words.n; i++) BSN_TRY(files_of(o, o->words.item[i], &files, error));
  verify_files(o, &files);
  if (o->code == BSN_PAUSED) return true;
  return print(o, error) && (o->words.n || !o->findings.n || draw_all(o, error));
}

/* ---- the command line ---- */
enum { JSON = OPTION_OUT + 1, STORED };

static const option_field fields[] = {{OPTION_OUT, OPTION_TEXT, offsetof(options, out)},
                                      {JSON, OPTION_FLAG, offsetof(options, json)},
                                      {STORED, OPTION_FLAG, offsetof(options, stored)},
                                      {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
  options *o = state->input;
  if (key == 'j') return o->jobs = count_of("jobs", arg, MOST_JOBS, state), 0;
  if (key == ARGP_KEY_ARG) return word_list_add(&o->words, &o->arena, arg) ? 0 : ENOMEM;
  return take_option(fields, key, arg, o, &o->arena);
}

int cmd_verify(int argc, char **argv) {
  static const struct argp_option list[] = {
      {"json", JSON, NULL, 0, "As JSON, one object a target", 0},
      {"stored", STORED, NULL, 0, "Run nothing: compare what is there", 0},
      {"jobs", 'j', "N", 0, "Worker processes (default: the cores that may be used)", 0},
      {"out", OPTION_OUT, "DIR", 0, "Where results are and go (default: results)", 0},
      {0}};
  const struct argp argp = {
      .options = list,
      .parser = parse,
      .args_doc = "[STUDY..]",
      .doc =
          "Compare results with the published numbers (targets) and claims in the files of studies: PASS, FAIL, "
          "UNDECIDED (results are missing, or their interval covers both sides) or DIFFERS (for a known reason). What "
          "is missing is run first. `basin list rule` shows how numbers are compared. The exit code is 1 when a target "
          "FAILs.\vSTUDY is a study's .yaml file, a folder of such files, or the name of a study below experiments/. "
          "Without any: all studies below experiments/ that have targets or claims; a picture of these goes to "
          "results/verify.",
      .children = help_child};
  options o = {.out = "results"};
  bsn_error error = {0};
  if (argp_parse(&argp, argc, argv, 0, NULL, &o)) return BSN_USAGE;
  verify(&o, &error);
  int code = finish(&error);
  if (bsn_findings_count(&o.findings, BSN_FAIL)) code = BSN_FAILED;
  bsn_arena_free(&o.arena);
  return code ? code : o.code;
}
