package lint

import (
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
)

// checkAlert reports what is wrong with an alert besides its selectors.
func (c *checker) checkAlert(r *rule) {
	if calls(r.expr, "absent") && r.For < twice(c.in.Scrape) {
		c.add(r, r.lineOf("for"), AbsentFor, "for: "+twice(c.in.Scrape).String()+" or more",
			"absent() with for: %s fires when one scrape of %s is missed", r.For, c.in.Scrape)
	}
	if r.For == 0 && crossesJobs(r.expr) {
		c.add(r, r.lineOf("expr"), CrossJob, "for: "+twice(c.in.Scrape).String()+" or more",
			"series of two jobs are set against each other without for: their scrapes come and go at different times")
	}
	c.checkTemplates(r)
	c.checkWords(r)
	c.checkLinks(r)
}

// checkTemplates reports templates that name labels which cannot be there, and
// labels that change with the value.
func (c *checker) checkTemplates(r *rule) {
	has := c.names.output(r.expr)
	for _, in := range []struct {
		kind  string
		texts map[string]string
	}{{"labels", r.Labels}, {"annotations", r.Annotations}} {
		for _, key := range slices.Sorted(maps.Keys(in.texts)) {
			line := r.lineOf(in.kind + "." + key)
			use, err := readTemplate(in.texts[key])
			if err != nil {
				c.add(r, line, TemplateLabel, "correct the template", "%s: %v", key, err)
				continue
			}
			if use.value && in.kind == "labels" {
				c.add(r, line, ValueLabel, "put it into an annotation",
					"label %s holds the value: each new value is another alert, which is pending anew", key)
			}
			for _, l := range use.labels {
				if has.may(l) {
					continue
				}
				remedy := "keep the label in the expression, or do without it"
				if _, own := r.Labels[l]; own || l == "alertname" {
					remedy = "write its value: $labels has the labels of the expression only, not the rule's"
				}
				c.add(r, line, TemplateLabel, remedy, "%s names the label %s, which the expression does not have: it has %s",
					key, l, orNone(c.names.shown(has)))
			}
		}
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// checkWords reports what whoever is woken up would miss.
func (c *checker) checkWords(r *rule) {
	severity := r.Labels["severity"]
	if severity == "" {
		severity = r.group.labels["severity"]
	}
	switch {
	case severity == "":
		c.add(r, r.lineOf("labels"), Missing, "label it "+strings.Join(c.in.Severities, ", "), "no severity, by which alerts are routed")
	case !slices.Contains(c.in.Severities, severity):
		c.add(r, r.lineOf("labels.severity"), Severity, "label it "+strings.Join(c.in.Severities, ", "), "severity %q", severity)
	}
	for _, key := range []string{"summary", "description", "runbook_url", "dashboard_url"} {
		if r.Annotations[key] == "" {
			c.add(r, r.lineOf("annotations"), Missing, "write one", "no %s", key)
		}
	}
	s := r.Annotations["summary"]
	if s != "" && (strings.Contains(s, "{{") || !strings.HasSuffix(s, ".") || strings.Contains(strings.TrimSuffix(s, "."), ". ")) {
		c.add(r, r.lineOf("annotations.summary"), Summary, "leave details to the description", "the summary is not one sentence that is always the same: %q", s)
	}
}

var (
	action  = regexp.MustCompile(`\{\{[^}]*\}\}`)
	heading = regexp.MustCompile(`(?m)^#+\s+(.+?)\s*$`)
	mark    = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// checkLinks reports links to runbooks and dashboards that are not there.
func (c *checker) checkLinks(r *rule) {
	if link := r.Annotations["runbook_url"]; link != "" && c.in.Runbook.Name != "" {
		line := r.lineOf("annotations.runbook_url")
		u, err := url.Parse(action.ReplaceAllString(link, "x"))
		switch file := path.Base(strings.ReplaceAll(c.in.Runbook.Name, `\`, "/")); {
		case err != nil:
			c.add(r, line, RunbookLink, "correct the URL", "%v", err)
		case path.Base(u.Path) != file:
			c.add(r, line, RunbookLink, "link to a section of "+file, "the runbook's URL does not end in %s#…", file)
		case strings.Contains(link, "#") && strings.Contains(link[strings.Index(link, "#"):], "{{"):
			// Only the alert itself knows.
		case !slices.Contains(c.anchors, u.Fragment):
			c.add(r, line, RunbookLink, "write the section", "%s has no section #%s", c.in.Runbook.Name, u.Fragment)
		}
	}
	if link := r.Annotations["dashboard_url"]; link != "" && c.in.Dashboards != nil {
		c.checkDashboardLink(r, link)
	}
}

func (c *checker) checkDashboardLink(r *rule, link string) {
	line := r.lineOf("annotations.dashboard_url")
	u, err := url.Parse(action.ReplaceAllString(link, "x"))
	if err != nil {
		c.add(r, line, DashboardLink, "correct the URL", "%v", err)
		return
	}
	_, rest, ok := strings.Cut(u.Path, "/d/")
	uid, _, _ := strings.Cut(rest, "/")
	at := slices.IndexFunc(c.in.Dashboards, func(d Dashboard) bool { return d.UID == uid })
	if !ok || at < 0 {
		c.add(r, line, DashboardLink, "link to /d/UID of one of the dashboards", "no dashboard has the uid %q", uid)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(u.Query())) {
		if v, ok := strings.CutPrefix(key, "var-"); ok && !slices.Contains(c.in.Dashboards[at].Variables, v) {
			c.add(r, line, DashboardLink, "link with one of its variables: "+strings.Join(c.in.Dashboards[at].Variables, ", "),
				"dashboard %s has no variable %q", uid, v)
		}
	}
}

// anchors returns the anchors that GitHub gives to a page's headings.
func anchors(page string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		text := mark.ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, strings.ReplaceAll(text, " ", "-"))
	}
	return all
}

// checkTwice reports rules that say the same again.
func (c *checker) checkTwice() {
	names, exprs := map[string]*rule{}, map[string]*rule{}
	for _, r := range c.rules {
		l := maps.Clone(r.Labels)
		text := fmt.Sprint(l)
		kind, key := "recording rule", r.Record+text
		if r.Alert != "" {
			kind, key = "alert", "alert "+r.Alert+text
		}
		if first := names[key]; first != nil {
			c.add(r, r.line, Duplicate, "rename or remove one", "another %s has the name and labels of %s:%d", kind, first.file, first.line)
			continue
		}
		names[key] = r
		expr := kind + r.expr.String() + text + model.Duration(r.For).String()
		if r.Alert == "" {
			expr = kind + r.expr.String() + text
		}
		if first := exprs[expr]; first != nil {
			c.add(r, r.line, Duplicate, "remove one", "has the expression and labels of %s at %s:%d", first.name(), first.file, first.line)
			continue
		}
		exprs[expr] = r
	}
}

// checkRecords reports recorded series that nothing reads, and that are read
// before they are recorded.
func (c *checker) checkRecords() {
	read := map[string]bool{}
	for _, r := range c.rules {
		for _, s := range selectors(r.expr) {
			read[metricName(s)] = true
		}
	}
	for _, q := range c.queries {
		for _, s := range selectors(q) {
			read[metricName(s)] = true
		}
	}
	for i, r := range c.rules {
		if r.Record != "" && !read[r.Record] && c.in.Dashboards != nil {
			c.add(r, r.lineOf("record"), UnusedRecord, "remove it, or say with lint:ignore who reads it", "no rule and no dashboard reads it")
		}
		for _, s := range selectors(r.expr) {
			later := slices.ContainsFunc(c.rules[i+1:], func(o *rule) bool { return o.group == r.group && o.Record == metricName(s) && o.Record != "" })
			earlier := slices.ContainsFunc(c.rules[:i], func(o *rule) bool { return o.Record == metricName(s) })
			if later && !earlier {
				c.add(r, r.exprLine(s.PosRange.Start), RecordOrder, "move it behind that rule",
					"reads %s, which is recorded after it in the same group: it sees the value of the evaluation before", metricName(s))
			}
		}
	}
}
