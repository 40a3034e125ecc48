package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// maxFileBytes bounds the configuration and every file that it names.
const maxFileBytes = 1 << 20

// Load reads and validates the file at path. What is wrong with its content is
// an *Error; files that it names are looked up relative to its folder.
func Load(path string) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return Parse(data, path, filepath.Dir(path))
}

// Parse validates a configuration. Problems are reported as being in the file
// name; relative paths of files are looked up in the folder dir and are absolute
// in the result. Every problem is reported at once, in an *Error.
func Parse(data []byte, name, dir string) (*Config, error) {
	r := newReport(name)
	if len(data) > maxFileBytes {
		r.addLine(0, "", "must be at most %d bytes, has %d", maxFileBytes, len(data))
		return nil, r.err()
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot tell its folder: %w", name, err)
	}
	root, line, err := parseYAML(data)
	if err != nil {
		r.addLine(line, "", "%v", err)
		return nil, r.err()
	}
	c := &Config{}
	c.setDefaults()
	if root != nil {
		d := &decoder{report: r}
		d.value(root, reflect.ValueOf(c).Elem(), "")
		if d.nodes > maxNodes {
			return nil, r.err() // the rest was not read
		}
	}
	c.setDependentDefaults(r.has)
	c.resolve(dir)
	v := &validator{report: r, cfg: c}
	v.all()
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// parseYAML returns the root of data's one document; nil if it has none. The
// line belongs to the error; 0 if it is not known.
func parseYAML(data []byte) (root *yaml.Node, line int, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, 0, nil
	} else if err != nil {
		return nil, yamlLine(err), fmt.Errorf("is not YAML: %s", yamlText(err))
	}
	if err := dec.Decode(&next); err == nil {
		return nil, next.Line, errors.New("must be one YAML document, a second one begins here")
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlLine(err), fmt.Errorf("is not YAML: %s", yamlText(err))
	}
	root = doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, 0, nil
	}
	return root, 0, nil
}

// yamlLine finds the line in an error of the YAML parser; 0 if it names none.
func yamlLine(err error) int {
	var line int
	if _, err := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); err != nil {
		return 0
	}
	return line
}

// yamlText is an error of the YAML parser without the line.
func yamlText(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, fmt.Sprintf("line %d: ", yamlLine(err)))
	return strings.Map(func(r rune) rune { // it quotes the file
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, fmt.Sprintf("%.200s", text))
}
