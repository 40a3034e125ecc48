package main

import (
	"strings"
	"testing"
)

func TestWrongAttacksSayWhatThereIs(t *testing.T) {
	for line, want := range map[string]string{
		"--only smurf":    `no attack "smurf"; they are rapid-reset,`,
		"--proxies caddy": `no proxy "caddy"; they are hopscope, nghttpx, haproxy`,
		"--rounds 0":      "want at least 1",
		"--gateway /nowhere/hopscope --proxies hopscope": "start /nowhere/hopscope (make bench installs what is missing)",
	} {
		code, _, errs := hoplab(t, append([]string{"attack"}, strings.Fields(line)...)...)
		if code != exitFailure || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %q lacks %q", line, code, errs, want)
		}
	}
}
