package recording

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Extensions of a recording's files.
const (
	SeriesExt    = ".series"    // one line of notation for each series
	PanelsExt    = ".panels.gz" // the same, compressed: what only dashboards read
	ExemplarsExt = ".exemplars" // one line for each exemplar
	MetaExt      = ".meta.yml"  // what happened while it was recorded
)

// maxPanels bounds what is read of a compressed file, in bytes.
const maxPanels = 64 << 20

// Recording is a scenario: series on a grid of scrapes, and what happened.
type Recording struct {
	Meta      Meta
	Series    []Series   // what rules read, and up and scrape_*; in order of their names
	Panels    []Series   // what only dashboards read; may be empty
	Exemplars []Exemplar // in order of their series and time; may be empty
}

// WithPanels returns the recording with the series of dashboards among the others.
func (r Recording) WithPanels() Recording {
	r.Series = append(append([]Series(nil), r.Series...), r.Panels...)
	r.Panels = nil
	SortSeries(r.Series)
	return r
}

// Write writes the recording's files into dir, named after the scenario; one
// that would be empty, but for the series, is removed.
func (r Recording) Write(dir string) error {
	series, err := lines(r.Series)
	if err != nil {
		return err
	}
	panels, err := lines(r.Panels)
	if err != nil {
		return err
	}
	meta, err := yaml.Marshal(r.Meta)
	if err != nil {
		return err
	}
	base := filepath.Join(dir, r.Meta.Scenario)
	return errors.Join(
		os.WriteFile(base+SeriesExt, series, 0o644),
		os.WriteFile(base+MetaExt, meta, 0o644),
		writeOrRemove(base+PanelsExt, compress(panels)),
		writeOrRemove(base+ExemplarsExt, exemplarLines(r.Exemplars)),
	)
}

func lines(series []Series) ([]byte, error) {
	SortSeries(series)
	var text bytes.Buffer
	for _, s := range series {
		line, err := Encode(s)
		if err != nil {
			return nil, err
		}
		text.WriteString(line + "\n")
	}
	return text.Bytes(), nil
}

func writeOrRemove(file string, text []byte) error {
	if len(text) > 0 {
		return os.WriteFile(file, text, 0o644)
	}
	if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// compress returns the same bytes for the same text: no time is noted.
func compress(text []byte) []byte {
	if len(text) == 0 {
		return nil
	}
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // a level that there is
	_, _ = w.Write(text)                                    // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// Read reads the recording of a scenario from fsys. Errors begin with the file's
// path in fsys and the line, and say what to do.
func Read(fsys fs.FS, scenario string) (Recording, error) {
	var r Recording
	text, err := readFile(fsys, scenario+MetaExt)
	if err != nil {
		return r, fmt.Errorf("%w: record it with hoplab rules record %s", err, scenario)
	}
	if r.Meta, err = parseMeta(scenario+MetaExt, text); err != nil {
		return r, err
	}
	if text, err = readFile(fsys, scenario+SeriesExt); err != nil {
		return r, fmt.Errorf("%w: record it with hoplab rules record %s", err, scenario)
	}
	if r.Series, err = r.Meta.parse(scenario+SeriesExt, text); err != nil {
		return r, err
	}
	if len(r.Series) == 0 {
		return r, fmt.Errorf("%s%s: it is empty: record the scenario anew; hoplab rules record says when nothing was scraped", scenario, SeriesExt)
	}
	if text, err = readPanels(fsys, scenario+PanelsExt); err != nil {
		return r, err
	}
	if r.Panels, err = r.Meta.parse(scenario+PanelsExt, text); err != nil {
		return r, err
	}
	text, err = readFile(fsys, scenario+ExemplarsExt)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		r.Exemplars, err = parseExemplars(scenario+ExemplarsExt, text)
	}
	return r, err
}

// readFile reads a file; its error begins with the path.
func readFile(fsys fs.FS, file string) ([]byte, error) {
	text, err := fs.ReadFile(fsys, file)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return text, nil
}

// parse reads lines of notation.
func (m Meta) parse(file string, text []byte) ([]Series, error) {
	var series []Series
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		s, err := Parse(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w: want NAME{LABELS} VALUES in the notation of promtool's tests", file, n, err)
		}
		if len(s.Values) > m.Scrapes {
			return nil, fmt.Errorf("%s:%d: %d values, but the recording has %d scrapes: cut the line, or raise scrapes in %s%s",
				file, n, len(s.Values), m.Scrapes, m.Scenario, MetaExt)
		}
		series = append(series, s)
	}
	return series, nil
}

// readPanels returns a compressed file's text, nothing if there is no such file.
func readPanels(fsys fs.FS, file string) ([]byte, error) {
	packed, err := readFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(unpacked, maxPanels+1))
	}
	if len(text) > maxPanels {
		return nil, fmt.Errorf("%s: it holds more than %d MiB: record the scenario anew, for fewer dashboards or a shorter time", file, maxPanels>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: it was cut or changed by hand: record the scenario anew", file, err)
	}
	return text, nil
}

// List returns the scenarios that are recorded in fsys, in order.
func List(fsys fs.FS) ([]string, error) {
	files, err := fs.Glob(fsys, "*"+MetaExt)
	for i := range files {
		files[i] = strings.TrimSuffix(files[i], MetaExt)
	}
	return files, err
}
