from testcontainers.core.container import DockerContainer
from testcontainers.postgres import PostgresContainer

IMAGE = "redis:7"
TAG = "1.27"
a = DockerContainer(IMAGE)
b = PostgresContainer("postgres:16")  # PostgresContainer("postgres:15")
c = DockerContainer(image=f"nginx:{TAG}")
d = DockerContainer("acme/x:%s" % tag)
