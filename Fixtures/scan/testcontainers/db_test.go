package x

import (
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"
)

const redisImage = "redis:7"

func TestDB(t *testing.T) {
	req := testcontainers.ContainerRequest{
		Image:        "nginx:1.27",
		ExposedPorts: []string{"80/tcp"},
	}
	other := testcontainers.ContainerRequest{Image: redisImage}
	c, err := postgres.Run(ctx, "postgres:16-alpine", postgres.WithDatabase("x"))
	d, err := testcontainers.Run(ctx, "alpine:3.20")
	e, err := redis.RunContainer(ctx, testcontainers.WithImage("docker.io/redis:6"))
	t.Run("name/of:test", func(t *testing.T) {})
	f := testcontainers.ContainerRequest{Image: os.Getenv("X")}
	g := testcontainers.ContainerRequest{Image: cfg.Image}
}
