package lint_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hopscope/hopscope/rules_test/lint"
)

func TestEveryErrorOfEveryFileIsNamed(t *testing.T) {
	_, err := lint.Load(fstest.MapFS{
		"a.rules.yml": {Data: []byte("groups:\n- name: g\n  rules:\n  - {alert: A, expr: 'sum('}\n  - {alert: B, expr: 'max('}\n")},
		"b.rules.yml": {Data: []byte("groups:\n- name: g\n  rules:\n  - {alert: C, expr: up, labels: {a-b$: x, '': y}, annotations: {d: '{{'}}\n")},
		"c.rules.yml": {Data: []byte("groups:\n- nam: g\n")},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"a.rules.yml:4:", "a.rules.yml:5:", "b.rules.yml:4:", "c.rules.yml: unmarshal errors:\n  line 2:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}
