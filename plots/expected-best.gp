#: doc What tuning buys: the metric of the best of k settings, chosen by another metric, over all ways to draw k of the stored trials: median and quartiles.
#: parameter metric test_loss What is drawn.
#: parameter by auto The factor whose values are compared; auto: the optimizer, else the first one.
#: parameter choose auto The metric that chooses each one's best setting below the factor, as optimizer.lr; auto: validation_loss, train_loss or objective.
#: choice choose auto validation_loss validation_accuracy train_loss train_accuracy objective
#: parameter yscale auto The vertical axis.
#: choice yscale auto log linear
#: parameter draw grid How the trials of a budget are drawn from the stored ones: grid without replacement, random with it.
#: choice draw grid random
#: select SELECT t.cell, t.replicate, CASE WHEN t.outcome = 'diverged' THEN NULL ELSE v.value END AS y, {score} AS score
#:   FROM trial t LEFT JOIN final v ON v.key = t.key AND v.name = '{metric}'
#:   WHERE t.outcome <> 'failed' AND (v.key IS NOT NULL OR t.outcome = 'diverged') AND (NOT EXISTS (SELECT 1 FROM setting WHERE path = 'tune.candidate')
#:     OR EXISTS (SELECT 1 FROM setting s WHERE s.key = t.key AND s.path = 'tune.candidate')) ORDER BY t.place
#: derive by {by}
#: derive label
#: derive smaller-is-better y {metric}
#: derive smaller-is-better score {choose}
#: derive statistic expected-best problem score y draw={draw}
#: derive reaches budget 2
#: derive finite median
#: empty no setting below the factor varies, or no trial has {metric}
eval terminal(1100, 680)
if (series > 1) { eval legend } else { set rmargin 4 }
sign = share ? -1 : 1
chosen = choose eq 'auto' ? '' : ' by ' . choose_words
eval titles('What tuning buys: ' . metric_words . ' of the best of {/:Italic k} settings', 'median and quartiles, all draws' . (draw eq 'random' ? ' with replacement' : '') . ' of the stored trials' . chosen . '; ' . note)
is_lost(m) = m == m && abs(m) > 1e300
lost = 0
do for [i = 1:series] {
  stats data index i - 1 using (is_lost(column('median')) ? 1 : 0) nooutput
  lost = lost + STATS_sum
}
if (lost) { set label 1 '× most draws end in a trial that diverged' at graph 1, graph 1 right offset 0, 0.6 textcolor rgb quiet }
top = sign > 0 ? known(q3_max < median_max ? median_max : q3_max, median_max) : -median_min
low = sign > 0 ? median_min : -median_max
if (sign < 0 && q3_max == q3_max) { top = -median_min }
if (q1_min == q1_min) { if (sign > 0 && q1_min < low) { low = q1_min }; if (sign < 0 && -q1_min > top) { top = -q1_min } }
logy = tall(yscale, low, top, low > 0 ? low : NaN)
if (logy) { eval powers('y', low, top); set yrange [low / 1.15 : top * 1.15] } else { set yrange [low - 0.05 * (top - low) : top + 0.05 * (top - low)] }
clip(v) = v > top ? top : v < low ? low : v
if (budget_max > 20) { set logscale x; set xrange [1:budget_max] } else { set xrange [0.8 : budget_max + 0.2]; set xtics 1 }
set xlabel 'Settings that are tried, {/:Italic k}' textcolor rgb ink
set ylabel metric_label textcolor rgb ink
plot for [i = 1:series] data index i - 1 using 'budget':(clip(sign * column('q1'))):(clip(sign * column('q3'))) with filledcurves fs transparent solid 0.13 noborder lc rgb COLOUR[(i - 1) % 8 + 1] notitle, \
     for [i = 1:series] data index i - 1 using 'budget':(abs(column('median')) < 1e300 ? sign * column('median') : NaN) with linespoints ls i title entry(i, 25, series_name[i]), \
     for [i = 1:series] data index i - 1 using 'budget':(is_lost(column('median')) ? (sign > 0 ? top : low) : NaN) with points pt 2 ps 1 lw 2 lc rgb COLOUR[(i - 1) % 8 + 1] notitle
