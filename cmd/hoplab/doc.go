// Hoplab is hopscope's workbench: the demo on one machine, its services and
// load one by one for containers, and what else a user of the gateway needs
// that does not belong into production.
//
// One file per subcommand; what only hoplab uses lives in cmd/hoplab/internal.
package main
