#: doc What it takes to reach a value of a metric, against the batch size, with lines of perfect scaling; open triangles are runs that ended before they reached it.
#: parameter metric train_loss What has to reach the target: an accuracy from below, all others from above.
#: parameter target auto The value; auto: the one that three quarters of all trials reach.
#: parameter count step What is counted; perfect scaling is half the steps, and equal examples, at twice the batch. value: the metric is a number of steps itself, and there is no target.
#: choice count step epoch examples value
#: parameter factor train.batch The path of the setting below.
#: select WITH c AS (SELECT t.key, t.cell, t.place, CAST(s.value AS REAL) AS x, c.{count} AS y, iif('{metric}' LIKE '%accuracy', -1, 1) * c.value AS v
#:     FROM report t JOIN setting s ON s.key = t.key AND s.path = '{factor}' JOIN curve c ON c.key = t.key AND c.name = '{metric}' AND c.kind = 'trial'
#:     WHERE t.outcome <> 'failed'),
#:   best AS (SELECT least, row_number() OVER (ORDER BY least) AS rank, count(*) OVER () AS n FROM (SELECT min(v) AS least FROM c GROUP BY key)),
#:   goal AS (SELECT iif('{count}' = 'value', 9e999, iif('{target}' = 'auto', least, iif('{metric}' LIKE '%accuracy', -1, 1) * CAST('{target}' AS REAL))) AS g
#:     FROM best WHERE rank = (3 * n + 3) / 4)
#:   SELECT cell, x, min(iif(v <= g AND y > 0, y, NULL)) AS y, max(y) AS reach, abs(g) AS goal FROM c, goal GROUP BY key HAVING max(y) > 0 ORDER BY place, x
#: derive label {factor}
#: derive worst y
#: derive quantiles x y
#: empty no trial has both a setting {factor} and a {metric} on its way
#: overlay {factor} {count}
eval terminal(1100, 680)
if (series > 1 || overlays) { eval legend } else { set rmargin 4 }
words = count eq 'value' ? metric_label . ' by ' . factor_words : count eq 'step' ? 'Steps' : count eq 'epoch' ? 'Epochs' : 'Examples'
eval titles(words . (count eq 'value' ? '' : sprintf(' to a %s of %.3g', metric_words, goal_max)), (replicates > 1 ? 'median and 10–90 % band over ' : '') . note . '; dashed: perfect scaling' . laid)
# Where perfect scaling begins: at the smallest batch that reaches the target
finite(v) = v == v && abs(v) < 1e300 ? v : NaN
array X0[series]; array Y0[series]
lost = 0
do for [i = 1:series] {
  X0[i] = NaN; Y0[i] = NaN
  undefine STATS_*
  stats data index i - 1 using (finite(column('y')) == column('y') ? column('x') : NaN) nooutput
  if (exists('STATS_min')) {
    X0[i] = STATS_min
    stats data index i - 1 using (column('x') == X0[i] ? column('y') : NaN) nooutput
    Y0[i] = STATS_min
  }
  stats data index i - 1 using 'y_bad' nooutput
  if (STATS_max > 0) { lost = 1 }
}
perfect(i, x) = x < X0[i] ? NaN : count eq 'step' || count eq 'value' ? Y0[i] * X0[i] / x : Y0[i]
top = known(y_hi_max, known(y_max, reach_max))
if (lost && reach_max > top) { top = reach_max }
low = known(y_lo_min, reach_max)
do for [i = 1:series] { if (perfect(i, x_max) < low && perfect(i, x_max) > low / 30) { low = perfect(i, x_max) } }
clip(v) = v > top * 1.3 ? top * 1.3 : v
set logscale x 2
set format x (x_max < 1e5 ? '%g' : '2^{%L}')
set xrange [x_min / 1.2 : x_max * 1.2]
eval powers('y', low, top)
set yrange [low / 1.3 : top * 1.3]
if (lost) { set label 1 '△ half of the replicates or more ended here without it' at graph 1, graph 1 right offset 0,0.6 textcolor rgb quiet }
set samples 400
set xlabel factor_label textcolor rgb ink
set ylabel (count eq 'step' ? 'Steps' : count eq 'value' ? metric_label : count_label) textcolor rgb ink
plot for [k = 1:overlays] data index series + k - 1 using 'x':(clip(column('y_lo'))):(clip(column('y_hi'))) with filledcurves fs transparent solid 0.25 noborder lc rgb below(k) notitle, \
     for [k = 1:overlays] data index series + k - 1 using 'x':(finite(column('y'))) with lines lc rgb below(k) lw 7 notitle, \
     for [i = 1:series] perfect(i, x) with lines dt (6,5) lw 1.2 lc rgb COLOUR[(i - 1) % 8 + 1] notitle, \
     for [i = 1:series] data index i - 1 using 'x':(finite(column('y')) == column('y') ? column('y_lo') : NaN):(clip(column('y_hi'))) with filledcurves fs transparent solid 0.13 noborder lc rgb COLOUR[(i - 1) % 8 + 1] notitle, \
     for [i = 1:series] data index i - 1 using 'x':(finite(column('y'))) with linespoints ls i title entry(i, 25, series_name[i]), \
     for [i = 1:series] data index i - 1 using 'x':(finite(column('y')) == column('y') ? NaN : column('reach')) with points pt 8 ps 1.4 lw 2 lc rgb COLOUR[(i - 1) % 8 + 1] notitle, \
     for [k = 1:overlays] keyentry with lines lc rgb below(k) lw 7 title overlay_name[k]
