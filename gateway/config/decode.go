package config

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxNodes bounds the values that a file has once its aliases are followed: a
// small file of aliases could otherwise stand for a large configuration.
const maxNodes = 200_000

// decoder fills a Config from YAML nodes. The types of Config decide what is
// allowed, so that a key which is not in config.go is unknown.
type decoder struct {
	*report
	nodes int
}

// defaulter is a value that has defaults of its own wherever it stands.
type defaulter interface{ setDefaults() }

// fail records that the value at path cannot be decoded.
func (d *decoder) fail(path, format string, args ...any) {
	d.broken[path] = true
	d.add(path, format, args...)
}

// value decodes n into v, which holds the defaults.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	line := n.Line
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	d.lines[path] = line
	if d.nodes++; d.nodes > maxNodes {
		if d.nodes == maxNodes+1 {
			d.fail(path, "the file has more than %d values once aliases are followed; write fewer", maxNodes)
		}
		return
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		d.fail(path, "is empty; give it a value, or remove the key to use the default")
		return
	}
	switch v.Interface().(type) {
	case time.Duration:
		d.duration(n, v, path)
		return
	case netip.Prefix:
		d.prefix(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		target := reflect.New(v.Type().Elem())
		d.value(n, target.Elem(), path)
		v.Set(target)
	case reflect.Struct:
		d.fields(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Map:
		d.strings(n, v, path)
	case reflect.String:
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
			remedy := ""
			if n.Kind == yaml.ScalarNode {
				remedy = "; put it in quotes"
			}
			d.fail(path, "must be a string, got %s%s", describe(n), remedy)
			return
		}
		v.SetString(n.Value)
	case reflect.Bool:
		if b, err := strconv.ParseBool(n.Value); err == nil && n.ShortTag() == "!!bool" {
			v.SetBool(b)
			return
		}
		d.fail(path, "must be true or false, got %s", describe(n))
	case reflect.Uint32, reflect.Int64:
		d.integer(n, v, path)
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if tag := n.ShortTag(); err != nil || tag != "!!int" && tag != "!!float" {
			d.fail(path, "must be a number, got %s", describe(n))
			return
		}
		v.SetFloat(f)
	default:
		panic(fmt.Sprintf("config: no decoding for %s at %s", v.Type(), path))
	}
}

// fields decodes a mapping into a struct.
func (d *decoder) fields(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fail(path, "must be a mapping of keys to values, got %s", describe(n))
		return
	}
	byKey := map[string]int{}
	var names []string
	for i := range v.NumField() {
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		byKey[key] = i
		names = append(names, key)
	}
	d.pairs(n, path, func(key, value *yaml.Node, at string) {
		i, ok := byKey[key.Value]
		if !ok {
			if key.ShortTag() == "!!merge" {
				d.addLine(key.Line, at, "merge keys are not supported; repeat the keys")
				return
			}
			d.addLine(key.Line, at, "unknown key%s", d.suggestKey(key.Value, names))
			return
		}
		d.value(value, v.Field(i), at)
	})
}

// strings decodes a mapping of strings to strings.
func (d *decoder) strings(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fail(path, "must be a mapping of names to strings, got %s", describe(n))
		return
	}
	m := map[string]string{}
	d.pairs(n, path, func(key, value *yaml.Node, at string) {
		var s string
		d.value(value, reflect.ValueOf(&s).Elem(), at)
		m[key.Value] = s
	})
	if len(m) > 0 {
		v.Set(reflect.ValueOf(m))
	}
}

// pairs calls f for every key of a mapping that is a scalar and stands there for
// the first time.
func (d *decoder) pairs(n *yaml.Node, path string, f func(key, value *yaml.Node, at string)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, line := n.Content[i], n.Content[i].Line
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			d.addLine(line, path, "a key must be a word, got %s", describe(key))
			continue
		}
		at := join(path, key.Value)
		if first, ok := seen[key.Value]; ok {
			d.addLine(line, at, "duplicate key, first on line %d; keep one of them", first)
			continue
		}
		seen[key.Value] = line
		f(key, n.Content[i+1], at)
	}
}

