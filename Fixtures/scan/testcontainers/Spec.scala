import com.dimafeng.testcontainers.GenericContainer
val a = GenericContainer("redis:7", exposedPorts = Seq(6379))
val b = PostgreSQLContainer(DockerImageName.parse("postgres:16"))
