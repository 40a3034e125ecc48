package record

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// Readers are who reads a recording. Both nil: everything is kept as if rules
// read it.
type Readers struct {
	Rules, Panels *Selection // what rules read, what dashboards read
}

// place returns where a series belongs, nil if nobody reads it.
func (r Readers) place(rec *recording.Recording, l labels.Labels) *[]recording.Series {
	switch {
	case ofScrape(l), r.Rules == nil && r.Panels == nil, r.Rules.Keeps(l):
		return &rec.Series
	case r.Panels.Keeps(l):
		return &rec.Panels
	}
	return nil
}

// ofScrape reports whether Prometheus made a series of the scrape itself.
func ofScrape(l labels.Labels) bool {
	name := l.Get(model.MetricNameLabel)
	return name == "up" || strings.HasPrefix(name, "scrape_")
}

// Resort sorts a recording's series anew, for rules and dashboards that have
// changed since. What neither read when it was recorded is not there.
func (r Readers) Resort(series fs.FS, dir, scenario string) error {
	old, err := recording.Read(series, scenario)
	if err != nil {
		return err
	}
	fresh := recording.Recording{Meta: old.Meta, Exemplars: old.Exemplars}
	for _, s := range old.WithPanels().Series {
		if into := r.place(&fresh, s.Labels); into != nil {
			*into = append(*into, s)
		}
	}
	if err := fresh.Write(dir); err != nil {
		return fmt.Errorf("%s: %w", scenario, err)
	}
	return nil
}
