#include "report/gnuplot.h"
#include "base/clock.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Start gnuplot in its folder with what it says going to fd `words`; 0 or an errno. */
static int start(pid_t *pid, const bsn_gnuplot *run, const char *set, int words) {
  const char *program = run->program ? run->program : "gnuplot";
  /* The standard's argv is of plain char *, though nobody writes there. */
  char *const argv[] = {(char *)program, (char *)"-d", (char *)"-e", (char *)set, (char *)run->script, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  int status = posix_spawn_file_actions_addchdir_np(&actions, run->folder);
  if (!status) status = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
  if (!status) status = posix_spawn_file_actions_adddup2(&actions, words, 1);
  if (!status) status = posix_spawn_file_actions_adddup2(&actions, words, 2);
  if (!status) status = posix_spawnp(pid, program, &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

/* Wait for the process; false (and it is dead) when its time was over. */
static bool finish(pid_t pid, double timeout, int *status) {
  double until = bsn_seconds() + timeout;
  for (;;) {
    pid_t got = waitpid(pid, status, WNOHANG);
    if (got == pid || (got < 0 && errno != EINTR)) return true;
    if (bsn_seconds() > until) break;
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
  }
  kill(pid, SIGKILL);
  while (waitpid(pid, status, 0) < 0 && errno == EINTR) continue;
  return false;
}

/* gnuplot's words without the blank lines and carets that it puts around them. */
static void read_words(FILE *file, char *text, size_t size) {
  rewind(file);
  size_t n = fread(text, 1, size - 1, file);
  text[n] = 0;
  while (n && (text[n - 1] == '\n' || text[n - 1] == ' ')) text[--n] = 0;
  memmove(text, text + strspn(text, " \n"), n + 1 - strspn(text, " \n"));
}

static bool judge(const bsn_gnuplot *run, int status, const char *words, const char *made, bsn_error *error) {
  struct stat info;
  if (!WIFEXITED(status) || WEXITSTATUS(status))
    return bsn_fail(error, BSN_FAILED, "%s/%s: gnuplot failed: %s", run->folder, run->script,
                    *words ? words : "it said nothing");
  if (stat(made, &info) || !info.st_size)
    return bsn_fail(error, BSN_FAILED, "%s/%s: gnuplot drew nothing: %s", run->folder, run->script,
                    *words ? words : "it said nothing");
  return true;
}

static bool run_to(const bsn_gnuplot *run, const char *set, const char *made, FILE *words, bsn_error *error) {
  pid_t pid;
  int status = 0, failed = start(&pid, run, set, fileno(words));
  char text[1024];
  double timeout = run->timeout > 0 ? run->timeout : 120;
  if (failed == ENOENT && !access(run->folder, X_OK))
    return bsn_fail(error, BSN_MISSING, "charts need the program %s, which is not installed: apt install gnuplot-nox",
                    run->program ? run->program : "gnuplot");
  if (failed) return bsn_fail(error, BSN_IO, "gnuplot in %s: %s", run->folder, strerror(failed));
  if (!finish(pid, timeout, &status))
    return bsn_fail(error, BSN_FAILED, "%s/%s: gnuplot took longer than %g seconds", run->folder, run->script, timeout);
  read_words(words, text, sizeof text);
  return judge(run, status, text, made, error);
}

bool bsn_gnuplot_run(const bsn_gnuplot *run, bsn_arena *arena, bsn_error *error) {
  const char *made = bsn_text_in(arena, "%s/.%s.%ld", run->folder, run->picture, (long)getpid());
  const char *final = bsn_text_in(arena, "%s/%s", run->folder, run->picture);
  const char *set = bsn_text_in(arena, "output = '.%s.%ld'; format = '%s'", run->picture, (long)getpid(), run->format);
  if (!made || !final || !set) return bsn_no_memory(error);
  FILE *words = tmpfile();
  if (!words) return bsn_fail(error, BSN_IO, "a temporary file: %s", strerror(errno));
  bool ok = run_to(run, set, made, words, error);
  fclose(words);
  if (ok && rename(made, final)) ok = bsn_fail(error, BSN_IO, "%s: %s", final, strerror(errno));
  if (!ok) unlink(made);
  return ok;
}
