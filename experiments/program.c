#include "program.h"
#include "stats/interval.h"
#include "store/query.h"
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Faults of a file begin with its name; everything else says who speaks. */
int finish(const bsn_error *error) {
  bsn_error own = *error;
  if (!own.code && (fflush(stdout) != 0 || ferror(stdout))) bsn_fail(&own, BSN_IO, "cannot write to standard output");
  if (own.code) fprintf(stderr, "%s%s\n", own.code == BSN_BAD_INPUT ? "" : "basin: ", own.text);
  return (int)own.code;
}

bool word_list_add(word_list *list, bsn_arena *arena, const char *text) {
  const char **more = text ? bsn_grow_in(arena, list->item, list->n, sizeof *more) : NULL;
  if (!more) return false;
  list->item = more;
  more[list->n++] = text;
  return true;
}

error_t take_option(const option_field *fields, int key, char *arg, void *options, bsn_arena *arena) {
  while (fields->key && fields->key != key) fields++;
  void *at = (char *)options + fields->at;
  if (!fields->key) return ARGP_ERR_UNKNOWN;
  if (fields->kind == OPTION_WORDS) return word_list_add(at, arena, arg) ? 0 : ENOMEM;
  if (fields->kind == OPTION_FLAG)
    *(bool *)at = true;
  else
    *(const char **)at = arg;
  return 0;
}

size_t count_of(const char *option, const char *text, size_t most, struct argp_state *state) {
  double x;
  bool good = bsn_number_read(text, &x) && x >= 1 && x <= (double)most && x == (double)(size_t)x;
  if (!good) argp_error(state, "--%s: '%s' is not a whole number from 1 to %zu", option, text, most);
  return good ? (size_t)x : 0;
}

static error_t parse_help(int key, char *arg, struct argp_state *state) {
  (void)arg;
  if (key != 'h') return ARGP_ERR_UNKNOWN;
  argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
  return 0;
}

static const struct argp_option help_options[] = {{"help", 'h', NULL, OPTION_HIDDEN, NULL, -1}, {0}};
static const struct argp help_argp = {.options = help_options, .parser = parse_help};
const struct argp_child help_child[] = {{&help_argp, 0, NULL, 0}, {0}};

bool to_stdout(void *to, const char *bytes, size_t n) {
  (void)to;
  return fwrite(bytes, 1, n, stdout) == n && fflush(stdout) == 0;
}

const char *const *share_folders(bsn_arena *arena) {
  const char **list = bsn_alloc_in(arena, 5 * sizeof *list), *data = getenv("BASIN_DATA");
  size_t n = 0;
  if (list && data && *data) list[n++] = data;
  if (list) list[n++] = BASIN_SOURCE;
  if (list) list[n++] = BASIN_SOURCE "/experiments";
  if (list) list[n++] = BASIN_SHARE;
  return list;
}

/* ---- studies ---- */
bool is_yaml(const char *name) {
  const char *slash = strrchr(name, '/'), *file = slash ? slash + 1 : name;
  size_t n = strlen(file);
  return n > 5 && *file != '.' && !strcmp(file + n - 5, ".yaml");
}

bool is_folder(const char *path) {
  struct stat it;
  return stat(path, &it) == 0 && S_ISDIR(it.st_mode);
}

static bool has_store(bsn_arena *arena, const char *folder) {
  const char *file = folder ? bsn_text_in(arena, "%s/study.db", folder) : NULL;
  return file && access(file, F_OK) == 0;
}

/* The name in a study's file, which needs no other check here. */
static const char *name_in_file(bsn_arena *arena, const char *file, bsn_error *error) {
  bsn_faults faults = {.arena = arena};
  char *text;
  size_t length;
  if (!bsn_file_read(arena, file, &text, &length, error)) return NULL;
  const bsn_value *name = bsn_value_get(bsn_value_read(arena, file, text, length, &faults), "study");
  if (!bsn_faults_none(&faults, error)) return NULL;
  if (name && name->kind == BSN_SCALAR) return name->text;
  return bsn_fail(error, BSN_BAD_INPUT, "%s: 'study' is missing", file), NULL;
}

