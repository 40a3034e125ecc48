package config

import (
	"fmt"
	"path/filepath"
	"reflect"
)

// maxFileBytes bounds the configuration and every file that it names.
const maxFileBytes = 1 << 20

// Load reads and validates the file at path. What is wrong with its content is
// an *Error; files that it names are looked up relative to its folder.
func Load(path string) (*Config, error) {
	data, err := ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return Parse(data, path, filepath.Dir(path))
}

// Parse validates a configuration. Problems are reported as being in the file
// name; relative paths of files are looked up in the folder dir and are absolute
// in the result. Every problem is reported at once, in an *Error.
func Parse(data []byte, name, dir string) (*Config, error) {
	c, r, err := decode(data, name, dir)
	if err != nil {
		return nil, err
	}
	v := &validator{report: r, cfg: c}
	v.all()
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// decode returns what a configuration says, with the problems of its form in the
// report. It fails if there is nothing that could be validated.
func decode(data []byte, name, dir string) (*Config, *report, error) {
	r := newReport(name)
	if len(data) > maxFileBytes {
		r.addLine(0, "", "must be at most %d bytes, has %d", maxFileBytes, len(data))
		return nil, nil, r.err()
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: cannot tell its folder: %w", name, err)
	}
	root, line, err := parseYAML(data)
	if err != nil {
		r.addLine(line, "", "%v", err)
		return nil, nil, r.err()
	}
	c := &Config{}
	c.setDefaults()
	if root != nil {
		d := &decoder{report: r}
		d.value(root, reflect.ValueOf(c).Elem(), "")
		if d.nodes > maxNodes {
			return nil, nil, r.err() // the rest was not read
		}
	}
	c.setDependentDefaults(r.has)
	c.resolve(dir)
	return c, r, nil
}
