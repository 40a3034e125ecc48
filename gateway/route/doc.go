// Package route finds the route of a request.
//
// # What matches
//
// The routes of the configuration make a gorilla/mux router, and that router's
// Match is the definition: the first route in file order all of whose conditions
// hold. ServeHTTP is never called, so nothing is redirected, and a request whose
// method no route takes has no route. Before mux sees a request, two things are
// brought into one form: the host is in lower case, because host names do not
// distinguish case, and without port, also where it is an IPv6 address in
// brackets.
//
// Paths are compared after percent-decoding, so that /%75sers is /users and
// nothing slips past a route by being spelled differently. They are not cleaned:
// // stays what it is. What would be ambiguous, dot segments and encoded
// slashes, [CheckPath] refuses first. The query does not count. Bytes that are not
// UTF-8 are themselves; mux takes each for U+FFFD.
//
// A header condition holds if one of the request's fields with that name has
// exactly the value; a comma in a value is part of it. With an empty value it
// holds if there is such a field.
//
// # How it is found
//
// Running mux costs microseconds and dozens of allocations, and more with every
// route. Every condition of the configuration is literal, so a [Table] compares
// them itself, paths with a percent sign decoded, without allocating. It looks up
// the routes that share the first segment of the path, so thousands of gRPC
// services cost no more than a few. mux has its say when the table is built: it
// may refuse a route. A differential test and a fuzz test hold the two to each
// other.
//
// Nothing is cached: full paths are unbounded, and whoever sends requests
// chooses them.
package route
