// Package deploy tests what ties the parts of docker-compose.yml together: the
// file itself, the gateway's configuration in it, what Prometheus scrapes, where
// alerts go and what Grafana is provisioned with. It holds tests only; the
// wiring at run time is proven by compose-proof.sh beside it.
package deploy
