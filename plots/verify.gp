#: doc Published numbers and ours as `basin verify` last compared them: one line a target, in units of what its rule allows.
#: parameter only all Which verdicts are shown.
#: choice only all FAIL UNDECIDED DIFFERS PASS
#: select WITH f AS (SELECT j.id AS id, j.value AS v FROM study, json_each(study.value) j WHERE study.name = 'findings'),
#:   g AS (SELECT id, v ->> '$.study' AS work, v ->> '$.metric' AS metric, v ->> '$.where' AS place, v ->> '$.rule' AS rule,
#:     v ->> '$.verdict' AS verdict, v ->> '$.ours' AS ours, v ->> '$.lo' AS lo, v ->> '$.hi' AS hi, v ->> '$.from' AS a,
#:     v ->> '$.to' AS b, v ->> '$.published' AS published FROM f),
#:   h AS (SELECT *, iif(typeof(ours) = 'text', NULL, ours) AS x, metric || iif(place = '', '', ', ' || iif(length(place) > 34, substr(place, 1, 32) || '..', place)) || ': ' || rule AS name FROM g),
#:   k AS (SELECT *, max(abs(ifnull(x - ifnull(a, b), 0)), ifnull(hi - lo, 0), 1e-300) AS unit, row_number() OVER (PARTITION BY work, name ORDER BY id) AS again FROM h),
#:   m AS (SELECT *, CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN (a + b) / 2.0 WHEN a IS NOT NULL THEN a + unit WHEN b IS NOT NULL THEN b - unit END AS middle,
#:     iif(a IS NOT NULL AND b IS NOT NULL, max((b - a) / 2.0, 1e-300), unit) AS half FROM k)
#:   SELECT name || iif(again > 1, ' (' || again || ')', '') || iif(count(*) OVER (PARTITION BY name, again) > 1, char(160) || work, '') AS line, work, verdict,
#:     name || iif(again > 1, ' (' || again || ')', '') AS label, iif(x IS NULL OR middle IS NULL, NULL, (x - middle) / half) AS x,
#:     iif(x IS NULL OR lo IS NULL OR middle IS NULL, NULL, (lo - middle) / half) AS x_lo, iif(x IS NULL OR hi IS NULL OR middle IS NULL, NULL, (hi - middle) / half) AS x_hi,
#:     iif(published IS NULL, '', iif(typeof(published) = 'text', published, printf(iif(abs(published) < 1e9 AND published = round(published), '%.0f', '%.6g'), published))) AS published,
#:     iif(ours IS NULL, '-', iif(typeof(ours) = 'text', ours, printf(iif(abs(ours) < 1e9 AND ours = round(ours), '%.0f', '%.6g'), ours))) AS ours
#:   FROM m WHERE '{only}' IN ('all', verdict) ORDER BY id
#: empty nothing was compared yet: run basin verify
array VERDICT[4] = ['PASS', 'UNDECIDED', 'DIFFERS', 'FAIL']
array PAINT[4] = ['#0072B2', '#E69F00', '#CC79A7', '#D55E00']
array POINT[4] = [7, 6, 9, 2]
kindof(v) = v eq VERDICT[1] ? 1 : v eq VERDICT[2] ? 2 : v eq VERDICT[3] ? 3 : 4
begins(i) = i == 1 || series_work[i] ne series_work[i > 1 ? i - 1 : 1]

