// Package config turns a YAML file into a validated configuration.
//
// Loading is strict: an unknown key is an error, and every problem of a file is
// reported at once, each with its path and line. A [Config] that Load returned
// is complete (defaults are filled in) and is never changed afterwards; a reload
// makes a new one.
package config
