package coverage

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// Report is what scenarios reach.
type Report struct {
	Scenarios int     `json:"scenarios"`
	Items     []*Item `json:"items"` // in the order of the rules
}

// Gaps returns the items that no scenario reaches.
func (r *Report) Gaps() []*Item {
	var gaps []*Item
	for _, i := range r.Items {
		if i.By == "" {
			gaps = append(gaps, i)
		}
	}
	return gaps
}

// Percent returns how much of a kind is reached, of everything if it is empty; 100
// if there is nothing.
func (r *Report) Percent(kind Kind) float64 {
	reached, all := r.count(kind)
	if all == 0 {
		return 100
	}
	return 100 * float64(reached) / float64(all)
}

func (r *Report) count(kind Kind) (reached, all int) {
	for _, i := range r.Items {
		if kind == "" || i.Kind == kind {
			all++
			if i.By != "" {
				reached++
			}
		}
	}
	return reached, all
}

// Alerts returns the share of alerts, in percent, that fire in a scenario and stay
// silent in another; 100 if there are none.
func (r *Report) Alerts() float64 {
	gap, alerts := map[string]bool{}, 0
	for _, i := range r.Items {
		if i.Kind != Alert {
			continue
		}
		if _, known := gap[i.Rule]; !known {
			alerts++
			gap[i.Rule] = false
		}
		gap[i.Rule] = gap[i.Rule] || i.By == ""
	}
	if alerts == 0 {
		return 100
	}
	covered := 0
	for _, g := range gap {
		if !g {
			covered++
		}
	}
	return 100 * float64(covered) / float64(alerts)
}

// WriteText writes every gap, a table of the kinds, and the percentages.
func (r *Report) WriteText(w io.Writer) error {
	for _, i := range r.Gaps() {
		fmt.Fprintf(w, "%s: in no scenario\n", i)
	}
	table := tabwriter.NewWriter(w, 2, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "KIND\tREACHED\tOF\t\t")
	for _, k := range Kinds() {
		if reached, all := r.count(k); all > 0 {
			fmt.Fprintf(table, "%s\t%d\t%d\t%.1f %%\t\n", k, reached, all, r.Percent(k))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d scenarios reach %.1f %% of the rules; %.1f %% of the alerts fire and stay silent\n", r.Scenarios, r.Percent(""), r.Alerts())
	return err
}

// WriteJSON writes the report as JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
