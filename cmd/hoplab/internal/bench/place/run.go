package place

import (
	"encoding/json"
	"fmt"
	"os"
)

// Run is what results say of the run that they come from.
type Run struct {
	Date    string            `json:"date"` // RFC 3339, UTC
	Command string            `json:"command"`
	Rounds  int               `json:"rounds"`
	Machine Machine           `json:"machine"`
	Version map[string]string `json:"versions"` // of each program
}

// Write writes results to a file.
func Write(file string, results any) error {
	text, err := json.MarshalIndent(results, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// Read reads what Write wrote; its error names the file.
func Read[Results any](file string) (*Results, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := new(Results)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}
