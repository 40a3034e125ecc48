package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const example = "../../hopscope.example.yaml"

func TestExampleHoldsTheDefaults(t *testing.T) {
	c, err := Load(example)
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{Listeners: make([]Listener, 1), Upstreams: make([]Upstream, 1), Routes: make([]Route, 1)}
	want.setDefaults()
	want.Listeners[0].setDefaults()
	want.Upstreams[0].setDefaults()
	want.Routes[0].setDefaults()
	want.setDependentDefaults(func(string) bool { return false })
	// What has no default.
	want.Listeners[0].Name, want.Listeners[0].Address = "edge", "127.0.0.1:8080"
	want.Upstreams[0].Name, want.Upstreams[0].Endpoints = "users", []string{"127.0.0.1:9001", "127.0.0.1:9002"}
	want.Routes[0].Name, want.Routes[0].Upstream, want.Routes[0].Match.PathPrefix = "users", "users", "/users"
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got\n%swant\n%s", c.YAML(), want.YAML())
	}
}

func TestExampleShowsEveryKey(t *testing.T) {
	text := strings.ReplaceAll(string(readTestFile(t, example)), "#|", "")
	dir := makeFiles(t)
	for from, to := range map[string]string{
		"clients.pem": "cert.pem", "ca.pem": "cert.pem", "client.pem": "cert.pem", "client-key.pem": "key.pem",
		"admin.pem": "cert.pem", "admin-key.pem": "key.pem", "operators.pem": "cert.pem",
	} {
		text = strings.ReplaceAll(text, ": "+from, ": "+to)
	}
	path := filepath.Join(dir, "example.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err != nil {
		t.Errorf("with every line in use:\n%v", err)
	}
	for _, key := range keys(reflect.TypeFor[Config]()) {
		if !strings.Contains(text, " "+key+": ") && !strings.Contains(text, "\n"+key+":") && !strings.Contains(text, " "+key+":\n") {
			t.Errorf("%s is missing", key)
		}
	}
}

// keys lists every YAML key of a type.
func keys(t reflect.Type) (list []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return keys(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); tag != "" {
				list = append(list, tag)
				list = append(list, keys(f.Type)...)
			}
		}
	}
	return list
}
