/* NumPy's legacy draws against NumPy itself (tests/reference/legacy.py). */
#include "basin_check.h"
#include "num/legacy.h"

static double draw(bsn_legacy *r, const char *kind, int i) {
  static const char mixed[] = "uuununn";
  bool normal = !strcmp(kind, "normal") || (!strcmp(kind, "mixed") && mixed[i] == 'n');
  return normal ? bsn_legacy_normal(r) : bsn_legacy_uniform(r);
}

/* Uniform numbers are equal to the bit; normal ones within three ulp, for two logarithms of two ulp at most. */
static bool near(double ours, double theirs, bool exact) {
  return fabs(ours - theirs) <= (exact ? 0 : 4e-16 * fabs(theirs));
}

static int check_line(char *line) {
  char *rest, *seed = strtok_r(line, ";", &rest), *kind = strtok_r(NULL, ";", &rest),
              *first = strtok_r(NULL, ";", &rest);
  int i = 0, n = 0;
  bsn_legacy r;
  bsn_legacy_seed(&r, (uint32_t)strtoul(seed, NULL, 10));
  for (; i < atoi(first); i++) draw(&r, kind, i);
  for (char *number = strtok_r(NULL, " \n", &rest); number; number = strtok_r(NULL, " \n", &rest), i++, n++) {
    double theirs = strtod(number, NULL), ours = draw(&r, kind, i);
    ck_assert_msg(near(ours, theirs, !strcmp(kind, "uniform")), "seed %s, %s %d: %.17g, not %.17g", seed, kind, i, ours,
                  theirs);
  }
  return n;
}

START_TEST(draws_are_numpys) {
  char path[4096], line[4096];
  snprintf(path, sizeof path, "%s/tests/golden/legacy.csv", getenv("BASIN_SOURCE"));
  FILE *file = fopen(path, "r");
  ck_assert_ptr_nonnull(file);
  int n = 0;
  while (fgets(line, sizeof line, file)) n += check_line(line);
  fclose(file);
  ck_assert_int_eq(n, 6 * (4 + 3 + 5 + 4) + 7);
}
END_TEST

BASIN_TESTS("legacy", draws_are_numpys)
