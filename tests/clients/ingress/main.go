// The Go client of the APISIX ingress controller (github.com/apache/apisix-ingress-controller/pkg/apisix), unchanged, through all of
// its resources. Arguments: base URL (http://host:port/apisix/admin), admin key, a PEM file with certificate and key.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/apisix-ingress-controller/pkg/apisix"
	"github.com/apache/apisix-ingress-controller/pkg/id"
	"github.com/apache/apisix-ingress-controller/pkg/metrics"
	"github.com/apache/apisix-ingress-controller/pkg/types"
	v1 "github.com/apache/apisix-ingress-controller/pkg/types/apisix/v1"
)

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(holds bool, what string, values ...any) {
	if !holds {
		panic(fmt.Sprint(what, values))
	}
}

// What every kind of resource offers.
type resource[T any] interface {
	Get(context.Context, string) (*T, error)
	List(context.Context) ([]*T, error)
	Create(context.Context, *T, bool) (*T, error)
	Update(context.Context, *T, bool) (*T, error)
	Delete(context.Context, *T) error
}

// name: by what it is read; the client makes the id of it.
func all[T any](kind string, r resource[T], name string, object, changed *T) {
	ctx := context.Background()
	must(r.Create(ctx, object, false))
	must(r.Get(ctx, name))
	expect(len(must(r.List(ctx))) == 1, kind, "list")
	must(r.Update(ctx, changed, false))
	check(r.Delete(ctx, changed))
	expect(len(must(r.List(ctx))) == 0, kind, "list after delete")
	fmt.Println(kind, "works")
}

func main() {
	base, key := os.Args[1], os.Args[2]
	text := string(must(os.ReadFile(os.Args[3])))
	cert := text[strings.Index(text, "-----BEGIN CERTIFICATE"):]
	cert = cert[:strings.Index(cert, "-----END CERTIFICATE-----")+len("-----END CERTIFICATE-----")]
	start := strings.LastIndex(text[:strings.Index(text, "PRIVATE KEY")], "-----BEGIN")
	private := text[start:]
	private = private[:strings.Index(private, "-----END")]
	private += strings.Replace(strings.SplitN(text[start:], "\n", 2)[0], "BEGIN", "END", 1)

	ctx := context.Background()
	client := must(apisix.NewClient("v3"))
	check(client.AddCluster(ctx, &apisix.ClusterOptions{
		Name: "default", AdminAPIVersion: "v3", BaseURL: base, AdminKey: key, CacheSynced: true, SchemaSynced: true,
		SyncInterval: types.TimeDuration{Duration: time.Hour}, MetricsCollector: metrics.NewPrometheusCollector(),
	}))
	cluster := client.Cluster("default")
	check(cluster.HasSynced(ctx))
	check(cluster.HealthCheck(ctx))

	nodes := v1.UpstreamNodes{{Host: "127.0.0.1", Port: 80, Weight: 1}}
	upstream := func(desc string) *v1.Upstream {
		return &v1.Upstream{Metadata: v1.Metadata{ID: id.GenID("default_u_80"), Name: "default_u_80", Desc: desc}, Type: "roundrobin", Nodes: nodes}
	}
	must(cluster.Upstream().Create(ctx, upstream(""), false))
	route := func(uri string) *v1.Route {
		return &v1.Route{Metadata: v1.Metadata{ID: id.GenID("r"), Name: "r"}, Uri: uri, UpstreamId: id.GenID("default_u_80"), Plugins: v1.Plugins{"cors": map[string]any{}}}
	}
	all("routes", cluster.Route(), "r", route("/a"), route("/b"))
	check(cluster.Upstream().Delete(ctx, upstream("")))
	all("upstreams", cluster.Upstream(), "default_u_80", upstream("a"), upstream("b"))
	ssl := func(sni string) *v1.Ssl {
		return &v1.Ssl{ID: id.GenID("c"), Snis: []string{sni}, Cert: cert, Key: private, Status: 1}
	}
	all("ssls", cluster.SSL(), "c", ssl("test.com"), ssl("admin.test.com"))
	must(cluster.Upstream().Create(ctx, upstream(""), false))
	stream := func(port int32) *v1.StreamRoute {
		return &v1.StreamRoute{ID: id.GenID("s"), ServerPort: port, UpstreamId: id.GenID("default_u_80")}
	}
	all("stream_routes", cluster.StreamRoute(), "s", stream(9100), stream(9101))
	check(cluster.Upstream().Delete(ctx, upstream("")))
	rule := func(plugin string) *v1.GlobalRule {
		return &v1.GlobalRule{ID: "g", Plugins: v1.Plugins{plugin: map[string]any{}}}
	}
	all("global_rules", cluster.GlobalRule(), "g", rule("cors"), rule("request-id"))
	consumer := func(key string) *v1.Consumer {
		return &v1.Consumer{Username: "bob", Plugins: v1.Plugins{"key-auth": map[string]any{"key": key}}}
	}
	all("consumers", cluster.Consumer(), "bob", consumer("a"), consumer("b"))
	config := func(plugin string) *v1.PluginConfig {
		return &v1.PluginConfig{Metadata: v1.Metadata{ID: id.GenID("p"), Name: "p"}, Plugins: v1.Plugins{plugin: map[string]any{}}}
	}
	all("plugin_configs", cluster.PluginConfig(), "p", config("cors"), config("request-id"))
	metadata := func(origin string) *v1.PluginMetadata {
		return &v1.PluginMetadata{Name: "cors", Metadata: map[string]any{"allow_origins": map[string]any{"a": origin}}}
	}
	all("plugin_metadata", cluster.PluginMetadata(), "cors", metadata("https://a.example"), metadata("https://b.example"))

	names := must(cluster.Plugin().List(ctx))
	expect(len(names) > 10, "plugins", names)
	for _, name := range names {
		must(cluster.Schema().GetPluginSchema(ctx, name))
	}
	must(cluster.Schema().GetRouteSchema(ctx))
	must(cluster.Schema().GetUpstreamSchema(ctx))
	must(cluster.Schema().GetConsumerSchema(ctx))
	must(cluster.Schema().GetSslSchema(ctx))
	// GetPluginConfigSchema asks for a schema "pluginConfig", which APISIX does not know by that name either.
	fmt.Println("apisix-ingress-controller: all of its client works")
}