# Lines from top to bottom, with one more for the name of each study; many targets stand in two columns, cut between studies
array Y[series]
array COUNT[4] = [0, 0, 0, 0]
array LAST[2] = [series, series]
total = 0; widest = 0
do for [i = 1:series] {
  total = total + (begins(i) ? 2.6 : 1)
  k = kindof(series_verdict[i]); COUNT[k] = COUNT[k] + 1
  w = series_width[i]; widest = w > widest ? w : widest
}
columns = total > 70 ? 2 : 1
line = 0; longest = 0; at_column = 1
do for [i = 1:series] {
  if (begins(i) && at_column < columns && line > total / 2 - 4) { LAST[1] = i - 1; at_column = 2; line = 0 }
  line = line + (begins(i) ? (line > 0 ? 2.6 : 2) : 1)
  Y[i] = line
  longest = line > longest ? line : longest
}
counts = ''
do for [k = 1:4] { counts = counts . (COUNT[k] ? sprintf('%s%d %s', counts eq '' ? '' : ', ', COUNT[k], VERDICT[k]) : '') }

# Pixels: names of targets, deviations, numbers; a column is all three
names = 9 * widest + 24; plane = 300; numbers = 270
picture_w = columns * (names + plane + numbers); picture_h = 150 + 18 * longest
eval terminal(picture_w, picture_h)
edge(c) = ((c - 1) * (names + plane + numbers) + names) / picture_w
reach = 3.0
clip(x) = x > reach ? reach : x < -reach ? -reach : x
set multiplot
set tmargin at screen 1 - 76. / picture_h
set bmargin at screen 64. / picture_h
set xrange [-reach * 1.05 : reach * 1.05]
set yrange [longest + 1.2 : 0]
set border 1
unset grid
set xtics ('beyond' -reach, '' -2, '' -1, 'allowed' 0, '' 1, '' 2, 'beyond' reach)
set xlabel 'ours, in units of what the rule allows (grey)' textcolor rgb ink
set object 1 rectangle from -1, graph 0 to 1, graph 1 fillcolor rgb '#ececec' fillstyle solid noborder behind

# A result that is no number stands at the middle, on the edge or beyond it
bare_x(k) = k == 1 ? 0 : k == 2 ? 1 : 2
at(x, k) = x == x ? clip(x) : bare_x(k)
do for [c = 1:columns] {
  first = c == 1 ? 1 : LAST[1] + 1
  last = c == columns ? series : LAST[c]
  unset label
  set lmargin at screen edge(c)
  set rmargin at screen edge(c) + plane / picture_w
  if (c == 1) {
    eval heading(sprintf('screen %g', 24. / picture_w), 'Published numbers and ours', counts)
    set key at screen 1 - 30. / picture_w, screen 1 - 16. / picture_h right top horizontal Left reverse samplen 0.5 textcolor rgb ink
  } else { set key off }
  set ytics () scale 0
  do for [i = first:last] {
    set ytics add (percent(series_label[i]) Y[i])
    set label 3000 + i series_published[i] at graph 1, first Y[i] offset character 2, 0 left textcolor rgb quiet
    set label 6000 + i series_ours[i] at graph 1, first Y[i] offset character 18, 0 left textcolor rgb quiet
    if (begins(i)) { set label 1000 + i '{/:Bold ' . series_work[i] . '}' at graph 0, first Y[i] - 1 offset character -1, 0 right textcolor rgb ink }
  }
  set label 990 '{/:Bold published}' at graph 1, first 0.9 offset character 2, 0 left textcolor rgb ink
  set label 991 '{/:Bold ours}' at graph 1, first 0.9 offset character 18, 0 left textcolor rgb ink
  plot for [i = first:last] data index i - 1 using (clip(column('x_lo'))):(Y[i]):(clip(column('x_hi')) - clip(column('x_lo'))):(0) with vectors nohead lw 2 lc rgb PAINT[kindof(series_verdict[i])] notitle, \
       for [i = first:last] data index i - 1 using (at(column('x'), kindof(series_verdict[i]))):(Y[i]) with points pt POINT[kindof(series_verdict[i])] ps 1.1 lw 2 lc rgb PAINT[kindof(series_verdict[i])] notitle, \
       for [k = 1:4] keyentry with points pt POINT[k] ps 1.1 lw 2 lc rgb PAINT[k] title (c == 1 ? VERDICT[k] . '   ' : '')
}
unset multiplot
