// Package credentials turns the files that a configuration names into TLS
// configurations, for either role. What it returns is immutable; a file that has
// changed takes effect when its owner asks again.
package credentials
