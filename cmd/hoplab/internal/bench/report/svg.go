package report

import (
	"fmt"
	"html"
	"strings"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
)

// Measures of the picture, in its own units: pixels where it is 400 wide.
const (
	width     = 400
	margin    = 12
	nameWidth = 66  // in front of the bars
	barsWidth = 248 // of the longest bar of a group
	barHeight = 12
	barStep   = 16
	headStep  = 22 // from a group's title to its first bar
	groupGap  = 20
)

// bars is a group of the picture: one measure of several proxies.
type bars struct {
	title, unit string
	proxies     []string
	values      []float64
	goal        float64 // in the same unit; 0: none
}

// SVG draws the results: bars of what hopscope, nghttpx and HAProxy need, with
// the goals, in light and dark. The ReverseProxy would be off the paper.
func SVG(r *Results) string {
	var groups []bars
	for _, w := range plan.Workloads() {
		for _, metric := range plan.Metrics() {
			if g := group(r, w, metric); len(g.proxies) > 1 {
				groups = append(groups, g)
			}
		}
	}
	var body strings.Builder
	y := 52
	for _, g := range groups {
		y = g.draw(&body, y)
	}
	height := y + margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="t d">
<title id="t">hopscope beside nghttpx and HAProxy</title>
<desc id="d">CPU time and memory, medians; the numbers are in the tables of BENCHMARKS.md.</desc>
<style>
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.h { font-weight: 600; font-size: 13px } .m { fill: #59636e } .e { text-anchor: end }
.paper { fill: #ffffff } .ours { fill: #0969da } .other { fill: #afb8c1 } .goal { stroke: #bc4c00; stroke-width: 2 } .g { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .m { fill: #9198a1 }
.paper { fill: #0d1117 } .ours { fill: #4493f8 } .other { fill: #59636e } .goal { stroke: #f0883e } .g { fill: #f0883e }
}
</style>
<rect class="paper" width="%d" height="%d"/>
<text class="h" x="%d" y="22">One thread each, telemetry on; smaller is better</text>
`, width, height, width, height, width, height, margin)
	fmt.Fprintf(&b, "<path class=\"goal\" d=\"M%d 30v12\"/><text class=\"g\" x=\"%d\" y=\"40\">hopscope's goal</text>\n", margin+1, margin+8)
	b.WriteString(body.String())
	b.WriteString("</svg>\n")
	return b.String()
}

// group collects the bars of a measure.
func group(r *Results, w plan.Workload, metric string) bars {
	g := bars{title: w.Title, unit: w.Measure(metric) + ", " + w.Unit(metric)}
	for _, p := range []string{plan.Hopscope, plan.Nghttpx, plan.HAProxy} {
		if s := r.Stat(w.ID, metric, p); s.N > 0 {
			g.proxies = append(g.proxies, p)
			g.values = append(g.values, s.Median)
		}
	}
	for _, v := range r.Verdicts() {
		// A ratio is of each round, so the mark lies where the bar would have to
		// end for it: on the side of the bar's end that the verdict says.
		if v.Workload == w.ID && v.Metric == metric && v.Proxy == plan.Hopscope && v.To != plan.Quiet && v.Measured && v.Got.Median > 0 {
			g.goal = r.Stat(w.ID, metric, plan.Hopscope).Median * v.AtMost / v.Got.Median
		}
	}
	return g
}

// draw draws a group below y and returns where it ends.
func (g bars) draw(b *strings.Builder, y int) int {
	y += groupGap
	fmt.Fprintf(b, "<text class=\"h\" x=\"%d\" y=\"%d\">%s</text>\n", margin, y, html.EscapeString(g.title))
	y += 15
	fmt.Fprintf(b, "<text class=\"m\" x=\"%d\" y=\"%d\">%s</text>\n", margin, y, html.EscapeString(g.unit))
	y += headStep - 15
	longest := g.goal
	for _, v := range g.values {
		longest = max(longest, v)
	}
	scale := barsWidth / max(longest, 1e-9)
	for i, v := range g.values {
		class := "other"
		if g.proxies[i] == plan.Hopscope {
			class = "ours"
		}
		x := margin + nameWidth
		fmt.Fprintf(
			b, "<text x=\"%d\" y=\"%d\">%s</text><rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/><text class=\"e\" x=\"%d\" y=\"%d\">%s</text>\n",
			margin, y+barHeight-2, plan.Title(g.proxies[i]), class, x, y, max(v*scale, 0), barHeight, width-margin, y+barHeight-2, Number(v),
		)
		if g.proxies[i] == plan.Hopscope && g.goal > 0 {
			fmt.Fprintf(b, "<path class=\"goal\" d=\"M%.1f %dv%d\"/>\n", float64(x)+g.goal*scale, y-2, barHeight+4)
		}
		y += barStep
	}
	return y
}
