package main

import "strings"

// column is how a table shows the values of a query. warn and bad colour a value
// from these on; 0: not.
type column struct {
	unit      string
	warn, bad float64
}

// transform changes the answers of a panel's queries before they are drawn.
type transform struct {
	ID      string `json:"id"`
	Options any    `json:"options"`
}

type organizeOptions struct {
	ExcludeByName map[string]bool   `json:"excludeByName"`
	IndexByName   map[string]int    `json:"indexByName"`
	RenameByName  map[string]string `json:"renameByName"`
}

// columnsOf joins the answers of a table's queries on their labels, leaves the
// time out, and names each query's column and gives it its unit and colours.
func columnsOf(p panel) ([]transform, []override) {
	o := organizeOptions{
		ExcludeByName: map[string]bool{"Time": true}, IndexByName: map[string]int{}, RenameByName: map[string]string{},
	}
	for i, label := range p.rowsBy {
		o.IndexByName[label], o.RenameByName[label] = i, strings.ToUpper(label[:1])+label[1:]
	}
	var overrides []override
	for i, q := range p.queries {
		field := "Value #" + refID(i) // the name that Grafana gives it
		o.IndexByName[field], o.RenameByName[field] = len(p.rowsBy)+i, q.legend
		c := p.columns[i]
		properties := []property{{"unit", c.unit}}
		if c.warn+c.bad > 0 {
			properties = append(properties, property{"custom.cellOptions", typeOption{"color-text"}}, property{"thresholds", steps(c.warn, c.bad)})
		}
		overrides = append(overrides, override{matcher{"byName", q.legend}, properties})
	}
	return []transform{{"merge", struct{}{}}, {"organize", o}}, overrides
}
