package margin

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"
)

// WriteText writes the count smallest margins of a sorted list, those below flag (a
// share, such as 0.1) marked, and how many there are of each sort.
func WriteText(w io.Writer, all []Margin, count int, flag float64) error {
	table := tabwriter.NewWriter(w, 2, 8, 2, ' ', 0)
	fmt.Fprintln(table, "SCENARIO\tALERT\tEXPECTED\tWHAT\tIS LOST\tWHERE\t")
	flagged, far := 0, 0
	for i, m := range all {
		near := m.Nearest()
		if math.IsInf(near, 1) {
			far++
			continue
		}
		mark := ""
		if near < flag {
			mark = "<- small"
			flagged++
		}
		if i < count {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s:%d\t%s\n", m.Scenario, m.Alert, m.Expect, m.Knob, m.lost(), m.File, m.Line, mark)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d margins, %d of them below %.0f %%, %d beyond ×%d\n", len(all), flagged, 100*flag, far, MaxFactor)
	return err
}

// lost says at which values the verdict is another.
func (m Margin) lost() string {
	text := ""
	if m.Down > 0 {
		text = "÷" + factor(m.Down) + m.distance(1/m.Down)
	}
	if m.Up > 0 {
		if text != "" {
			text += ", "
		}
		text += "×" + factor(m.Up) + m.distance(m.Up)
	}
	return text
}

func factor(f float64) string { return fmt.Sprintf("%.2f", f) }

func (m Margin) distance(f float64) string {
	if m.For == 0 {
		return ""
	}
	d := (time.Duration(float64(m.For)*f) - m.For).Round(time.Second / 10)
	return fmt.Sprintf(" (%+.1fs)", d.Seconds())
}
