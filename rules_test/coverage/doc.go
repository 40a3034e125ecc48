// Package coverage says which parts of rules a lab's scenarios reach: whether each
// rule had a value, each alert was pending, fired, ended and stayed silent where
// it had to; whether each side of and, or and unless was there with and without
// the other; whether each comparison was true and false; whether each matcher let
// a series in and kept one out; whether each template could be filled in.
//
// Coverage asks what was reached, package mutate what would be noticed.
package coverage
