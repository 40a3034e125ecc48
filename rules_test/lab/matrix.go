package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// MatrixFile is the matrix' name in a lab's folder.
const MatrixFile = "matrix.yml"

// Matrix says what every alert has to do in every scenario. What a scenario does
// not list has to stay silent in it.
type Matrix struct {
	// Rules are globs of the rule files, relative to the lab's folder.
	Rules []string `yaml:"rules"`
	// Alertmanager is the path of its configuration, relative to the lab's folder;
	// empty: who is told is not checked.
	Alertmanager string `yaml:"alertmanager,omitempty"`
	// Scenarios are the recordings of series/, in the order in which they are shown.
	Scenarios []Row `yaml:"scenarios"`

	file *document
}

// Row is what is expected in one scenario.
type Row struct {
	Scenario string   `yaml:"scenario"`
	Must     []Budget `yaml:"must,omitempty"`
	May      []string `yaml:"may,omitempty"`
	// Told lists for each receiver of Alertmanager the alerts that it is told of;
	// those that may fire may be added. Receivers that are not listed are told
	// nothing.
	Told map[string][]string `yaml:"told,omitempty"`
}

// Budget says how long an alert may take to notice a fault and its end.
type Budget struct {
	Alert string `yaml:"alert"`
	// Within is the time after the fault's begin by which it fires.
	Within recording.Duration `yaml:"within"`
	// Ends is the time after the fault's end by which it no longer fires; 0: it
	// may outlast the recording, as alerts on long windows do.
	Ends recording.Duration `yaml:"ends,omitempty"`
}

// readMatrix reads a lab's matrix.
func readMatrix(dir string) (Matrix, error) {
	path := filepath.Join(dir, MatrixFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Matrix{}, fmt.Errorf("%w: a lab is a folder with %s, which names rule files and scenarios; --suite DIR says where", err, MatrixFile)
	}
	if err != nil {
		return Matrix{}, err
	}
	return ParseMatrix(path, text)
}

// ParseMatrix reads the text of a matrix. name is its path, for the error, which
// names every problem with its line.
func ParseMatrix(name string, text []byte) (Matrix, error) {
	var m Matrix
	file, err := parseDocument(name, text, &m)
	if err != nil {
		return m, err
	}
	m.file = file
	var errs []error
	if len(m.Rules) == 0 {
		errs = append(errs, fmt.Errorf("%s: rules: names no rule files, for example rules: [../alerts/*.yml]", file.at("rules")))
	}
	for i, row := range m.Scenarios {
		if row.Scenario == "" {
			errs = append(errs, fmt.Errorf("%s: scenario: names no recording of series/, for example scenario: healthy", file.at("scenarios", i)))
		}
		errs = append(errs, file.expectations(row.Scenario, row.Must, row.May, "scenarios", i))
	}
	return m, errors.Join(errs...)
}
