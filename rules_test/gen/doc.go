// Gen writes promtool's test files from the recordings and the cases of
// rules_test. It fails, having written the rest, where an alert does not do what
// its case expects.
package main
