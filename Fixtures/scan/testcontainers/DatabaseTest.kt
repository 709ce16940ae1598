import org.testcontainers.containers.GenericContainer

const val VERSION = "16"
val a = GenericContainer("redis:7")
val b = PostgreSQLContainer<Nothing>("postgres:$VERSION")
val c = GenericContainer<Nothing>(DockerImageName.parse("acme/x:${System.getenv("TAG")}"))
