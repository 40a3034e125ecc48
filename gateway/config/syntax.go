package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseYAML returns the root of data's one document; nil if it has none. The
// line belongs to the error.
func parseYAML(data []byte) (root *yaml.Node, line int, err error) {
	if line, ok := textOnly(data); !ok {
		return nil, line, errors.New("must be UTF-8 text without control characters")
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, 0, nil
	} else if err != nil {
		return syntaxError(err, data)
	}
	if err := dec.Decode(&next); err == nil {
		return nil, next.Line, errors.New("must be one YAML document, a second one begins here")
	} else if !errors.Is(err, io.EOF) {
		return syntaxError(err, data)
	}
	root = doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, 0, nil
	}
	return root, 0, nil
}

// textOnly reports whether data holds nothing but UTF-8 text, or the line where
// something else stands.
func textOnly(data []byte) (line int, ok bool) {
	line = 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == '\n':
			line++
		case r == utf8.RuneError && size == 1, unicode.IsControl(r) && r != '\t' && r != '\r':
			return line, false
		}
		data = data[size:]
	}
	return 0, true
}

// syntaxError turns an error of the YAML parser into ours. The parser's lines
// need help: it counts from 0 in errors of the grammar, names no line 0, and
// none at all where an anchor is missing.
func syntaxError(err error, data []byte) (*yaml.Node, int, error) {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 0
	if _, err := fmt.Sscanf(text, "line %d:", &line); err == nil {
		_, text, _ = strings.Cut(text, ": ")
	}
	var anchor string
	if _, err := fmt.Sscanf(text, "unknown anchor '%s", &anchor); err == nil {
		alias := "*" + strings.TrimSuffix(anchor, "'")
		before, _, _ := bytes.Cut(data, []byte(alias))
		line = bytes.Count(before, []byte("\n")) + 1
	} else if grammar(text) {
		line++
	}
	lines := bytes.Count(bytes.TrimRight(data, "\n"), []byte("\n")) + 1
	line = min(max(line, 1), lines)                                                 // "end of file" is behind the last
	return nil, line, fmt.Errorf("is not YAML: %s", strings.Map(func(r rune) rune { // it quotes the file
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, fmt.Sprintf("%.200s", text)))
}

// grammar reports whether an error is of the parser, not of its scanner.
func grammar(text string) bool {
	rest, ok := strings.CutPrefix(text, "did not find expected ")
	if !ok {
		return false
	}
	for _, expected := range []string{"'-' indicator", "',' or ", "key", "node content", "<document start>"} {
		if strings.HasPrefix(rest, expected) {
			return true
		}
	}
	return false
}
