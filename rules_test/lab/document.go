package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"
)

// document is where things stand in a YAML file.
type document struct {
	path string
	root yaml.Node
}

// readDocument reads a YAML file strictly. Its errors name the file and the line.
func readDocument(path string, into any) (*document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseDocument(path, text, into)
}

// parseDocument reads a YAML file's text as strictly.
func parseDocument(path string, text []byte, into any) (*document, error) {
	d := &document{path: path}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err := decoder.Decode(into)
	if errors.Is(err, io.EOF) {
		err = errors.New("the file is empty")
	}
	if err == nil {
		err = yaml.Unmarshal(text, &d.root)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// at returns FILE:LINE of the value that keys and indices lead to, or of the last
// thing on the way to it that is there.
func (d *document) at(keys ...any) string {
	n := &d.root
	if n.Kind == yaml.DocumentNode {
		n = n.Content[0]
	}
	for _, key := range keys {
		next := child(n, key)
		if next == nil {
			break
		}
		n = next
	}
	return fmt.Sprintf("%s:%d", d.path, n.Line)
}

// child returns the value of a mapping's key or of a list's index, nil if there is
// none.
func child(n *yaml.Node, key any) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch key := key.(type) {
	case int:
		if n.Kind == yaml.SequenceNode && key < len(n.Content) {
			return n.Content[key]
		}
	case string:
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

// expectations returns what is wrong with what a scenario expects of alerts, which
// stands at keys.
func (d *document) expectations(scenario string, must []Budget, may []string, keys ...any) error {
	var errs []error
	expected := map[string]bool{}
	for i, b := range must {
		at := d.at(slices.Concat(keys, []any{"must", i})...)
		if b.Within <= 0 {
			errs = append(errs, fmt.Errorf("%s: %s: must: %s has no within: say by when after the fault's begin it fires, for example within: 1m30s", at, scenario, b.Alert))
		}
		if expected[b.Alert] {
			errs = append(errs, fmt.Errorf("%s: %s: must has %s twice: remove one", at, scenario, b.Alert))
		}
		expected[b.Alert] = true
	}
	for i, name := range may {
		if expected[name] {
			at := d.at(slices.Concat(keys, []any{"may", i})...)
			errs = append(errs, fmt.Errorf("%s: %s: %s is in must and in may: remove one", at, scenario, name))
		}
	}
	return errors.Join(errs...)
}