// list decodes a sequence into a slice; an empty one is nil.
func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(path, "must be a list, got %s", describe(n))
		return
	}
	s := reflect.Zero(v.Type())
	for i, item := range n.Content {
		e := reflect.New(v.Type().Elem())
		if withDefaults, ok := e.Interface().(defaulter); ok {
			withDefaults.setDefaults()
		}
		d.value(item, e.Elem(), fmt.Sprintf("%s[%d]", path, i))
		s = reflect.Append(s, e.Elem())
		if d.nodes > maxNodes {
			break
		}
	}
	v.Set(s)
}

func (d *decoder) integer(n *yaml.Node, v reflect.Value, path string) {
	if n.ShortTag() != "!!int" {
		d.fail(path, "must be a whole number, got %s", describe(n))
		return
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		d.fail(path, "must be a whole number in decimal digits, got %s", describe(n))
		return
	}
	if v.Kind() == reflect.Uint32 && (i < 0 || i > math.MaxUint32) {
		d.fail(path, "must be a whole number from 0 to %d, got %s", uint32(math.MaxUint32), describe(n))
		return
	}
	if v.Kind() == reflect.Uint32 {
		v.SetUint(uint64(i))
		return
	}
	v.SetInt(i)
}

func (d *decoder) duration(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.ScalarNode {
		if t, err := time.ParseDuration(n.Value); err == nil {
			v.SetInt(int64(t))
			return
		}
	}
	d.fail(path, "must be a duration such as 500ms, 5s or 2m, got %s", describe(n))
}

// prefix decodes a network; a lone address stands for itself.
func (d *decoder) prefix(n *yaml.Node, v reflect.Value, path string) {
	const rule = "must be a network such as 10.0.0.0/8 or an address"
	if n.Kind != yaml.ScalarNode {
		d.fail(path, rule+", got %s", describe(n))
		return
	}
	p, err := netip.ParsePrefix(n.Value)
	if a, errAddr := netip.ParseAddr(n.Value); err != nil && errAddr == nil && a.Zone() == "" {
		p, err = netip.PrefixFrom(a, a.BitLen()), nil
	}
	switch {
	case err != nil:
		d.fail(path, rule+", got %s", describe(n))
	case p.Addr().Is4In6():
		d.fail(path, rule+", got the IPv4 address %s in IPv6 form; write it in IPv4 form", quote(n.Value))
	case p != p.Masked():
		d.fail(path, rule+", got %s, which has host bits set; write %q or %q",
			quote(n.Value), p.Masked().String(), p.Addr().String())
	default:
		v.Set(reflect.ValueOf(p))
	}
}

// describe names what a node is, for "must be …, got …".
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if n.Style&yaml.TaggedStyle != 0 { // then the value may be anything
		return fmt.Sprintf("%s tagged %s", quote(n.Value), quote(n.ShortTag()))
	}
	switch n.ShortTag() {
	case "!!str":
		return quote(n.Value)
	case "!!int", "!!float":
		return fmt.Sprintf("the number %.40s", n.Value)
	case "!!timestamp":
		return "the date " + n.Value
	case "!!bool":
		return "the boolean " + n.Value
	case "!!null":
		return "nothing"
	}
	return quote(n.Value)
}

// join appends a key to a path.
func join(path, key string) string {
	plain := key != "" && len(key) <= 80 && strings.IndexFunc(key, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
	}) < 0
	switch {
	case !plain:
		return path + "[" + quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// suggestKey returns a remedy for an unknown key: the nearest one, or all.
func (r *report) suggestKey(got string, keys []string) string {
	if s := r.suggest(got, keys); s != "" {
		return s
	}
	return "; known keys: " + strings.Join(keys, ", ")
}