static bool unknown_study(bsn_arena *arena, const char *word, const char *out, bsn_error *error) {
  const char **names = NULL;
  size_t n = 0;
  DIR *dir = opendir(out);
  for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
    if (!has_store(arena, bsn_text_in(arena, "%s/%s", out, e->d_name))) continue;
    const char **more = bsn_grow_in(arena, names, n, sizeof *names);
    if (!more || !(more[n] = bsn_text_in(arena, "%s", e->d_name))) break;
    names = more;
    n++;
  }
  if (dir) closedir(dir);
  const char *near = n ? bsn_nearest(word, n, names) : NULL;
  return bsn_fail(error, BSN_BAD_INPUT, "no results of a study '%s' in %s%s%s%s", word, out,
                  near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

const char *study_folder(bsn_arena *arena, const char *word, const char *out, bsn_error *error) {
  const char *name = word;
  if (is_folder(word) && has_store(arena, word)) return word;
  if (!is_folder(word) && access(word, F_OK) == 0 && !(name = name_in_file(arena, word, error))) return NULL;
  const char *folder = bsn_text_in(arena, "%s/%s", out, name);
  if (!folder) return bsn_no_memory(error), NULL;
  return has_store(arena, folder) ? folder : (unknown_study(arena, name, out, error), NULL);
}

static double median(double *x, size_t n, double unused) {
  (void)unused;
  return bsn_median(x, n);
}
static double quantile(double *x, size_t n, double p) { return bsn_quantile(x, n, p); }
static double t_lo(double *x, size_t n, double level) { return bsn_t_interval(x, n, level > 0 ? level : 0.95).lo; }
static double t_hi(double *x, size_t n, double level) { return bsn_t_interval(x, n, level > 0 ? level : 0.95).hi; }

bool add_aggregates(bsn_store *store, bsn_error *error) {
  static const struct {
    const char *name;
    int arguments;
    bsn_aggregate *function;
  } all[] = {{"median", 1, median}, {"quantile", 2, quantile}, {"t_lo", 1, t_lo},
             {"t_lo", 2, t_lo},     {"t_hi", 1, t_hi},         {"t_hi", 2, t_hi}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    BSN_TRY(bsn_store_aggregate(store, all[i].name, all[i].arguments, all[i].function, error));
  return true;
}

bsn_store *open_study(bsn_arena *arena, const char *word, const char *out, bsn_error *error) {
  const char *folder = study_folder(arena, word, out, error);
  bsn_store *store = folder ? bsn_store_open(folder, BSN_STORE_READ, error) : NULL;
  if (!store || add_aggregates(store, error)) return store;
  bsn_store_close(store);
  return NULL;
}

bsn_study *read_study(bsn_arena *arena, const char *file, size_t nset, const char *const *set, bsn_error *error) {
  char *text;
  size_t length;
  const char *const *folders = share_folders(arena);
  if (!folders) return bsn_no_memory(error), NULL;
  if (!bsn_file_read(arena, file, &text, &length, error)) return NULL;
  return bsn_study_read(arena, file, text, length, nset, set, folders, error);
}

/* ---- the other precision ---- */
char **whole_argv(bsn_arena *arena, int argc, char **argv, const char *name) {
  char **copy = bsn_alloc_in(arena, ((size_t)argc + 2) * sizeof *copy);
  if (!copy || !(copy[1] = bsn_text_in(arena, "%s", name))) return NULL;
  copy[0] = argv[0];
  for (int i = 1; i < argc; i++) copy[i + 1] = argv[i];
  return copy;
}

/* basin or basin-double, beside this one. */
static const char *sibling(bsn_arena *arena, const char *precision) {
  char self[4096];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n <= 0) return NULL;
  self[n] = 0;
  char *slash = strrchr(self, '/');
  if (slash) *slash = 0;
  return bsn_text_in(arena, "%s/%s", self, strcmp(precision, "double") ? "basin" : "basin-double");
}

bool become(bsn_arena *arena, const char *precision, char **argv, bsn_error *error) {
  const char *program = sibling(arena, precision);
  if (!program) return bsn_no_memory(error);
  execv(program, argv);
  return bsn_fail(error, BSN_MISSING, "%s: %s (a study with precision: %s needs it)", program, strerror(errno),
                  precision);
}

int run_self(char *const *argv) {
  int status = 0;
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execv("/proc/self/exe", argv);
    _exit(BSN_MISSING);
  }
  void (*before)(int) = signal(SIGINT, SIG_IGN);
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  signal(SIGINT, before);
  return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : BSN_IO;
}

const char *cell_words(bsn_arena *arena, const char *cell) {
  bsn_faults faults = {.arena = arena};
  const bsn_value *map = bsn_value_read(arena, "a cell", cell, strlen(cell), &faults);
  const char *words = "";
  for (size_t i = 0; map && words && i < map->n; i++)
    words = bsn_text_in(arena, "%s%s%s=%s", words, i ? " " : "", map->key[i],
                        map->item[i]->text ? map->item[i]->text : bsn_value_text(arena, map->item[i]));
  return map && words ? words : cell;
}
